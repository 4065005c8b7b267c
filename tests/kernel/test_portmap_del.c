/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: DEL and GC of each owner's own; and route_localnet, which stays on as long as a
 * port needs it. */
#include "portmap.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "offer.h"
#include "test.h"

static const struct offer first = {"blue",
				   "c1",
				   {"10.1.0.7", "fd00::7"},
				   {"tcp 8080 80", "udp 53 5353 192.0.2.1"},
				   .link = "veth1"};
#define FIRST_PUBLISHED "tcp 0.0.0.0:8080, udp 192.0.2.1:53, tcp [::]:8080"

static const struct offer second = {"blue", "c2", {"10.1.0.8"}, {"tcp 8081 80"}};
#define SECOND_PUBLISHED "tcp 0.0.0.0:8081"

/* ---- DEL ---- */

static void del__takes_the_table_with_the_last_element(void **state)
{
	static const struct offer v6 = {"blue", "c3", {"fd00::9"}, {"tcp 8082 80"}};

	(void)state;
	offer_add(&first);
	offer_add(&second);
	offer_add(&v6);
	offer_del(&first, FIRST_PUBLISHED);
	offer_check(&second, NULL);
	offer_check(&v6, NULL);
	assert_elements("ports_at4", "");
	assert_elements("published4",
			"veth035629d9f26 0 -> 0.0.0.0 tcp 8081 10.1.0.8 80 blue/c2/eth0");
	assert_elements("hairpins4", "10.1.0.8 10.1.0.8 blue/c2/eth0");
	offer_del(&second, SECOND_PUBLISHED);
	offer_check(&v6, NULL);
	offer_del(&v6, "tcp [::]:8082");
	assert_no_rules();
}

static void del__of_nothing_is_fine(void **state)
{
	(void)state;
	offer_del(&first, "");
	assert_no_rules();
	offer_add(&second);
	offer_del(&first, "");
	offer_del(&(struct offer){"red", "c2"}, "");
	offer_check(&second, NULL);
	offer_del(&second, SECOND_PUBLISHED);
	offer_del(&second, "");
	assert_no_rules();
}

static void del__leaves_the_rules_of_others_alone(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	sandbox_must("nft 'add table ip nat; add chain ip nat c { type nat hook prerouting "
		     "priority dstnat; }; add rule ip nat c tcp dport 8080 dnat to 10.9.9.9; "
		     "add table inet cni; add map inet cni ports4 { type inet_service : mark; }'");
	before = sandbox_read("nft list ruleset");
	offer_add(&first);
	offer_del(&first, FIRST_PUBLISHED);
	after = sandbox_read("nft list ruleset");
	assert_string_equal(after, before);
}

/* An address may be given out again, and a port be published again, before the DEL of an owner that
 * is gone has come. */
static void del__that_is_late_leaves_the_next_owner_alone(void **state)
{
	static const struct {
		struct offer next;
		const char *ports4; /* at last */
	} cases[] = {
		/* The same address and the same port. */
		{{"blue", "c2", {"10.1.0.7", "fd00::7"}, {"tcp 8080 80"}},
		 "tcp 8080 -> 10.1.0.7 80 blue/c2/eth0"},
		/* Another port; in another network. */
		{{"red", "c1", {"10.1.0.7"}, {"tcp 8081 80"}, .masq_all = true},
		 "tcp 8081 -> 10.1.0.7 80 red/c1/eth0"},
		{{"blue", "c2", {"10.1.0.7", "fd00::7"}, {"tcp 8080 80", "udp 53 5353 192.0.2.1"}},
		 "tcp 8080 -> 10.1.0.7 80 blue/c2/eth0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		offer_add(&first);
		offer_add(&cases[i].next);
		offer_check(&cases[i].next, NULL);
		offer_del(&first, "");
		offer_check(&cases[i].next, NULL);
		assert_elements("ports4", cases[i].ports4);
		offer_check(&cases[i].next, NULL);
		offers_gc(cases[i].next.network, &cases[i].next, "");
		offer_check(&cases[i].next, NULL);
		sandbox_must("nft flush ruleset");
	}
}

/* A rule that is gone, or a table that is as good as empty, keeps nothing from going. */
static void del__needs_only_its_own_elements(void **state)
{
	static const char *const losses[] = {
		"nft flush table inet cni_portmap",
		"nft delete chain inet cni_portmap postrouting",
		"nft flush set inet cni_portmap hairpins4",
		"nft flush map inet cni_portmap ports4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		offer_add(&first);
		sandbox_must("%s", losses[i]);
		offer_del(&first, FIRST_PUBLISHED);
		assert_no_rules();
		offer_add(&first);
		offer_add(&second);
		sandbox_must("%s", losses[i]);
		offer_del(&first, FIRST_PUBLISHED);
		assert_elements("ports6", "");
		assert_elements("published6", "");
		offer_del(&second, SECOND_PUBLISHED);
		assert_no_rules();
	}
}

/* ---- GC ---- */

static void gc__keeps_the_valid_and_other_networks(void **state)
{
	static const struct offer other = {"blue2", "c1", {"10.2.0.7"}, {"tcp 9000 80"}};

	(void)state;
	offer_add(&first);
	offer_add(&second);
	offer_add(&other);
	offers_gc("blue", &second, FIRST_PUBLISHED);
	offer_check(&second, NULL);
	offer_check(&other, NULL);
	assert_elements("ports4", "tcp 8081 -> 10.1.0.8 80 blue/c2/eth0, "
				  "tcp 9000 -> 10.2.0.7 80 blue2/c1/eth0");
	assert_elements("ports6", "");
	assert_elements("hairpins6", "");
	offers_gc("blue", NULL, SECOND_PUBLISHED);
	offer_check(&other, NULL);
	offers_gc("blue2", &other, "");
	offer_check(&other, NULL);
	offers_gc("blue2", NULL, "tcp 0.0.0.0:9000");
	assert_no_rules();
	offers_gc("blue2", NULL, "");
}

/* ---- route_localnet ---- */

static void assert_localnet(const char *ifname, const char *expected)
{
	sandbox_must("v=$(cat /proc/sys/net/ipv4/conf/%s/route_localnet); [ $v = %s ] || "
		     "{ echo \"route_localnet of %s is $v\" >&2; exit 1; }",
		     ifname, expected, ifname);
}

static const struct offer web = {"blue", "c1", {"10.1.0.7"}, {"tcp 8080 80"}, "br0"};
static const struct offer dns = {"blue", "c2", {"10.1.0.8"}, {"udp 53 53"}, "br0"};
static const struct offer far = {"red", "c3", {"10.2.0.8"}, {"tcp 8082 80"}, "br0.5"};

static void localnet__is_on_until_the_last_one_goes(void **state)
{
	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link add br0.5 type bridge");
	offer_add(&web);
	assert_localnet("br0", "1");
	assert_localnet("br0.5", "0");
	assert_localnet("all", "0");
	offer_add(&dns);
	offer_add(&far);
	assert_localnet("br0.5", "1");
	assert_elements("localnets", "br0, br0.5");
	offer_del(&web, "tcp 0.0.0.0:8080");
	assert_localnet("br0", "1");
	offer_del(&dns, "udp 0.0.0.0:53");
	offers_gc("red", NULL, "tcp 0.0.0.0:8082");
	assert_localnet("br0", "0");
	assert_localnet("br0.5", "0");
	assert_no_rules();
}

/* It may be so from before "nft flush ruleset": it must not stay on without the rule that guards
 * it. */
static void localnet__that_was_on_before_is_guarded(void **state)
{
	(void)state;
	sandbox_must("ip link add br0 type bridge; sysctl -qw net.ipv4.conf.br0.route_localnet=1");
	offer_add(&web);
	offer_check(&web, NULL);
	assert_elements("localnets", "br0");
	offer_del(&web, "tcp 0.0.0.0:8080");
	assert_localnet("br0", "0");
	/* Where the administrator wants it for all that is new, it stays. */
	sandbox_must("sysctl -qw net.ipv4.conf.default.route_localnet=1");
	offer_add(&web);
	offer_del(&web, "tcp 0.0.0.0:8080");
	assert_localnet("br0", "1");
}

static void localnet__is_turned_on_again_by_the_next(void **state)
{
	(void)state;
	sandbox_must("ip link add br0 type bridge");
	offer_add(&web);
	sandbox_must("sysctl -qw net.ipv4.conf.br0.route_localnet=0");
	offer_check(&web, "portmap: 'net/ipv4/conf/br0/route_localnet' is 0, expected 1");
	offer_add(&dns);
	offer_check(&web, NULL);
	/* Another interface of that name. */
	sandbox_must("ip link del br0; ip link add br0 type bridge");
	assert_localnet("br0", "0");
	offer_add(&web);
	offer_check(&web, NULL);
	assert_elements("localnets", "br0");
	offer_del(&web, "tcp 0.0.0.0:8080");
	offer_del(&dns, "udp 0.0.0.0:53");
	assert_localnet("br0", "0");
}

static void localnet__of_an_interface_that_is_gone_is_no_matter(void **state)
{
	(void)state;
	sandbox_must("ip link add br0 type bridge");
	offer_add(&web);
	sandbox_must("ip link del br0");
	offer_del(&web, "tcp 0.0.0.0:8080");
	assert_no_rules();
	/* But for who needs it now. */
	offer_add_fails(&web, CNI_EIO,
			"read sysctl 'net/ipv4/conf/br0/route_localnet': No such file or "
			"directory");
	assert_no_rules();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(del__takes_the_table_with_the_last_element),
		kernel_test(del__of_nothing_is_fine),
		kernel_test(del__leaves_the_rules_of_others_alone),
		kernel_test(del__that_is_late_leaves_the_next_owner_alone),
		kernel_test(del__needs_only_its_own_elements),
		kernel_test(gc__keeps_the_valid_and_other_networks),
		kernel_test(localnet__is_on_until_the_last_one_goes),
		kernel_test(localnet__that_was_on_before_is_guarded),
		kernel_test(localnet__is_turned_on_again_by_the_next),
		kernel_test(localnet__of_an_interface_that_is_gone_is_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
