/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "mem.h"
#include "netns.h"
#include "sysctl.h"

#include <errno.h>

static void print(FILE *out, const void *data)
{
	const struct cni_addresses_part *spec = data;

	fputs(" container", out);
	if (spec->dad)
		fputs(" dad", out);
}

/* Sets what the kernel may not have or may not let us write: it is a courtesy. `family` is "ipv4"
 * or "ipv6". */
static void try_set(const char *family, const char *ifname, const char *setting, const char *value)
{
	freeing char *key = cni_format("net/%s/conf/%s/%s", family, ifname, setting);
	struct cni_error ignored;

	cni_sysctl_set(key, value, &ignored);
}

/* Without this the kernel refuses the addresses. No such file: no IPv6, which the kernel will say
 * in its own words. */
static int enable_ipv6(const char *ifname, struct cni_error *err)
{
	freeing char *key = cni_format("net/ipv6/conf/%s/disable_ipv6", ifname);

	if (cni_sysctl_set(key, "0", err) < 0 && err->errnum != ENOENT)
		return cni_fail_within(err, "the result has an IPv6 address");
	return 0;
}

static int set_sysctls(struct cni_attachment *at, const struct cni_addresses_part *spec,
		       bool has_ipv4, bool has_ipv6, struct cni_error *err)
{
	const char *ifname = at->owner->ifname;
	visiting int home = -1;

	if (cni_netns_enter(at->netns, &home, err) < 0)
		return -1;
	/* Tell the neighbours about a new owner of an old address. */
	if (has_ipv4)
		try_set("ipv4", ifname, "arp_notify", "1");
	if (!has_ipv6)
		return 0;
	if (enable_ipv6("lo", err) < 0 || enable_ipv6(ifname, err) < 0)
		return -1;
	try_set("ipv6", ifname, "keep_addr_on_down", "1");
	if (spec->dad)
		try_set("ipv6", ifname, "enhanced_dad", "1");
	/* Of the link-local address; ours say for themselves whether they want it. */
	try_set("ipv6", ifname, "accept_dad", spec->dad ? "1" : "0");
	return 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_addresses_part *spec = data;
	freeing struct cni_net *nets = NULL;
	bool has_ipv4 = false;
	bool has_ipv6 = false;
	size_t count;

	nets = cni_attachment_addresses(at, &count);
	for (size_t i = 0; i < count; i++)
		*(nets[i].ip.family == AF_INET ? &has_ipv4 : &has_ipv6) = true;
	if (set_sysctls(at, spec, has_ipv4, has_ipv6, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (cni_addr_add(&at->nl[CNI_CONTAINER], at->container.index, &nets[i], spec->dad,
				 err) < 0)
			return cni_fail_within(err, "'%s' in the container", at->owner->ifname);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	freeing struct cni_net *expected = NULL;
	freeing struct cni_net *found = NULL;
	size_t expected_count;
	size_t found_count;

	(void)data;
	expected = cni_attachment_addresses(at, &expected_count);
	if (cni_addr_list(&at->nl[CNI_CONTAINER], at->container.index, &found, &found_count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < expected_count; i++) {
		char text[CNI_NET_TEXT_SIZE];
		bool there = false;

		for (size_t j = 0; j < found_count; j++)
			there |= cni_net_equal(&found[j], &expected[i]);
		if (!there)
			return cni_fail(err, CNI_EMISMATCH,
					"'%s' in the container lacks address %s, found %zu other",
					at->owner->ifname, cni_net_format(&expected[i], text),
					found_count);
	}
	return 0;
}

const struct cni_part_ops cni_addresses_part_ops = {
	.name = "addresses",
	.size = sizeof(struct cni_addresses_part),
	.add = add,
	.check = check,
	.print = print,
};
