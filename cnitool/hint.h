/* SPDX-License-Identifier: Apache-2.0 */
/* The remedy for an error: a line "try: …" for people, on stderr, and never part of an error's message, which
 * others search for. */
#ifndef HINT_H
#define HINT_H

#include "options.h"

#include <stdbool.h>

/* The things that a hint may name. NULL: not known. */
struct hint_context {
	const struct options *options;
	const char *command; /* "add" */
	const char *network;
	const char *file; /* of the network */
};

/* The hint for the error, without "try: ", for the caller to free; NULL: there is none. */
char *hint_for(const struct hint_context *context, const struct cni_error *err);

#endif
