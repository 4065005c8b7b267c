/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include "cleanup.h"
#include "deadline.h"
#include "exec_answer.h"
#include "exec_child.h"
#include "mem.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX (8U << 20)

/* An executable that is open for writing cannot be run (ETXTBSY): an installer that does not rename is about to be
 * done with it. Go's libcni tries again for as long (ExecPlugin() in its raw_exec.go). */
#define BUSY_MS	      5000
#define BUSY_PAUSE_MS 50

/* The capacity of a pipe (pipe(7)): the most that a child has written and we have not read at
 * its end. */
#define PIPE_SIZE (64U << 10)

/* A program that runs: how errors call it, and what it has printed. */
struct run {
	const struct cni_exec *exec;
	const char *kind;
	struct cni_child child;
	struct cni_hearing hearing;
	size_t fed; /* bytes of the input */
	siginfo_t info;
};

static char **make_argv(const struct cni_exec *exec)
{
	size_t count = 0;
	char **argv;

	while (exec->arguments && exec->arguments[count])
		count++;
	argv = cni_alloc((count + 2) * sizeof(*argv));
	argv[0] = (char *)exec->file;
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = exec->arguments[i];
	return argv;
}

/* ---- talk ---- */

/* Writes what the pipe accepts; closes it after the last byte, or without a reader. A small
 * configuration fits the pipe at once. */
static void feed(struct run *run)
{
	const struct cni_exec *exec = run->exec;
	struct cni_child *child = &run->child;
	ssize_t put =
		write(child->in, (const char *)exec->input + run->fed, exec->input_size - run->fed);

	if (put > 0)
		run->fed += (size_t)put;
	if ((put < 0 && errno != EAGAIN && errno != EINTR) || run->fed == exec->input_size) {
		close(child->in);
		child->in = -1;
	}
}

static int hear(struct run *run, struct cni_error *err)
{
	int more = cni_hearing_stdout(&run->hearing, &run->child, OUTPUT_MAX);

	if (more < 0 && errno == EMSGSIZE)
		return cni_fail(err, CNI_EDELEGATE, "%s '%s' printed more than %u bytes", run->kind,
				run->exec->type, OUTPUT_MAX);
	if (more < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno, "read the answer of %s '%s'",
				      run->kind, run->exec->type);
	if (!more) {
		close(run->child.out);
		run->child.out = -1;
	}
	return 0;
}

/* Waits once for any of the pipes; the end of the child interrupts the wait. The child's stderr
 * is read only as fast as ours accepts. */
static int exchange(struct run *run, unsigned int milliseconds, struct cni_error *err)
{
	struct cni_hearing *hearing = &run->hearing;
	struct cni_child *child = &run->child;
	struct pollfd waits[] = {
		{.fd = child->out, .events = POLLIN},
		{.fd = child->in, .events = POLLOUT},
		{.fd = hearing->pending ? -1 : child->err, .events = POLLIN},
		{.fd = hearing->pending ? STDERR_FILENO : -1, .events = POLLOUT},
	};
	int ready = cni_child_poll(child, waits, 4, milliseconds);

	if (ready < 0 && errno == EINTR)
		return 0;
	if (ready < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno, "wait for %s '%s'", run->kind,
				      run->exec->type);
	if (waits[1].revents)
		feed(run);
	if (waits[2].revents)
		cni_hearing_stderr(hearing, child);
	if (waits[3].revents)
		cni_hearing_copy(hearing);
	return waits[0].revents ? hear(run, err) : 0;
}

/* Copies the rest of the child's stderr, to which the child's own children may still write. */
static void hear_the_rest(struct run *run, const struct timespec *end)
{
	struct cni_hearing *hearing = &run->hearing;
	struct cni_child *child = &run->child;
	size_t heard = 0;

	for (;;) {
		struct pollfd wait = {.fd = STDERR_FILENO, .events = POLLOUT};
		int ready;

		if (!hearing->pending && child->err >= 0 && heard < PIPE_SIZE) {
			cni_hearing_stderr(hearing, child);
			heard += hearing->pending;
		}
		if (!hearing->pending)
			return;
		ready = cni_child_poll(child, &wait, 1, cni_deadline_left(end));
		if (ready > 0)
			cni_hearing_copy(hearing);
		else if (ready == 0 || errno != EINTR)
			return;
	}
}

/* Feeds and reads the child until it has closed its stdout and has ended. */
static int converse(struct run *run, struct cni_error *err)
{
	struct timespec end = cni_deadline_in(run->exec->deadline_ms);

	feed(run);
	for (;;) {
		unsigned int left = cni_deadline_left(&end);
		int ended = 0;

		/* Only when its end is all that is left to wait for. */
		if (run->child.out < 0)
			ended = cni_child_has_ended(&run->child, &run->info);
		if (ended < 0)
			return cni_fail_errno(err, CNI_EDELEGATE, errno,
					      "find out how %s '%s' ended", run->kind,
					      run->exec->type);
		if (ended)
			break;
		if (!left)
			return cni_fail(err, CNI_EDELEGATE,
					"%s '%s' did not finish within %u ms and was ended",
					run->kind, run->exec->type, run->exec->deadline_ms);
		if (exchange(run, left, err) < 0)
			return -1;
	}
	hear_the_rest(run, &end);
	if (run->info.si_code != CLD_EXITED)
		return cni_fail(err, CNI_EDELEGATE, "%s '%s' was ended by signal %d (%s)",
				run->kind, run->exec->type, run->info.si_status,
				strsignal(run->info.si_status));
	return 0;
}

/* Returns 0 or an errno. */
static int start(struct run *run, const struct cni_child_program *program)
{
	unsigned int deadline = run->exec->deadline_ms;
	int failed = cni_child_start(program, &run->child);
	struct timespec end;

	if (failed != ETXTBSY)
		return failed;
	end = cni_deadline_in(deadline < BUSY_MS ? deadline : BUSY_MS);
	while (failed == ETXTBSY && cni_deadline_left(&end)) {
		cni_child_end(&run->child);
		poll(NULL, 0, BUSY_PAUSE_MS);
		failed = cni_child_start(program, &run->child);
	}
	return failed;
}

/* `run->info` says with what it exited. Nothing is in `ret_answer` after a failure. */
static int run_to_end(struct run *run, bool merges_stderr, struct cni_answer *ret_answer,
		      struct cni_error *err)
{
	freeing char **argv = make_argv(run->exec);
	const struct cni_child_program program = {
		.file = run->exec->file,
		.argv = argv,
		.environment = run->exec->environment,
		.merges_stderr = merges_stderr,
	};
	clearing_answer struct cni_answer answer = {0};
	int failed = start(run, &program);

	if (failed)
		failed = cni_fail_errno(err, CNI_EDELEGATE, failed, "run %s '%s' (%s)", run->kind,
					run->exec->type, run->exec->file);
	else
		failed = converse(run, err);
	cni_child_end(&run->child);
	answer = cni_hearing_finish(&run->hearing);
	if (failed)
		return cni_answer_quote(&answer, err);
	*ret_answer = answer;
	answer = (struct cni_answer){0};
	return 0;
}

/* ---- answer ---- */

/* {"code": 7, "msg": "…", "details": "…"} */
static int pass_on(const struct cni_exec *exec, const struct cni_answer *answer, int exit_code,
		   struct cni_error *err)
{
	const struct cni_answer aside = {.stderr_end = answer->stderr_end};
	struct cni_error ignored;
	freeing_json cJSON *json = NULL;
	const char *details;
	const char *msg;
	const cJSON *code;

	if (cni_json_parse_object(answer->text, answer->size, "error", &json, &ignored) < 0 ||
	    !(msg = cni_json_get_string(json, "msg"))) {
		cni_fail(err, CNI_EDELEGATE, "plugin '%s' exited with %d and without an error",
			 exec->type, exit_code);
		return cni_answer_quote(answer, err);
	}
	code = cni_json_get(json, "code");
	details = cni_json_get_string(json, "details");
	cni_fail(err, cJSON_IsNumber(code) && code->valueint > 0 ? code->valueint : CNI_EDELEGATE,
		 "%s", msg);
	if (details)
		cni_fail_details(err, "%s", details);
	return cni_answer_quote(&aside, err);
}

int cni_exec_run(const struct cni_exec *exec, struct cni_answer *ret_answer, struct cni_error *err)
{
	clearing_answer struct cni_answer answer = {0};
	struct run run = {.exec = exec, .kind = "plugin"};

	if (run_to_end(&run, false, &answer, err) < 0)
		return -1;
	if (run.info.si_status != 0)
		return pass_on(exec, &answer, run.info.si_status, err);
	*ret_answer = answer;
	answer = (struct cni_answer){0};
	return 0;
}

int cni_exec_command(const struct cni_exec *exec, char **ret_output, int *ret_code,
		     struct cni_error *err)
{
	struct run run = {.exec = exec, .kind = "command"};
	struct cni_answer answer = {0};

	if (run_to_end(&run, true, &answer, err) < 0)
		return -1;
	*ret_output = take_ptr(answer.text);
	*ret_code = run.info.si_status;
	cni_answer_clear(&answer);
	return 0;
}
