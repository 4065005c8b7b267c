/* SPDX-License-Identifier: Apache-2.0 */
#include "ranges.h"

#include "test.h"

struct cni_ip ip(const char *text)
{
	struct cni_ip parsed = {0};

	if (*text)
		assert_int_equal(cni_ip_parse(text, &parsed), 0);
	return parsed;
}

struct range range(const char *subnet, const char *first, const char *last, const char *gateway)
{
	struct range made = {.first = ip(first), .last = ip(last), .gateway = ip(gateway)};

	if (*subnet)
		assert_int_equal(cni_net_parse(subnet, &made.subnet), 0);
	return made;
}

struct range_set set_of(struct range *items, size_t count)
{
	struct range_set set = {.items = items, .count = count};
	struct cni_error err = {0};

	if (range_set_complete(&set, &err) < 0)
		fail_msg("%s", err.msg);
	return set;
}
