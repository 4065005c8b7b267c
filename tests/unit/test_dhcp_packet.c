/* SPDX-License-Identifier: Apache-2.0 */
/* DHCP messages and their options, datagrams, and the terms in them. */
#include "dhcp_datagram.h"
#include "dhcp_options.h"
#include "dhcp_search.h"
#include "dhcp_terms.h"
#include "test.h"

#include "cleanup.h"
#include "json.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

static struct dhcp_packet offer(void)
{
	struct dhcp_packet packet = {.is_reply = true, .xid = 0x01020304, .yiaddr = {10, 1, 0, 50}};

	dhcp_options_put_u8(&packet.options, 53, DHCP_OFFER);
	dhcp_options_put(&packet.options, 54, (const uint8_t[]){10, 1, 0, 1}, 4);
	dhcp_options_put(&packet.options, 1, (const uint8_t[]){255, 255, 255, 0}, 4);
	dhcp_options_put(&packet.options, 51, (const uint8_t[]){0, 0, 0, 80}, 4);
	return packet;
}

/* The bytes are those of RFC 2131, figure 1. */
static void message__has_its_fields_in_place(void **state)
{
	struct dhcp_packet packet = {.xid = 0x01020304,
				     .broadcast = true,
				     .secs = 0x0506,
				     .ciaddr = {1, 2, 3, 4},
				     .chaddr = {2, 0, 0, 0, 0, 5}};
	uint8_t bytes[DHCP_PACKET_MAX];

	(void)state;
	dhcp_options_put(&packet.options, 12, "web", 3);
	dhcp_options_put_u8(&packet.options, 53, DHCP_DISCOVER);
	assert_int_equal(dhcp_packet_encode(&packet, bytes), 300);
	assert_memory_equal(bytes, "\1\1\6\0\1\2\3\4\5\6\200\0\1\2\3\4", 16);
	assert_memory_equal(bytes + 28, "\2\0\0\0\0\5", 6);
	assert_memory_equal(bytes + 236, "\x63\x82\x53\x63\65\1\1\14\3web\377", 13);
}

static void message__splits_and_joins_long_options(void **state)
{
	struct dhcp_packet packet = offer();
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_packet again;
	uint8_t value[700];
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	assert_true(dhcp_options_put(&packet.options, 43, value, sizeof(value)));
	size = dhcp_packet_encode(&packet, bytes);
	assert_int_equal(size, 240 + 3 + 3 * 6 + 2 * 257 + 2 + 190 + 1);
	assert_null(dhcp_packet_decode(bytes, size, &again));
	assert_memory_equal(dhcp_options_get(&again.options, 43, &size), value, sizeof(value));
	assert_int_equal(size, sizeof(value));
	/* A value for which there is no room leaves the others. */
	assert_false(dhcp_options_put(&packet.options, 44, value, 900));
	assert_false(dhcp_options_put(&packet.options, 0, value, 1));
	assert_false(dhcp_options_put(&packet.options, 255, value, 1));
}

/* Option 52: the names of boot file and server hold options, which continue those of the same code. */
static void message__has_options_in_its_names(void **state)
{
	struct dhcp_packet packet = offer();
	uint8_t bytes[DHCP_PACKET_MAX];
	const uint8_t *value;
	size_t size;

	(void)state;
	dhcp_options_put(&packet.options, 12, "we", 2);
	dhcp_options_put_u8(&packet.options, 52, 3);
	size = dhcp_packet_encode(&packet, bytes);
	memcpy(bytes + 108, "\14\1b\377", 4);
	memcpy(bytes + 44, "\17\1c\377", 4);
	assert_null(dhcp_packet_decode(bytes, size, &packet));
	value = dhcp_options_get(&packet.options, 12, &size);
	assert_int_equal(size, 3);
	assert_memory_equal(value, "web", 3);
	value = dhcp_options_get(&packet.options, 15, &size);
	assert_memory_equal(value, "c", 1);
}

static void message__that_is_damaged_is_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *fault;
	} cases[] = {
		{0, 3, "neither a request nor a reply"}, {1, 6, "another kind of hardware"},
		{2, 16, "another kind of hardware"},	 {236, 0, "no magic cookie"},
		{241, 255, "runs over the end"},
	};
	struct dhcp_packet packet = offer();
	uint8_t bytes[DHCP_PACKET_MAX];
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dhcp_packet again;

		size = dhcp_packet_encode(&packet, bytes);
		bytes[cases[i].at] = cases[i].byte;
		assert_non_null(strstr(dhcp_packet_decode(bytes, size, &again), cases[i].fault));
	}
	size = dhcp_packet_encode(&packet, bytes);
	assert_non_null(dhcp_packet_decode(bytes, 239, &packet));
	/* Without the end of the options, or without any, it is one. */
	assert_null(dhcp_packet_decode(bytes, 240, &packet));
	assert_int_equal(dhcp_packet_type(&packet), 0);
	(void)size;
}

static void datagram__is_sealed_and_opened(void **state)
{
	const uint8_t from[] = {10, 1, 0, 1};
	const uint8_t to[] = {255, 255, 255, 255};
	uint8_t datagram[DHCP_DATAGRAM_MAX] = {0};
	size_t size;

	(void)state;
	memcpy(datagram + 28, "odd", 3);
	dhcp_datagram_seal(datagram, 3, from, to);
	/* From a client's port to a server's: the reverse of what a client takes. */
	assert_memory_equal(datagram + 20, "\0\104\0\103\0\13", 6);
	assert_null(dhcp_datagram_open(datagram, 31, false, &size));
	memcpy(datagram + 20, "\0\103\0\104", 4);
	assert_memory_equal(dhcp_datagram_open(datagram, 31, false, &size), "odd", 3);
	assert_int_equal(size, 3);
	assert_null(dhcp_datagram_open(datagram, 30, false, &size));
	datagram[28]++;
	assert_null(dhcp_datagram_open(datagram, 31, false, &size));
	assert_non_null(dhcp_datagram_open(datagram, 31, true, &size));
	datagram[8]++;
	assert_null(dhcp_datagram_open(datagram, 31, true, &size));
}

/* ---- terms ---- */

static void terms__are_refused_if_no_container_may_use_them(void **state)
{
	static const struct {
		uint8_t code; /* 0: yiaddr */
		uint8_t value[4];
		const char *fault;
	} cases[] = {
		{0, {0, 0, 0, 0}, "0.0.0.0/8"},	       {0, {127, 0, 0, 1}, "127.0.0.0/8"},
		{0, {224, 0, 0, 1}, "no unicast"},     {0, {255, 255, 255, 255}, "no unicast"},
		{0, {10, 1, 0, 0}, "of the network"},  {0, {10, 1, 0, 255}, "its broadcast"},
		{1, {255, 0, 255, 0}, "mask is none"}, {1, {0, 0, 0, 0}, "mask is none"},
		{51, {0, 0, 0, 0}, "time is zero"},    {54, {127, 0, 0, 1}, "name its server"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dhcp_packet packet = offer();
		struct dhcp_terms terms;

		if (cases[i].code)
			dhcp_options_put(&packet.options, cases[i].code, cases[i].value, 4);
		else
			memcpy(packet.yiaddr, cases[i].value, 4);
		assert_non_null(strstr(dhcp_terms_read(&packet, 0, &terms), cases[i].fault));
		assert_true(dhcp_terms_are_empty(&terms));
	}
}

/* Networks of two addresses (RFC 3021), and of one, which clouds give out, have neither a first nor a last one. */
static void terms__have_any_address_of_tiny_networks(void **state)
{
	static const uint8_t last[] = {0, 127, 128, 255};

	(void)state;
	for (uint8_t ones = 254; ones; ones = ones == 254 ? 255 : 0) {
		for (size_t i = 0; i < sizeof(last); i++) {
			const uint8_t mask[] = {255, 255, 255, ones};
			struct dhcp_packet packet = offer();
			clearing_terms struct dhcp_terms terms;

			packet.yiaddr[3] = last[i];
			dhcp_options_put(&packet.options, 1, mask, 4);
			assert_null(dhcp_terms_read(&packet, 0, &terms));
			assert_int_equal(dhcp_terms_address(&terms)->prefix, ones == 254 ? 31 : 32);
		}
	}
}

static void assert_times(uint32_t renewal, uint32_t rebinding, uint32_t t1, uint32_t t2)
{
	struct dhcp_packet packet = offer();
	clearing_terms struct dhcp_terms terms;
	const uint8_t first[] = {0, 0, 0, (uint8_t)renewal};
	const uint8_t second[] = {0, 0, 0, (uint8_t)rebinding};

	if (renewal)
		dhcp_options_put(&packet.options, 58, first, 4);
	if (rebinding)
		dhcp_options_put(&packet.options, 59, second, 4);
	assert_null(dhcp_terms_read(&packet, 0, &terms));
	assert_int_equal(terms.lease_seconds, 80);
	assert_int_equal(terms.renewal_seconds, t1);
	assert_int_equal(terms.rebinding_seconds, t2);
}

static void terms__have_times_in_order(void **state)
{
	(void)state;
	assert_times(0, 0, 40, 70);
	assert_times(10, 20, 10, 20);
	assert_times(10, 0, 10, 70);
	assert_times(30, 20, 40, 70);
	assert_times(10, 90, 40, 70);
}

static void assert_result(const struct dhcp_packet *packet, const char *expected)
{
	clearing_terms struct dhcp_terms terms;
	clearing_terms struct dhcp_terms again = {.mtu = 0};
	freeing char *wanted = json_text(expected);
	freeing char *text = NULL;

	assert_null(dhcp_terms_read(packet, 0, &terms));
	text = dhcp_terms_encode(&terms);
	assert_string_equal(text, wanted);
	assert_true(dhcp_terms_decode(text, &again));
	assert_true(dhcp_terms_equal(&terms, &again));
}

static void terms__have_routes_of_three_kinds(void **state)
{
	struct dhcp_packet packet = offer();

	(void)state;
	assert_result(&packet, "{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.50/24'}]}");
	dhcp_options_put(&packet.options, 3, (const uint8_t[]){10, 1, 0, 1, 10, 1, 0, 2}, 8);
	/* By class: 10/8, 172.16/16, 192.168.5/24; the default route is no static one. */
	dhcp_options_put(&packet.options, 33,
			 (const uint8_t[]){10,	9,   9, 9, 10, 1, 0, 3, 172, 16, 1, 1, 10, 1, 0, 3,
					   192, 168, 5, 0, 10, 1, 0, 3, 0,   0,	 0, 0, 10, 1, 0, 3},
			 32);
	assert_result(
		&packet,
		"{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.50/24','gateway':'10.1.0.1'}],"
		"'routes':[{'dst':'10.0.0.0/8','gw':'10.1.0.3'},"
		"{'dst':'172.16.0.0/16','gw':'10.1.0.3'},"
		"{'dst':'192.168.5.0/24','gw':'10.1.0.3'},"
		"{'dst':'0.0.0.0/0','gw':'10.1.0.1'}]}");
	/* Microsoft's classless routes stand instead of both, and RFC 3442's instead of all. */
	dhcp_options_put(&packet.options, 249, (const uint8_t[]){0, 10, 1, 0, 4}, 5);
	assert_result(
		&packet,
		"{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.50/24','gateway':'10.1.0.1'}],"
		"'routes':[{'dst':'0.0.0.0/0','gw':'10.1.0.4'}]}");
	dhcp_options_put(&packet.options, 121, (const uint8_t[]){8, 10, 0, 0, 0, 0, 33}, 7);
	assert_result(
		&packet,
		"{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.50/24','gateway':'10.1.0.1'}],"
		"'routes':[{'dst':'10.0.0.0/8','scope':253}]}");
	/* A damaged list counts as absent. */
	dhcp_options_put(&packet.options, 121, (const uint8_t[]){33, 10, 0, 0, 0, 0}, 6);
	assert_result(
		&packet,
		"{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.50/24','gateway':'10.1.0.1'}],"
		"'routes':[{'dst':'0.0.0.0/0','gw':'10.1.0.4'}]}");
}

/* ---- names ---- */

static void assert_search(const void *bytes, size_t size, const char *expected)
{
	struct cni_dns dns = {0};
	char text[512] = "";

	dhcp_search_read(bytes, size, &dns);
	for (size_t i = 0; i < dns.search_count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, dns.search[i]);
	}
	assert_string_equal(text, expected);
	cni_dns_clear(&dns);
}

static void search__follows_pointers_backwards(void **state)
{
	(void)state;
	assert_search("\3eng\5apple\3com\0\11marketing\300\4", 28,
		      "eng.apple.com marketing.apple.com");
	assert_search("\1a\0\1b\0\1c\0", 9, "a b c");
	assert_search("\300\0", 2, "");		   /* to itself */
	assert_search("\1a\0\300\5\1b\0", 8, "a"); /* forwards */
	assert_search("\1a\300\0", 4, "");	   /* around */
	assert_search("\1a\0\77b", 5, "a");	   /* over the end */
	assert_search("\1a\0\3b c\0\1d\0", 11, "a d");
	assert_search("\1a", 2, "");
}

static void domain__has_letters_only(void **state)
{
	freeing char *plain = dhcp_domain_read((const uint8_t *)"a-1_b.example\0", 14);

	(void)state;
	assert_string_equal(plain, "a-1_b.example");
	assert_null(dhcp_domain_read((const uint8_t *)"a b", 3));
	assert_null(dhcp_domain_read((const uint8_t *)"a\0b", 3));
	assert_null(dhcp_domain_read((const uint8_t *)"a\nnameserver", 12));
	assert_null(dhcp_domain_read((const uint8_t *)"", 0));
	assert_null(dhcp_domain_read((const uint8_t *)"\xc3\xa4", 2));
}

static void option__has_a_name_or_a_number(void **state)
{
	(void)state;
	assert_int_equal(dhcp_option_code("subnet-mask"), 1);
	assert_int_equal(dhcp_option_code("routers"), 3);
	assert_int_equal(dhcp_option_code("host-name"), 12);
	assert_int_equal(dhcp_option_code("vendor-class-identifier"), 60);
	assert_int_equal(dhcp_option_code("dhcp-client-identifier"), 61);
	assert_int_equal(dhcp_option_code("user-class"), 77);
	assert_int_equal(dhcp_option_code("254"), 254);
	assert_int_equal(dhcp_option_code("0"), 0);
	assert_int_equal(dhcp_option_code("255"), 0);
	assert_int_equal(dhcp_option_code("-1"), 0);
	assert_int_equal(dhcp_option_code("12x"), 0);
	assert_int_equal(dhcp_option_code(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__has_its_fields_in_place),
		cmocka_unit_test(message__splits_and_joins_long_options),
		cmocka_unit_test(message__has_options_in_its_names),
		cmocka_unit_test(message__that_is_damaged_is_none),
		cmocka_unit_test(datagram__is_sealed_and_opened),
		cmocka_unit_test(terms__are_refused_if_no_container_may_use_them),
		cmocka_unit_test(terms__have_any_address_of_tiny_networks),
		cmocka_unit_test(terms__have_times_in_order),
		cmocka_unit_test(terms__have_routes_of_three_kinds),
		cmocka_unit_test(search__follows_pointers_backwards),
		cmocka_unit_test(domain__has_letters_only),
		cmocka_unit_test(option__has_a_name_or_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
