/* SPDX-License-Identifier: Apache-2.0 */
#include "interface_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct interface_row rows[] = {
	{.type = "macvlan", .kind = "macvlan", .keys = "'master':'up0'"},
	{.type = "ipvlan", .kind = "ipvlan", .keys = "'master':'up0'", .shares_mac = true},
	{.type = "vlan", .kind = "vlan", .keys = "'master':'up0','vlanId':7", .shares_mac = true},
	{.type = "dummy", .kind = "dummy", .keys = ""},
	{.type = "tap", .kind = "tun", .keys = "'mtu':1400", .has_go_test = true},
	{.type = "ptp",
	 .kind = "veth",
	 .keys = "'ipMasq':true",
	 .has_go_test = true,
	 /* It stays on. */
	 .setup = "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* The state of a cmocka test. */
struct pairing {
	const struct interface_row *row;
	const struct interface_test *test;
};

static int setup(void **state)
{
	void *ignored = NULL;

	(void)state;
	if (bridge_setup(&ignored) < 0)
		return -1;
	/* The host's "eth0" is not the container's: kernels before 6.15 mix them up. */
	return sandbox_run("ip link add up0 type veth peer name up1 && ip link set up0 up && "
			   "ip link set up1 up && ip link add eth0 type bridge");
}

static int teardown(void **state)
{
	return bridge_teardown(state);
}

/* ip(8) has its own words for a kind that the kernel does not know, and for taps, which rtnetlink does not make. */
bool interface_has_kind(const char *kind)
{
	bool unknown;

	if (strcmp(kind, "tun") == 0)
		unknown = sandbox_run("ip tuntap add probe0 mode tap 2>/dev/null") != 0;
	else
		unknown = sandbox_run("ip link add probe0 type %s 2>&1 | "
				      "grep -qE 'Unknown device type|not supported'",
				      kind) == 0;
	sandbox_run("ip link del probe0 2>/dev/null");
	return !unknown;
}

/* True if the environment restricts the rows to other kinds. */
static bool is_left_out(const char *kind)
{
	const char *kinds = getenv("CNI_C_KINDS");
	freeing char *listed = cni_format(",%s,", kinds ? kinds : "");
	freeing char *wanted = cni_format(",%s,", kind);

	return kinds && *kinds && !strstr(listed, wanted);
}

static void run(void **state)
{
	const struct pairing *pairing = *state;
	const struct interface_row *row = pairing->row;

	if (!interface_has_kind(row->kind))
		skip_because("this kernel has no links of kind '%s'", row->kind);
	if (row->setup)
		sandbox_must("%s", row->setup);
	pairing->test->run(row);
}

int interface_run(const struct interface_test *tests, size_t count)
{
	struct CMUnitTest *all = cni_alloc(count * ROWS * sizeof(*all));
	struct pairing *pairings = cni_alloc(count * ROWS * sizeof(*pairings));
	size_t chosen = 0;
	int failed;

	for (size_t i = 0; i < count * ROWS; i++) {
		const struct interface_row *row = &rows[i % ROWS];
		const struct interface_test *test = &tests[i / ROWS];

		if (is_left_out(row->kind))
			continue;
		pairings[chosen] = (struct pairing){row, test};
		all[chosen] =
			(struct CMUnitTest){.name = cni_format("%s_%s", row->type, test->name),
					    .test_func = run,
					    .setup_func = setup,
					    .teardown_func = teardown,
					    .initial_state = &pairings[chosen]};
		chosen++;
	}
	failed = _cmocka_run_group_tests("interfaces", all, chosen, NULL, NULL);
	for (size_t i = 0; i < chosen; i++)
		free((char *)all[i].name);
	free(all);
	free(pairings);
	return failed;
}

char *interface_config(const struct interface_row *row, const char *version, const char *more)
{
	freeing char *text =
		cni_format("{'cniVersion':'%s','name':'blue','type':'%s'%s%s%s%s}", version,
			   row->type, *row->keys ? "," : "", row->keys, *more ? "," : "", more);

	return json_text(text);
}

const char *interface_plugin(const struct interface_row *row)
{
	static char paths[ROWS][128];
	char *path = paths[row - rows];

	snprintf(path, sizeof(paths[0]), CNI_C_BINARY_DIR "/plugins/%s", row->type);
	return path;
}

void interface_open(struct pod *pod, const char *name, const struct interface_row *row)
{
	pod_open(pod, name);
	pod->plugin = interface_plugin(row);
}

/* sbr is the last: it moves the routes of the table that vrf has chosen. */
static const struct interface_row behind[INTERFACE_BEHIND] = {
	{.type = "vrf", .kind = "vrf", .keys = "'vrfname':'v1'"},
	{.type = "sbr", .keys = ""},
};

bool interface_has_behind(size_t number)
{
	return !behind[number].kind || interface_has_kind(behind[number].kind);
}

struct plugin_answer interface_run_behind(const struct pod *pod, const char *command, size_t number)
{
	freeing char *base = interface_config(&behind[number], "1.0.0", "");
	freeing char *config = pod_config(pod, base);
	freeing char *file = cni_format(CNI_C_BINARY_DIR "/plugins/%s", behind[number].type);
	struct plugin_call call = pod_call(pod, command, config);

	call.plugin = file;
	return plugin_run(&call);
}

void interface_assert_nothing_in(const struct pod *pod)
{
	assert_shown(NULL, "1", "ip -n %s -j link show", pod->name);
}
