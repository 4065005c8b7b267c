/* SPDX-License-Identifier: Apache-2.0 */
/* `dhcp daemon`: one process, one loop, for all leases. It keeps nothing but what the records below /run/cni/dhcp
 * have: a daemon that is killed or replaced is followed by one that goes on. */
#ifndef DHCP_DAEMON_H
#define DHCP_DAEMON_H

/* `arguments` are those behind `dhcp daemon`. Returns the exit code: 0 after SIGTERM or SIGINT, 1 after a failure
 * that was printed. */
int dhcp_daemon_main(const char *const *arguments);

#endif
