/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_answer.h"

#include "cleanup.h"
#include "mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define HEAD_MAX 200

/* The most bytes of a plugin's own details, to leave room for its output. */
#define DETAILS_KEPT 600

/* ---- listen ---- */

int cni_hearing_stdout(struct cni_hearing *hearing, const struct cni_child *child, size_t max)
{
	ssize_t got;

	if (hearing->room - hearing->size < 4096) {
		hearing->room = hearing->room ? hearing->room * 2 : 8192;
		hearing->data = cni_realloc_array(hearing->data, hearing->room + 1, 1);
	}
	got = read(child->out, hearing->data + hearing->size, hearing->room - hearing->size);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -1;
	hearing->size += (size_t)got;
	hearing->data[hearing->size] = '\0';
	errno = EMSGSIZE;
	return hearing->size > max ? -1 : got > 0;
}

static void keep_end(struct cni_hearing *hearing, const char *data, size_t size)
{
	size_t kept = hearing->end_size;

	if (size > CNI_STDERR_END) {
		data += size - CNI_STDERR_END;
		size = CNI_STDERR_END;
	}
	if (kept > CNI_STDERR_END - size)
		kept = CNI_STDERR_END - size;
	memmove(hearing->end, hearing->end + hearing->end_size - kept, kept);
	memcpy(hearing->end + kept, data, size);
	hearing->end_size = kept + size;
}

void cni_hearing_stderr(struct cni_hearing *hearing, struct cni_child *child)
{
	ssize_t got = read(child->err, hearing->chunk, sizeof(hearing->chunk));

	if (got > 0) {
		hearing->pending = (size_t)got;
		hearing->copied = 0;
		keep_end(hearing, hearing->chunk, (size_t)got);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(child->err);
		child->err = -1;
	}
}

void cni_hearing_copy(struct cni_hearing *hearing)
{
	ssize_t put = write(STDERR_FILENO, hearing->chunk + hearing->copied, hearing->pending);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Text that cannot be written is lost, as it would be for the plugin itself. */
	if (put < 0)
		put = (ssize_t)hearing->pending;
	hearing->copied += (size_t)put;
	hearing->pending -= (size_t)put;
}

/* ---- answer ---- */

/* Drops a truncated first line, if output was lost. */
static char *last_lines(struct cni_hearing *hearing)
{
	const char *from = hearing->end;
	const char *newline;

	hearing->end[hearing->end_size] = '\0';
	newline = memchr(from, '\n', hearing->end_size);
	if (hearing->end_size == CNI_STDERR_END && newline && newline[1])
		from = newline + 1;
	return hearing->end_size ? cni_strdup(from) : NULL;
}

struct cni_answer cni_hearing_finish(struct cni_hearing *hearing)
{
	struct cni_answer answer = {
		.text = hearing->data ? take_ptr(hearing->data) : cni_strdup(""),
		.size = hearing->size,
		.stderr_end = last_lines(hearing),
	};

	hearing->size = 0;
	hearing->room = 0;
	hearing->end_size = 0;
	return answer;
}

void cni_answer_clear(struct cni_answer *answer)
{
	free(answer->text);
	free(answer->stderr_end);
	*answer = (struct cni_answer){0};
}

/* At most `max` bytes on one line, with "…" for the rest: white space becomes a blank, and none is
 * at either end. The caller frees. */
static char *on_one_line(const char *text, size_t max)
{
	char *line = cni_alloc(max + sizeof("…"));
	size_t length = 0;

	for (; *text && length < max; text++) {
		if (!isspace((unsigned char)*text))
			line[length++] = *text;
		else if (length && line[length - 1] != ' ')
			line[length++] = ' ';
	}
	if (length && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
	if (text[strspn(text, " \t\r\n")])
		memcpy(line + length, "…", sizeof("…"));
	return line;
}

static void append(const char *label, const char *text, size_t max, struct cni_error *err)
{
	freeing char *line = text ? on_one_line(text, max) : NULL;
	freeing char *before = cni_strndup(err->details, strnlen(err->details, DETAILS_KEPT));

	/* A plugin that has quoted its own delegate has said it. */
	if (line && *line && !strstr(err->details, line))
		cni_fail_details(err, "%s%s%s: %s", before, *before ? "; " : "", label, line);
}

int cni_answer_quote(const struct cni_answer *answer, struct cni_error *err)
{
	append("stdout", answer->text, HEAD_MAX, err);
	append("stderr", answer->stderr_end, CNI_STDERR_END, err);
	return -1;
}
