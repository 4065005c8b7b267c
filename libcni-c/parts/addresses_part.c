/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "container_end.h"
#include "mem.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>

static void print(FILE *out, const void *data)
{
	const struct cni_addresses_part *spec = data;

	fputs(" container", out);
	if (spec->dad)
		fputs(" dad", out);
	if (spec->no_route)
		fputs(" no_route", out);
}

/* ENOENT: the kernel has no IPv6. */
static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	at->ipv6_conf = open("/proc/sys/net/ipv6/conf", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at->ipv6_conf < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "open '/proc/sys/net/ipv6/conf'");
	return 0;
}

/* Sets what the kernel may not have or may not let us write: it is a courtesy. */
static void try_set(struct cni_attachment *at, const char *setting, const char *value)
{
	freeing char *key = cni_format("%s/%s", at->owner->ifname, setting);
	struct cni_error ignored;

	cni_sysctl_set_at(at->ipv6_conf, key, value, &ignored);
}

/* Without this the kernel refuses the addresses. No such file: no IPv6, which the kernel will say
 * in its own words. */
static int enable_ipv6(struct cni_attachment *at, const char *ifname, struct cni_error *err)
{
	freeing char *key = cni_format("%s/disable_ipv6", ifname);

	if (cni_sysctl_set_at(at->ipv6_conf, key, "0", err) < 0 && err->errnum != ENOENT)
		return cni_fail_within(err, "the result has an IPv6 address: net/ipv6/conf");
	return 0;
}

static int set_up_ipv6(struct cni_attachment *at, const struct cni_addresses_part *spec,
		       struct cni_error *err)
{
	if (at->ipv6_conf < 0)
		return 0;
	if (enable_ipv6(at, "lo", err) < 0 || enable_ipv6(at, at->owner->ifname, err) < 0)
		return -1;
	try_set(at, "keep_addr_on_down", "1");
	if (spec->dad)
		try_set(at, "enhanced_dad", "1");
	if (spec->ndisc_notify)
		try_set(at, "ndisc_notify", "1");
	/* For the link-local address alone: IFA_F_NODAD decides for the others. */
	try_set(at, "accept_dad", spec->dad ? "1" : "0");
	return 0;
}

/* Tells the neighbours about a new owner of an old address. A courtesy as well. */
static void set_up_ipv4(struct cni_attachment *at)
{
	struct cni_link_change change = {.arp_notify = CNI_ON};
	struct cni_error ignored;

	cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, &ignored);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_addresses_part *spec = data;
	unsigned int flags =
		(spec->dad ? CNI_ADDR_DAD : 0) | (spec->no_route ? CNI_ADDR_NO_ROUTE : 0);
	freeing struct cni_net *nets = NULL;
	bool has_ipv4 = false;
	bool has_ipv6 = false;
	size_t count;

	nets = cni_attachment_addresses(at, &count);
	for (size_t i = 0; i < count; i++)
		*(nets[i].ip.family == AF_INET ? &has_ipv4 : &has_ipv6) = true;
	if (has_ipv4)
		set_up_ipv4(at);
	if (has_ipv6 && set_up_ipv6(at, spec, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (cni_addr_add(&at->nl[CNI_CONTAINER], at->container.index, &nets[i], flags,
				 err) < 0)
			return cni_container_end_failed(at, err);
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
	.visit = visit,
	.add = add,
	.check = check,
	.print = print,
};
