/* SPDX-License-Identifier: Apache-2.0 */
#include "attached.h"

#include "cleanup.h"

void pod_attach(struct pod *pod, const char *name, const char *more)
{
	freeing char *config = bridge_config("1.0.0", more);

	pod_open(pod, name);
	pod_add(pod, config);
	pod_check(pod, config);
}

void assert_reaches(const char *from, const char *address)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 %s >/run/out", from, address);
}

void assert_does_not_reach(const char *from, const char *address)
{
	sandbox_must("! ip netns exec %s ping -q -c1 -W1 %s >/run/out", from, address);
	sandbox_must("ip -n %s neigh flush dev eth0", from);
}
