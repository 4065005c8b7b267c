/* SPDX-License-Identifier: Apache-2.0 */
/* dhcp: addresses from the network's own servers. As a plugin it asks its daemon, `dhcp daemon`, which keeps the
 * leases. */
#include "dhcp_daemon.h"
#include "dhcp_plugin.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "daemon"))
		return dhcp_daemon_main((const char *const *)argv + 2);
	return cni_verbs_main(&dhcp_plugin);
}
