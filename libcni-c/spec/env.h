/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol's environment (CNI SPEC, section 2, "Parameters"): a table of variable x command. */
#ifndef CNI_ENV_H
#define CNI_ENV_H

#include "decls.h"
#include "error.h"
#include "version.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* CNI_COMMAND. */
enum cni_command {
	CNI_ADD,
	CNI_DEL,
	CNI_CHECK,
	CNI_GC,
	CNI_STATUS,
	CNI_MEND,     /* not the specification's: see verbs.h */
	CNI_SWEEP,    /* likewise */
	CNI_REFRESH,  /* likewise */
	CNI_VALIDATE, /* likewise */
	CNI_DESCRIBE, /* likewise */
	CNI_VERSION,
	CNI_COMMAND_COUNT,
};

/* Facts about the namespace that a plugin passes to a contained IPAM plugin, which then need not
 * enter the namespace. All zero in a separate process. */
struct cni_netns_seen {
	bool is_seen;
	uint64_t dev; /* as stat(2) shows them */
	uint64_t ino;
	uint64_t cookie;       /* see netns_cookie.h; 0: the kernel has none */
	bool interface_is_new; /* CNI_IFNAME was not there before this ADD */
};

struct cni_log;

/* The values of the environment, which owns the strings. An unset variable is "". */
struct cni_env {
	enum cni_command command;
	const char *container; /* CNI_CONTAINERID */
	const char *netns;     /* CNI_NETNS, a path */
	const char *ifname;    /* CNI_IFNAME */
	const char *args;      /* CNI_ARGS */
	const char *path;      /* CNI_PATH, directories separated by ':' */
	struct cni_netns_seen seen;
	struct cni_log *log; /* of this call; NULL: none is wanted */
	/* The number of the network namespace that we are in (stat(2)), once `netns_is_compared`: CNI_NETNS is
	 * another. */
	uint64_t own_dev;
	uint64_t own_ino;
	bool netns_is_compared;
	bool netns_override; /* CNI_NETNS_OVERRIDE is "1" or "true": our own namespace is allowed */
};

/* "ADD" */
const char *cni_command_text(enum cni_command command);

/* The version of the specification that brought the command. */
enum cni_version cni_command_since(enum cni_command command);

/* Reads and validates. All missing variables are named in one error: "required env variables
 * [CNI_NETNS,CNI_IFNAME] missing". Variables that a command does not need may be anything, since
 * runtimes set them to "" or "dummy"; CNI_PATH is one of these, because a plugin without a
 * delegate does not need it. Fails with CNI_EENV. */
int cni_env_read(struct cni_env *ret_env, struct cni_error *err);

CNI_END_DECLS

#endif
