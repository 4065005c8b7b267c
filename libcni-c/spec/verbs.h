/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a plugin: environment, stdin, verb, and exactly one JSON document on stdout. */
#ifndef CNI_VERBS_H
#define CNI_VERBS_H

#include "conf.h"
#include "env.h"
#include "error.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>

struct cni_contained;

/* One invocation: everything the runtime said. */
struct cni_call {
	const char *type; /* the plugin's own, as in its struct cni_verbs */
	struct cni_env env;
	struct cni_conf conf;
	const char *input;	/* stdin as it came, for a delegated plugin; NUL-terminated */
	size_t input_size;	/* bytes, without the NUL */
	struct cni_owner owner; /* network, container and interface; for ADD, CHECK and DEL */
	const struct cni_contained *contained; /* see delegate.h; NULL: nothing */
};

/* A plugin as five functions. Each returns 0, or -1 with `err` filled; a NULL one succeeds. `data`
 * is that of the struct. */
struct cni_verbs {
	const char *type;	 /* "host-local", for the about text */
	enum cni_version oldest; /* the first cniVersion it speaks */
	const void *data;
	bool delegates; /* runs the configuration's `ipam.type`, which needs CNI_PATH */
	const struct cni_contained *contained; /* an IPAM plugin inside; may be NULL */
	/* All or nothing: if it fails, nothing it made is left. Fills `result`. */
	int (*add)(const void *data, const struct cni_call *call, struct cni_result *result,
		   struct cni_error *err);
	/* Reads only. */
	int (*check)(const void *data, const struct cni_call *call, struct cni_error *err);
	/* By identity; what is not there is success. */
	int (*del)(const void *data, const struct cni_call *call, struct cni_error *err);
	/* Removes what belongs to this network and to none of call->conf.valid; does not stop at
	 * the first failure. */
	int (*gc)(const void *data, const struct cni_call *call, struct cni_error *err);
	/* Takes no lock and writes nothing. */
	int (*status)(const void *data, const struct cni_call *call, struct cni_error *err);
	/* Ours, not the specification's: puts back what others have taken of what ADD made on the
	 * host, without the container noticing, as after a firewall was reloaded. What cannot be
	 * put back in this way must be as CHECK wants it. `cnitool reconcile` asks for it. */
	int (*mend)(const void *data, const struct cni_call *call, struct cni_error *err);
	/* Ours as well: removes the rules of attachments whose link on the host is gone, whatever
	 * their network, as a DEL of another plugin suite leaves them. Not what cannot be known by
	 * that: leases stay. `cnitool reconcile` asks for it. */
	int (*sweep)(const void *data, const struct cni_call *call, struct cni_error *err);
};

/* One invocation: reads `input` (NUL-terminated behind its `input_size` bytes) as the command needs
 * it and calls the verb. A plugin that delegates fails with CNI_EENV before that if the configuration
 * has an `ipam.type` and CNI_PATH is not set. ADD fills `ret_result`, which the caller clears; for other commands it may
 * be NULL. `ret_version` is the configuration's, also on failure, for printing the error. */
int cni_verbs_run(const struct cni_verbs *verbs, const struct cni_env *env, const char *input,
		  size_t input_size, struct cni_result *ret_result, enum cni_version *ret_version,
		  struct cni_error *err);

/* What main() returns: 0, or 1 after an error was printed. Nothing else prints on stdout.
 *
 * VERSION answers in the cniVersion of its input (CNI SPEC, section 2, "VERSION"), or the latest if
 * stdin is closed, empty or silent, or names none that we know.
 *
 * Without CNI_COMMAND it prints two lines on stderr ("CNI <type> plugin v<version>" and the
 * protocol versions), reads nothing and returns 0: nerdctl and Nomad parse them. */
int cni_verbs_main(const struct cni_verbs *verbs);

#endif
