/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface, and the IPAM plugin that it starts: what it answers reaches the container, what
 * it is not to be asked it is not asked. */
#include "interface_scene.h"
#include "snapshot.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

#define STARTS SANDBOX_DIR "/starts"

/* ---- routes ---- */

#define ROUTES                                                                                     \
	"'routes':["                                                                               \
	"{'dst':'0.0.0.0/0','priority':500,'table':99,'mtu':1300},"                                \
	"{'dst':'10.7.0.0/16','scope':253},"                                                       \
	"{'dst':'10.8.0.0/16','priority':7,'mtu':1310},"                                           \
	"{'dst':'::/0','priority':600,'table':98,'mtu':1320}]"

/* host-local is run in the plugin's process, static is started, and "odd" is another suite's. */
static const char *const ipams[] = {
	IPAM("'ranges':[" RANGE4 "," RANGE6 "]," ROUTES),
	"'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24','gateway':'10.1.0.1'},"
	"{'address':'fd01::2/64','gateway':'fd01::1'}]," ROUTES "}",
	"'ipam':{'type':'odd'}",
};

/* An answer of the Go suite's host-local in `version`. */
static void add_odd(const char *version)
{
	const char *v4 = strcmp(version, "1.0.0") < 0 ? "'version':'4'," : "";
	const char *v6 = *v4 ? "'version':'6'," : "";
	freeing char *answer =
		cni_format("{'cniVersion':'%s','ips':["
			   "{%s'address':'10.1.0.2/24','gateway':'10.1.0.1'},"
			   "{%s'address':'fd01::2/64','gateway':'fd01::1'}]," ROUTES "}",
			   version, v4, v6);
	freeing char *json = json_text(answer);
	freeing char *script = cni_format("cat >/dev/null; [ $CNI_COMMAND = ADD ] || exit 0; "
					  "echo '%s'",
					  json);

	bridge_add_script("odd", script);
}

static void assert_routes_are_as_written(const char *red)
{
#define ALL(family, dst) "ip -n %s -j " family " route show table all " dst, red

	assert_shown("99", "0.table", ALL("-4", "default"));
	assert_shown("10.1.0.1", "0.gateway", ALL("-4", "default"));
	assert_shown("500", "0.metric", ALL("-4", "default"));
	assert_shown("1300", "0.metrics.0.mtu", ALL("-4", "default"));
	assert_shown(NULL, "1", ALL("-4", "default"));
	assert_shown("link", "0.scope", ALL("-4", "10.7.0.0/16"));
	assert_shown("7", "0.metric", ALL("-4", "10.8.0.0/16"));
	assert_shown("1310", "0.metrics.0.mtu", ALL("-4", "10.8.0.0/16"));
	assert_shown("98", "0.table", ALL("-6", "default"));
	assert_shown("600", "0.metric", ALL("-6", "default"));
	assert_shown("1320", "0.metrics.0.mtu", ALL("-6", "default"));
	assert_shown(NULL, "1", ALL("-6", "default"));
#undef ALL
}

static void add__gives_all_fields_of_routes_before_1_1_0(const struct interface_row *row)
{
	static const char *const versions[] = {"0.3.1", "0.4.0", "1.0.0"};

	for (size_t i = 0; i < 3 * sizeof(ipams) / sizeof(*ipams); i++) {
		const char *version = versions[i % 3];
		freeing char *config = interface_config(row, version, ipams[i / 3]);
		struct pod red;

		print_message("# %s\n", config);
		add_odd(version);
		interface_open(&red, "red", row);
		pod_add(&red, config);
		assert_routes_are_as_written(red.name);
		if (strcmp(version, "0.4.0") >= 0)
			pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

/* ---- one that leads back ---- */

static void assert_refused(const struct interface_row *row, const struct pod *red, const char *type)
{
	static const char *const verbs[] = {"ADD", "DEL", "DEL", "GC", "STATUS"};
	freeing char *more =
		cni_format("'ipam':{'type':'%s'},'cni.dev/valid-attachments':[]", type);
	freeing char *config = interface_config(row, "1.1.0", more);
	freeing char *says = cni_format("'ipam.type' is \"%s\"", type);
	freeing char *before = bridge_snapshot();

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		struct plugin_call call = pod_call(red, verbs[i], config);

		print_message("# %s %s\n", verbs[i], type);
		plugin_fails(&call, CNI_ECONFIG, says);
		/* A rollback may ask once more. */
		sandbox_must("test \"$(cat " STARTS " 2>/dev/null | wc -l)\" -le %d; rm -f " STARTS,
			     i ? 1 : 2);
	}
	bridge_assert_unchanged(before);
}

/* By its own name; a link and a copy of it; a script that starts it; and another plugin of its kind, which names
 * itself then. */
static void ipam__that_leads_back_is_refused(const struct interface_row *row)
{
	struct pod red;

	interface_open(&red, "red", row);
	sandbox_must("cd " SANDBOX_BIN "; ln -s %s linked; cp %s copied; ln -s " BRIDGE " bridge",
		     red.plugin, red.plugin);
	{
		freeing char *script = cni_format("echo >>" STARTS "; exec %s", red.plugin);

		bridge_add_script(row->type, script);
		bridge_add_script("wrapped", script);
	}
	assert_refused(row, &red, row->type);
	assert_refused(row, &red, "linked");
	assert_refused(row, &red, "copied");
	assert_refused(row, &red, "wrapped");
	assert_refused(row, &red, "bridge");
	pod_close(&red);
}

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
		interface_test(add__gives_all_fields_of_routes_before_1_1_0),
		interface_test(ipam__that_leads_back_is_refused),
		interface_test(gc__with_lists_that_differ_removes_nothing),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
