/* SPDX-License-Identifier: Apache-2.0 */
/* DESCRIBE, a command of ours: the tables that decode a configuration (decode.h), printed. It needs no
 * stdin, no namespace and no privileges. `cnitool validate`, the manual pages and the schema of
 * configurations are made of it.
 *
 *	{
 *	    "type": "bridge",
 *	    "version": "1.2.0",
 *	    "about": "…",
 *	    "role": "interface",
 *	    "cniVersions": ["0.1.0", …],
 *	    "keys": [
 *	        {"key": "mtu", "type": "number", "min": 0, "max": 65535, "default": 0, "help": "…"},
 *	        {"key": "mac", "section": ["runtimeConfig"], "capability": "mac", …},
 *	        {"key": "vlanTrunk", "type": "list of objects", "items": [{"key": "id", …}], …}
 *	    ],
 *	    "arguments": [{"key": "MAC", "help": "…"}]
 *	}
 *
 * "section" has the keys of the objects around it, "words" the values that a string may have. "unless" is what holds
 * without the key, in words, where there is no "default"; "required" is true if nothing does. Members without a
 * value are left out. */
#ifndef CNI_DESCRIBE_H
#define CNI_DESCRIBE_H

#include "args.h"
#include "decls.h"
#include "decode.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

struct cni_verbs;

/* The place of a plugin in a network's list. */
enum cni_role {
	CNI_ROLE_UNKNOWN,   /* is not printed */
	CNI_ROLE_INTERFACE, /* "interface": makes the container's interface */
	CNI_ROLE_CHAINED,   /* "chained": needs the result of a plugin before */
	CNI_ROLE_ANY,	    /* "any": works first as well */
	CNI_ROLE_IPAM,	    /* "ipam": another plugin's `ipam.type` */
};

/* The plugin's own part of the answer. NULL members: nothing to print. */
struct cni_description {
	const char *about; /* one sentence without a full stop */
	enum cni_role role;
	const struct cni_field *fields;
	const void *defaults; /* the struct of `fields`; NULL: zeroes */
	const struct cni_argument *arguments;
	bool knows_pods; /* it reads K8S_POD_UID: see pod.h */
};

/* Keys that several plugins have: the members of `dns`, and of an item of `routes`. */
extern const struct cni_field cni_dns_fields[];
extern const struct cni_field cni_route_fields[];

/* "list of objects" */
const char *cni_type_text(enum cni_type type);

/* The rows of a table as "keys" has them, without defaults but for `unless`; the caller frees with cJSON_Delete(). */
cJSON *cni_describe_fields(const struct cni_field *fields);

/* The members of an object `ipam` and `dns` in the configuration of plugins that run an IPAM plugin. */
extern const struct cni_field cni_delegating_fields[];

/* The answer, which the caller frees with cJSON_Delete(). */
cJSON *cni_describe(const struct cni_verbs *verbs);

CNI_END_DECLS

#endif
