/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions in the words of nft(8), and in those of iptables(8): which packets reach the port. The scene is
 * that of port_scene.h. */
#include "cleanup.h"
#include "iptables_which.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <netinet/in.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define GREEN	     "/run/netns/green"
#define MAPPINGS     PORTS(PORT(8080, 9090, "tcp") "," PORT(8080, 9090, "udp"))

/* From green's network in IPv4, from outside in IPv6. */
#define NFT_WORDS                                                                                  \
	"'conditionsV4':['ip saddr','{ 10.2.0.0/24, 10.9.0.0/16 }'],"                              \
	"'conditionsV6':['ip6','saddr','2001:db8:1::/64']"
#define IPTABLES_WORDS "'conditionsV4':['-s','10.2.0.0/24'],'conditionsV6':['-s','2001:db8:1::/64']"

static void assert_answers(struct probe *probes, size_t count)
{
	probe_ask(probes, count);
	for (size_t i = 0; i < count; i++)
		probe_assert(&probes[i]);
}

static void assert_conditions(void)
{
	struct probe probes[] = {
		{GREEN, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.2.0.2"},
		{GREEN, IPPROTO_UDP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.2.0.2"},
		{GREEN, IPPROTO_TCP, "2001:db8:1::1", SCENE_HOST_PORT, "host fd02::2"},
		{OUTSIDE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "host 192.0.2.2"},
		{OUTSIDE, IPPROTO_TCP, "2001:db8:1::1", SCENE_HOST_PORT, "pod 2001:db8:1::2"},
		{OUTSIDE, IPPROTO_UDP, "2001:db8:1::1", SCENE_HOST_PORT, "pod 2001:db8:1::2"},
		{NULL, IPPROTO_TCP, "127.0.0.1", SCENE_HOST_PORT, "host 127.0.0.1"},
	};

	assert_answers(probes, COUNT(probes));
}

static void assert_none(void)
{
	struct probe probes[] = {
		{GREEN, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "host 10.2.0.2"},
		{OUTSIDE, IPPROTO_TCP, "2001:db8:1::1", SCENE_HOST_PORT, "host 2001:db8:1::2"},
	};

	assert_answers(probes, COUNT(probes));
}

static void live(const char *words)
{
	freeing char *keys = cni_format("%s," MAPPINGS, words);
	freeing char *config = portmap_config("1.0.0", keys);
	freeing char *bare = portmap_config("1.0.0", "");

	pod_publish(&scene_red, config);
	pod_check_published(&scene_red, config);
	assert_conditions();
	/* Again, which makes nothing twice. */
	pod_publish(&scene_red, config);
	pod_check_published(&scene_red, config);
	pod_unpublish(&scene_red, bare);
	pod_unpublish(&scene_red, bare);
	assert_none();
	assert_nothing_published();
	sandbox_must("! nft list table inet cni_portmap_conditions 2>/dev/null && "
		     "! test -e /run/cni/portmap/blue/*");
}

static void conditions__of_nft_choose_packets(void **state)
{
	(void)state;
	live(NFT_WORDS);
	live("'backend':'nftables'," NFT_WORDS);
}

/* A key of one backend chooses it. */
static void conditions__of_iptables_choose_packets(void **state)
{
	(void)state;
	skip_unless_iptables_works("nft", "nat");
	live(IPTABLES_WORDS);
	live("'backend':'iptables'," IPTABLES_WORDS);
}

/* The Go plugin has those of the last ADD for all. */
static void conditions__of_an_attachment_are_its_own(void **state)
{
	struct probe probes[] = {
		{GREEN, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "pod 10.2.0.2"},
		{OUTSIDE, IPPROTO_TCP, "192.0.2.1", SCENE_HOST_PORT, "blue 192.0.2.2"},
	};
	freeing char *of_red = portmap_config("1.0.0", NFT_WORDS "," MAPPINGS);
	freeing char *of_blue =
		portmap_config("1.0.0", "'conditionsV4':['ip saddr 192.0.2.0/24']," PORTS(
						PORT(8080, 8080, "tcp")));
	freeing char *collect = portmap_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'blue','ifname':'eth0'}]");
	struct plugin_call gc = portmap_call(&scene_red, "GC", collect);

	(void)state;
	pod_publish(&scene_red, of_red);
	pod_publish(&scene_blue, of_blue);
	assert_answers(probes, COUNT(probes));
	gc.container = gc.netns = gc.ifname = NULL;
	plugin_succeeds(&gc);
	pod_check_published(&scene_blue, of_blue);
	pod_check_published_fails(&scene_red, of_red, "expected");
	pod_unpublish(&scene_blue, of_blue);
	sandbox_must("! nft list table inet cni_portmap_conditions 2>/dev/null");
}

static void conditions__that_nft_refuses_fail_the_add(void **state)
{
	freeing char *config =
		portmap_config("1.0.0", "'conditionsV4':['no such words']," MAPPINGS);
	freeing char *before = sandbox_snapshot();

	(void)state;
	pod_publish_fails(&scene_red, config, CNI_EDELEGATE, "no such words");
	sandbox_assert_unchanged(before);
}

/* Words that would be commands of their own. */
static void conditions__are_of_one_rule(void **state)
{
	static const char *const words[] = {
		"['ip saddr 10.2.0.0/24; flush ruleset']",
		"['ip saddr','10.2.0.0/24','tcp dport 1 accept',';','delete table inet other']",
		"['ip saddr 10.2.0.0/24 #']",
		"['iifname \\\"eth0']",
		"['iifname \\\"a\\\"; flush ruleset']",
	};
	freeing char *before = NULL;

	(void)state;
	sandbox_must("nft add table inet other");
	before = sandbox_snapshot();
	for (size_t i = 0; i < COUNT(words); i++)
		for (int family = 4; family <= 6; family += 2) {
			freeing char *keys =
				cni_format("'conditionsV%d':%s," MAPPINGS, family, words[i]);
			freeing char *config = portmap_config("1.0.0", keys);

			pod_publish_fails(&scene_red, config, CNI_ECONFIG,
					  "expected conditions of one rule of nft");
		}
	sandbox_assert_unchanged(before);
}

/* `config` with the name in the place of the interface's in its prevResult. The caller frees. */
static char *with_ifname(const char *config, const char *name)
{
	const char *before = strstr(config, "\"eth0\"");

	assert_non_null(before);
	return cni_format("%.*s\"%s\"%s", (int)(before - config), config, name,
			  before + strlen("\"eth0\""));
}

/* A quote would end the comment, which nft(8) reads. */
static void conditions__refuse_a_name_with_a_quote(void **state)
{
	static const struct {
		const char *plain, *json;
	} names[] = {{"e\";flush", "e\\\";flush"}, {"\"", "\\\""}, {"eth0\"", "eth0\\\""}};
	freeing char *config = portmap_config("1.0.0", NFT_WORDS "," MAPPINGS);
	freeing char *before = sandbox_snapshot();

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		freeing char *with = pod_config(&scene_red, config);
		freeing char *renamed = with_ifname(with, names[i].json);
		struct plugin_call call = portmap_call(&scene_red, "ADD", renamed);

		call.ifname = names[i].plain;
		plugin_fails(&call, CNI_ECONFIG, "has a quote");
	}
	sandbox_assert_unchanged(before);
}

static void conditions__check_misses_a_rule(void **state)
{
	freeing char *config = portmap_config("1.0.0", NFT_WORDS "," MAPPINGS);
	freeing char *plain = portmap_config("1.0.0", MAPPINGS);

	(void)state;
	pod_publish(&scene_red, config);
	sandbox_must("nft flush chain inet cni_portmap_conditions ports");
	pod_check_published_fails(&scene_red, config, "expected 4");
	/* Without them from now on. */
	pod_publish(&scene_red, plain);
	pod_check_published(&scene_red, plain);
	sandbox_must("! nft list table inet cni_portmap_conditions 2>/dev/null");
	pod_unpublish(&scene_red, plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(conditions__of_nft_choose_packets),
		scene_test(conditions__of_iptables_choose_packets),
		scene_test(conditions__of_an_attachment_are_its_own),
		scene_test(conditions__that_nft_refuses_fail_the_add),
		scene_test(conditions__are_of_one_rule),
		scene_test(conditions__refuse_a_name_with_a_quote),
		scene_test(conditions__check_misses_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
