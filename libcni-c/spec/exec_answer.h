/* SPDX-License-Identifier: Apache-2.0 */
/* The output of a running child: its stdout, and the end of its stderr, which is copied to ours. */
#ifndef CNI_EXEC_ANSWER_H
#define CNI_EXEC_ANSWER_H

#include "exec.h"
#include "exec_child.h"

#include <limits.h>
#include <stddef.h>

#define CNI_STDERR_END 400

/* As much as one write(2) puts into a pipe that has room, without waiting (pipe(7)). */
#define CNI_STDERR_CHUNK PIPE_BUF

struct cni_hearing {
	char *data; /* stdout, NUL-terminated; NULL: nothing yet */
	size_t size;
	size_t room;
	char end[CNI_STDERR_END + 1]; /* of stderr */
	size_t end_size;
	char chunk[CNI_STDERR_CHUNK]; /* read, and not copied yet */
	size_t pending;
	size_t copied;
};

/* Reads what is on the child's stdout. Returns 1 if there may be more, 0 at its end, -1 with errno;
 * EMSGSIZE: more than `max` bytes. */
int cni_hearing_stdout(struct cni_hearing *hearing, const struct cni_child *child, size_t max);

/* Reads a chunk of the child's stderr, for cni_hearing_copy(); at its end closes it. */
void cni_hearing_stderr(struct cni_hearing *hearing, struct cni_child *child);

/* Writes the pending bytes to our stderr, once it is writable (POLLOUT). */
void cni_hearing_copy(struct cni_hearing *hearing);

/* Moves the output to an answer, and leaves `hearing` empty. */
struct cni_answer cni_hearing_finish(struct cni_hearing *hearing);

#endif
