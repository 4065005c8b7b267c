/* SPDX-License-Identifier: Apache-2.0 */
#include "about.h"

#include "cleanup.h"
#include "exec.h"
#include "file.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ABOUT_MAX (64U << 10)

/* clang-format off: a line for each. */
const char *const about_types[] = {
	"bridge",      "macvlan",    "ipvlan",	 "vlan",      "dummy",	"tap", "ptp",
	"host-device", "portmap",    "firewall", "bandwidth", "tuning", "sbr", "vrf",
	"loopback",    "host-local", "static",	 "dhcp",      NULL,
};
/* clang-format on */

/* Runs it with `fd` in the place of stderr, which a plugin inherits. */
static int run_into(const struct cni_exec *exec, int fd, struct cni_error *err)
{
	closing int before = dup(STDERR_FILENO);
	clearing_answer struct cni_answer answer = {0};
	int failed;

	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	failed = cni_exec_run(exec, &answer, err);
	dup2(before, STDERR_FILENO);
	return failed;
}

char *about_plugin(const char *type, const char *path)
{
	const struct cni_exec_variable none = {"CNI_COMMAND", NULL};
	freeing char **environment = cni_exec_environment(&none, 1);
	closing int fd = memfd_create("about", MFD_CLOEXEC);
	freeing char *file = NULL;
	freeing char *text = NULL;
	struct cni_error ignored;
	size_t size;
	struct cni_exec exec = {
		.type = type,
		.environment = environment,
		.input = "",
		.deadline_ms = CNI_EXEC_DEADLINE_MS,
	};

	if (fd < 0 || cni_exec_find(type, path, &file, &ignored) < 0)
		return NULL;
	exec.file = file;
	if (run_into(&exec, fd, &ignored) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    cni_file_read_fd(fd, ABOUT_MAX, "about", &text, &size, &ignored) < 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return *text ? take_ptr(text) : NULL;
}

bool about_is_ours(const char *type, const char *path)
{
	freeing char *about = about_plugin(type, path);

	return about && strstr(about, "+cni-c.");
}
