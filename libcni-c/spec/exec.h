/* SPDX-License-Identifier: Apache-2.0 */
/* Running a plugin: bytes in, bytes out, a deadline, and nothing left behind. The caller's side of
 * the protocol, shared by delegation and by the runtime. */
#ifndef CNI_EXEC_H
#define CNI_EXEC_H

#include "decls.h"
#include "error.h"
#include "json.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* How long a plugin may take before its process group is ended: below the two minutes after which
 * kubelet gives up on a pod. */
#define CNI_EXEC_DEADLINE_MS 100000

/* Finds the executable `type` in the directories of `path` (separated by ':', empty ones
 * ignored). The caller frees `ret_file`. Fails with CNI_ECONFIG for a hostile name and
 * CNI_EMISSING if there is none. */
int cni_exec_find(const char *type, const char *path, char **ret_file, struct cni_error *err);

/* A variable of a plugin's environment. */
struct cni_exec_variable {
	const char *name;
	const char *value; /* NULL: the variable is removed */
};

/* Returns our environment with these `count` variables replacing those of the same names; ends
 * with NULL. A single block that the caller frees with free(); inherited strings stay ours. */
char **cni_exec_environment(const struct cni_exec_variable *variables, size_t count);

/* A program to run. */
struct cni_exec {
	const char *file;	  /* the executable */
	const char *type;	  /* its name in errors */
	char *const *arguments;	  /* argv[1] and on, ends with NULL; NULL: none */
	char *const *environment; /* ends with NULL */
	const void *input;	  /* for its stdin */
	size_t input_size;	  /* bytes */
	unsigned int deadline_ms;
};

/* The words of a plugin. */
struct cni_answer {
	char *text;	  /* its stdout, "" for a command that answers nothing; NUL-terminated */
	size_t size;	  /* bytes of `text`, without the NUL */
	char *stderr_end; /* the last lines of its stderr, at most 400 bytes; NULL: none */
};

/* Frees what the answer holds, not the struct. */
void cni_answer_clear(struct cni_answer *answer);

/* Appends the plugin's own words to the details of an error about it: the first 200 bytes of its
 * stdout and the end of its stderr, each unless it is empty. Returns -1. */
int cni_answer_quote(const struct cni_answer *answer, struct cni_error *err);

/* Runs the plugin as leader of its own process group; the plugin gets SIGTERM if we die. Its
 * stdout (at most 8 MiB) and the end of its stderr go to `ret_answer`, which the caller clears;
 * `ret_answer` is empty after a failure. Its stderr is copied to ours as fast as ours is read.
 *
 * A file that is open for writing is tried again for five seconds.
 * Fails with the plugin's own code, message and details; with CNI_EDELEGATE if the plugin cannot
 * be run, dies, prints no JSON, prints too much or passes the deadline, or if the kernel does
 * not tell its exit status. At the deadline, the process group gets SIGTERM, and SIGKILL once
 * the leader has ended or a second later. The details then have the plugin's own output. */
int cni_exec_run(const struct cni_exec *exec, struct cni_answer *ret_answer, struct cni_error *err);

/* Finds the command `name` in the directories of PATH, and then in the directories of an
 * administrator's commands, because a runtime's PATH may lack them. The caller frees `ret_file`.
 * Fails with CNI_EMISSING. */
int cni_exec_find_command(const char *name, char **ret_file, struct cni_error *err);

/* Runs an ordinary command in the same way. Its stdout and stderr go to `ret_output`, which the
 * caller frees; `ret_code` is its exit code, of any meaning. Fails with CNI_EDELEGATE as above. */
int cni_exec_command(const struct cni_exec *exec, char **ret_output, int *ret_code,
		     struct cni_error *err);

CNI_END_DECLS

#endif
