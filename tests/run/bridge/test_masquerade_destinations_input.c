/* SPDX-License-Identifier: Apache-2.0 */
/* nonMasqueradeCIDRs: how many, what is refused, and without ipMasq. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define SET4 "$(nft list sets | grep -o 'keep4-[0-9a-f]*')"

static char *config_of(const char *list)
{
	freeing char *keys =
		cni_format(GATEWAY ",'ipMasq':true,'nonMasqueradeCIDRs':[%s]," IPAM46, list);

	return bridge_config("1.1.0", keys);
}

/* A host with the bridge of an earlier attachment. */
static char *begin(struct pod *pod)
{
	freeing char *config = config_of("");

	pod_open(pod, "red");
	pod_add(pod, config);
	pod_del(pod, config);
	return bridge_snapshot();
}

static void assert_nothing_left(void)
{
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e /run/cni/masquerade/blue");
}

static char *many(unsigned int count)
{
	char *list = cni_strdup("");

	for (unsigned int i = 0; i < count; i++) {
		char *longer = cni_format("%s%s'100.%u.%u.0/24'", list, i ? "," : "", i / 256 + 64,
					  i % 256);

		free(list);
		list = longer;
	}
	return list;
}

/* nft(8) listens, and has printed what came before. */
#define ANNOUNCED(table)                                                                           \
	"nft add table inet " table " && nft delete table inet " table " && grep " table           \
	" /run/monitor"

static void destinations__are_up_to_1024(void **state)
{
	freeing char *list = many(1024);
	freeing char *more = many(1025);
	freeing char *config = config_of(list);
	freeing char *refused = config_of(more);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	sandbox_must("[ $(nft list set inet cni " SET4 " | grep -o '/24' | wc -l) = 1024 ]");
	pod_check(&red, config);
	pod_add_fails(&blue, refused, CNI_ECONFIG,
		      "'nonMasqueradeCIDRs' has 1025 prefixes, expected 1024 at most");
	/* The same once more is not sent. */
	sandbox_must("nft monitor > /run/monitor & echo $! > /run/monitor.pid");
	sandbox_await(ANNOUNCED("first"));
	pod_add(&blue, config);
	sandbox_await(ANNOUNCED("last"));
	sandbox_must("kill $(cat /run/monitor.pid); grep -q masquerade_at4 /run/monitor && "
		     "! grep keep /run/monitor");
	pod_del(&red, config);
	pod_del(&blue, config);
	assert_nothing_left();
	pod_close(&red);
	pod_close(&blue);
}

static void destinations__refuse_bad_input(void **state)
{
	static const struct {
		const char *value;
		const char *says;
	} cases[] = {
		{"'10.0.0.0/8'", "'nonMasqueradeCIDRs' is \"10.0.0.0/8\", expected a list"},
		{"{'a':1}", "'nonMasqueradeCIDRs' is {\"a\":1}, expected a list"},
		{"7", "'nonMasqueradeCIDRs' is 7, expected a list"},
		{"[7]", "'nonMasqueradeCIDRs' has 7, expected a prefix such as"},
		{"[null]", "'nonMasqueradeCIDRs' has null, expected a prefix"},
		{"[['10.0.0.0/8']]",
		 "'nonMasqueradeCIDRs' has [\"10.0.0.0/8\"], expected a prefix"},
		{"['']", "'nonMasqueradeCIDRs' has \"\", expected a prefix"},
		{"['10.0.0.0']", "'nonMasqueradeCIDRs' has \"10.0.0.0\", expected a prefix"},
		{"['10.0.0.0/33']", "'nonMasqueradeCIDRs' has \"10.0.0.0/33\", expected a prefix"},
		{"['fd00::/129']", "'nonMasqueradeCIDRs' has \"fd00::/129\", expected a prefix"},
		{"['10.0.0.0/8 ']", "expected a prefix"},
		{"['10.0.0.0/-1']", "expected a prefix"},
		{"['192.0.2.0/24','10.244.1.0/16']",
		 "'nonMasqueradeCIDRs' has \"10.244.1.0/16\", an address in its network: expected "
		 "\"10.244.0.0/16\""},
		{"['fd00:1::1/48']", "expected \"fd00:1::/48\""},
		{"['10.0.0.0/0']", "expected \"0.0.0.0/0\""},
	};
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	before = begin(&red);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *keys = cni_format(
			GATEWAY ",'ipMasq':true,'nonMasqueradeCIDRs':%s," IPAM46, cases[i].value);
		freeing char *config = bridge_config("1.1.0", keys);
		struct plugin_call del = pod_call(&red, "DEL", config);

		pod_add_fails(&red, config, CNI_ECONFIG, cases[i].says);
		plugin_succeeds(&del);
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

/* Without ipMasq the key has no effect. */
static void destinations__without_masquerade_are_ignored(void **state)
{
	freeing char *config =
		bridge_config("1.1.0", GATEWAY ",'nonMasqueradeCIDRs':['10.0.0.0/8']," IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_nothing_left();
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(destinations__are_up_to_1024),
		bridge_test(destinations__refuse_bad_input),
		bridge_test(destinations__without_masquerade_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
