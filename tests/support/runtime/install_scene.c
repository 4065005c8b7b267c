/* SPDX-License-Identifier: Apache-2.0 */
#include "install_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdarg.h>
#include <string.h>

#define TOOLS                                                                                      \
	"awk bash busybox cat chmod cp dash dirname flock grep head id ln mkdir mktemp mv rm "     \
	"rmdir "                                                                                   \
	"sed setsid sh sha256sum sleep sort stat sync timeout tr"
#define PLUGIN                                                                                     \
	"printf '#!/bin/sh\\necho \"CNI %%s plugin v1.9.1+cni-c.%%s\" >&2\\n' $plugin $version"

int install_scene_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	return sandbox_run("mkdir -p " INSTALL_TOOLS " && for each in " TOOLS "; do ln -s "
			   "$(readlink -f $(command -v $each)) " INSTALL_TOOLS
			   "/$each || exit 1; done; "
			   "for version in 1 2; do dir=" SANDBOX_DIR "/from$version; mkdir $dir; "
			   "for plugin in bridge host-local portmap vrf; do " PLUGIN
			   " >$dir/$plugin; chmod 750 $dir/$plugin; done; done; "
			   "echo no plugin >" INSTALL_FROM1 "/README; "
			   "cp " INSTALL_FROM1 "/bridge " INSTALL_FROM1 "/cnitool");
}

int install_scene_reset(void **state)
{
	(void)state;
	return sandbox_run("umount " INSTALL_DIR " 2>/dev/null; rm -rf " INSTALL_DIR
			   " && mkdir " INSTALL_DIR " && cd " INSTALL_DIR
			   " && echo earlier bridge >bridge && chown 7:8 bridge && "
			   "chmod 2751 bridge && ln -s ../bin/bridge host-local && "
			   "echo other author >flannel && chmod 644 flannel && ln flannel portmap");
}

static int run(const char *shell, const char *fmt, va_list args)
{
	freeing char *arguments = NULL;

	if (vasprintf(&arguments, fmt, args) < 0)
		cni_out_of_memory();
	return sandbox_run("cd " SANDBOX_DIR " && PATH=" INSTALL_TOOLS " %s " INSTALL_SCRIPT
			   " %s >said 2>&1",
			   shell ? shell : "", arguments);
}

int install_run(const char *shell, const char *fmt, ...)
{
	va_list args;
	int code;

	va_start(args, fmt);
	code = run(shell, fmt, args);
	va_end(args);
	return code;
}

void install_succeeds(const char *fmt, ...)
{
	freeing char *said = NULL;
	va_list args;
	int code;

	va_start(args, fmt);
	code = run(NULL, fmt, args);
	va_end(args);
	said = sandbox_read("cat " SANDBOX_DIR "/said");
	if (code)
		fail_msg("exit code %d: %s", code, said);
}

void install_fails(const char *words, const char *fmt, ...)
{
	freeing char *said = NULL;
	va_list args;
	int code;

	va_start(args, fmt);
	code = run(NULL, fmt, args);
	va_end(args);
	said = sandbox_read("cat " SANDBOX_DIR "/said");
	if (code != 1 || !strstr(said, words))
		fail_msg("exit code %d: %s, expected '%s'", code, said, words);
}

char *install_snapshot(void)
{
	return sandbox_read("cd " INSTALL_DIR " && find . -name .cni-c-kept -prune -o ! -type d "
			    "-printf '%%p %%y %%i %%m %%U %%G %%n %%T@ %%l\\n' | sort && "
			    "find . -name .cni-c-kept -prune -o -type f -exec md5sum {} + | sort");
}

void install_assert_as_before(const char *before)
{
	freeing char *after = install_snapshot();

	sandbox_assert_same(before, after);
	sandbox_must("! ls -d " INSTALL_DIR "/.cni-c-kept 2>/dev/null");
}

void install_assert_version(const char *version)
{
	sandbox_must("cd " INSTALL_DIR " && for each in bridge host-local portmap vrf; do "
		     "test \"$(stat -c '%%F %%a %%u %%g' $each)\" = 'regular file 755 0 0' && "
		     "./$each 2>&1 | grep -qx \"CNI $each plugin v1.9.1+cni-c.%s\" || exit 1; done",
		     version);
}
