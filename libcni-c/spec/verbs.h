/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a plugin: environment, stdin, verb, and exactly one JSON document on stdout. */
#ifndef CNI_VERBS_H
#define CNI_VERBS_H

#include "conf.h"
#include "decls.h"
#include "env.h"
#include "error.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

struct cni_contained;
struct cni_description;

/* An invocation: all that the runtime has passed. */
struct cni_call {
	const char *type; /* the plugin's own, as in its struct cni_verbs */
	const void *data; /* the same */
	struct cni_env env;
	struct cni_conf conf;
	const char *input;	/* stdin as it came, for a delegated plugin; NUL-terminated */
	size_t input_size;	/* bytes, without the NUL */
	struct cni_owner owner; /* network, container and interface; for ADD, CHECK and DEL */
	const struct cni_contained *contained; /* see delegate.h; NULL: nothing */
};

/* A plugin as five functions. Each returns 0, or -1 with `err` filled; a NULL one succeeds. `call` and
 * all that it points to belong to the library and end with the function. */
struct cni_verbs {
	const char *type; /* "host-local", for the about text */
	/* The plugin's own, a semantic version without a "v", for the about text; NULL: "0.0.0".
	 * cnitool takes a plugin whose version has "+cni-c." in it for one of this suite. */
	const char *version;
	enum cni_version oldest; /* the first cniVersion it speaks */
	const void *data;	 /* handed on as call->data; NULL allowed */
	bool delegates;		 /* runs the configuration's `ipam.type`, which needs CNI_PATH */
	const struct cni_contained *contained; /* an IPAM plugin inside; may be NULL */
	/* All or nothing: if it fails, nothing it made is left. Fills `result`, which is empty before
	 * and is cleared by the library. NULL: the prevResult is the result. */
	int (*add)(const struct cni_call *call, struct cni_result *result, struct cni_error *err);
	/* Reads only. */
	int (*check)(const struct cni_call *call, struct cni_error *err);
	/* By identity; what is not there is success. */
	int (*del)(const struct cni_call *call, struct cni_error *err);
	/* Removes what belongs to this network and to none of call->conf.valid; does not stop at
	 * the first failure. */
	int (*gc)(const struct cni_call *call, struct cni_error *err);
	/* Takes no lock and writes nothing. */
	int (*status)(const struct cni_call *call, struct cni_error *err);
	/* Ours, not the specification's: puts back things of ADD that other programs have removed
	 * from the host, without the container noticing, as after a firewall was reloaded. All else
	 * must be as CHECK wants it. `cnitool reconcile` asks for it. */
	int (*mend)(const struct cni_call *call, struct cni_error *err);
	/* Ours as well: removes the rules of attachments whose link on the host is gone, whatever
	 * their network, as a DEL of another plugin suite leaves them. Not what cannot be known by
	 * that: leases stay. `cnitool reconcile` asks for it. */
	int (*sweep)(const struct cni_call *call, struct cni_error *err);
	/* Ours as well: applies to the network's attachments what this configuration says of the network as
	 * a whole. All or nothing. `cnitool refresh` asks for it, with the configuration of today. */
	int (*refresh)(const struct cni_call *call, struct cni_error *err);
	/* Ours as well: reads the configuration as ADD does, and does nothing else: no namespace, no IPAM
	 * plugin, no kernel. The machine need not be the network's. `cnitool validate` asks for it. */
	int (*validate)(const struct cni_call *call, struct cni_error *err);
	/* The answer to DESCRIBE, besides type and versions: see describe.h; may be NULL. */
	const struct cni_description *description;
};

/* Runs an invocation: reads `input` (NUL-terminated behind its `input_size` bytes) as the command needs
 * it and calls the verb. Returns 0, or -1 as the verb does, as cni_conf_read() does, or with CNI_EENV:
 * CNI_NETNS of ADD or CHECK is the process's own namespace; or the plugin delegates, the configuration
 * has an `ipam.type` and CNI_PATH is not set. ADD fills `ret_result`, which the caller clears; for other
 * commands it may be NULL. `ret_version` is the configuration's, also on failure, for printing the
 * error. */
int cni_verbs_run(const struct cni_verbs *verbs, const struct cni_env *env, const char *input,
		  size_t input_size, struct cni_result *ret_result, enum cni_version *ret_version,
		  struct cni_error *err);

/* The plugin's main(). Returns 0, or 1 after an error was printed. Nothing else prints on stdout.
 *
 * DESCRIBE (ours, not the specification's) reads nothing and prints the plugin's keys: see describe.h.
 *
 * VERSION answers in the cniVersion of its input (CNI SPEC, section 2, "VERSION"), or the latest if
 * stdin is closed, empty or silent, or names none that we know.
 *
 * Without CNI_COMMAND it prints two lines on stderr ("CNI <type> plugin v<version>" with the plugin's
 * `version`, and the protocol versions), reads nothing and returns 0: nerdctl and Nomad parse them. */
int cni_verbs_main(const struct cni_verbs *verbs);

CNI_END_DECLS

#endif
