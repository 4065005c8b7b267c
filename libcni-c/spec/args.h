/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=web-0;IP=10.1.0.7" (CNI CONVENTIONS, "CNI_ARGS"). */
#ifndef CNI_ARGS_H
#define CNI_ARGS_H

#include "decls.h"
#include "error.h"
#include "help_text.h"

CNI_BEGIN_DECLS

/* An argument that a plugin knows, and the destination of its text (the caller frees it). */
struct cni_arg {
	const char *key; /* compared exactly; the last of two wins */
	char **value;
};

/* An argument as DESCRIBE prints it, made by CNI_ARGUMENT(). Tables end with {0}. */
struct cni_argument {
	const char *key;
	const char *help; /* one sentence without a full stop */
};

/* An argument without help, or with an empty one, does not compile. */
#define CNI_ARGUMENT(key_, help_)                                                                  \
	{                                                                                          \
		(key_), CNI_HELP(help_)                                                            \
	}

/* Reads `args` ("" allowed). Keys that `known` (ending in {0}) does not name are an error, unless
 * IgnoreUnknown is 1 or true. IP, MAC, GATEWAY and the K8S_POD_* of kubelet's runtimes are always
 * known, since one CNI_ARGS goes to all plugins of a chain.
 * Fails with CNI_ECONFIG: `ARGS: unknown args ["FOO=BAR"]`, `ARGS: invalid pair "FOO"`. */
int cni_args_parse(const char *args, const struct cni_arg *known, struct cni_error *err);

/* Returns the value of one argument, whatever else `args` holds; the last of two wins. The
 * caller frees. NULL if there is none. */
char *cni_args_get(const char *args, const char *key);

CNI_END_DECLS

#endif
