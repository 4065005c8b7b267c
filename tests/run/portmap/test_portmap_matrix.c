/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Published ports as peers everywhere reach them, and the source that the pod sees: by each hostIP,
 * each protocol and each way of translating sources; the expectations are those of portmap's
 * README. The scene is that of port_scene.h. The Go plugin is asked the same. */
#include "cleanup.h"
#include "iptables_which.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define RED   "/run/netns/red"
#define BLUE  "/run/netns/blue"
#define GREEN "/run/netns/green"

enum mode { SNAT, MASQ_ALL, NEITHER, MODES };

static const char *const mode_keys[MODES] = {"'snat':true", "'masqAll':true", "'snat':false"};

static const char *const host_ips[] = {"",	    "0.0.0.0",	"::", "192.0.2.1", "2001:db8:1::1",
				       "127.0.0.1", "192.0.2.2"};

static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

struct row {
	const char *from; /* NULL: the host itself */
	const char *to;
	const char *translated;	 /* x where the mapping is for this, in the order of host_ips */
	const char *seen[MODES]; /* by the pod then, in the order of the modes; NULL: no answer */
	const char *otherwise;	 /* who answers where it is not, and whom that sees */
	const char *go_seen;	 /* by the pod, with snat by the Go plugin, if that differs */
};

/* Without translation the answer of a neighbour on the same bridge goes straight to it, from an
 * address that it has not asked: it gets none, nor does the pod that is its own neighbour. */
#define NONE                                                                                       \
	{                                                                                          \
		NULL, NULL, NULL                                                                   \
	}

static const struct row rows[] = {
	/* From outside: with its own address, unless all is translated. */
	{OUTSIDE,
	 "192.0.2.1",
	 "xx.x...",
	 {"pod 192.0.2.2", "pod 10.1.0.1", "pod 192.0.2.2"},
	 "host 192.0.2.2"},
	{OUTSIDE,
	 "192.0.2.3",
	 "xx.....",
	 {"pod 192.0.2.2", "pod 10.1.0.1", "pod 192.0.2.2"},
	 "host 192.0.2.2"},
	{OUTSIDE,
	 "2001:db8:1::1",
	 "x.x.x..",
	 {"pod 2001:db8:1::2", "pod fd01::1", "pod 2001:db8:1::2"},
	 "host 2001:db8:1::2"},
	{OUTSIDE,
	 "2001:db8:1::3",
	 "x.x....",
	 {"pod 2001:db8:1::2", "pod fd01::1", "pod 2001:db8:1::2"},
	 "host 2001:db8:1::2"},
	/* The host, by its own addresses: those are a source like any other. */
	{NULL,
	 "192.0.2.1",
	 "xx.x...",
	 {"pod 192.0.2.1", "pod 10.1.0.1", "pod 192.0.2.1"},
	 "host 192.0.2.1"},
	{NULL,
	 "10.1.0.1",
	 "xx.....",
	 {"pod 10.1.0.1", "pod 10.1.0.1", "pod 10.1.0.1"},
	 "host 10.1.0.1"},
	{NULL,
	 "2001:db8:1::1",
	 "x.x.x..",
	 {"pod 2001:db8:1::1", "pod fd01::1", "pod 2001:db8:1::1"},
	 "host 2001:db8:1::1"},
	/* The host by its loopback: 127.0.0.1 must not be seen outside of it; of ::1 nothing gets
	 * out. */
	{NULL, "127.0.0.1", "xx...x.", {"pod 10.1.0.1", "pod 10.1.0.1", NULL}, "host 127.0.0.1"},
	{NULL, "127.0.0.9", "xx.....", {"pod 10.1.0.1", "pod 10.1.0.1", NULL}, "host 127.0.0.1"},
	{NULL, "::1", "x.x....", NONE, "host ::1"},
	/* The pod itself, back to itself. */
	{RED, "192.0.2.1", "xx.x...", {"pod 10.1.0.1", "pod 10.1.0.1", NULL}, "host 10.1.0.2"},
	{RED, "10.1.0.1", "xx.....", {"pod 10.1.0.1", "pod 10.1.0.1", NULL}, "host 10.1.0.2"},
	{RED, "2001:db8:1::1", "x.x.x..", {"pod fd01::1", "pod fd01::1", NULL}, "host fd01::2"},
	/* Another pod on the bridge. The README has a rule for the whole subnet, which the Go
	 * plugin's nftables backend has not, nor have we. */
	{BLUE,
	 "192.0.2.1",
	 "xx.x...",
	 {NULL, "pod 10.1.0.1", NULL},
	 "host 10.1.0.3",
	 .go_seen = "pod 10.1.0.1"},
	{BLUE,
	 "2001:db8:1::1",
	 "x.x.x..",
	 {NULL, "pod fd01::1", NULL},
	 "host fd01::3",
	 .go_seen = "pod fd01::1"},
	/* A pod on another bridge. */
	{GREEN,
	 "192.0.2.1",
	 "xx.x...",
	 {"pod 10.2.0.2", "pod 10.1.0.1", "pod 10.2.0.2"},
	 "host 10.2.0.2"},
	{GREEN,
	 "2001:db8:1::1",
	 "x.x.x..",
	 {"pod fd02::2", "pod fd01::1", "pod fd02::2"},
	 "host fd02::2"},
	/* Forwarded to a foreign address: whatever the port. */
	{RED, "192.0.2.2", ".......", NONE, "outside 192.0.2.1"},
	{BLUE, "192.0.2.2", ".......", NONE, "outside 192.0.2.1"},
	{GREEN, "192.0.2.2", ".......", NONE, "outside 10.2.0.2"},
	{GREEN, "10.1.0.3", ".......", NONE, "blue 10.2.0.2"},
	{OUTSIDE, "10.2.0.2", ".......", NONE, "green 192.0.2.2"},
	{OUTSIDE, "10.1.0.3", ".......", NONE, "blue 192.0.2.2"},
	{NULL, "192.0.2.2", ".......", NONE, "outside 192.0.2.1"},
	{BLUE, "2001:db8:1::2", ".......", NONE, "outside 2001:db8:1::1"},
	{OUTSIDE, "fd02::2", ".......", NONE, "green 2001:db8:1::2"},
	{NULL, "fd02::2", ".......", NONE, "green fd02::1"},
};

/* ---- one mapping ---- */

static char *config_of(enum mode mode, const char *host_ip)
{
	freeing char *at = *host_ip ? cni_format(",'hostIP':'%s'", host_ip) : cni_strdup("");
	freeing char *keys = cni_format(
		"%s," PORTS("{'hostPort':8080,'containerPort':9090,'protocol':'tcp'%s},"
			    "{'hostPort':8080,'containerPort':9090,'protocol':'udp'%s},"
			    "{'hostPort':8080,'containerPort':9090,'protocol':'sctp'%s}"),
		mode_keys[mode], at, at, at);

	return portmap_config("1.0.0", keys);
}

/* Ours with each backend, and the Go plugin, whose rules the second one has. */
enum suite { OURS, OURS_IPTABLES, GO, NOBODY };

static void ask(enum suite suite, const char *command, const char *config)
{
	/* The last of two equal keys wins. */
	freeing char *end = cni_format("%.*s%s", (int)strlen(config) - 1, config,
				       suite == OURS_IPTABLES ? ",\"backend\":\"iptables\"}" : "}");
	freeing char *with = pod_config(&scene_red, end);
	struct plugin_call call = portmap_call(&scene_red, command, with);

	if (suite == GO)
		call.plugin = GO_PORTMAP;
	if (suite != NOBODY)
		plugin_succeeds(&call);
}

static const char *expected_of(enum suite suite, const struct row *row, enum mode mode,
			       size_t host_ip)
{
	if (suite == NOBODY || row->translated[host_ip] != 'x')
		return row->otherwise;
	return suite != OURS && mode == SNAT && row->go_seen ? row->go_seen : row->seen[mode];
}

/* Returns how many were not as expected, each of which it shows. */
static unsigned int compare(const struct probe *probes, size_t count, const char *config)
{
	char about[PROBE_ABOUT_SIZE];
	unsigned int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct probe *probe = &probes[i];

		if (probe_is_as_expected(probe))
			continue;
		fprintf(stderr, "# %s: answered by '%s', expected '%s'\n",
			probe_about(probe, about), probe->seen,
			probe->expected ? probe->expected : "");
		wrong++;
	}
	if (wrong)
		fprintf(stderr, "# with %s\n", config);
	return wrong;
}

static unsigned int try(enum suite suite, enum mode mode, size_t host_ip)
{
	freeing char *config = config_of(mode, host_ips[host_ip]);
	size_t spoken = COUNT(protocols) - (probe_has_sctp() ? 0 : 1);
	struct probe probes[COUNT(rows) * COUNT(protocols)];
	size_t count = 0;
	unsigned int wrong;

	ask(suite, "ADD", config);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t j = 0; j < spoken; j++)
			probes[count++] =
				(struct probe){rows[i].from, protocols[j], rows[i].to,
					       SCENE_HOST_PORT,
					       expected_of(suite, &rows[i], mode, host_ip)};
	probe_ask(probes, count);
	wrong = compare(probes, count, config);
	ask(suite, "DEL", config);
	return wrong;
}

/* ---- all of them ---- */

static void matrix__is_as_the_readme_says(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (size_t host_ip = 0; host_ip < COUNT(host_ips); host_ip++)
		for (enum mode mode = SNAT; mode < MODES; mode++)
			wrong += try(OURS, mode, host_ip);
	assert_int_equal(wrong, 0);
	/* And all is over with DEL. */
	assert_int_equal(try(NOBODY, SNAT, 0), 0);
}

/* It has no masqAll yet. The quick run asks it for the other modes without hostIP only. */
static void matrix__of_the_go_plugin_is_the_same(void **state)
{
	bool is_slow = getenv("CNI_C_SLOW");
	unsigned int wrong = 0;

	(void)state;
	if (access(GO_PORTMAP, X_OK) != 0)
		skip_because("the Go plugins are not installed in /usr/lib/cni");
	if (sandbox_run("iptables -t nat -S >/dev/null 2>&1 && "
			"ip6tables -t nat -S >/dev/null 2>&1") != 0)
		skip_because("iptables does not work here");
	for (size_t host_ip = 0; host_ip < COUNT(host_ips); host_ip++) {
		wrong += try(GO, SNAT, host_ip);
		if (is_slow || host_ip == 0)
			wrong += try(GO, NEITHER, host_ip);
	}
	assert_int_equal(wrong, 0);
}

static void matrix__of_the_iptables_backend_is_that_of_the_go_plugin(void **state)
{
	bool is_slow = getenv("CNI_C_SLOW");
	unsigned int wrong = 0;

	(void)state;
	skip_unless_iptables_works("nft", "nat");
	for (size_t host_ip = 0; host_ip < COUNT(host_ips); host_ip++)
		for (enum mode mode = SNAT; mode < MODES; mode++)
			if (is_slow || mode == SNAT || host_ip == 0)
				wrong += try(OURS_IPTABLES, mode, host_ip);
	assert_int_equal(wrong, 0);
}

static void ask_all(struct probe *probes, size_t count, const char *about)
{
	probe_ask(probes, count);
	assert_int_equal(compare(probes, count, about), 0);
}

/* ---- beside each other ---- */

static void matrix__port_of_one_address_overrides_that_of_all(void **state)
{
	struct probe probes[] = {
		{OUTSIDE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.2"},
		{OUTSIDE, IPPROTO_TCP, "192.0.2.3", SCENE_HOST_PORT, "blue 192.0.2.2"},
		{NULL, IPPROTO_TCP, "192.0.2.3", SCENE_HOST_PORT, "blue 192.0.2.1"},
		{OUTSIDE, IPPROTO_UDP, "192.0.2.3", SCENE_HOST_PORT, "pod 192.0.2.2"},
		{OUTSIDE, IPPROTO_TCP, "2001:db8:1::1", SCENE_HOST_PORT, "blue 2001:db8:1::2"},
		{OUTSIDE, IPPROTO_TCP, "2001:db8:1::3", SCENE_HOST_PORT, "pod 2001:db8:1::2"},
	};
	freeing char *of_all = config_of(SNAT, "");
	freeing char *of_one =
		portmap_config("1.0.0", PORTS(PORT_AT("192.0.2.3", 8080, 8080, "tcp") "," PORT_AT(
						"2001:db8:1::1", 8080, 8080, "tcp")));

	(void)state;
	pod_publish(&scene_red, of_all);
	pod_publish(&scene_blue, of_one);
	ask_all(probes, COUNT(probes), of_one);
}

/* Nor are connections masqueraded that ask the pod itself. */
static void matrix__of_masq_all_is_about_published_ports_only(void **state)
{
	struct probe probes[] = {
		{OUTSIDE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.1.0.1"},
		{OUTSIDE, IPPROTO_TCP, "10.1.0.2", SCENE_CONTAINER_PORT, "pod 192.0.2.2"},
		{GREEN, IPPROTO_UDP, "10.1.0.2", SCENE_CONTAINER_PORT, "pod 10.2.0.2"},
		{OUTSIDE, IPPROTO_TCP, "fd01::2", SCENE_CONTAINER_PORT, "pod 2001:db8:1::2"},
	};
	freeing char *config = config_of(MASQ_ALL, "");

	(void)state;
	pod_publish(&scene_red, config);
	ask_all(probes, COUNT(probes), config);
}

/* ---- with br_netfilter ---- */

/* Bridged traffic passes the rules of IP there. So a neighbour's answer is translated on its
 * way, without masquerade; and only hairpin mode sends a frame back to the port that it has come
 * from. */
static void matrix__of_bridges_that_ask_the_rules_of_ip(void **state)
{
	struct probe first[] = {
		{BLUE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.1.0.3"},
		{BLUE, IPPROTO_UDP, "2001:db8:1::1", SCENE_HOST_PORT, "pod fd01::3"},
		{GREEN, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.2.0.2"},
		{OUTSIDE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.2"},
		{NULL, IPPROTO_TCP, "127.0.0.1", SCENE_HOST_PORT, "pod 10.1.0.1"},
		{RED, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, NULL},
	};
	struct probe second[] = {
		{RED, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.1.0.1"},
		{RED, IPPROTO_UDP, "2001:db8:1::1", SCENE_HOST_PORT, "pod fd01::1"},
	};
	freeing char *config = config_of(SNAT, "");

	(void)state;
	if (access("/proc/sys/net/bridge", F_OK) != 0)
		skip_because("this kernel has no br_netfilter");
	sandbox_must("sysctl -qw net.bridge.bridge-nf-call-iptables=1 "
		     "net.bridge.bridge-nf-call-ip6tables=1");
	ask(OURS, "ADD", config);
	ask_all(first, COUNT(first), config);
	sandbox_must("bridge link set dev %s hairpin on", scene_red.host);
	ask_all(second, COUNT(second), config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(matrix__is_as_the_readme_says),
		scene_test(matrix__of_the_go_plugin_is_the_same),
		scene_test(matrix__of_the_iptables_backend_is_that_of_the_go_plugin),
		scene_test(matrix__port_of_one_address_overrides_that_of_all),
		scene_test(matrix__of_masq_all_is_about_published_ports_only),
		scene_test(matrix__of_bridges_that_ask_the_rules_of_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
