/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface, and the IPAM plugin that it starts: what it answers reaches the container, what
 * it is not to be asked it is not asked. */
#include "interface_scene.h"
#include "snapshot.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define STARTS SANDBOX_DIR "/starts"

/* ---- GC ---- */

#define ATTACHED "[{'containerID':'red','ifname':'eth0'}]"
#define LOGS                                                                                       \
	"cat >/dev/null; echo $CNI_COMMAND >>" STARTS "; [ $CNI_COMMAND = ADD ] || exit 0; "       \
	"echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/24\","                   \
	"\"gateway\":\"10.1.0.1\"}]}'"

static void gc__with_lists_that_differ_removes_nothing(const struct interface_row *row)
{
	static const char *const lists[] = {
		"'cni.dev/valid-attachments':" ATTACHED ",'cni.dev/attachments':null",
		"'cni.dev/valid-attachments':null,'cni.dev/attachments':" ATTACHED,
	};
	freeing char *config = interface_config(row, "1.1.0", "'ipam':{'type':'logs'}");
	freeing char *before = NULL;
	freeing char *records = NULL;
	struct pod red;

	bridge_add_script("logs", LOGS);
	interface_open(&red, "red", row);
	pod_add(&red, config);
	before = bridge_snapshot();
	records = snapshot_records();
	for (size_t i = 0; i < 2; i++) {
		freeing char *more = cni_format("'ipam':{'type':'logs'},%s", lists[i]);
		freeing char *both = interface_config(row, "1.1.0", more);
		struct plugin_call gc = bridge_call("GC", both);
		freeing char *later = NULL;

		gc.plugin = red.plugin;
		plugin_fails(&gc, CNI_ECONFIG, "expected the same attachments");
		bridge_assert_unchanged(before);
		later = snapshot_records();
		sandbox_assert_same(records, later);
	}
	sandbox_must("ip -n red link show eth0 >/run/out && ! grep -q GC " STARTS);
	pod_check(&red, config);
	pod_close(&red);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(gc__with_lists_that_differ_removes_nothing),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
