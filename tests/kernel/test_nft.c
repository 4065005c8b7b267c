/* SPDX-License-Identifier: Apache-2.0 */
/* The language of nf_tables, with nft(8) as the witness. */
#include "nft.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "nft_rule.h"
#include "test.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

static const struct cni_nft_table table = {NFPROTO_INET, "t"};
static const struct cni_nft_set addresses = {"addresses", {CNI_NFT_IPV4}, {CNI_NFT_NONE}};

static void assert_ruleset(const char *expected)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, expected);
}

static void commit(struct cni_nft_tx *tx)
{
	struct cni_error err;

	if (cni_nft_commit(tx, &err) < 0)
		fail_msg("%s", err.msg);
}

static struct cni_nft_element element(const char *address, const char *comment)
{
	struct cni_ip ip = kernel_ip(address);
	struct cni_nft_element made = {.key = cni_nft_ip(&ip)};

	snprintf(made.comment, sizeof(made.comment), "%s", comment);
	return made;
}

static const char of_all_kinds[] =
	"table inet t {\n"
	"\tmap verdicts {\n"
	"\t\ttype ipv4_addr : verdict\n"
	"\t\telements = { 10.1.0.7 comment \"blue/c1/eth0\" : jump net }\n"
	"\t}\n"
	"\n"
	"\tmap pairs {\n"
	"\t\ttype ifname . mark : ipv6_addr\n"
	"\t\telements = { \"veth0\" . 0x00000001 : fd00::7 }\n"
	"\t}\n"
	"\n"
	"\tchain net {\n"
	"\t\tcomment \"of blue\"\n"
	"\t\tip daddr 10.1.0.0/16 return\n"
	"\t\tip6 daddr fd00::/64 drop\n"
	"\t\tmasquerade comment \"with a comment\"\n"
	"\t}\n"
	"\n"
	"\tchain postrouting {\n"
	"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	"\t\tip saddr vmap @verdicts\n"
	"\t}\n"
	"}\n";

static void nft__makes_what_nft_prints(void **state)
{
	const struct cni_nft_set verdicts = {"verdicts", {CNI_NFT_IPV4}, {CNI_NFT_VERDICT}};
	const struct cni_nft_set pairs = {"pairs", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV6}};
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(&nfnl, 0);
	struct cni_nft_element jump = element("10.1.0.7", "blue/c1/eth0");
	struct cni_nft_element pair = {.value = element("fd00::7", "").key};
	const uint32_t index = 1;

	(void)state;
	cni_nft_bytes_add_ifname(&pair.key, "veth0");
	cni_nft_bytes_add(&pair.key, &index, sizeof(index));
	strcpy(jump.jump, "net");
	cni_nft_add_table(tx, &table);
	cni_nft_add_set(tx, &table, &verdicts);
	cni_nft_add_set(tx, &table, &pairs);
	cni_nft_add_chain(tx, &table, "net", "of blue");
	cni_nft_rule(tx, &table, "net", "meta nfproto ipv4 ip daddr %s return", "10.1.0.7/16");
	cni_nft_rule(tx, &table, "net", "meta nfproto ipv6 ip6 daddr fd00::7/64 drop");
	cni_nft_rule(tx, &table, "net", "masquerade comment \"with a comment\"");
	cni_nft_add_base_chain(tx, &table, "postrouting", "nat", NF_INET_POST_ROUTING, 100);
	cni_nft_rule(tx, &table, "postrouting", "meta nfproto ipv4 ip saddr vmap @verdicts");
	cni_nft_add_element(tx, &table, "verdicts", &jump);
	cni_nft_add_element(tx, &table, "pairs", &pair);
	commit(tx);
	assert_ruleset(of_all_kinds);
}

static void make_addresses(void)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(&nfnl, 0);

	cni_nft_add_table(tx, &table);
	cni_nft_add_set(tx, &table, &addresses);
	commit(tx);
}

static void nft__makes_all_or_nothing(void **state)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(&nfnl, 0);
	struct cni_nft_element one = element("10.1.0.7", "");
	freeing char *before = NULL;
	struct cni_error err;

	(void)state;
	make_addresses();
	before = sandbox_read("nft list ruleset");
	cni_nft_add_chain(tx, &table, "c", "");
	cni_nft_add_element(tx, &table, "addresses", &one);
	cni_nft_add_element(tx, &table, "none", &one);
	cni_nft_add_chain(tx, &table, "d", "");
	assert_int_equal(cni_nft_commit(tx, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, ENOENT);
	assert_memory_equal(err.msg, "nf_tables: add element: No such file or directory", 49);
	assert_ruleset(before);
}

/* An answer that was not read would be taken for that of the next question. */
static void nft__reads_all_answers(void **state)
{
	freeing_tx struct cni_nft_tx *good = cni_nft_tx_new(&nfnl, 0);
	freeing_tx struct cni_nft_tx *bad = NULL;
	struct cni_nft_element one = element("10.1.0.7", "");
	struct cni_error err;

	(void)state;
	make_addresses();
	cni_nft_add_chain(good, &table, "c", "");
	cni_nft_add_element(good, &table, "addresses", &one);
	commit(good);
	kernel_assert_no_answer_left(&nfnl);
	bad = cni_nft_tx_new(&nfnl, 0);
	cni_nft_add_element(bad, &table, "none", &one);
	cni_nft_add_chain(bad, &table, "d", "");
	cni_nft_del_chain(bad, &table, "neither");
	assert_int_equal(cni_nft_commit(bad, &err), -1);
	assert_memory_equal(err.msg, "nf_tables: add element: No such file or directory", 49);
	kernel_assert_no_answer_left(&nfnl);
	assert_int_equal(cni_nft_get(&nfnl, &table, "addresses", &one.key, &one, &err), 0);
	kernel_assert_no_answer_left(&nfnl);
}

static void nft__adds_an_element_once(void **state)
{
	freeing_tx struct cni_nft_tx *first = cni_nft_tx_new(&nfnl, 0);
	freeing_tx struct cni_nft_tx *second = NULL;
	struct cni_nft_element one = element("10.1.0.7", "");
	struct cni_error err;

	(void)state;
	make_addresses();
	cni_nft_add_element(first, &table, "addresses", &one);
	commit(first);
	second = cni_nft_tx_new(&nfnl, 0);
	cni_nft_add_element(second, &table, "addresses", &one);
	assert_int_equal(cni_nft_commit(second, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
}

static void nft__refuses_a_generation_that_has_passed(void **state)
{
	freeing_tx struct cni_nft_tx *stale = NULL;
	freeing_tx struct cni_nft_tx *fresh = NULL;
	struct cni_nft_element one = element("10.1.0.7", "");
	freeing char *before = NULL;
	struct cni_error err;
	uint32_t generation;

	(void)state;
	make_addresses();
	assert_int_equal(cni_nft_generation(&nfnl, &generation, &err), 0);
	sandbox_must("nft add table inet other");
	before = sandbox_read("nft list ruleset");
	stale = cni_nft_tx_new(&nfnl, generation);
	cni_nft_add_element(stale, &table, "addresses", &one);
	assert_int_equal(cni_nft_commit(stale, &err), -1);
	assert_int_equal(err.errnum, ERESTART);
	assert_ruleset(before);
	assert_int_equal(cni_nft_generation(&nfnl, &generation, &err), 0);
	fresh = cni_nft_tx_new(&nfnl, generation);
	cni_nft_add_element(fresh, &table, "addresses", &one);
	commit(fresh);
	sandbox_must("nft get element inet t addresses '{ 10.1.0.7 }' > /dev/null");
}

static void nft__empty_transaction_changes_nothing(void **state)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(&nfnl, 12345);

	(void)state;
	commit(tx);
	assert_ruleset("");
}

static void nft__looks_up_an_element(void **state)
{
	const struct cni_nft_element missing = element("10.1.0.9", "");
	const struct cni_nft_element sought = element("10.1.0.7", "");
	struct cni_nft_element found;
	struct cni_error err;

	(void)state;
	sandbox_must("nft 'add table inet t; add chain inet t c; "
		     "add map inet t verdicts { type ipv4_addr : verdict; }; "
		     "add map inet t values { type ipv4_addr : ipv4_addr; }; "
		     "add element inet t verdicts { 10.1.0.7 comment \"blue\" : jump c }; "
		     "add element inet t values { 10.1.0.7 : 10.2.0.7 }'");
	assert_int_equal(cni_nft_get(&nfnl, &table, "verdicts", &sought.key, &found, &err), 0);
	assert_string_equal(found.jump, "c");
	assert_string_equal(found.comment, "blue");
	assert_int_equal(found.value.size, 0);
	assert_int_equal(found.key.size, 4);
	assert_memory_equal(found.key.data, sought.key.data, 4);
	assert_int_equal(cni_nft_get(&nfnl, &table, "values", &sought.key, &found, &err), 0);
	assert_string_equal(found.jump, "");
	assert_string_equal(found.comment, "");
	assert_memory_equal(found.value.data, "\x0a\x02\x00\x07", 4);
	assert_int_equal(cni_nft_get(&nfnl, &table, "values", &missing.key, &found, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	assert_memory_equal(err.msg, "nf_tables: look into map 'values' of table 't': ", 48);
	assert_int_equal(cni_nft_get(&nfnl, &table, "none", &sought.key, &found, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static void nft__counts_uses(void **state)
{
	const struct cni_nft_table none = {NFPROTO_INET, "none"};
	struct cni_error err;
	uint32_t count;

	(void)state;
	sandbox_must("nft 'add table inet t; add chain inet t c; add chain inet t d; "
		     "add rule inet t c accept; add rule inet t c drop; add rule inet t d jump c; "
		     "add set inet t s { type ipv4_addr; }'");
	assert_int_equal(cni_nft_chain_use(&nfnl, &table, "c", &count, &err), 0);
	assert_int_equal(count, 3);
	assert_int_equal(cni_nft_rule_count(&nfnl, &table, "c", &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(cni_nft_table_use(&nfnl, &table, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_int_equal(cni_nft_chain_use(&nfnl, &table, "none", &count, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	assert_int_equal(cni_nft_table_use(&nfnl, &none, &count, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static void nft__deletes_what_nothing_needs(void **state)
{
	freeing_tx struct cni_nft_tx *needed = cni_nft_tx_new(&nfnl, 0);
	freeing_tx struct cni_nft_tx *flush = NULL;
	freeing_tx struct cni_nft_tx *all = NULL;
	struct cni_error err;

	(void)state;
	sandbox_must("nft 'add table inet t; add chain inet t c; add chain inet t d; "
		     "add rule inet t d jump c; add table inet other'");
	cni_nft_del_chain(needed, &table, "c");
	assert_int_equal(cni_nft_commit(needed, &err), -1);
	assert_int_equal(err.errnum, EBUSY);
	flush = cni_nft_tx_new(&nfnl, 0);
	cni_nft_flush_chain(flush, &table, "d");
	cni_nft_del_chain(flush, &table, "c");
	commit(flush);
	assert_ruleset("table inet t {\n\tchain d {\n\t}\n}\ntable inet other {\n}\n");
	all = cni_nft_tx_new(&nfnl, 0);
	cni_nft_del_table(all, &table);
	commit(all);
	assert_ruleset("table inet other {\n}\n");
}

#define MANY 3000

static struct cni_nft_element numbered(unsigned int i)
{
	freeing char *address = cni_format("10.%u.%u.7", i / 256, i % 256);

	return element(address, "an owner of some length, as they often are");
}

/* More than a page of messages, and more answers than a socket holds by default. */
static void nft__makes_thousands_in_one_transaction(void **state)
{
	freeing_tx struct cni_nft_tx *add = cni_nft_tx_new(&nfnl, 0);
	freeing_tx struct cni_nft_tx *del = NULL;
	freeing struct cni_nft_element *found = NULL;
	struct cni_error err;
	size_t count = 0;

	(void)state;
	make_addresses();
	for (unsigned int i = 0; i < MANY; i++) {
		struct cni_nft_element one = numbered(i);

		cni_nft_add_element(add, &table, "addresses", &one);
	}
	commit(add);
	sandbox_must("test $(nft list set inet t addresses | grep -o comment | wc -l) -eq %u",
		     MANY);
	assert_int_equal(cni_nft_list(&nfnl, &table, "addresses", &found, &count, &err), 0);
	assert_int_equal(count, MANY);
	assert_string_equal(found[MANY - 1].comment, "an owner of some length, as they often are");
	del = cni_nft_tx_new(&nfnl, 0);
	for (unsigned int i = 0; i < MANY; i++)
		cni_nft_del_element(del, &table, "addresses", &found[i].key);
	commit(del);
	sandbox_must("! nft list set inet t addresses | grep -q comment");
}

/* Whichever message is the last: one that passes the end of a page moves to the next. */
static void nft__is_answered_whatever_its_size(void **state)
{
	enum { FEWER = 100, MORE = 200 }; /* than fit a page */

	(void)state;
	make_addresses();
	for (unsigned int count = FEWER; count <= MORE; count++) {
		freeing_tx struct cni_nft_tx *add = cni_nft_tx_new(&nfnl, 0);
		freeing_tx struct cni_nft_tx *del = NULL;

		for (unsigned int i = 0; i < count; i++) {
			struct cni_nft_element one = numbered(i);

			cni_nft_add_element(add, &table, "addresses", &one);
		}
		commit(add);
		kernel_assert_no_answer_left(&nfnl);
		del = cni_nft_tx_new(&nfnl, 0);
		for (unsigned int i = 0; i < count; i++) {
			struct cni_nft_element one = numbered(i);

			cni_nft_del_element(del, &table, "addresses", &one.key);
		}
		commit(del);
		kernel_assert_no_answer_left(&nfnl);
	}
}

static void nft__lists_nothing_where_there_is_nothing(void **state)
{
	struct cni_nft_element *found = NULL;
	struct cni_error err;
	size_t count = 5;

	(void)state;
	assert_int_equal(cni_nft_list(&nfnl, &table, "none", &found, &count, &err), 0);
	assert_int_equal(count, 0);
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(nft__makes_what_nft_prints),
		kernel_test(nft__makes_all_or_nothing),
		kernel_test(nft__reads_all_answers),
		kernel_test(nft__adds_an_element_once),
		kernel_test(nft__refuses_a_generation_that_has_passed),
		kernel_test(nft__empty_transaction_changes_nothing),
		kernel_test(nft__looks_up_an_element),
		kernel_test(nft__counts_uses),
		kernel_test(nft__deletes_what_nothing_needs),
		kernel_test(nft__makes_thousands_in_one_transaction),
		kernel_test(nft__is_answered_whatever_its_size),
		kernel_test(nft__lists_nothing_where_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
