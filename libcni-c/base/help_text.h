/* SPDX-License-Identifier: Apache-2.0 */
/* The help of a row in a table that users meet: of a key, an argument, a setting or an option. Manuals are made of
 * it. */
#ifndef CNI_HELP_TEXT_H
#define CNI_HELP_TEXT_H

/* A string literal that is not empty; anything else does not compile. Usable in static initialisers. */
#define CNI_HELP(text_) (&("" text_)[0 * sizeof(char[sizeof(text_) > 1 ? 1 : -1])])

#endif
