/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* vrf's CHECK after each damage, and its DEL with whatever is missing. */
#include "routed.h"

#include "cleanup.h"
#include "unreadable.h"

#include <unistd.h>

#define BLUE "'vrfname':'blue'"

/* ---- CHECK ---- */

static const struct {
	const char *damage, *text, *repair;
} damages[] = {
	{"ip -n red link set eth0 nomaster",
	 "failed to find eth0 associated to vrf blue: it is a slave of none",
	 "ip -n red link set eth0 master blue"},
	{"ip -n red link add b1 type bridge; ip -n red link set eth0 master b1",
	 "failed to find eth0 associated to vrf blue: it is a slave of another link",
	 "ip -n red link set eth0 master blue; ip -n red link del b1"},
	{"ip -n red link set blue down", "VRF 'blue' is down", "ip -n red link set blue up"},
	{"ip -n red link set eth0 down; ip -n red link set eth0 name gone", "'eth0' is missing",
	 "ip -n red link set gone name eth0; ip -n red link set eth0 up"},
	{"ip -n red link set blue down; ip -n red link set blue name gone", "VRF 'blue' is missing",
	 "ip -n red link set gone name blue; ip -n red link set blue up"},
	{"ip -n red link set blue down; ip -n red link set blue name gone; ip -n red link "
	 "add blue type bridge",
	 "Netlink blue is not a VRF: it is of kind 'bridge'",
	 "ip -n red link del blue; ip -n red link set gone name blue; ip -n red link set "
	 "blue up"},
	{"ip -n red link del blue; ip -n red link add blue type vrf table 77; "
	 "ip -n red link set blue up; ip -n red link set eth0 master blue",
	 "VRF 'blue' has table 77, expected 10",
	 "ip -n red link del blue; ip -n red link add blue type vrf table 10; "
	 "ip -n red link set blue up; ip -n red link set eth0 master blue"},
};

static void check__names_what_is_missing(void **state)
{
	static const char conf[] = BLUE ",'table':10";

	(void)state;
	needs_vrf();
	routed_succeeds(VRF, "ADD", "eth0", conf, routed_prev);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		routed_succeeds(VRF, "CHECK", "eth0", conf, routed_prev);
		sandbox_must("%s", damages[i].damage);
		routed_fails(VRF, "CHECK", "eth0", conf, routed_prev, CNI_EMISMATCH,
			     damages[i].text);
		sandbox_must("%s", damages[i].repair);
	}
	routed_succeeds(VRF, "CHECK", "eth0", conf, routed_prev);
	routed_fails(VRF, "CHECK", "eth0", conf, NULL, CNI_ECONFIG, "Required prevResult missing");
	/* A route of the result is missed by the plugin that made it. */
	sandbox_must("ip -n red route flush table 10");
	{
		freeing char *bridge = bridge_config("1.0.0", ON_A);
		freeing_json cJSON *json = cJSON_Parse(bridge);
		freeing char *config = NULL;

		cni_json_set(json, "prevResult", cni_json_copy(routed_prev));
		config = cni_json_print(json);
		plugin_fails(&(struct plugin_call){.plugin = BRIDGE,
						   .command = "CHECK",
						   .container = "red",
						   .netns = RED,
						   .ifname = "eth0",
						   .path = BRIDGE_PATH,
						   .config = config},
			     CNI_EMISMATCH, "route 0.0.0.0/0 via 10.1.0.1 is missing");
	}
}

/* ---- DEL ---- */

static void del__removes_it_in_each_state(void **state)
{
	static const struct {
		const char *damage, *more;
		bool has_prev;
	} cases[] = {
		{"true", BLUE, true},
		{"true", BLUE, false},
		{"true", "", false},
		{"true", "'vrfname':7,'table':'x'", true},
		{"ip -n red link del eth0", BLUE, true},
		{"ip -n red link del eth0", BLUE, false},
		{"ip -n red link set eth0 nomaster", BLUE, false},
		{"ip -n red link set eth0 down; ip -n red addr flush dev eth0", BLUE, true},
		{"ip -n red link del blue", BLUE, true},
		{"ip -n red link set blue down", BLUE, true},
	};

	(void)state;
	needs_vrf();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const cJSON *with = cases[i].has_prev ? routed_prev : NULL;

		routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
		sandbox_must("%s", cases[i].damage);
		routed_succeeds(VRF, "DEL", "eth0", cases[i].more, with);
		assert_shown("[]", "", "ip -n red -j link show type vrf");
		routed_succeeds(VRF, "DEL", "eth0", cases[i].more, with);
		routed_attach_again();
	}
}

static void del__leaves_others_alone(void **state)
{
	static const char *const paths[] = {NULL, "/run/netns/gone", "/proc/self/ns/net"};
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	needs_vrf();
	/* A VRF of that name on the host, and links of other kinds in the container. */
	sandbox_must("ip link add blue type vrf table 10 && ip -n red link add red0 type bridge && "
		     "ip -n red link set eth0 master red0");
	before = sandbox_read("ip -o link show; ip -n red -o link show");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct plugin_answer answer =
			routed_run_in(paths[i], VRF, "DEL", "eth0", BLUE, routed_prev);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	routed_succeeds(VRF, "DEL", "eth0", "'vrfname':'red0'", routed_prev);
	routed_succeeds(VRF, "DEL", "eth0", "", routed_prev);
	after = sandbox_read("ip -o link show; ip -n red -o link show");
	sandbox_assert_same(before, after);
}

static void del__and_that_of_go_remove_what_the_other_has_made(void **state)
{
	(void)state;
	needs_vrf();
	if (access(GO_VRF, X_OK) != 0)
		skip_because("the Go plugins are not installed in /usr/lib/cni");
	routed_succeeds(GO_VRF, "ADD", "eth0", BLUE, routed_prev);
	routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	assert_shown("[]", "", "ip -n red -j link show type vrf");
	routed_attach_again();
	routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
	routed_succeeds(GO_VRF, "CHECK", "eth0", BLUE, routed_prev);
	routed_succeeds(GO_VRF, "DEL", "eth0", BLUE, routed_prev);
	assert_shown("[]", "", "ip -n red -j link show type vrf");
}

static void del__succeeds_with_links_that_have_too_many_names(void **state)
{
	(void)state;
	needs_vrf();
	routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
	unreadable_names("red", "eth0");
	unreadable_names("red", "blue");
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	sandbox_must("! ip -n red link show blue 2>/dev/null");
}

/* The plugin remembers the addresses that the kernel takes away. */
static void add__refuses_more_addresses_than_can_be_put_back(void **state)
{
	(void)state;
	needs_vrf();
	sandbox_must(
		"for i in $(seq 4100); do printf 'addr add fd09::%%x/128 dev eth0 nodad\\n' $i; "
		"done | ip -n red -batch -");
	routed_fails(VRF, "ADD", "eth0", BLUE, routed_prev, CNI_EKERNEL,
		     "more than the 4096 that can be put back");
	sandbox_must("! ip -n red link show blue 2>/dev/null && "
		     "[ $(ip -n red -6 addr show eth0 scope global | grep -c inet6) = 4101 ]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(check__names_what_is_missing),
		routed_test(del__removes_it_in_each_state),
		routed_test(del__leaves_others_alone),
		routed_test(del__and_that_of_go_remove_what_the_other_has_made),
		routed_test(del__succeeds_with_links_that_have_too_many_names),
		routed_test(add__refuses_more_addresses_than_can_be_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
