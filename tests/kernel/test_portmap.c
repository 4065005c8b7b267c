/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: ADD. Conflicts are in test_portmap_owners.c, DEL and GC in
 * test_portmap_del.c. */
#include "portmap.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "offer.h"
#include "sends.h"
#include "test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

COUNT_SENDS

/* vethc2cc414d284 is the name that blue/c1/eth0 has. */
static const struct offer both = {"blue",
				  "c1",
				  {"10.1.0.7", "fd00::7"},
				  {"tcp 8080 80", "udp 53 5353 192.0.2.1"},
				  .link = "veth1"};

static void portmap__is_two_look_ups_for_each_connection(void **state)
{
	freeing char *text = NULL;

	(void)state;
	sandbox_must("ip link add br0 type bridge");
	offer_add(&(struct offer){"blue", "c1", {"10.1.0.7"}, {"tcp 8080 80"}, "br0"});
	/* Newer ones say "dstnat + 1" in each hook. */
	text = sandbox_read("nft list table inet cni_portmap | sed -n '/chain/,$p' | "
			    "sed 's/hook output priority dstnat + 1/hook output priority -99/'");
	assert_string_equal(
		text, "\tchain ports {\n"
		      "\t\tdnat ip to ip daddr . meta l4proto . th dport map @ports_at4\n"
		      "\t\tmeta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4\n"
		      "\t\tdnat ip6 to ip6 daddr . meta l4proto . th dport map @ports_at6\n"
		      "\t\tmeta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6\n"
		      "\t}\n\n"
		      "\tchain prerouting {\n"
		      "\t\ttype nat hook prerouting priority dstnat + 1; policy accept;\n"
		      "\t\tip daddr 127.0.0.0/8 return\n"
		      "\t\tfib daddr type local jump ports\n"
		      "\t}\n\n"
		      "\tchain output {\n"
		      "\t\ttype nat hook output priority -99; policy accept;\n"
		      "\t\tfib daddr type local jump ports\n"
		      "\t}\n\n"
		      "\tchain postrouting {\n"
		      "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
		      "\t\tip saddr . ip daddr @hairpins4 masquerade\n"
		      "\t\tip saddr 127.0.0.0/8 ip daddr @localhosts4 masquerade\n"
		      "\t\tct status dnat ip daddr @masquerades4 masquerade\n"
		      "\t\tip6 saddr . ip6 daddr @hairpins6 masquerade\n"
		      "\t\tct status dnat ip6 daddr @masquerades6 masquerade\n"
		      "\t}\n\n"
		      "\tchain martians {\n"
		      "\t\ttype filter hook prerouting priority raw; policy accept;\n"
		      "\t\tiifname @localnets ip daddr 127.0.0.0/8 drop\n"
		      "\t}\n"
		      "}\n");
}

static void portmap__elements_bear_their_owner(void **state)
{
	(void)state;
	offer_add(&both);
	assert_elements("ports4", "tcp 8080 -> 10.1.0.7 80 blue/c1/eth0");
	assert_elements("ports_at4", "192.0.2.1 udp 53 -> 10.1.0.7 5353 blue/c1/eth0");
	assert_elements("published4",
			"vethc2cc414d284 0 -> 0.0.0.0 tcp 8080 10.1.0.7 80 "
			"blue/c1/eth0, vethc2cc414d284 1 -> 192.0.2.1 udp 53 10.1.0.7 "
			"5353 blue/c1/eth0");
	assert_elements("hairpins4", "10.1.0.7 10.1.0.7 blue/c1/eth0");
	assert_elements("localhosts4", "10.1.0.7 blue/c1/eth0");
	assert_elements("masquerades4", "");
	assert_elements("ports6", "tcp 8080 -> fd00::7 80 blue/c1/eth0");
	assert_elements("ports_at6", "");
	assert_elements("published6", "vethc2cc414d284 0 -> :: tcp 8080 fd00::7 80 blue/c1/eth0");
	assert_elements("hairpins6", "fd00::7 fd00::7 blue/c1/eth0");
	assert_elements("masquerades6", "");
	assert_elements("localnets", "");
	offer_check(&both, NULL);
}

/* Where each mapping of a container with both families stands. */
static void portmap__is_for_the_family_of_its_host_address(void **state)
{
	static const struct {
		const char *port, *ports4, *ports_at4, *ports6, *ports_at6;
	} cases[] = {
		{"tcp 1 65535", "tcp 1 -> 10.1.0.7 65535", "", "tcp 1 -> fd00::7 65535", ""},
		{"udp 65535 1", "udp 65535 -> 10.1.0.7 1", "", "udp 65535 -> fd00::7 1", ""},
		{"sctp 9 8", "sctp 9 -> 10.1.0.7 8", "", "sctp 9 -> fd00::7 8", ""},
		{"tcp 9 8 0.0.0.0", "tcp 9 -> 10.1.0.7 8", "", "", ""},
		{"tcp 9 8 ::", "", "", "tcp 9 -> fd00::7 8", ""},
		{"tcp 9 8 192.0.2.1", "", "192.0.2.1 tcp 9 -> 10.1.0.7 8", "", ""},
		{"tcp 9 8 127.0.0.1", "", "127.0.0.1 tcp 9 -> 10.1.0.7 8", "", ""},
		{"tcp 9 8 2001:db8::1", "", "", "", "2001:db8::1 tcp 9 -> fd00::7 8"},
		{"tcp 9 8 ::1", "", "", "", "::1 tcp 9 -> fd00::7 8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct offer offer = {"blue", "c1", {"10.1.0.7", "fd00::7"}, {cases[i].port}};
		const char *const expected[][2] = {{"ports4", cases[i].ports4},
						   {"ports_at4", cases[i].ports_at4},
						   {"ports6", cases[i].ports6},
						   {"ports_at6", cases[i].ports_at6}};

		offer_add(&offer);
		for (size_t j = 0; j < 4; j++) {
			const char *text = expected[j][1];
			freeing char *owned =
				cni_format("%s%s", text, *text ? " blue/c1/eth0" : "");

			assert_elements(expected[j][0], owned);
		}
		/* No source is translated for an address that publishes nothing. */
		assert_elements("hairpins6", *cases[i].ports6 || *cases[i].ports_at6
						     ? "fd00::7 fd00::7 blue/c1/eth0"
						     : "");
		offer_check(&offer, NULL);
		sandbox_must("nft flush ruleset");
	}
}

static void portmap__translates_the_sources_that_are_asked_for(void **state)
{
	const struct offer none = {
		"blue", "c1", {"10.1.0.7", "fd00::7"}, {"tcp 8080 80"}, .no_snat = true};
	const struct offer all = {
		"blue", "c2", {"10.1.0.8", "fd00::8"}, {"tcp 8081 80"}, .masq_all = true};
	const struct offer neither = {
		"blue", "c3", {"10.1.0.9"}, {"tcp 8082 80"}, .no_snat = true, .masq_all = true};

	(void)state;
	offer_add(&none);
	offer_add(&all);
	offer_add(&neither);
	assert_elements("hairpins4", "10.1.0.8 10.1.0.8 blue/c2/eth0");
	assert_elements("localhosts4", "10.1.0.8 blue/c2/eth0");
	assert_elements("masquerades4", "10.1.0.8 blue/c2/eth0");
	assert_elements("hairpins6", "fd00::8 fd00::8 blue/c2/eth0");
	assert_elements("masquerades6", "fd00::8 blue/c2/eth0");
	offer_check(&none, NULL);
	offer_check(&all, NULL);
	offer_check(&neither, NULL);
}

/* ---- what it costs ---- */

static void portmap__of_the_next_one_costs_the_same_round_trips(void **state)
{
	struct offer offer = {"blue", "c0", {"10.1.0.1"}, {"tcp 1000 80"}};
	unsigned int of_the_second = 0;

	(void)state;
	offer_add(&offer);
	for (unsigned int i = 1; i <= 1000; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *address = cni_format("10.1.%u.%u", i / 200 + 1, i % 200 + 1);
		freeing char *port = cni_format("tcp %u 80", 1000 + i);

		offer = (struct offer){"blue", container, {address}, {port}};
		sends = 0;
		offer_add(&offer);
		if (i == 1)
			of_the_second = sends;
		assert_int_equal(sends, of_the_second);
	}
	/* Five chains and one transaction. */
	assert_int_equal(of_the_second, 6);
	sandbox_must("test $(nft list map inet cni_portmap ports4 | grep -o ' : ' | wc -l) -eq "
		     "1002");
	sends = 0;
	offer_del(&(struct offer){"blue", "c500"}, "tcp 0.0.0.0:1500");
	assert_in_range(sends, 1, 16);
}

/* ---- mended ---- */

static void portmap__is_made_anew_after_a_flush(void **state)
{
	static const char *const flushes[] = {
		"nft flush ruleset",
		"nft flush table inet cni_portmap",
		"nft delete table inet cni_portmap",
		"nft flush chain inet cni_portmap ports",
		"nft flush chain inet cni_portmap martians",
		"nft delete chain inet cni_portmap postrouting",
		"nft flush map inet cni_portmap published4",
	};
	static const struct offer other = {"blue", "c2", {"10.1.0.8"}, {"tcp 8081 80"}};

	(void)state;
	for (size_t i = 0; i < sizeof(flushes) / sizeof(*flushes); i++) {
		offer_add(&both);
		sandbox_must("%s", flushes[i]);
		/* The next ADD mends the rules for all. */
		offer_add(&other);
		offer_check(&other, NULL);
		offer_add(&both);
		offer_check(&both, NULL);
		sandbox_must("nft flush ruleset");
	}
}

/* A process that has nothing to do with us, and puts its own table anew again and again. */
static pid_t start_other(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sh", "sh", "-c",
		      "while nft 'table ip theirs { chain c { ip daddr 10.9.9.9 drop; }; }; "
		      "delete table ip theirs'; do :; done",
		      (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void portmap__is_published_while_others_change_their_rules(void **state)
{
	pid_t other = start_other();
	int status;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *address = cni_format("10.1.0.%u", i + 1);
		freeing char *port = cni_format("tcp %u 80", 1000 + i);
		const struct offer offer = {"blue", container, {address}, {port}};

		offer_add(&offer);
		offer_check(&offer, NULL);
		/* Again, for which it has to look at what is there. */
		if (i % 10 == 0)
			offer_add(&offer);
	}
	for (unsigned int i = 1; i < 100; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *published = cni_format("tcp 0.0.0.0:%u", 1000 + i);

		offer_del(&(struct offer){"blue", container}, published);
	}
	assert_elements("ports4", "tcp 1000 -> 10.1.0.1 80 blue/c0/eth0");
	/* It was at it to the end. */
	assert_int_equal(waitpid(other, &status, WNOHANG), 0);
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, &status, 0), other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(portmap__is_two_look_ups_for_each_connection),
		kernel_test(portmap__elements_bear_their_owner),
		kernel_test(portmap__is_for_the_family_of_its_host_address),
		kernel_test(portmap__translates_the_sources_that_are_asked_for),
		kernel_test(portmap__of_the_next_one_costs_the_same_round_trips),
		kernel_test(portmap__is_made_anew_after_a_flush),
		kernel_test(portmap__is_published_while_others_change_their_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
