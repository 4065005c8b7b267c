/* SPDX-License-Identifier: Apache-2.0 */
/* A directory is opened without following links, with openat2(2) and without it. */
#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From here on openat2(2) fails with `errnum`, as before Linux 5.6 (ENOSYS), and with profiles older than it
 * (EPERM). */
static void refuse_openat2(int errnum)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(2);
}

/* 0: the directory was opened, and is the expected one; otherwise the error. */
static int error_of(int dir, const char *path, ino_t expected)
{
	closing int fd = cni_file_open_directory_at(dir, path);
	struct stat st;

	if (fd < 0)
		return errno;
	return fstat(fd, &st) == 0 && st.st_ino == expected ? 0 : -1;
}

static bool opens_what_it_should(const char *top)
{
	freeing char *absolute = cni_format("%s/a/b", top);
	closing int dir = open(top, O_PATH | O_DIRECTORY);
	closing int below = openat(dir, "a", O_PATH | O_DIRECTORY);
	struct stat st;

	if (dir < 0 || below < 0 || fstatat(dir, "a/b", &st, 0) < 0)
		return false;
	return error_of(dir, "a/b", st.st_ino) == 0 && error_of(below, "../a/b", st.st_ino) == 0 &&
	       error_of(AT_FDCWD, absolute, st.st_ino) == 0 &&
	       error_of(-1, absolute, st.st_ino) == 0 && error_of(dir, "a/none", 0) == ENOENT &&
	       error_of(dir, "none/b", 0) == ENOENT && error_of(dir, "file", 0) == ENOTDIR &&
	       error_of(dir, "link/b", 0) > 0 && error_of(dir, "a/link", 0) > 0;
}

static void file__opens_a_directory_without_following_links(void **state)
{
	static const int refusals[] = {0, ENOSYS, EPERM};
	char top[] = "/tmp/test-XXXXXX";
	freeing char *command = NULL;

	(void)state;
	assert_non_null(mkdtemp(top));
	command = cni_format("cd %s && mkdir -p a/b && ln -s a link && ln -s b a/link && : > file",
			     top);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < 3; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			if (refusals[i])
				refuse_openat2(refusals[i]);
			_exit(opens_what_it_should(top) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	free(take_ptr(command));
	command = cni_format("rm -r %s", top);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file__opens_a_directory_without_following_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
