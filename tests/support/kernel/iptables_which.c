/* SPDX-License-Identifier: Apache-2.0 */
#include "iptables_which.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#define BIN SANDBOX_DIR "/bin"

static char *path_before;

/* Where plugins look for it. */
#define RESTORES "/usr/sbin/iptables-restore /usr/sbin/ip6tables-restore"

static void unhide_iptables(void)
{
	sandbox_run("for f in " RESTORES "; do umount $(readlink -f $f); done >/dev/null 2>&1");
}

void iptables_use(const char *which)
{
	freeing char *path = NULL;

	if (!path_before)
		path_before = cni_strdup(getenv("PATH"));
	path = cni_format("%s:%s", BIN, path_before);

	sandbox_must("mkdir -p " BIN "; rm -f " BIN "/ip*tables*");
	setenv("PATH", path, 1);
	unhide_iptables();
	if (!strcmp(which, "none")) {
		/* A file that is no program counts as missing. */
		sandbox_must("for f in " RESTORES "; do ! [ -x $f ] || "
			     "mount --bind /dev/null $(readlink -f $f) || exit 1; done");
		return;
	}
	sandbox_must("for f in iptables ip6tables; do for e in '' -restore -save; do "
		     "ln -s $(readlink -f /usr/sbin/$f-%s$e) " BIN "/$f-%s$e && "
		     "ln -s $f-%s$e " BIN "/$f$e || exit 1; done; done",
		     which, which, which);
}

void iptables_use_default(void)
{
	unhide_iptables();
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
