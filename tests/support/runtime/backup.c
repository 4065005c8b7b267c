/* SPDX-License-Identifier: Apache-2.0 */
#include "backup.h"

struct cni_tuning_backup backup_of_some(void)
{
	struct cni_tuning_backup backup = {
		.about = {.netns = "4711", .index = 3},
		.earlier.link = {.given = (1U << CNI_LINK_SETTING_COUNT) - 1,
				 .mac = {0x0a, 0x58, 0x0a, 1, 0, 5},
				 .promisc = false,
				 .allmulti = true,
				 .txqlen = 1000,
				 .mtu = 1500},
	};

	cni_tuning_add_sysctl(&backup.earlier, "net/core/somaxconn", "4096");
	cni_tuning_add_sysctl(&backup.earlier, "net/ipv4/route/flush", NULL);
	cni_tuning_add_sysctl(&backup.earlier, "net/ipv4/tcp_rmem", "1\t2\t3");
	return backup;
}
