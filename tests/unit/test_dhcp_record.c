/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a lease as text, the words between plugin and daemon, and the daemon's flags. */
#include "dhcp_flags.h"
#include "dhcp_options.h"
#include "dhcp_record.h"
#include "dhcp_wire.h"
#include "test.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

static struct dhcp_record example(void)
{
	struct cni_result_ip ip = {
		.address = {.ip = {.family = AF_INET, .bytes = {10, 1, 0, 50}}, .prefix = 24},
		.gateway = {.family = AF_INET, .bytes = {10, 1, 0, 1}},
		.interface = CNI_NO_INTERFACE,
	};
	struct dhcp_record record = {
		.place = {.netns = cni_strdup("/run/netns/red"),
			  .cookie = 4711,
			  .ifname = "eth0",
			  .index = 2,
			  .mac = {2, 0, 0, 0, 0, 5},
			  .parent = "up0",
			  .parent_index = 7,
			  .vlan = 4094},
		.lease = {.asked = 1000, .renews = 61000, .rebinds = 106000, .expires = 121000},
		.server_mac = {2, 0, 0, 0, 0, 1},
		.has_server_mac = true,
		.probes = true,
		.priority = 77,
		.socket = cni_strdup("/run/cni/dhcp.sock"),
		.added = 900,
		.added_dns = cni_strdup("{\"dns\":{}}"),
	};

	record.lease.terms = (struct dhcp_terms){.server = {10, 1, 0, 1},
						 .lease_seconds = 120,
						 .renewal_seconds = 60,
						 .rebinding_seconds = 105};
	cni_result_add_ip(&record.lease.terms.result, &ip);
	dhcp_options_put_client_id(&record.identity.options, "c1", "blue", "eth0");
	return record;
}

static void record__is_the_same_after_it_was_written(void **state)
{
	clearing_dhcp_record struct dhcp_record record = example();
	clearing_dhcp_record struct dhcp_record again;
	freeing char *text = dhcp_record_encode(&record);
	freeing char *copy = cni_strdup(text);
	freeing char *second = NULL;

	(void)state;
	assert_true(dhcp_record_decode(copy, &again));
	assert_string_equal(again.place.netns, "/run/netns/red");
	assert_int_equal(again.place.cookie, 4711);
	assert_int_equal(again.place.vlan, 4094);
	assert_false(again.place.may_return);
	assert_int_equal(again.added, 900);
	assert_string_equal(again.added_dns, "{\"dns\":{}}");
	assert_int_equal(again.lease.expires, 121000);
	assert_int_equal(again.lease.terms.lease_seconds, 120);
	assert_memory_equal(again.identity.mac, record.place.mac, CNI_MAC_SIZE);
	assert_true(again.probes);
	second = dhcp_record_encode(&again);
	assert_string_equal(text, second);
}

static void record__that_is_damaged_is_refused(void **state)
{
	clearing_dhcp_record struct dhcp_record record = example();
	freeing char *text = dhcp_record_encode(&record);
	size_t size = strlen(text);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		clearing_dhcp_record struct dhcp_record ignored;
		freeing char *copy = cni_strdup(text);

		copy[i] ^= 1;
		assert_false(dhcp_record_decode(copy, &ignored));
	}
	for (size_t i = 0; i < size; i++) {
		clearing_dhcp_record struct dhcp_record ignored;
		freeing char *copy = cni_strndup(text, i);

		assert_false(dhcp_record_decode(copy, &ignored));
	}
}

/* ---- words ---- */

static void request__names_an_attachment(void **state)
{
	static const char *const bad[] = {
		"",
		"GET / HTTP/1.0",
		"cni-c-dhcp/2 ADD blue c1 eth0 5",
		"cni-c-dhcp/1 TAKE blue c1 eth0 5",
		"cni-c-dhcp/1 ADD blue c1 eth0",
		"cni-c-dhcp/1 ADD blue c1 eth0 ",
		"cni-c-dhcp/1 ADD blue c1 eth0 -1",
		"cni-c-dhcp/1 ADD blue c1 eth0 32769",
		"cni-c-dhcp/1 ADD blue c1 eth0 5 6",
		"cni-c-dhcp/1 ADD ../blue c1 eth0 5",
		"cni-c-dhcp/1 ADD blue .. eth0 5",
		"cni-c-dhcp/1 ADD blue c1 a/b 5",
		"cni-c-dhcp/1 ADD blue  eth0 5",
	};
	struct dhcp_request request = {
		.verb = DHCP_VERB_DEL,
		.owner = {.network = "blue", .container = "c1", .ifname = "eth0"},
	};
	freeing char *line = dhcp_wire_format_request(&request);

	(void)state;
	assert_string_equal(line, "cni-c-dhcp/1 DEL blue c1 eth0 0\n");
	line[strlen(line) - 1] = '\0';
	assert_true(dhcp_wire_parse_request(line, &request));
	assert_int_equal(request.verb, DHCP_VERB_DEL);
	assert_string_equal(request.owner.container, "c1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		freeing char *copy = cni_strdup(bad[i]);

		if (dhcp_wire_parse_request(copy, &request))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

static void answer__has_a_code_and_a_size(void **state)
{
	size_t size;
	int code;

	(void)state;
	assert_true(dhcp_wire_parse_answer("cni-c-dhcp/1 107 25", &code, &size));
	assert_int_equal(code, 107);
	assert_int_equal(size, 25);
	assert_false(dhcp_wire_parse_answer("HTTP/1.1 400 Bad Request", &code, &size));
	assert_false(dhcp_wire_parse_answer("cni-c-dhcp/1 107", &code, &size));
	assert_false(dhcp_wire_parse_answer("cni-c-dhcp/1 107 x", &code, &size));
}

/* ---- flags ---- */

static void duration__is_gos(void **state)
{
	static const struct {
		const char *text;
		uint32_t milliseconds; /* 0: refused */
	} cases[] = {
		{"10s", 10000},	   {"1m30s", 90000}, {"500ms", 500}, {"1.5h", 5400000},
		{"24h", 86400000}, {"25h", 0},	     {"10", 0},	     {"", 0},
		{"-1s", 0},	   {"s", 0},	     {"10x", 0},     {"0s", 0},
		{"nans", 0},	   {"infs", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t milliseconds = 0;

		dhcp_duration_parse(cases[i].text, &milliseconds);
		if (milliseconds != cases[i].milliseconds)
			fail_msg("\"%s\" is %u ms", cases[i].text, milliseconds);
	}
}

static void flags__are_the_go_daemons(void **state)
{
	static const char *const all[] = {"-pidfile",	    "/p",	  "--hostprefix=/host",
					  "-socketpath",    "/s",	  "-broadcast",
					  "-timeout=1s",    "-resendmax", "2s",
					  "-resendtimeout", "3s",	  NULL};
	static const char *const off[] = {"-broadcast=false", NULL};
	static const char *const none[] = {NULL};
	struct dhcp_flags flags;
	struct cni_error err;

	(void)state;
	assert_int_equal(dhcp_flags_read(all, &flags, &err), 0);
	assert_string_equal(flags.pidfile, "/p");
	assert_string_equal(flags.host_prefix, "/host");
	assert_string_equal(flags.socket, "/s");
	assert_true(flags.broadcast);
	assert_int_equal(flags.timeout, 1000);
	assert_int_equal(flags.resend_max, 2000);
	assert_int_equal(flags.resend_timeout, 3000);
	assert_int_equal(dhcp_flags_read(off, &flags, &err), 0);
	assert_false(flags.broadcast);
	assert_int_equal(dhcp_flags_read(none, &flags, &err), 0);
	assert_string_equal(flags.socket, "/run/cni/dhcp.sock");
	assert_int_equal(flags.timeout, 10000);
	assert_int_equal(flags.resend_max, 62000);
	assert_int_equal(flags.resend_timeout, 208000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record__is_the_same_after_it_was_written),
		cmocka_unit_test(record__that_is_damaged_is_refused),
		cmocka_unit_test(request__names_an_attachment),
		cmocka_unit_test(answer__has_a_code_and_a_size),
		cmocka_unit_test(duration__is_gos),
		cmocka_unit_test(flags__are_the_go_daemons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
