/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks: parsing, printing, order and arithmetic. */
#include "ip.h"

#include "test.h"

#include <arpa/inet.h>
#include <string.h>

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed = {0};

	if (cni_ip_parse(text, &parsed) < 0)
		fail_msg("'%s' is no address", text);
	return parsed;
}

static struct cni_net net(const char *text)
{
	struct cni_net parsed = {.prefix = 0};

	if (cni_net_parse(text, &parsed) < 0)
		fail_msg("'%s' is no prefix", text);
	return parsed;
}

static void assert_ip(struct cni_ip actual, const char *expected)
{
	char text[CNI_IP_TEXT_SIZE];

	assert_string_equal(cni_ip_format(&actual, text), expected);
}

static void assert_net(struct cni_net actual, const char *expected)
{
	char text[CNI_NET_TEXT_SIZE];

	assert_string_equal(cni_net_format(&actual, text), expected);
}

static void ip__reads_and_prints_both_families(void **state)
{
	(void)state;
	assert_ip(ip("10.1.0.7"), "10.1.0.7");
	assert_ip(ip("0.0.0.0"), "0.0.0.0");
	assert_ip(ip("255.255.255.255"), "255.255.255.255");
	assert_ip(ip("::"), "::");
	assert_ip(ip("FD00:0:0:0:0:0:0:1"), "fd00::1");
	assert_ip(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_ip((struct cni_ip){0}, "");
	assert_net((struct cni_net){.prefix = 24}, "");
}

/* Each byte at each place, beside inet_ntop(3). */
static void ip__prints_ipv4_as_the_c_library_does(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++)
		for (size_t place = 0; place < 4; place++) {
			struct cni_ip some = ip("10.200.3.255");
			char theirs[INET_ADDRSTRLEN];

			some.bytes[place] = (uint8_t)byte;
			assert_non_null(inet_ntop(AF_INET, some.bytes, theirs, sizeof(theirs)));
			assert_ip(some, theirs);
		}
}

/* As Go's net.IP: one address, whichever way it is written. */
static void ip__takes_a_mapped_address_for_ipv4(void **state)
{
	struct cni_ip mapped = ip("::ffff:10.0.0.1");
	struct cni_ip plain = ip("10.0.0.1");

	(void)state;
	assert_int_equal(mapped.family, AF_INET);
	assert_true(cni_ip_equal(&mapped, &plain));
	assert_memory_equal(&mapped, &plain, sizeof(plain));
	assert_net(net("::ffff:10.0.0.1/120"), "10.0.0.1/24");
	assert_net(net("::ffff:10.0.0.1/96"), "10.0.0.1/0");
	/* Not mapped; glibc prints this one with dots, musl and Go without. */
	assert_int_equal(net("::10.0.0.1/120").ip.family, AF_INET6);
	assert_int_equal(net("::10.0.0.1/120").prefix, 120);
}

static void ip__refuses_what_is_not_one_address(void **state)
{
	static const char *const wrong[] = {"",		 "10.1.0",	"10.1.0.256", "10.1.0.1 ",
					    " 10.1.0.1", "10.1.0.1/24", "010.1.0.1",  "0x0a.1.0.1",
					    "fd00::1::", "fd00::g",	"fe80::1%1",  "blue"};
	struct cni_ip kept = ip("10.9.9.9");

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (cni_ip_parse(wrong[i], &kept) == 0)
			fail_msg("'%s' was taken for an address", wrong[i]);
	assert_ip(kept, "10.9.9.9");
}

static void net__keeps_its_host_bits(void **state)
{
	(void)state;
	assert_net(net("10.1.0.7/24"), "10.1.0.7/24");
	assert_net(net("10.1.0.7/0"), "10.1.0.7/0");
	assert_net(net("10.1.0.7/32"), "10.1.0.7/32");
	assert_net(net("fd00::5/128"), "fd00::5/128");
	assert_net(net("fd00::5/0"), "fd00::5/0");
}

static void net__refuses_what_is_not_cidr(void **state)
{
	static const char *const wrong[] = {"",
					    "10.1.0.7",
					    "10.1.0.7/",
					    "10.1.0.7/33",
					    "10.1.0.7/-1",
					    "10.1.0.7/+1",
					    "10.1.0.7/ 1",
					    "10.1.0.7/24 ",
					    "10.1.0.7/24x",
					    "10.1.0.7/2000000000000000000000",
					    "10.1.0.7/255.255.255.0",
					    "/24",
					    "fd00::/129",
					    "::ffff:10.0.0.1/95",
					    "::ffff:10.0.0.1/24",
					    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64"};
	struct cni_net kept = net("10.9.9.9/9");

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (cni_net_parse(wrong[i], &kept) == 0)
			fail_msg("'%s' was taken for a prefix", wrong[i]);
	assert_net(kept, "10.9.9.9/9");
}

static void ip__is_in_order(void **state)
{
	static const char *const order[] = {"0.0.0.0",	 "10.1.0.7", "10.1.0.128", "10.1.1.0",
					    "255.0.0.0", "::",	     "fd00::1",	   "fd00::1:0"};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (size_t j = 0; j < sizeof(order) / sizeof(*order); j++) {
			struct cni_ip a = ip(order[i]);
			struct cni_ip b = ip(order[j]);
			int compared = cni_ip_compare(&a, &b);

			assert_int_equal((compared > 0) - (compared < 0), (i > j) - (i < j));
		}
}

static void ip__counts_up_and_down_with_carry(void **state)
{
	static const char *const pairs[][2] = {
		{"10.1.0.7", "10.1.0.8"},	{"10.1.0.255", "10.1.1.0"},
		{"10.255.255.255", "11.0.0.0"}, {"255.255.255.255", "0.0.0.0"},
		{"fd00::ffff", "fd00::1:0"},	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct cni_ip low = ip(pairs[i][0]);
		struct cni_ip high = ip(pairs[i][1]);

		assert_ip(cni_ip_next(&low), pairs[i][1]);
		assert_ip(cni_ip_previous(&high), pairs[i][0]);
	}
}

static void net__knows_its_edges(void **state)
{
	static const char *const cases[][3] = {
		{"10.1.2.3/16", "10.1.0.0/16", "10.1.255.255"},
		{"10.1.2.3/32", "10.1.2.3/32", "10.1.2.3"},
		{"10.1.2.3/31", "10.1.2.2/31", "10.1.2.3"},
		{"10.1.2.3/0", "0.0.0.0/0", "255.255.255.255"},
		{"10.1.2.200/25", "10.1.2.128/25", "10.1.2.255"},
		{"fd00::5/126", "fd00::4/126", "fd00::7"},
		{"fd00:1:2::/33", "fd00:1::/33", "fd00:1:7fff:ffff:ffff:ffff:ffff:ffff"},
		{"fd00::5/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_net it = net(cases[i][0]);

		assert_net(cni_net_masked(&it), cases[i][1]);
		assert_ip(cni_net_last(&it), cases[i][2]);
	}
}

static bool contains(const char *outer, const char *inner)
{
	struct cni_net of = net(outer);
	struct cni_ip address = ip(inner);

	return cni_net_contains(&of, &address);
}

static void net__contains_addresses_of_its_family(void **state)
{
	(void)state;
	assert_true(contains("10.1.2.3/16", "10.1.255.255"));
	assert_false(contains("10.1.2.3/16", "10.2.0.0"));
	assert_true(contains("10.1.2.3/17", "10.1.127.255"));
	assert_false(contains("10.1.2.3/17", "10.1.128.0"));
	assert_true(contains("0.0.0.0/0", "255.1.2.3"));
	assert_false(contains("0.0.0.0/0", "::1"));
	assert_false(contains("::/0", "10.0.0.1"));
	assert_true(contains("fd00::/65", "fd00::7fff:ffff:ffff:ffff"));
	assert_false(contains("fd00::/65", "fd00::8000:0:0:0"));
}

static void net__is_equal_by_address_and_length(void **state)
{
	struct cni_net a = net("10.1.0.7/24");
	struct cni_net longer = net("10.1.0.7/25");
	struct cni_net other = net("10.1.0.8/24");

	(void)state;
	assert_true(cni_net_equal(&a, &a));
	assert_false(cni_net_equal(&a, &longer));
	assert_false(cni_net_equal(&a, &other));
}

static void mac__reads_colons_dashes_and_dots(void **state)
{
	static const char *const wrong[] = {"",
					    "0a:58:0a:f4:00",
					    "0a:58:0a:f4:00:02:03",
					    "0a:58:0a:f4:00:0",
					    "0a:58-0a:f4:00:02",
					    "0a58.0af4.0002...",
					    "0a58.0af4.0002.",
					    "0a58.0af4.002",
					    "0a58.0af4:0002",
					    "0a58.0af4",
					    "0a.58.0a.f4.00.02",
					    "0a580af40002",
					    "0a58:0af4:0002",
					    ".0a58.0af4.0002",
					    "0g:58:0a:f4:00:02",
					    "0a:58:0a:f4:00: 2",
					    "\xa0\xa0:58:0a:f4:00:02"};
	char text[CNI_MAC_TEXT_SIZE];
	uint8_t mac[CNI_MAC_SIZE];

	(void)state;
	assert_int_equal(cni_mac_parse("0A:58:0a:F4:00:02", mac), 0);
	assert_string_equal(cni_mac_format(mac, text), "0a:58:0a:f4:00:02");
	assert_int_equal(cni_mac_parse("ff-ff-ff-ff-ff-fe", mac), 0);
	assert_string_equal(cni_mac_format(mac, text), "ff:ff:ff:ff:ff:fe");
	assert_int_equal(cni_mac_parse("0A58.0af4.0003", mac), 0);
	assert_string_equal(cni_mac_format(mac, text), "0a:58:0a:f4:00:03");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (cni_mac_parse(wrong[i], mac) == 0)
			fail_msg("'%s' was taken for a hardware address", wrong[i]);
	assert_string_equal(cni_mac_format(mac, text), "0a:58:0a:f4:00:03");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip__reads_and_prints_both_families),
		cmocka_unit_test(ip__prints_ipv4_as_the_c_library_does),
		cmocka_unit_test(ip__takes_a_mapped_address_for_ipv4),
		cmocka_unit_test(ip__refuses_what_is_not_one_address),
		cmocka_unit_test(net__keeps_its_host_bits),
		cmocka_unit_test(net__refuses_what_is_not_cidr),
		cmocka_unit_test(ip__is_in_order),
		cmocka_unit_test(ip__counts_up_and_down_with_carry),
		cmocka_unit_test(net__knows_its_edges),
		cmocka_unit_test(net__contains_addresses_of_its_family),
		cmocka_unit_test(net__is_equal_by_address_and_length),
		cmocka_unit_test(mac__reads_colons_dashes_and_dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
