/* SPDX-License-Identifier: Apache-2.0 */
/* A failed ADD leaves the host as it was, byte for byte, the first on a new bridge included. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define EVERYTHING GATEWAY ",'ipMasq':true,'macspoofchk':true,'promiscMode':true,"

/* An IPAM plugin that prints only this on ADD; it records its calls. */
#define ANSWERS(text, code)                                                                        \
	"cat > /run/stdin\n"                                                                       \
	"echo $CNI_COMMAND >> /run/asked\n"                                                        \
	"[ $CNI_COMMAND = ADD ] || exit 0\n"                                                       \
	"echo '" text "'\n"                                                                        \
	"exit " #code

static const struct failure {
	const char *about;
	const char *more;
	const char *ipam; /* the script "odd", which stands for an IPAM plugin */
	const char *setup;
	int code;
	const char *text;
} failures[] = {
	{"no such ipam", EVERYTHING "'ipam':{'type':'nowhere'}", NULL, NULL, CNI_ECONFIG,
	 "nowhere"},
	{"ipam fails", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"not today\"}", 1), NULL,
	 CNI_EAGAIN, "not today"},
	{"ipam fails without a word", EVERYTHING "'ipam':{'type':'odd'}", ANSWERS("", 3), NULL,
	 CNI_EDELEGATE, "exited with 3"},
	{"ipam prints nonsense", EVERYTHING "'ipam':{'type':'odd'}", ANSWERS("nonsense", 0), NULL,
	 CNI_EDECODE, "its answer"},
	{"ipam gives no address", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[]}", 0), NULL, CNI_EDELEGATE,
	 "missing IP config"},
	{"ipam gives an address twice", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.9/24\"},"
		 "{\"address\":\"10.1.0.9/24\"}]}",
		 0),
	 NULL, CNI_EKERNEL, "10.1.0.9/24"},
	{"ipam gives a route that leads nowhere", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.9/24\"}],"
		 "\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"10.200.0.1\"}]}",
		 0),
	 NULL, CNI_EKERNEL, "10.9.0.0/16"},
	{"the range is full", EVERYTHING "'ipam':{'type':'host-local','subnet':'10.1.0.0/30'}",
	 NULL,
	 "mkdir -p /var/lib/cni/networks/blue; "
	 "printf 'other\\r\\neth0' > /var/lib/cni/networks/blue/10.1.0.2",
	 CNI_EEXHAUSTED, "10.1.0.1-10.1.0.2"},
	{"the second range is full",
	 EVERYTHING IPAM("'ranges':[" RANGE4 ",[{'subnet':'10.2.0.0/30'}]]"), NULL,
	 "mkdir -p /var/lib/cni/networks/blue; "
	 "printf 'other\\r\\neth0' > /var/lib/cni/networks/blue/10.2.0.2",
	 CNI_EEXHAUSTED, "range 1"},
	{"the bridge has another address", EVERYTHING IPAM46, NULL,
	 "ip link add br0 address 02:00:00:00:00:66 type bridge; ip link set br0 up promisc on; "
	 "sysctl -qw net.ipv6.conf.br0.accept_ra=0; ip addr add 10.99.0.1/24 dev br0",
	 CNI_ETAKEN, "10.99.0.1/24"},
	{"the default route twice", "'isDefaultGateway':true,'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.9/24\"}],"
		 "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"0.0.0.0/0\"}]}",
		 0),
	 NULL, CNI_EKERNEL, "0.0.0.0/0"},
	{"an MTU that is too small", "'mtu':20", NULL, NULL, CNI_EKERNEL, NULL},
	{"the address would be its own gateway", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.2.0.1/31\"}]}", 0), NULL,
	 CNI_ECONFIG, "none for 10.2.0.1/31"},
	{"the network has no room for a gateway", EVERYTHING "'ipam':{'type':'odd'}",
	 ANSWERS("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"255.255.255.255/32\"}]}", 0),
	 NULL, CNI_ECONFIG, "none for 255.255.255.255/32"},
};

static void assert_leaves_nothing(const struct failure *failure, bool with_neighbour)
{
	freeing char *config = bridge_config("1.0.0", failure->more);
	freeing char *normal = bridge_config("1.0.0", "'name':'green',"
						      "'ipam':{'type':'host-local','ranges':"
						      "[[{'subnet':'10.1.0.128/25'}]]}");
	freeing char *before = NULL;
	struct plugin_call asked;
	struct pod green;
	struct pod red;

	fprintf(stderr, "# %s\n", failure->about);
	pod_open(&red, "red");
	pod_open(&green, "green");
	if (with_neighbour)
		pod_add(&green, normal);
	if (failure->setup && !(with_neighbour && strstr(failure->setup, "link add")))
		sandbox_must("%s", failure->setup);
	else if (failure->setup)
		sandbox_must("ip addr add 10.99.0.1/24 dev br0; ip link set br0 promisc on");
	if (failure->ipam)
		bridge_add_script("odd", failure->ipam);
	if (with_neighbour && strstr(failure->more, "promisc"))
		sandbox_must("ip link set br0 promisc on");
	before = bridge_snapshot();
	pod_add_fails(&red, config, failure->code, failure->text);
	bridge_assert_unchanged(before);
	assert_shown("[]", "", "ip -n red -j link show type veth");
	if (failure->ipam) {
		/* The IPAM plugin's work is undone once. */
		freeing char *verbs = sandbox_read("cat /run/asked; rm /run/asked");

		assert_string_equal(verbs, "ADD\nDEL\n");
	}
	/* The runtime sends DEL anyway. DEL cannot succeed without the plugin that may hold an
	 * address. */
	asked = pod_call(&red, "DEL", config);
	if (strstr(failure->more, "nowhere"))
		plugin_fails(&asked, failure->code, failure->text);
	else
		plugin_succeeds(&asked);
	bridge_assert_unchanged(before);
	pod_close(&red);
	pod_close(&green);
}

static void add__failed_leaves_a_new_host_as_it_was(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		assert_leaves_nothing(&failures[i], false);
		/* A host of its own for the next. */
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

static void add__failed_leaves_a_bridge_in_use_as_it_was(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		assert_leaves_nothing(&failures[i], true);
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

/* A bridge that an operator has made, without a port. */
static void add__failed_leaves_a_bridge_of_the_operators_as_it_was(void **state)
{
	static const char look[] = "ip -j link show br0 | jq -c '.[0].flags'; "
				   "cat /proc/sys/net/ipv6/conf/br0/accept_ra";
	freeing char *config = bridge_config("1.0.0", EVERYTHING "'ipam':{'type':'nowhere'}");
	freeing char *before = NULL;
	freeing char *after = NULL;
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 type bridge");
	sandbox_must("sysctl -q net.ipv6.conf.br0.accept_ra=1");
	before = sandbox_read("%s", look);
	pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_ECONFIG, "nowhere");
	after = sandbox_read("%s", look);
	assert_string_equal(after, before);
	assert_string_equal(after, "[\"BROADCAST\",\"MULTICAST\"]\n1\n");
	pod_close(&red);
}

static void add__failed_may_be_tried_again(void **state)
{
	freeing char *bad = bridge_config("1.0.0", EVERYTHING "'ipam':{'type':'nowhere'}");
	freeing char *good = bridge_config("1.0.0", EVERYTHING IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (int i = 0; i < 3; i++)
		pod_add_fails(&red, bad, CNI_ECONFIG, NULL);
	pod_add(&red, good);
	pod_check(&red, good);
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	pod_close(&red);
}

/* The namespace lives in which the container is attached already. */
static void add__of_an_attached_container_leaves_it_as_it_is(void **state)
{
	static const char *const ipams[] = {IPAM46, "'ipam':{'type':'static','addresses':"
						    "[{'address':'10.1.0.9/24'}]}"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		freeing char *more = cni_format("%s%s", EVERYTHING, ipams[i]);
		freeing char *config = bridge_config("1.0.0", more);
		freeing char *before = NULL;
		struct plugin_call again;
		struct pod green;
		struct pod red;

		pod_open(&red, "red");
		pod_open(&green, "green");
		pod_add(&red, config);
		before = bridge_snapshot();
		again = pod_call(&red, "ADD", config);
		again.netns = green.netns;
		plugin_fails(&again, CNI_ETAKEN, "'blue/red/eth0' is attached already");
		bridge_assert_unchanged(before);
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
		pod_close(&green);
	}
}

/* Its DEL has not come, its namespace has no name any more, and a process ends in there some time later. */
static void add__waits_for_a_namespace_that_goes(void **state)
{
	freeing char *config = bridge_config("1.0.0", EVERYTHING IPAM46);
	struct plugin_answer answer;
	struct plugin_call again;
	struct pod green;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&green, "green");
	pod_add(&red, config);
	sandbox_must("{ ip netns exec red sleep 2 & echo $! >/run/pid; } >/dev/null 2>&1");
	/* It has entered when it has become sleep(1). */
	sandbox_await("grep sleep /proc/$(cat /run/pid)/comm");
	sandbox_del_netns("red");
	again = pod_call(&red, "ADD", config);
	again.netns = green.netns;
	answer = plugin_run(&again);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_shown("eth0", "0.ifname", "ip -n green -j link show eth0");
	again.command = "DEL";
	plugin_succeeds(&again);
	pod_close(&green);
	pod_close(&red);
}

/* While the one that has made the bridge is still at it. */
static void add__failed_leaves_what_another_has_come_to_share(void **state)
{
	freeing char *bad = bridge_config("1.0.0", EVERYTHING "'ipam':{'type':'odd'}");
	freeing char *good = bridge_config("1.0.0", EVERYTHING IPAM46);
	struct plugin_process maker;
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod green;
	struct pod red;

	(void)state;
	bridge_add_script("odd", "cat > /dev/null; [ $CNI_COMMAND = ADD ] || exit 0; "
				 "touch /run/begun; until [ -e /run/go ]; do sleep 0.01; done; "
				 "exit 1");
	pod_open(&red, "red");
	pod_open(&green, "green");
	asked = pod_call(&red, "ADD", bad);
	maker = plugin_start(&asked);
	sandbox_await("[ -e /run/begun ]");
	pod_add(&green, good);
	sandbox_must("touch /run/go");
	answer = plugin_finish(&maker);
	plugin_assert_error(&answer, CNI_EDELEGATE, "odd");
	plugin_answer_clear(&answer);
	pod_check(&green, good);
	sandbox_must("ping -qc1 -W5 10.1.0.2 >/dev/null");
	pod_close(&red);
	pod_close(&green);
}

/* It has gone away before there was an answer. */
static void add__that_the_runtime_does_not_wait_for_leaves_nothing(void **state)
{
	freeing char *config = bridge_config("1.0.0", EVERYTHING IPAM46);
	freeing char *before = NULL;
	struct pod green;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&green, "green");
	pod_add(&green, config);
	sandbox_must("cat >/run/in <<'END'\n%s\nEND", config);
	before = bridge_snapshot();
	/* The configuration comes when no process reads the answer any more. */
	sandbox_must("mkfifo /run/unread; { read -r _ </run/unread; cat /run/in; } | "
		     "{ CNI_COMMAND=ADD CNI_CONTAINERID=red CNI_NETNS=%s CNI_IFNAME=eth0 "
		     "CNI_PATH=" BRIDGE_PATH " " BRIDGE "; echo $? >/run/code; } | "
		     "{ exec <&-; echo >/run/unread; }; "
		     "until [ -s /run/code ]; do sleep 0.01; done; [ $(cat /run/code) = 1 ]",
		     red.netns);
	bridge_assert_unchanged(before);
	pod_close(&red);
	pod_close(&green);
}

/* A link in the way stays as it is, whole. */
static void add__refuses_another_kind_of_link(void **state)
{
	freeing char *config = bridge_config("1.0.0", EVERYTHING IPAM46);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 type veth peer name br1");
	before = bridge_snapshot();
	pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_ECONFIG, "not a bridge");
	bridge_assert_unchanged(before);
	pod_close(&red);
}

/* An IPAM plugin's own words on stderr are the operator's to read. */
static void add__passes_on_what_ipam_says_on_stderr(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'ipam':{'type':'odd'}");
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	bridge_add_script("odd", "cat > /dev/null; echo 'the pool is on fire' >&2; exit 1");
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	answer = plugin_run(&asked);
	plugin_assert_error(&answer, CNI_EDELEGATE, "odd");
	assert_non_null(strstr(answer.err, "the pool is on fire"));
	plugin_answer_clear(&answer);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__failed_leaves_a_new_host_as_it_was),
		bridge_test(add__failed_leaves_a_bridge_in_use_as_it_was),
		bridge_test(add__failed_leaves_a_bridge_of_the_operators_as_it_was),
		bridge_test(add__failed_may_be_tried_again),
		bridge_test(add__of_an_attached_container_leaves_it_as_it_is),
		bridge_test(add__waits_for_a_namespace_that_goes),
		bridge_test(add__failed_leaves_what_another_has_come_to_share),
		bridge_test(add__that_the_runtime_does_not_wait_for_leaves_nothing),
		bridge_test(add__refuses_another_kind_of_link),
		bridge_test(add__passes_on_what_ipam_says_on_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
