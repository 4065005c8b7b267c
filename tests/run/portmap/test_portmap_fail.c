/* SPDX-License-Identifier: Apache-2.0 */
/* A failed ADD of portmap leaves the host as it was; and hosts without a usable nf_tables. */
#include "cleanup.h"
#include "faults.h"
#include "mem.h"
#include "published.h"
#include "test.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct pod red;
static struct pod blue;

static int setup(void **state)
{
	freeing char *config = NULL;

	if (bridge_setup(state) < 0)
		return -1;
	config = bridge_config("1.1.0", GATEWAY "," IPAM46);
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	pod_close(&blue);
	return bridge_teardown(state);
}

#define fail_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- ports that are taken ---- */

static void add__failed_leaves_the_host_as_it_was(void **state)
{
	static const struct {
		const char *of_blue, *of_red, *text;
	} cases[] = {
		{PORT(8080, 80, "tcp"), PORT(8080, 80, "tcp"),
		 "port tcp :8080 is already published by 'blue/blue/eth0', for 10.1.0.3"},
		/* The second mapping, behind one that is free. */
		{PORT(8080, 80, "tcp"), PORT(8079, 79, "tcp") "," PORT(8080, 80, "tcp"),
		 "port tcp :8080 is already published by 'blue/blue/eth0', for 10.1.0.3"},
		/* The second family. */
		{PORT_AT("::", 8080, 80, "tcp"), PORT(8080, 80, "tcp"),
		 "port tcp :8080 is already published by 'blue/blue/eth0', for fd01::3"},
		{PORT_AT("2001:db8::1", 8080, 80, "udp"),
		 PORT(8079, 80, "tcp") "," PORT_AT("2001:db8:0:0::1", 8080, 81, "udp"),
		 "port udp [2001:db8::1]:8080 is already published by 'blue/blue/eth0', for "
		 "fd01::3"},
		{PORT(9, 9, "sctp"), PORT_AT("0.0.0.0", 9, 9, "sctp"),
		 "port sctp 0.0.0.0:9 is already published by 'blue/blue/eth0', for 10.1.0.3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *blues = cni_format(PORTS("%s"), cases[i].of_blue);
		freeing char *reds = cni_format(PORTS("%s"), cases[i].of_red);
		freeing char *of_blue = portmap_config("1.1.0", blues);
		freeing char *of_red = portmap_config("1.1.0", reds);
		freeing char *before = NULL;

		pod_publish(&blue, of_blue);
		before = sandbox_snapshot();
		pod_publish_fails(&red, of_red, CNI_ETAKEN, cases[i].text);
		sandbox_assert_unchanged(before);
		/* The runtime sends DEL anyway. */
		pod_unpublish(&red, of_red);
		sandbox_assert_unchanged(before);
		pod_unpublish(&blue, of_blue);
		/* Now it is free. */
		pod_publish(&red, of_red);
		pod_unpublish(&red, of_red);
		assert_nothing_published();
	}
}

/* Nor does it take what the very same attachment has. */
static void add__refused_a_second_time_leaves_the_first(void **state)
{
	freeing char *of_blue = portmap_config("1.1.0", PORTS(PORT(8080, 80, "tcp")));
	freeing char *first = portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp")));
	freeing char *second =
		portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp") "," PORT(8080, 80, "tcp")));
	freeing char *before = NULL;

	(void)state;
	pod_publish(&blue, of_blue);
	pod_publish(&red, first);
	before = sandbox_snapshot();
	pod_publish_fails(&red, second, CNI_ETAKEN, "8080");
	sandbox_assert_unchanged(before);
	pod_check_published(&red, first);
}

/* A foreign element in our table is not ours to overrule. */
static void add__of_an_element_without_owner_is_refused(void **state)
{
	freeing char *other = portmap_config("1.1.0", PORTS(PORT(8080, 80, "tcp")));
	freeing char *config = portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp")));
	freeing char *before = NULL;

	(void)state;
	pod_publish(&blue, other);
	sandbox_must("nft add element inet cni_portmap ports4 '{ tcp . 8081 : 10.9.9.9 . 80 }'");
	before = sandbox_snapshot();
	pod_publish_fails(&red, config, CNI_ETAKEN,
			  "port tcp :8081 is already published by '', for 10.9.9.9");
	sandbox_assert_unchanged(before);
}

static void add__without_namespace_is_refused(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS(PORT(8080, 80, "tcp")));
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "ADD", with);
	freeing char *before = sandbox_snapshot();

	(void)state;
	asked.netns = "/run/netns/gone";
	plugin_fails(&asked, CNI_EENV, "/run/netns/gone");
	asked.netns = "/proc/self/ns/net";
	plugin_fails(&asked, CNI_EENV, "CNI_NETNS");
	sandbox_assert_unchanged(before);
}

/* ---- without nf_tables ---- */

#define LOG "/run/strace.log"

#define skip_unless_possible()                                                                     \
	do {                                                                                       \
		if (!faults_possible())                                                            \
			skip_because("strace is not installed");                                   \
	} while (0)

/* The `nth` socket of the call is that of netfilter, which this kernel is made not to have. */
static struct plugin_answer ask_without(const struct plugin_call *call, int nth)
{
	const struct fault_step step = {.name = "socket", .nth = nth};

	return faults_inject(call, LOG, &step, "EPROTONOSUPPORT");
}

static void status__says_if_there_is_no_nf_tables(void **state)
{
	freeing char *config = portmap_config("1.1.0", "'snat':true");
	struct plugin_call asked = portmap_call(&red, "STATUS", config);
	freeing char *before = sandbox_snapshot();
	struct plugin_answer answer;

	(void)state;
	/* As containerd calls it: present but empty. */
	asked.container = asked.netns = asked.ifname = "";
	plugin_succeeds(&asked);
	sandbox_assert_unchanged(before);
	skip_unless_possible();
	answer = ask_without(&asked, 2);
	plugin_assert_error(&answer, CNI_EUNAVAILABLE, "portmap needs nf_tables");
	plugin_answer_clear(&answer);
}

static void status__says_if_the_configuration_is_wrong(void **state)
{
	freeing char *config = portmap_config("1.1.0", "'backend':'pf'");
	struct plugin_call asked = portmap_call(&red, "STATUS", config);

	(void)state;
	asked.container = asked.netns = asked.ifname = "";
	plugin_fails(&asked, CNI_ECONFIG, "'backend'");
}

static void status__came_with_1_1_0(void **state)
{
	freeing char *config = portmap_config("1.0.0", "");
	struct plugin_call asked = portmap_call(&red, "STATUS", config);

	(void)state;
	asked.container = asked.netns = asked.ifname = "";
	plugin_fails(&asked, CNI_EVERSION, "config version does not allow STATUS");
}

/* There is nothing of ours then. */
static void del__succeeds_where_there_is_no_nf_tables(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS(PORT(8080, 80, "tcp")));
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "ADD", with);
	struct plugin_answer answer;

	(void)state;
	skip_unless_possible();
	asked.netns = "";
	asked.command = "DEL";
	answer = ask_without(&asked, 2);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	/* But no port can be published. */
	asked = portmap_call(&red, "ADD", with);
	answer = ask_without(&asked, 4);
	plugin_assert_error(&answer, CNI_EKERNEL, "portmap");
	plugin_answer_clear(&answer);
	assert_nothing_published();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fail_test(add__failed_leaves_the_host_as_it_was),
		fail_test(add__refused_a_second_time_leaves_the_first),
		fail_test(add__of_an_element_without_owner_is_refused),
		fail_test(add__without_namespace_is_refused),
		fail_test(status__says_if_there_is_no_nf_tables),
		fail_test(status__says_if_the_configuration_is_wrong),
		fail_test(status__came_with_1_1_0),
		fail_test(del__succeeds_where_there_is_no_nf_tables),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
