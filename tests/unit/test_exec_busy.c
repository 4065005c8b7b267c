/* SPDX-License-Identifier: Apache-2.0 */
/* An executable that is being written: the kernel refuses to run it (ETXTBSY), but for Linux 6.11 and 6.12. */
#include "exec.h"

#include "cleanup.h"
#include "fake.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

/* The letter of /proc/PID/stat behind the name. */
static char state_of(pid_t pid)
{
	char path[32];
	char text[256] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

/* The writer: keeps the file open from now on until its parent sleeps after a go, as it does when it tries again. */
struct writer {
	pid_t pid;
	int go;
};

static struct writer start_writer(const char *file, bool for_ever)
{
	struct writer writer = {.pid = -1};
	pid_t parent = getpid();
	int ready[2];
	int go[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	writer.pid = fork();
	if (writer.pid == 0) {
		int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);

		close(go[1]);
		if (fd < 0 || write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		while (state_of(parent) != 'S')
			sched_yield();
		_exit(for_ever && read(go[0], &byte, 1) != 0);
	}
	close(go[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	writer.go = go[1];
	return writer;
}

static int end_writer(const struct writer *writer)
{
	int status;

	close(writer->go);
	assert_int_equal(waitpid(writer->pid, &status, 0), writer->pid);
	return WEXITSTATUS(status);
}

static int run(const char *file, unsigned int deadline_ms, char **ret_output, struct cni_error *err)
{
	clearing_answer struct cni_answer answer = {0};
	char path[] = "PATH=/usr/bin:/bin";
	char *environment[] = {path, NULL};
	const struct cni_exec exec = {.file = file,
				      .type = "plugin",
				      .environment = environment,
				      .input = "{}",
				      .input_size = 2,
				      .deadline_ms = deadline_ms};

	if (cni_exec_run(&exec, &answer, err) < 0)
		return -1;
	*ret_output = take_ptr(answer.text);
	return 0;
}

static void assert_waits_for_writer(const char *file, const char *expected)
{
	struct writer writer = start_writer(file, false);
	freeing char *output = NULL;
	struct cni_error err;

	assert_int_equal(write(writer.go, "g", 1), 1);
	if (run(file, 60000, &output, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(output, expected);
	assert_int_equal(end_writer(&writer), 0);
}

static void exec__waits_for_the_writer_of_a_script(void **state)
{
	freeing char *file = fake_path(&fake, "plugin");

	(void)state;
	fake_write(&fake, "plugin", "#!/bin/sh\necho done\n");
	assert_int_equal(chmod(file, 0755), 0);
	assert_waits_for_writer(file, "done\n");
	/* And again, for another writer. */
	assert_waits_for_writer(file, "done\n");
}

static void exec__waits_for_the_writer_of_a_program(void **state)
{
	freeing char *file = fake_path(&fake, "plugin");
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "cp /bin/cat %s", file);
	assert_int_equal(system(command), 0);
	assert_waits_for_writer(file, "{}");
}

static void exec__gives_up_a_file_that_stays_open(void **state)
{
	freeing char *file = fake_path(&fake, "plugin");
	freeing char *output = NULL;
	struct writer writer;
	struct cni_error err = {0};

	(void)state;
	fake_write(&fake, "plugin", "#!/bin/sh\necho done\n");
	assert_int_equal(chmod(file, 0755), 0);
	writer = start_writer(file, true);
	assert_int_equal(write(writer.go, "g", 1), 1);
	/* Kernels without ETXTBSY run it. */
	if (run(file, 200, &output, &err) < 0) {
		assert_int_equal(err.code, CNI_EDELEGATE);
		assert_int_equal(err.errnum, ETXTBSY);
		assert_non_null(strstr(err.msg, "Text file busy"));
	}
	assert_int_equal(end_writer(&writer), 0);
	free(output);
	output = NULL;
	assert_int_equal(run(file, 60000, &output, &err), 0);
	assert_string_equal(output, "done\n");
}

#define busy_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		busy_test(exec__waits_for_the_writer_of_a_script),
		busy_test(exec__waits_for_the_writer_of_a_program),
		busy_test(exec__gives_up_a_file_that_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
