/* SPDX-License-Identifier: Apache-2.0 */
/* DHCPv6 messages, their content, router advertisements, and the datagrams around them: bytes that were written by hand
 * after the standards. */
#include "dhcp6_advert.h"
#include "dhcp6_datagram.h"
#include "test.h"

#include <string.h>

#define IAID 0x01020304U

#define CLIENT 0, 1, 0, 4, 0xaa, 0xbb, 0xcc, 0xdd
#define SERVER 0, 2, 0, 3, 1, 2, 3
/* An IA_NA of `size` bytes. */
#define IA(size, t1, t2) 0, 3, 0, size, 1, 2, 3, 4, 0, 0, 0, t1, 0, 0, 0, t2
#define ADDRESS(a, b, last, preferred, valid)                                                      \
	0, 5, 0, 24, a, b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, preferred, 0, 0,  \
		0, valid
#define GOOD ADDRESS(0xfd, 1, 0x50, 80, 100)

static const char *read_answer(const uint8_t *options, size_t size, struct dhcp6_answer *answer)
{
	uint8_t bytes[DHCP6_PACKET_MAX] = {DHCP6_REPLY, 0, 0, 9};
	struct dhcp6_packet packet;

	memcpy(bytes + 4, options, size);
	assert_null(dhcp6_packet_decode(bytes, 4 + size, &packet));
	return dhcp6_answer_read(&packet, IAID, NULL, answer);
}

#define READ(answer, ...)                                                                          \
	read_answer((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), answer)

static void assert_ip(const struct cni_ip *ip, const char *expected)
{
	char text[CNI_IP_TEXT_SIZE];

	assert_string_equal(cni_ip_format(ip, text), expected);
}

/* ---- messages ---- */

static void packet__is_read_and_written(void **state)
{
	static const uint8_t bytes[] = {7, 0x12, 0x34, 0x56, CLIENT, SERVER, 0, 7, 0, 1, 255};
	uint8_t written[DHCP6_PACKET_MAX];
	struct dhcp6_packet packet;
	struct dhcp6_duid duid;
	uint8_t preference;

	(void)state;
	assert_null(dhcp6_packet_decode(bytes, sizeof(bytes), &packet));
	assert_int_equal(packet.type, DHCP6_REPLY);
	assert_int_equal(packet.xid, 0x123456);
	assert_true(dhcp6_find_duid(dhcp6_options(&packet), DHCP6_CLIENT_ID, &duid));
	assert_int_equal(duid.size, 4);
	assert_memory_equal(duid.bytes, "\xaa\xbb\xcc\xdd", 4);
	assert_true(dhcp6_find_exact(dhcp6_options(&packet), DHCP6_PREFERENCE, &preference, 1));
	assert_int_equal(preference, 255);
	assert_int_equal(dhcp6_packet_encode(&packet, written), sizeof(bytes));
	assert_memory_equal(written, bytes, sizeof(bytes));
}

static void packet__that_is_damaged_is_refused(void **state)
{
	static const uint8_t overlong[] = {7, 0, 0, 1, 0, 1, 0, 9, 1, 2};
	static const uint8_t cut[] = {7, 0, 0, 1, 0, 1, 0};
	static const uint8_t relayed[] = {13, 0, 0, 1};
	static uint8_t huge[DHCP6_PACKET_MAX + 1];
	struct dhcp6_packet packet;

	(void)state;
	assert_string_equal(dhcp6_packet_decode(overlong, sizeof(overlong), &packet),
			    "an option runs over the end");
	assert_string_equal(dhcp6_packet_decode(cut, sizeof(cut), &packet),
			    "an option runs over the end");
	assert_string_equal(dhcp6_packet_decode(cut, 3, &packet), "it is shorter than a header");
	assert_string_equal(dhcp6_packet_decode(huge, sizeof(huge), &packet),
			    "it is longer than a frame");
	assert_string_equal(dhcp6_packet_decode(relayed, 4, &packet), "it is a relay's message");
}

static void packet__has_no_room_beyond_a_frame(void **state)
{
	static const uint8_t value[700];
	struct dhcp6_packet packet = {.type = DHCP6_SOLICIT};

	(void)state;
	assert_true(dhcp6_put(&packet, 1, value, sizeof(value)));
	assert_true(dhcp6_put(&packet, 2, value, sizeof(value)));
	assert_false(dhcp6_put(&packet, 3, value, sizeof(value)));
	assert_true(dhcp6_put(&packet, 3, value, 36));
	assert_false(dhcp6_put(&packet, 4, NULL, 0));
}

/* ---- answers ---- */

static void answer__has_address_times_and_resolver(void **state)
{
	struct dhcp6_answer answer;

	(void)state;
	assert_null(READ(&answer, CLIENT, SERVER, IA(40, 30, 60), GOOD, 0, 23, 0, 32, 0xfd, 1, 0, 0,
			 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0,
			 0, 0, 0, 0, 0, 1, 0, 24, 0, 7, 1, 'a', 3, 't', 's', 't', 0, 0, 14, 0, 0, 0,
			 32, 0, 4, 0, 0, 2, 88));
	assert_ip(&answer.ip, "fd01::50");
	assert_int_equal(answer.valid, 100);
	assert_int_equal(answer.renewal, 30);
	assert_int_equal(answer.rebinding, 60);
	assert_int_equal(answer.server.size, 3);
	assert_true(answer.is_rapid);
	assert_int_equal(answer.refresh, 600);
	/* The link-local one would need a zone. */
	assert_int_equal(answer.dns.nameserver_count, 1);
	assert_string_equal(answer.dns.nameservers[0], "fd01::53");
	assert_int_equal(answer.dns.search_count, 1);
	assert_string_equal(answer.dns.search[0], "a.tst");
	dhcp6_answer_clear(&answer);
}

static void answer__without_times_gets_those_of_the_standard(void **state)
{
	struct dhcp6_answer answer;

	(void)state;
	assert_null(READ(&answer, SERVER, IA(40, 0, 0), GOOD));
	assert_int_equal(answer.renewal, 40);
	assert_int_equal(answer.rebinding, 64);
	/* A time beyond the end of the lease ends with it. */
	assert_null(READ(&answer, SERVER, IA(40, 120, 0), GOOD));
	assert_int_equal(answer.rebinding, 64);
	assert_int_equal(answer.renewal, 64);
	/* No time is zero: nothing is asked without a pause. */
	assert_null(READ(&answer, SERVER, IA(40, 0, 0), ADDRESS(0xfd, 1, 0x50, 1, 100)));
	assert_int_equal(answer.renewal, 1);
	assert_int_equal(answer.rebinding, 1);
}

static void answer__that_no_container_may_use_is_refused(void **state)
{
	struct dhcp6_answer answer;

	(void)state;
	assert_string_equal(READ(&answer, CLIENT, IA(40, 1, 2), GOOD),
			    "it does not name its server");
	assert_string_equal(READ(&answer, SERVER, IA(40, 9, 2), GOOD),
			    "its time to renew (T1) is after the one to rebind (T2)");
	assert_string_equal(READ(&answer, SERVER, IA(40, 1, 2), ADDRESS(0xff, 2, 1, 8, 9)),
			    "its address is a multicast address");
	assert_string_equal(READ(&answer, SERVER, IA(40, 1, 2), ADDRESS(0xfe, 0x80, 1, 8, 9)),
			    "its address is link-local");
	assert_string_equal(READ(&answer, SERVER, IA(40, 1, 2), ADDRESS(0, 0, 1, 8, 9)),
			    "its address is in ::/96");
	assert_string_equal(READ(&answer, SERVER, IA(40, 1, 2), ADDRESS(0xfd, 1, 1, 9, 8)),
			    "its preferred lifetime is longer than the valid one");
	assert_string_equal(READ(&answer, SERVER, IA(16, 1, 2), 0, 5, 0, 0),
			    "its address is damaged");
	assert_string_equal(READ(&answer, SERVER, IA(16, 1, 2), 0, 5, 0, 99),
			    "an option runs over the end of another");
	assert_string_equal(READ(&answer, SERVER, 0, 3, 0, 2, 1, 2),
			    "its association of addresses is damaged");
	assert_string_equal(READ(&answer, SERVER, 0, 3, 0, 12, 9, 9, 9, 9, 0, 0, 0, 1, 0, 0, 0, 2),
			    "its association of addresses is for another interface (IAID)");
	assert_string_equal(READ(&answer, SERVER, IA(40, 1, 2), 0, 5, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0,
				 0, 0, 0xff, 0xff, 10, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2),
			    "its address is IPv4-mapped");
	assert_false(cni_ip_is_set(&answer.ip));
}

static void answer__has_the_status_of_message_or_address(void **state)
{
	struct dhcp6_answer answer;

	(void)state;
	assert_null(READ(&answer, SERVER, 0, 13, 0, 2, 0, 2));
	assert_int_equal(answer.status, DHCP6_NO_ADDRS_AVAIL);
	assert_null(READ(&answer, SERVER, IA(18, 0, 0), 0, 13, 0, 2, 0, 3));
	assert_int_equal(answer.status, DHCP6_NO_BINDING);
}

/* The first address with a time counts, also behind one that is taken back or refused. */
static void answer__chooses_the_first_good_address(void **state)
{
	struct dhcp6_answer answer;

	(void)state;
	assert_null(READ(&answer, SERVER, IA(124, 1, 2), ADDRESS(0xfd, 1, 1, 0, 0),
			 ADDRESS(0xff, 2, 1, 5, 5), ADDRESS(0xfd, 1, 2, 5, 5),
			 ADDRESS(0xfd, 1, 3, 5, 5)));
	assert_ip(&answer.ip, "fd01::2");
}

static void answer__cuts_huge_lists(void **state)
{
	uint8_t options[1400] = {SERVER, 0, 23, 4, 0};
	struct dhcp6_answer answer;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		options[11 + 16 * i] = 0xfd;
		options[11 + 16 * i + 15] = (uint8_t)i;
	}
	options[11 + 1024 + 1] = 24;
	options[11 + 1024 + 3] = 250;
	for (unsigned int i = 0; i < 83; i++)
		memcpy(options + 11 + 1028 + 3 * i, (const uint8_t[]){1, (uint8_t)(33 + i), 0}, 3);
	assert_null(read_answer(options, 11 + 1028 + 250, &answer));
	assert_int_equal(answer.dns.nameserver_count, DHCP6_NAMESERVERS_MAX);
	assert_true(answer.dns.search_count <= 32);
	dhcp6_answer_clear(&answer);
}

/* ---- advertisements ---- */

#define ADVERT(flags, lifetime) 134, 0, 0, 0, 64, flags, 0, lifetime, 0, 0, 0, 0, 0, 0, 0, 0
#define PREFIX(flags, a, b, valid, preferred)                                                      \
	3, 4, 64, flags, 0, 0, 0, valid, 0, 0, 0, preferred, 0, 0, 0, 0, a, b, 0, 0, 0, 0, 0, 0,   \
		0, 0, 0, 0, 0, 0, 0, 0

static const char *read_advert(const uint8_t *bytes, size_t size, struct dhcp6_advert *advert)
{
	return dhcp6_advert_read(bytes, size, advert);
}

#define READ_ADVERT(advert, ...)                                                                   \
	read_advert((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), advert)

static void advert__has_flags_prefixes_and_resolver(void **state)
{
	struct dhcp6_advert advert;

	(void)state;
	assert_null(READ_ADVERT(&advert, ADVERT(0xc0, 30), PREFIX(0xc0, 0xfd, 1, 90, 60), 5, 1, 0,
				0, 0, 0, 5, 0, 25, 3, 0, 0, 0, 0, 0, 9, 0xfd, 1, 0, 0, 0, 0, 0, 0,
				0, 0, 0, 0, 0, 0, 0, 0x53, 31, 2, 0, 0, 0, 0, 0, 9, 1, 'a', 3, 't',
				's', 't', 0, 0));
	assert_true(advert.is_managed);
	assert_true(advert.has_other);
	assert_int_equal(advert.lifetime, 30);
	assert_int_equal(advert.mtu, 1280);
	assert_int_equal(advert.prefix_count, 1);
	assert_true(advert.prefixes[0].is_on_link);
	assert_true(advert.prefixes[0].is_autonomous);
	assert_int_equal(advert.prefixes[0].valid, 90);
	assert_int_equal(advert.prefixes[0].preferred, 60);
	assert_int_equal(advert.dns.nameserver_count, 1);
	assert_string_equal(advert.dns.nameservers[0], "fd01::53");
	assert_string_equal(advert.dns.search[0], "a.tst");
	dhcp6_advert_clear(&advert);
}

static void advert__ignores_what_cannot_be_meant(void **state)
{
	struct dhcp6_advert advert;

	(void)state;
	assert_null(READ_ADVERT(&advert, ADVERT(0, 0), PREFIX(0xc0, 0xfe, 0x80, 9, 9),
				PREFIX(0xc0, 0xff, 2, 9, 9), PREFIX(0xc0, 0xfd, 1, 8, 9), 5, 1, 0,
				0, 0, 0, 4, 0xff));
	assert_int_equal(advert.prefix_count, 0);
	assert_int_equal(advert.mtu, 0);
	assert_non_null(READ_ADVERT(&advert, ADVERT(0, 0), 3, 0, 0, 0));
	assert_non_null(READ_ADVERT(&advert, ADVERT(0, 0), 3, 9, 0, 0));
	assert_non_null(READ_ADVERT(&advert, 134, 0, 0, 0));
	assert_non_null(READ_ADVERT(&advert, 135, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

static void neighbour__claims_an_address(void **state)
{
	struct cni_ip nothing = {.family = AF_INET6};
	struct cni_ip target = {.family = AF_INET6, .bytes = {0xfd, 1, [13] = 7, 8, 9}};
	struct cni_ip group = dhcp6_solicited_group(&target);
	uint8_t bytes[DHCP6_ND_SIZE];
	struct cni_ip claimed;

	(void)state;
	assert_ip(&group, "ff02::1:ff07:809");
	assert_int_equal(dhcp6_solicit_neighbour(&target, bytes), 24);
	claimed = dhcp6_neighbour_claims(bytes, 24, &nothing);
	assert_true(cni_ip_equal(&claimed, &target));
	/* A host with an address looks for the owner of another one. */
	claimed = dhcp6_neighbour_claims(bytes, 24, &target);
	assert_false(cni_ip_is_set(&claimed));
	bytes[0] = 136;
	claimed = dhcp6_neighbour_claims(bytes, 24, &target);
	assert_true(cni_ip_equal(&claimed, &target));
	claimed = dhcp6_neighbour_claims(bytes, 23, &target);
	assert_false(cni_ip_is_set(&claimed));
}

/* ---- datagrams ---- */

static void datagram__has_a_checksum_that_is_checked(void **state)
{
	/* From fe80::1 to ff02::1:2, "hello", as tcpdump takes it for good. */
	struct cni_ip from = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}};
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	size_t size = dhcp6_datagram_udp(datagram, &from, &dhcp6_all_servers, "hello", 5);
	struct dhcp6_inner inner;

	(void)state;
	assert_int_equal(size, 53);
	assert_int_equal(dhcp6_u16(datagram + 40), 546);
	assert_int_equal(dhcp6_u16(datagram + 42), 547);
	/* Not to a client. */
	assert_false(dhcp6_datagram_open(datagram, size, false, &inner));
	/* The sum of both ports stays the same. */
	dhcp6_write_u16(datagram + 40, 547);
	dhcp6_write_u16(datagram + 42, 546);
	assert_true(dhcp6_datagram_open(datagram, size, false, &inner));
	assert_true(inner.is_udp);
	assert_int_equal(inner.size, 5);
	assert_memory_equal(inner.bytes, "hello", 5);
	assert_true(cni_ip_equal(&inner.from, &from));
	datagram[50] ^= 1;
	assert_false(dhcp6_datagram_open(datagram, size, false, &inner));
	assert_true(dhcp6_datagram_open(datagram, size, true, &inner));
	assert_false(dhcp6_datagram_open(datagram, size - 1, true, &inner));
	assert_false(dhcp6_datagram_open(datagram, 39, true, &inner));
}

/* RFC 4861, section 6.1.2: a smaller hop limit has come from another link. */
static void datagram__of_a_neighbour_has_come_from_this_link(void **state)
{
	struct cni_ip from = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}};
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	uint8_t bytes[DHCP6_ND_SIZE];
	size_t size = dhcp6_solicit_router((const uint8_t[]){2, 0, 0, 0, 0, 1}, bytes);
	struct dhcp6_inner inner;

	(void)state;
	size = dhcp6_datagram_icmp(datagram, &from, &dhcp6_all_routers, bytes, size);
	assert_int_equal(size, 56);
	assert_true(dhcp6_datagram_open(datagram, size, false, &inner));
	assert_false(inner.is_udp);
	datagram[7] = 254;
	assert_false(dhcp6_datagram_open(datagram, size, false, &inner));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet__is_read_and_written),
		cmocka_unit_test(packet__that_is_damaged_is_refused),
		cmocka_unit_test(packet__has_no_room_beyond_a_frame),
		cmocka_unit_test(answer__has_address_times_and_resolver),
		cmocka_unit_test(answer__without_times_gets_those_of_the_standard),
		cmocka_unit_test(answer__that_no_container_may_use_is_refused),
		cmocka_unit_test(answer__has_the_status_of_message_or_address),
		cmocka_unit_test(answer__chooses_the_first_good_address),
		cmocka_unit_test(answer__cuts_huge_lists),
		cmocka_unit_test(advert__has_flags_prefixes_and_resolver),
		cmocka_unit_test(advert__ignores_what_cannot_be_meant),
		cmocka_unit_test(neighbour__claims_an_address),
		cmocka_unit_test(datagram__has_a_checksum_that_is_checked),
		cmocka_unit_test(datagram__of_a_neighbour_has_come_from_this_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
