/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's record of an attachment: read, written, damaged. */
#include "firewall_record.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <string.h>

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed;

	assert_int_equal(cni_ip_parse(text, &parsed), 0);
	return parsed;
}

static struct cni_firewall_record record_of(enum cni_firewall_backend backend, const char *one,
					    const char *other)
{
	struct cni_firewall_record record = {.backend = backend,
					     .zone = cni_strdup("trusted"),
					     .admin_chain = cni_strdup("CNI-ADMIN")};
	struct cni_ip first = ip(one);
	struct cni_ip second = ip(other);

	cni_firewall_record_address(&record, &first);
	cni_firewall_record_address(&record, &second);
	return record;
}

static void record__comes_back_as_it_was(void **state)
{
	static const struct {
		enum cni_firewall_backend backend;
		const char *text;
	} cases[] = {{CNI_FIREWALL_NFTABLES, "backend nftables\n"},
		     {CNI_FIREWALL_IPTABLES, "backend iptables\ntool iptables\n"},
		     {CNI_FIREWALL_FIREWALLD, "backend firewalld\n"},
		     {CNI_FIREWALL_NONE, "backend none\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		clearing_record struct cni_firewall_record record =
			record_of(cases[i].backend, "10.1.0.7", "fd00::7");
		freeing char *expected =
			cni_format("%saddress 10.1.0.7\naddress fd00::7\nzone trusted\n"
				   "admin-chain CNI-ADMIN\n",
				   cases[i].text);
		clearing_record struct cni_firewall_record back = {0};
		freeing char *text = NULL;

		record.tools = CNI_IPTABLES_PLAIN;
		text = cni_firewall_record_encode(&record);
		assert_memory_equal(text, expected, strlen(expected));
		assert_memory_equal(text + strlen(expected), "digest ", strlen("digest "));
		assert_true(cni_firewall_record_decode(text, &back));
		assert_int_equal(back.backend, cases[i].backend);
		assert_true(cni_firewall_record_is_for(&back, &record));
		assert_string_equal(back.zone, "trusted");
		assert_string_equal(back.admin_chain, "CNI-ADMIN");
	}
}

static void record__has_its_place_and_the_one_that_it_leaves(void **state)
{
	clearing_record struct cni_firewall_record record =
		record_of(CNI_FIREWALL_IPTABLES, "10.1.0.7", "fd00::7");
	clearing_record struct cni_firewall_record back = {0};
	freeing char *text = NULL;

	(void)state;
	record.is_chosen = true;
	record.tools = CNI_IPTABLES_NFT | CNI_IPTABLES_LEGACY;
	record.leaving_tools = CNI_IPTABLES_PLAIN;
	record.leaving_firewalld = true;
	strcpy(record.link, "veth0123456789a");
	text = cni_firewall_record_encode(&record);
	assert_true(cni_firewall_record_decode(text, &back));
	assert_true(back.is_chosen);
	assert_true(back.has_digest);
	assert_int_equal(back.tools, record.tools);
	assert_int_equal(back.leaving_tools, record.leaving_tools);
	assert_true(back.leaving_firewalld);
	assert_string_equal(back.link, "veth0123456789a");
}

/* As a node that is upgraded in place has it. */
static void record__of_an_earlier_version_is_read(void **state)
{
	clearing_record struct cni_firewall_record back = {0};

	(void)state;
	assert_true(cni_firewall_record_decode(
		"backend iptables\naddress 10.1.0.7\nzone trusted\nadmin-chain A\n", &back));
	assert_int_equal(back.tools, CNI_IPTABLES_PLAIN);
	assert_false(back.is_chosen);
	assert_false(back.has_digest);
}

/* Each byte changed, and each beginning; only what lacks no more than the digest is a record. */
static void record__tells_any_damage(void **state)
{
	clearing_record struct cni_firewall_record record =
		record_of(CNI_FIREWALL_IPTABLES, "10.1.0.71", "fd00::7");
	freeing char *text = NULL;
	size_t size;

	(void)state;
	record.tools = CNI_IPTABLES_NFT;
	text = cni_firewall_record_encode(&record);
	size = strlen(text);
	for (size_t i = 0; i < size; i++) {
		clearing_record struct cni_firewall_record back = {0};
		freeing char *damaged = cni_strdup(text);
		freeing char *cut = cni_strndup(text, i);

		damaged[i] ^= 1;
		if (cni_firewall_record_decode(damaged, &back))
			fail_msg("'%s' was taken for a record", damaged);
		if (cni_firewall_record_decode(cut, &back) &&
		    strcmp(cut + strlen(cut) - strlen("admin-chain CNI-ADMIN\n"),
			   "admin-chain CNI-ADMIN\n") != 0)
			fail_msg("'%s' was taken for a record", cut);
	}
}

static void record__that_is_damaged_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"nonsense",
		"backend iptables\n",
		"backend iptables\nzone trusted\n",
		"backend iptables\nadmin-chain A\n",
		"backend automatic\nzone trusted\nadmin-chain A\n",
		"backend \nzone trusted\nadmin-chain A\n",
		"backend iptables\nzone trusted\nadmin-chain A\nmore of it\n",
		"backend iptables\nzone trusted\nadmin-chain A\naddress 10.1.0\n",
		"backend iptables\nzone trusted\nadmin-chain A\naddress\n",
		"backend iptables\nzone trusted\nadmin-chain A B\n",
		"backend iptables\nzone trusted\nadmin-chain A\nadmin-chain B\n",
		"backend iptables\nzone a\nzone b\nadmin-chain A\n",
		"backend iptables\nzone trusted\nadmin-chain -A\n",
		"backend iptables\nlink \nzone trusted\nadmin-chain A\n",
		"backend iptables\nlink veth0123456789ab\nzone trusted\nadmin-chain A\n",
		"backend iptables\nlink a\nlink b\nzone trusted\nadmin-chain A\n",
		"backend iptables\n\nzone trusted\nadmin-chain A\n",
		/* Cut off: the last line has no end. */
		"backend iptables\nzone trusted\nadmin-chain A",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct cni_firewall_record record = {.zone = NULL};

		if (cni_firewall_record_decode(texts[i], &record))
			fail_msg("'%s' was taken for a record", texts[i]);
		assert_null(record.zone);
		assert_null(record.admin_chain);
		assert_null(record.addresses);
	}
}

static void record__has_no_address_twice(void **state)
{
	clearing_record struct cni_firewall_record record =
		record_of(CNI_FIREWALL_NONE, "10.1.0.7", "10.1.0.7");

	(void)state;
	assert_int_equal(record.count, 1);
}

static void record__is_for_the_same_addresses_in_any_order(void **state)
{
	clearing_record struct cni_firewall_record one =
		record_of(CNI_FIREWALL_NONE, "10.1.0.7", "fd00::7");
	clearing_record struct cni_firewall_record other =
		record_of(CNI_FIREWALL_IPTABLES, "fd00::7", "10.1.0.7");
	clearing_record struct cni_firewall_record fewer =
		record_of(CNI_FIREWALL_NONE, "fd00::7", "fd00::7");
	clearing_record struct cni_firewall_record none = {0};

	(void)state;
	assert_true(cni_firewall_record_is_for(&one, &other));
	assert_false(cni_firewall_record_is_for(&one, &fewer));
	assert_false(cni_firewall_record_is_for(&fewer, &one));
	assert_false(cni_firewall_record_is_for(&none, &one));
	assert_true(cni_firewall_record_is_for(&none, &none));
}

static void backend__is_one_of_five_words(void **state)
{
	static const char *const wrongs[] = {"automatic", "Nftables", "nft", "iptables ", "off"};
	enum cni_firewall_backend backend;

	(void)state;
	assert_true(cni_firewall_backend_parse("", &backend));
	assert_int_equal(backend, CNI_FIREWALL_AUTOMATIC);
	for (int i = CNI_FIREWALL_NFTABLES; i <= CNI_FIREWALL_NONE; i++) {
		const char *text = cni_firewall_backend_text((enum cni_firewall_backend)i);

		assert_true(cni_firewall_backend_parse(text, &backend));
		assert_int_equal(backend, i);
	}
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++)
		assert_false(cni_firewall_backend_parse(wrongs[i], &backend));
}

static void name__of_a_chain_is_one_word_of_its_input(void **state)
{
	static const struct {
		const char *text;
		bool chain;
		bool zone;
	} cases[] = {
		{"CNI-ADMIN", true, true},
		{"a", true, true},
		{"a.b_c:d/e+f", true, true},
		{"0123456789012345678901234567", true, true},
		{"01234567890123456789012345678", false, true},
		{"", false, false},
		{"-A", false, true},
		{"!A", false, true},
		{"A#", false, true},
		{"A\\", false, true},
		{"A'", false, true},
		{"A\"", false, true},
		{"A B", false, false},
		{"A\n", false, false},
		{"A\t", false, false},
		{"\x7f", false, false},
		{"\xc3\xbc", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (cni_iptables_is_chain_name(cases[i].text) != cases[i].chain ||
		    cni_firewall_is_zone_name(cases[i].text) != cases[i].zone)
			fail_msg("'%s'", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record__comes_back_as_it_was),
		cmocka_unit_test(record__has_its_place_and_the_one_that_it_leaves),
		cmocka_unit_test(record__of_an_earlier_version_is_read),
		cmocka_unit_test(record__tells_any_damage),
		cmocka_unit_test(record__that_is_damaged_is_none),
		cmocka_unit_test(record__has_no_address_twice),
		cmocka_unit_test(record__is_for_the_same_addresses_in_any_order),
		cmocka_unit_test(backend__is_one_of_five_words),
		cmocka_unit_test(name__of_a_chain_is_one_word_of_its_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
