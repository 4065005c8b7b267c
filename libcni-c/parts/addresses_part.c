/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "container_end.h"
#include "mem.h"
#include "netns.h"
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

/* For an IPv6 address alone: a namespace whose directory has been looked up has an entry in the kernel's hash of
 * names below /proc/sys/net, where the entries of all namespaces have one chain, and each later look-up walks the
 * chain (proc_sys_compare() in fs/proc/proc_sysctl.c). `*ret_dir` is -1 if the kernel has no IPv6. */
static int open_ipv6_conf(const struct cni_attachment *at, int *ret_dir, struct cni_error *err)
{
	visiting int home = -1;
	int failed;

	if (cni_netns_enter(at->netns, &home, err) < 0)
		return -1;
	*ret_dir = open("/proc/sys/net/ipv6/conf", O_PATH | O_DIRECTORY | O_CLOEXEC);
	failed = *ret_dir < 0 ? errno : 0;
	/* Without a way home the sockets of the host undo this ADD. */
	if (cni_netns_leave(&home, err) < 0)
		return -1;
	if (failed && failed != ENOENT)
		return cni_fail_errno(err, CNI_EIO, failed, "open '/proc/sys/net/ipv6/conf'");
	return 0;
}

/* Sets what the kernel may not have or may not let us write: it is a courtesy. */
static void try_set(int dir, const char *ifname, const char *setting, const char *value)
{
	freeing char *key = cni_format("%s/%s", ifname, setting);
	struct cni_error ignored;

	cni_sysctl_set_at(dir, key, value, &ignored);
}

/* Without this the kernel refuses the addresses. No such file: no IPv6, which the kernel will say
 * in its own words. */
static int enable_ipv6(int dir, const char *ifname, struct cni_error *err)
{
	freeing char *key = cni_format("%s/disable_ipv6", ifname);

	if (cni_sysctl_set_at(dir, key, "0", err) < 0 && err->errnum != ENOENT)
		return cni_fail_within(err, "the result has an IPv6 address: net/ipv6/conf");
	return 0;
}

static int set_up_ipv6(struct cni_attachment *at, const struct cni_addresses_part *spec,
		       struct cni_error *err)
{
	const char *ifname = at->owner->ifname;
	closing int dir = -1;

	if (open_ipv6_conf(at, &dir, err) < 0)
		return -1;
	if (dir < 0)
		return 0;
	if (enable_ipv6(dir, "lo", err) < 0 || enable_ipv6(dir, ifname, err) < 0)
		return -1;
	try_set(dir, ifname, "keep_addr_on_down", "1");
	if (spec->dad)
		try_set(dir, ifname, "enhanced_dad", "1");
	if (spec->ndisc_notify)
		try_set(dir, ifname, "ndisc_notify", "1");
	/* For the link-local address alone: IFA_F_NODAD decides for the others. */
	try_set(dir, ifname, "accept_dad", spec->dad ? "1" : "0");
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
	.add = add,
	.check = check,
	.print = print,
};
