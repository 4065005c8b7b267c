/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_go.h"

void go_start(const char *flags)
{
	sandbox_must("mkdir -p /run/cni && rm -f /run/cni/dhcp.sock && { " GO_DIR
		     "/dhcp daemon %s >/run/go.log 2>&1 & echo $! >/run/go.pid; }",
		     flags);
	await("test -S /run/cni/dhcp.sock");
}

void go_end(void)
{
	sandbox_run("kill -9 $(cat /run/go.pid); rm -f /run/go.pid");
	await("! ss -Hxl | grep -q cni/dhcp.sock");
}

int go_teardown(void **state)
{
	sandbox_run("test ! -e /run/go.pid || kill -9 $(cat /run/go.pid)");
	return dhcp_teardown(state);
}
