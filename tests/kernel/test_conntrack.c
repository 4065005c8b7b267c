/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of conntrack: deleting those of published ports. */
#include "conntrack.h"

#include "bridge.h"
#include "cleanup.h"
#include "flows.h"
#include "kernel.h"
#include "mem.h"
#include "route.h"
#include "test.h"

#include <netinet/in.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define skip_unless_possible()                                                                     \
	do {                                                                                       \
		if (!flows_possible())                                                             \
			skip_because("conntrack is not installed");                                \
	} while (0)

/* Asks the kernel something in between, as portmap does. Counts how often it is called. */
static bool is_local(const struct cni_ip *address, void *data)
{
	struct cni_route_way way;
	struct cni_error ignored;
	size_t *asked = data;

	++*asked;
	cni_route_get(&rtnl, address, &way, &ignored);
	return true;
}

/* Returns how many addresses it was asked about. */
static size_t forget_targets(uint8_t family, uint8_t protocol, struct cni_conntrack_target *targets,
			     size_t count)
{
	struct cni_error err;
	size_t asked = 0;

	if (cni_conntrack_forget(&nfnl, family, protocol, targets, count, is_local, &asked, &err) <
	    0)
		fail_msg("%s", err.msg);
	return asked;
}

static size_t forget(uint8_t family, uint8_t protocol, uint16_t port, const char *address)
{
	struct cni_conntrack_target target = {.port = port, .address = kernel_ip(address)};

	return forget_targets(family, protocol, &target, 1);
}

struct fate {
	const char *flow;
	bool stays;
};

static void set(const struct fate *fates, size_t count)
{
	const char *lines[32];

	assert_true(count <= COUNT(lines));
	for (size_t i = 0; i < count; i++)
		lines[i] = fates[i].flow;
	flows_set(lines, count);
}

static void assert_fates(const struct fate *fates, size_t count)
{
	freeing char *all = flows_read();

	for (size_t i = 0; i < count; i++)
		if (flows_have(all, fates[i].flow) != fates[i].stays)
			fail_msg("%s: %s, expected %s", fates[i].flow,
				 fates[i].stays ? "is gone" : "is there",
				 fates[i].stays ? "it there" : "it gone");
}

static const struct fate v4[] = {
	{"udp 203.0.113.9 1000 192.0.2.1 53", false},
	{"udp 203.0.113.9 1001 192.0.2.1 53", false},
	{"udp 203.0.113.9 1002 192.0.2.1 53 -> 10.1.0.7 5353", false},
	{"udp 192.0.2.1 1000 192.0.2.1 53 -> 10.1.0.7 53", false},
	/* Another destination, port, protocol. */
	{"udp 203.0.113.9 1000 192.0.2.2 53", true},
	{"udp 203.0.113.9 1004 192.0.2.2 53 -> 10.1.0.7 5353", true},
	{"udp 203.0.113.9 1000 192.0.2.1 54", true},
	{"udp 203.0.113.9 1000 192.0.2.1 13568", true}, /* 53 with its bytes turned around */
	{"tcp 203.0.113.9 1000 192.0.2.1 53", true},
	{"sctp 203.0.113.9 1000 192.0.2.1 53", true},
	/* The port at the other end, or behind the translation. */
	{"udp 203.0.113.9 53 192.0.2.1 1000", true},
	{"udp 192.0.2.1 1001 203.0.113.9 53", true},
	{"udp 203.0.113.9 1003 192.0.2.9 5300 -> 192.0.2.1 53", true},
	{"udp 2001:db8:9::9 1000 2001:db8::1 53", true},
};

static const struct fate v6[] = {
	{"udp 2001:db8:9::9 1000 2001:db8::1 53", false},
	{"udp 2001:db8:9::9 1001 2001:db8::1 53", false},
	{"udp 2001:db8:9::9 1002 2001:db8::1 53 -> fd00::7 5353", false},
	{"udp 2001:db8:9::9 1000 2001:db8::2 53", true},
	{"udp 2001:db8:9::9 1000 2001:db8::1 54", true},
	{"tcp 2001:db8:9::9 1000 2001:db8::1 53", true},
	{"udp 2001:db8:9::9 53 2001:db8::1 1000", true},
	{"udp 2001:db8::1 1001 2001:db8:9::9 53", true},
	{"udp 203.0.113.9 1000 192.0.2.1 53", true},
};

static void conntrack__forgets_what_was_sent_to_a_port_of_an_address(void **state)
{
	(void)state;
	skip_unless_possible();
	set(v4, COUNT(v4));
	assert_int_equal(forget(AF_INET, IPPROTO_UDP, 53, "192.0.2.1"), 0);
	assert_fates(v4, COUNT(v4));
	set(v6, COUNT(v6));
	assert_int_equal(forget(AF_INET6, IPPROTO_UDP, 53, "2001:db8::1"), 0);
	assert_fates(v6, COUNT(v6));
}

static void conntrack__forgets_one_protocol(void **state)
{
	static const struct fate fates[] = {
		{"udp 203.0.113.9 1000 192.0.2.1 53", true},
		{"tcp 203.0.113.9 1000 192.0.2.1 53", false},
		{"tcp 203.0.113.9 1000 192.0.2.2 53", false},
		{"sctp 203.0.113.9 1000 192.0.2.1 53", true},
	};

	(void)state;
	skip_unless_possible();
	set(fates, COUNT(fates));
	assert_int_equal(forget(AF_INET, IPPROTO_TCP, 53, ""), 2);
	assert_fates(fates, COUNT(fates));
}

/* A certain address beside any, several ports, and an address asked about once for all its flows. */
static void conntrack__forgets_what_was_sent_to_one_of_many(void **state)
{
	static const struct fate fates[] = {
		{"udp 203.0.113.9 1000 192.0.2.1 53", false},
		{"udp 203.0.113.9 1001 192.0.2.1 53", false},
		{"udp 203.0.113.9 1000 192.0.2.2 53", false},
		{"udp 203.0.113.9 1000 192.0.2.1 54", false},
		{"udp 203.0.113.9 1000 192.0.2.2 54", true},
		{"udp 203.0.113.9 1000 192.0.2.3 65535", false},
		{"udp 203.0.113.9 1000 192.0.2.1 55", true},
		{"udp 203.0.113.9 1000 192.0.2.1 1", true},
		{"tcp 203.0.113.9 1000 192.0.2.1 53", true},
	};
	struct cni_conntrack_target targets[] = {
		{.port = 65535},
		{.port = 54, .address = kernel_ip("192.0.2.1")},
		{.port = 53},
		{.port = 54, .address = kernel_ip("192.0.2.9")},
		{.port = 53, .address = kernel_ip("192.0.2.2")},
	};

	(void)state;
	skip_unless_possible();
	set(fates, COUNT(fates));
	/* 192.0.2.1 for both its flows, 192.0.2.3; a certain address needs no question. */
	assert_int_equal(forget_targets(AF_INET, IPPROTO_UDP, targets, COUNT(targets)), 2);
	assert_fates(fates, COUNT(fates));
}

static void conntrack__of_no_targets_asks_nothing(void **state)
{
	struct cni_nl closed = {.socket = NULL};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conntrack_forget(&closed, AF_INET, IPPROTO_UDP, NULL, 0, is_local,
					      NULL, &err),
			 0);
}

static void conntrack__of_nothing_is_fine(void **state)
{
	(void)state;
	assert_int_equal(forget(AF_INET, IPPROTO_UDP, 53, ""), 0);
	assert_int_equal(forget(AF_INET6, IPPROTO_UDP, 53, ""), 0);
}

/* More than fits one answer of the kernel's. */
#define FLOWS 3000

static void conntrack__forgets_many_among_many(void **state)
{
	freeing char *all = NULL;
	char *lines[FLOWS];

	(void)state;
	skip_unless_possible();
	for (unsigned int i = 0; i < FLOWS; i++)
		lines[i] = cni_format("udp 203.0.113.%u %u 192.0.2.1 %u", i % 200 + 1, 1000 + i,
				      i % 3 ? 53 : 5000 + i);
	flows_set((const char *const *)lines, FLOWS);
	assert_int_equal(forget(AF_INET, IPPROTO_UDP, 53, ""), 1);
	all = flows_read();
	for (unsigned int i = 0; i < FLOWS; i++) {
		/* All of them would take a while. */
		if (i < 100 || i >= FLOWS - 100)
			assert_int_equal(flows_have(all, lines[i]), i % 3 == 0);
		free(lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(conntrack__forgets_what_was_sent_to_a_port_of_an_address),
		kernel_test(conntrack__forgets_one_protocol),
		kernel_test(conntrack__forgets_what_was_sent_to_one_of_many),
		kernel_test(conntrack__of_no_targets_asks_nothing),
		kernel_test(conntrack__of_nothing_is_fine),
		kernel_test(conntrack__forgets_many_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
