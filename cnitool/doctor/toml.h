/* SPDX-License-Identifier: Apache-2.0 */
/* A look into the configuration of container runtimes: as much of TOML as their keys for plugins take. */
#ifndef TOML_H
#define TOML_H

/* The value of the last line "key = …" before all sections, or in those whose header holds `section` (NULL: in any): a
 * string, or the strings of a list joined by ':'. NULL if there is no such line; the caller frees. */
char *toml_strings(const char *text, const char *section, const char *key);

#endif
