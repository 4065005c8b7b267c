/* SPDX-License-Identifier: Apache-2.0 */
/* Masquerade with destinations: chain, sets, and what an ADD sends. */
#include "masquerade_leave.h"

#include "cleanup.h"
#include "kept_destinations.h"
#include "kernel.h"
#include "masquerade_wish.h"
#include "mem.h"
#include "sandbox.h"
#include "sends.h"
#include "test.h"

#include <string.h>

COUNT_SENDS

static struct cni_destinations thousand(void)
{
	struct cni_destinations destinations = {.nets = NULL};

	destinations.nets = cni_realloc_array(NULL, 1000, sizeof(*destinations.nets));
	for (unsigned int i = 0; i < 1000; i++) {
		freeing char *text = i % 2 ? cni_format("100.%u.%u.0/24", 64 + i / 200, i % 200)
					   : cni_format("fd00:%x::/32", i + 1);

		destinations.nets[destinations.count++] = kernel_net(text);
	}
	cni_destinations_merge(&destinations);
	return destinations;
}

static int add_to(const char *container, const char *net,
		  const struct cni_destinations *destinations)
{
	const struct cni_owner of = masquerade_owner("blue", container);
	const struct cni_net nets[] = {kernel_net(net)};
	const struct cni_masquerade wanted = {.owner = &of,
					      .device = "cni0",
					      .nets = nets,
					      .count = 1,
					      .destinations = destinations};
	struct cni_error err;
	int failed = cni_masquerade_add(&nfnl, &wanted, &err);

	return failed < 0 ? failed : cni_masquerade_check(&nfnl, &wanted, &err);
}

/* It costs a round trip more than without: the network's chain. */
static void masquerade__with_a_thousand_destinations_sends_them_once(void **state)
{
	clearing_destinations struct cni_destinations many = thousand();
	const struct cni_destinations none = {.nets = NULL};
	const struct cni_owner of = masquerade_owner("blue", "c2");
	const struct cni_net nets[] = {kernel_net("10.1.0.8/16")};
	const struct cni_masquerade wanted = {&of, "cni0", nets, 1, &many, false, NULL};
	struct cni_error err;
	bool is_used = true;

	(void)state;
	assert_int_equal(add_to("c1", "10.1.0.7/16", &many), 0);
	sandbox_must("[ $(nft list sets | grep -o '/24\\|/32' | wc -l) = 1000 ]");
	sends = 0;
	assert_int_equal(cni_masquerade_add(&nfnl, &wanted, &err), 0);
	assert_int_equal(sends, 4);
	assert_int_equal(cni_masquerade_check(&nfnl, &wanted, &err), 0);
	/* An empty list empties the sets, which stay with their chain. */
	assert_int_equal(add_to("c3", "10.1.0.9/16", &none), 0);
	sandbox_must("! nft list sets | grep -q elements && nft list sets | grep -q keep4");
	masquerade_must_del("blue", "c1");
	masquerade_must_del("blue", "c2");
	masquerade_must_del("blue", "c3");
	masquerade_assert_no_table();
	assert_int_equal(cni_masquerade_drop_destinations(&nfnl, "blue", &is_used, &err), 0);
	assert_false(is_used);
}

/* nft(8) is the witness: each rule of the chain that the networks' chains go to. */
static void masquerade__with_destinations_leaves_by_a_chain(void **state)
{
	struct cni_destinations one = {.nets = NULL};
	char text[] = "10.244.0.0/16\nfd00:10:244::/48\n";
	freeing char *rules = NULL;

	(void)state;
	cni_destinations_parse(text, &one);
	assert_int_equal(add_to("c1", "10.1.0.7/16", &one), 0);
	rules = sandbox_read("nft list table inet cni | { cat >/run/t; sed -n '/chain net-/,/}/p' "
			     "/run/t; sed -n '/chain leave-/,/}/p' /run/t; } | "
			     "sed -E 's/[0-9a-f]{16,}/H/g'");
	assert_string_equal(rules, "\tchain net-H {\n"
				   "\t\tcomment \"blue 10.1.0.0/16\"\n"
				   "\t\tip daddr 10.1.0.0/16 return\n"
				   "\t\tip daddr 224.0.0.0/4 return\n"
				   "\t\tgoto leave-H\n"
				   "\t}\n"
				   "\tchain leave-H {\n"
				   "\t\tcomment \"blue\"\n"
				   "\t\tip daddr @keep4-H return\n"
				   "\t\tip6 daddr @keep6-H return\n"
				   "\t\tmasquerade comment \"destinations H\"\n"
				   "\t}\n");
	sandbox_must("nft -j list sets | grep -q '\"addr\": \"10.244.0.0\", \"len\": 16'");
	masquerade_must_del("blue", "c1");
	masquerade_assert_no_table();
	cni_destinations_clear(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(masquerade__with_a_thousand_destinations_sends_them_once),
		kernel_test(masquerade__with_destinations_leaves_by_a_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
