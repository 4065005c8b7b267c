/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_snapshot.h"

#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

char *pod_snapshot(const char *netns)
{
	/* promiscuity and allmulti count who wants it. */
	return sandbox_read(
		"ip netns exec %s sh -c '"
		"echo \"# links\"; ip -o -d link | sed -E \"s/^[0-9]+: //; s/@if[0-9]+//; "
		"s/link-netns(id)? [^ ]+//; s/NO-CARRIER,|,LOWER_UP//g; "
		"s/ state (UP|DOWN|UNKNOWN|LOWERLAYERDOWN)//\"; "
		"echo \"# addresses\"; ip -o addr | grep -v \" fe80::\" | "
		"sed -E \"s/^[0-9]+: //; s/ tentative//; s/valid_lft.*//\"; "
		"echo \"# routes\"; { ip route show table all; ip -6 route show table all; } | "
		"grep -vE \"(^| )(fe80:|ff00::/8)\" | sed \"s/ linkdown//\"; "
		"echo \"# qdiscs\"; tc qdisc show; "
		"echo \"# sysctls\"; sysctl -a 2>/dev/null | grep \"^net\\.\" | "
		"grep -vE \"random|stable_secret|nf_conntrack_count|flow_limit|base_reachable|"
		"tcp_(fastopen_key|available|allowed)\"' 2>&1",
		netns);
}

void pod_assert_unchanged(const char *netns, const char *before, const char *about)
{
	freeing char *after = pod_snapshot(netns);

	if (!strcmp(before, after))
		return;
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(i ? "/run/pod-after" : "/run/pod-before", "we");

		assert_non_null(file);
		fputs(i ? after : before, file);
		fclose(file);
	}
	fflush(stdout);
	sandbox_run("diff -u /run/pod-before /run/pod-after >&2");
	fail_msg("%s: the container is not as it was before", about);
}
