/* SPDX-License-Identifier: Apache-2.0 */
/* Owners of published ports: conflicts at ADD, and several networks of one container. */
#include "portmap.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "offer.h"
#include "test.h"

static const struct offer both = {"blue",
				  "c1",
				  {"10.1.0.7", "fd00::7"},
				  {"tcp 8080 80", "udp 53 5353 192.0.2.1"},
				  .link = "veth1"};

/* ---- in the way ---- */

static void portmap__replaces_what_its_owner_had(void **state)
{
	static const struct offer next = {"blue", "c1", {"10.1.0.8"}, {"tcp 8081 80"}};

	(void)state;
	offer_add(&both);
	offer_add(&both);
	offer_check(&both, NULL);
	offer_add(&next);
	offer_check(&next, NULL);
	assert_elements("ports4", "tcp 8081 -> 10.1.0.8 80 blue/c1/eth0");
	assert_elements("ports_at4", "");
	assert_elements("ports6", "");
	assert_elements("hairpins4", "10.1.0.8 10.1.0.8 blue/c1/eth0");
	assert_elements("published6", "");
}

static void portmap__of_another_container_that_lives_is_refused(void **state)
{
	static const struct {
		struct offer offer;
		const char *message;
	} cases[] = {
		{{"blue", "c2", {"10.1.0.8"}, {"tcp 8080 80"}},
		 "port tcp :8080 is already published by 'blue/c1/eth0', for 10.1.0.7"},
		{{"red", "c3", {"10.2.0.8"}, {"tcp 8080 80 0.0.0.0"}},
		 "port tcp 0.0.0.0:8080 is already published by 'blue/c1/eth0', for 10.1.0.7"},
		{{"blue", "c2", {"10.1.0.8"}, {"udp 53 5353 192.0.2.1"}},
		 "port udp 192.0.2.1:53 is already published by 'blue/c1/eth0', for 10.1.0.7"},
		/* The second mapping, and the second family. */
		{{"blue", "c2", {"10.1.0.8"}, {"tcp 9000 80", "tcp 8080 80"}},
		 "port tcp :8080 is already published by 'blue/c1/eth0', for 10.1.0.7"},
		{{"blue", "c2", {"10.1.0.8", "fd00::8"}, {"tcp 8080 80 ::"}},
		 "port tcp [::]:8080 is already published by 'blue/c1/eth0', for fd00::7"},
		/* Its very address, in another network. */
		{{"red", "c2", {"10.1.0.7"}, {"tcp 8080 80"}},
		 "port tcp :8080 is already published by 'blue/c1/eth0', for 10.1.0.7"},
	};

	(void)state;
	sandbox_must("ip link add veth1 type bridge");
	offer_add(&both);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		offer_add_fails(&cases[i].offer, CNI_ETAKEN, cases[i].message);
		offer_check(&both, NULL);
	}
}

/* A port that differs in one of them is another port. */
static void portmap__of_another_protocol_address_or_family_is_free(void **state)
{
	static const struct offer others = {"blue",
					    "c2",
					    {"10.1.0.8"},
					    {"udp 8080 80", "tcp 53 5353 192.0.2.1",
					     "udp 53 5353 192.0.2.2", "udp 53 5353"}};
	static const struct offer v6 = {"blue", "c3", {"fd00::9"}, {"udp 53 80"}};

	(void)state;
	offer_add(&both);
	offer_add(&others);
	offer_add(&v6);
	offer_check(&both, NULL);
	offer_check(&others, NULL);
	offer_check(&v6, NULL);
}

/* The owner's link is gone, and no DEL came. */
static void portmap__of_a_container_that_is_gone_is_taken_over(void **state)
{
	static const struct offer next = {
		"blue", "c2", {"10.1.0.8", "fd00::8"}, {"tcp 8080 81", "tcp 8081 80"}};

	(void)state;
	offer_add(&both);
	offer_add(&next);
	offer_check(&next, NULL);
	assert_elements("ports4", "tcp 8080 -> 10.1.0.8 81 blue/c2/eth0, "
				  "tcp 8081 -> 10.1.0.8 80 blue/c2/eth0");
	assert_elements("ports_at4", "");
	assert_elements("hairpins4", "10.1.0.8 10.1.0.8 blue/c2/eth0");
	assert_elements("ports6", "tcp 8080 -> fd00::8 81 blue/c2/eth0, "
				  "tcp 8081 -> fd00::8 80 blue/c2/eth0");
}

/* A link may be renamed; its alias still tells whose it is. */
static void portmap__of_a_renamed_link_is_refused(void **state)
{
	static const struct offer next = {"blue", "c2", {"10.1.0.8"}, {"tcp 8080 81"}};

	(void)state;
	sandbox_must("ip link add other1 type bridge; ip link set other1 alias blue/c1/eth0");
	offer_add(&both);
	offer_add_fails(&next, CNI_ETAKEN,
			"port tcp :8080 is already published by 'blue/c1/eth0', for 10.1.0.7");
}

/* ---- several networks of a container ---- */

static const struct offer one = {"blue", "c1", {"10.1.0.7"}, {"tcp 8080 80"}, .link = "veth1"};
static const struct offer two = {"red", "c1", {"10.2.0.7"}, {"tcp 8080 80"}, .link = "veth2"};
static const struct offer three = {"grey", "c1", {"10.3.0.7"}, {"tcp 8080 81"}, .link = "veth3"};

static void add_links(void)
{
	sandbox_must("for i in 1 2 3; do ip link add veth$i type bridge; done");
}

/* Runtimes send one list of ports to all networks of a container. */
static void portmap__of_a_container_is_handed_on(void **state)
{
	static const struct offer other = {"blue", "c2", {"10.1.0.8"}, {"tcp 8080 80"}};

	(void)state;
	add_links();
	offer_add(&one);
	offer_add(&two);
	offer_add(&three);
	assert_elements("ports4", "tcp 8080 -> 10.1.0.7 80 blue/c1/eth0");
	offer_check(&one, NULL);
	offer_check(&two, NULL);
	offer_check(&three, NULL);
	offer_add_fails(&other, CNI_ETAKEN,
			"port tcp :8080 is already published by 'blue/c1/eth0', for 10.1.0.7");
	offer_del(&one, "tcp 0.0.0.0:8080");
	assert_elements("ports4", "tcp 8080 -> 10.2.0.7 80 red/c1/eth0");
	offer_check(&two, NULL);
	offer_check(&three, NULL);
	offer_del(&two, "tcp 0.0.0.0:8080");
	assert_elements("ports4", "tcp 8080 -> 10.3.0.7 81 grey/c1/eth0");
	offer_del(&three, "tcp 0.0.0.0:8080");
	assert_no_rules();
}

static void portmap__waiting_owners_may_go_in_any_order(void **state)
{
	(void)state;
	add_links();
	offer_add(&one);
	offer_add(&two);
	offer_add(&three);
	offer_del(&two, "tcp 0.0.0.0:8080");
	offer_check(&one, NULL);
	offer_check(&three, NULL);
	offers_gc("blue", NULL, "tcp 0.0.0.0:8080");
	assert_elements("ports4", "tcp 8080 -> 10.3.0.7 81 grey/c1/eth0");
	/* An ADD that is repeated waits as before. */
	offer_add(&two);
	offer_add(&two);
	offer_check(&two, NULL);
	assert_elements("ports4", "tcp 8080 -> 10.3.0.7 81 grey/c1/eth0");
	offer_add(&three);
	assert_elements("ports4", "tcp 8080 -> 10.3.0.7 81 grey/c1/eth0");
	offers_gc("red", NULL, "tcp 0.0.0.0:8080");
	offer_check(&three, NULL);
	offer_del(&three, "tcp 0.0.0.0:8080");
	assert_no_rules();
}

/* A certain host address, the other protocol and family. */
static void portmap__of_any_kind_is_handed_on(void **state)
{
	static const char *const ports[] = {"tcp 1 2 192.0.2.1", "udp 1 2",
					    "sctp 1 2 ::", "udp 1 2 2001:db8::1"};

	(void)state;
	add_links();
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		const struct offer first = {
			"blue", "c1", {"10.1.0.7", "fd01::7"}, {ports[i]}, .link = "veth1"};
		const struct offer next = {
			"red", "c1", {"10.2.0.7", "fd02::7"}, {ports[i]}, .link = "veth2"};

		offer_add(&first);
		offer_add(&next);
		offers_gc("red", &next, "");
		offer_check(&first, NULL);
		offer_check(&next, NULL);
		offers_gc("blue", NULL, NULL);
		offer_check(&next, NULL);
		offers_gc("red", NULL, NULL);
		assert_no_rules();
	}
}

/* Two networks hand out one address: both need its sources translated. */
static void portmap__of_one_address_in_two_networks(void **state)
{
	static const struct offer a = {"blue", "c1", {"10.1.0.7"}, {"tcp 1 80"}, .link = "veth1"};
	static const struct offer b = {"red", "c2", {"10.1.0.7"}, {"tcp 2 80"}, .link = "veth2"};

	(void)state;
	add_links();
	offer_add(&a);
	offer_add(&b);
	offer_check(&a, NULL);
	offer_check(&b, NULL);
	offer_del(&a, "tcp 0.0.0.0:1");
	offer_check(&b, NULL);
	assert_elements("hairpins4", "10.1.0.7 10.1.0.7 red/c2/eth0");
	assert_elements("localhosts4", "10.1.0.7 red/c2/eth0");
	offer_add(&a);
	offer_del(&a, "tcp 0.0.0.0:1");
	offer_check(&b, NULL);
	offer_del(&b, "tcp 0.0.0.0:2");
	assert_no_rules();
}

/* The place goes with the rest, though the owner that takes over has the same address. */
static void portmap__of_a_waiting_owner_that_is_gone_is_taken_over(void **state)
{
	static const struct offer a = {"blue", "c1", {"10.1.0.7"}, {"tcp 1 80"}, .link = "veth1"};
	static const struct offer b = {"red", "c2", {"10.1.0.7"}, {"tcp 2 80"}, .link = "veth2"};
	static const struct offer more = {
		"blue", "c1", {"10.1.0.7"}, {"tcp 1 80", "tcp 2 81"}, .link = "veth1"};

	(void)state;
	add_links();
	offer_add(&a);
	offer_add(&b);
	sandbox_must("nft list map inet cni_portmap waiting4 | grep -q red/c2/eth0; "
		     "ip link del veth2");
	offer_add(&more);
	offer_check(&more, NULL);
	sandbox_must("! nft list ruleset | grep red/c2/eth0");
	offer_del(&more, "tcp 0.0.0.0:1, tcp 0.0.0.0:2");
	assert_no_rules();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(portmap__replaces_what_its_owner_had),
		kernel_test(portmap__of_another_container_that_lives_is_refused),
		kernel_test(portmap__of_another_protocol_address_or_family_is_free),
		kernel_test(portmap__of_a_container_that_is_gone_is_taken_over),
		kernel_test(portmap__of_a_renamed_link_is_refused),
		kernel_test(portmap__of_a_container_is_handed_on),
		kernel_test(portmap__waiting_owners_may_go_in_any_order),
		kernel_test(portmap__of_any_kind_is_handed_on),
		kernel_test(portmap__of_one_address_in_two_networks),
		kernel_test(portmap__of_a_waiting_owner_that_is_gone_is_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
