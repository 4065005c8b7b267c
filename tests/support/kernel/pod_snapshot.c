/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_snapshot.h"

#include "cleanup.h"
#include "sandbox.h"
#include "snapshot.h"
#include "test.h"

#include <string.h>

char *pod_snapshot(const char *netns)
{
	return snapshot_net(netns);
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
