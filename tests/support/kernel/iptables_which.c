/* SPDX-License-Identifier: Apache-2.0 */
#include "iptables_which.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIN SANDBOX_DIR "/bin"

static char *path_before;

static const char *const families[] = {"iptables", "ip6tables"};
static const char *const tools[] = {"", "-restore", "-save"};

/* Where plugins look for it. A file that is no program counts as missing. */
static void hide_iptables(bool hides)
{
	for (size_t i = 0; i < 2; i++) {
		freeing char *link = cni_format("/usr/sbin/%s-restore", families[i]);
		freeing char *path = realpath(link, NULL);

		if (path && !hides)
			umount2(path, 0);
		else if (path && access(path, X_OK) == 0)
			assert_int_equal(mount("/dev/null", path, NULL, MS_BIND, NULL), 0);
	}
}

/* BIN has `iptables` and `iptables-nft`, say, and all other tools; `which` NULL: none of them. */
static void link_tool(const char *family, const char *which, const char *tool)
{
	static const char *const kinds[] = {"", "-nft", "-legacy"};

	for (size_t i = 0; i < 3; i++) {
		freeing char *name = cni_format("%s%s%s", family, kinds[i], tool);
		freeing char *path = cni_format(BIN "/%s", name);
		freeing char *kind =
			cni_format("/usr/sbin/%s-%s%s", family, which ? which : "", tool);
		freeing char *target = which ? realpath(kind, NULL) : NULL;

		unlink(path);
		if (target && (!*kinds[i] || !strcmp(kinds[i] + 1, which)))
			assert_return_code(
				symlink(*kinds[i] ? target : strrchr(kind, '/') + 1, path), errno);
	}
}

static void link_tools(const char *which)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 3; j++)
			link_tool(families[i], which, tools[j]);
}

void iptables_use(const char *which)
{
	bool is_none = !strcmp(which, "none");
	freeing char *path = NULL;

	if (!path_before)
		path_before = cni_strdup(getenv("PATH"));
	path = cni_format("%s:%s", BIN, path_before);
	mkdir(BIN, 0755);
	setenv("PATH", path, 1);
	hide_iptables(false);
	link_tools(is_none ? NULL : which);
	if (is_none)
		hide_iptables(true);
}

void iptables_use_default(void)
{
	hide_iptables(false);
	if (!path_before)
		return;
	setenv("PATH", path_before, 1);
	free(path_before);
	path_before = NULL;
}

bool iptables_works(const char *table)
{
	return sandbox_run("iptables -t %s -S >/dev/null 2>&1 && "
			   "ip6tables -t %s -S >/dev/null 2>&1",
			   table, table) == 0;
}
