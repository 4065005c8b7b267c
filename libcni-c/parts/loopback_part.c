/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "readiness.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#define LO "lo"

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" container " LO " up", out);
}

static int get_lo(struct cni_attachment *at, struct cni_link *ret_lo, struct cni_error *err)
{
	return cni_link_get(&at->nl[CNI_CONTAINER], LO, ret_lo, err);
}

static int set(struct cni_attachment *at, int index, enum cni_switch up, const char *alias,
	       struct cni_error *err)
{
	struct cni_link_change change = {.up = up, .alias = alias};

	if (cni_link_change(&at->nl[CNI_CONTAINER], index, &change, err) < 0)
		return cni_fail_within(err, "set '" LO "' in the container %s",
				       up == CNI_ON ? "up" : "down");
	return 0;
}

/* ---- add ---- */

/* 127.0.0.0/8 and ::1 (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3) */
static bool is_loopback(const struct cni_ip *ip)
{
	static const uint8_t one[16] = {[15] = 1};

	return ip->family == AF_INET ? ip->bytes[0] == 127 : !memcmp(ip->bytes, one, sizeof(one));
}

static int check_loopback(const struct cni_net *nets, size_t count, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		if (!is_loopback(&nets[i].ip))
			return cni_fail(err, CNI_ETAKEN,
					"loopback interface found with non-loopback address \"%s\"",
					cni_ip_format(&nets[i].ip, text));
	return 0;
}

static int list(struct cni_attachment *at, int index, struct cni_net **ret_nets, size_t *ret_count,
		struct cni_error *err)
{
	if (cni_addr_list(&at->nl[CNI_CONTAINER], index, ret_nets, ret_count, err) < 0)
		return -1;
	return check_loopback(*ret_nets, *ret_count, err);
}

/* The first address of each family, if it has one. */
static void report(const struct cni_call *call, const struct cni_net *nets, size_t count,
		   struct cni_result *result)
{
	int lo = cni_result_add_interface(result, LO, "00:00:00:00:00:00", call->env.netns);
	bool has_ipv4 = false;
	bool has_ipv6 = false;

	for (size_t i = 0; i < count; i++) {
		bool *has = nets[i].ip.family == AF_INET ? &has_ipv4 : &has_ipv6;
		struct cni_result_ip ip = {.address = nets[i], .interface = lo};

		if (!*has)
			cni_result_add_ip(result, &ip);
		*has = true;
	}
}

static int set_up(struct cni_attachment *at, const struct cni_link *lo,
		  struct cni_loopback_part *spec, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];

	if (lo->flags & IFF_UP)
		return 0;
	if (set(at, lo->index, CNI_ON, cni_owner_format(at->owner, owner), err) < 0)
		return -1;
	spec->before = *lo;
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_loopback_part *spec = data;

	return spec->before.index ? set(at, spec->before.index, CNI_OFF, spec->before.alias, err)
				  : 0;
}

/* The kernel gives the addresses as it sets the link up, before it answers. */
static int answer(struct cni_attachment *at, int index, struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	size_t count;

	if (list(at, index, &nets, &count, err) < 0)
		return -1;
	if (!at->call->conf.has_prev_result)
		report(at->call, nets, count, at->result);
	return cni_result_check_fits(at->result, at->call->conf.version, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	freeing struct cni_net *before = NULL;
	struct cni_error ignored;
	struct cni_link lo;
	size_t count;

	if (cni_attachment_open(at, err) < 0 || get_lo(at, &lo, err) < 0 ||
	    list(at, lo.index, &before, &count, err) < 0 || set_up(at, &lo, data, err) < 0)
		return -1;
	if (answer(at, lo.index, err) == 0)
		return 0;
	undo(at, data, &ignored);
	return -1;
}

/* ---- check ---- */

static bool has(const struct cni_net *nets, size_t count, const struct cni_net *net)
{
	for (size_t i = 0; i < count; i++)
		if (cni_net_equal(&nets[i], net))
			return true;
	return false;
}

/* In a chain the result is that of other plugins, and has no "lo". */
static int check_addresses(struct cni_attachment *at, const struct cni_link *link,
			   struct cni_error *err)
{
	int lo = cni_attachment_find_interface(at, CNI_CONTAINER, LO);
	freeing struct cni_net *nets = NULL;
	char text[CNI_NET_TEXT_SIZE];
	size_t count;

	if (cni_addr_list(&at->nl[CNI_CONTAINER], link->index, &nets, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < at->result->ip_count; i++) {
		const struct cni_result_ip *ip = &at->result->ips[i];

		if (ip->interface != CNI_NO_INTERFACE && ip->interface == lo &&
		    !has(nets, count, &ip->address))
			return cni_fail(err, CNI_EMISMATCH,
					"'" LO "' in the container lacks address %s, found %zu "
					"other",
					cni_net_format(&ip->address, text), count);
	}
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_link lo;

	(void)data;
	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (get_lo(at, &lo, err) < 0) {
		if (err->errnum == ENODEV)
			err->code = CNI_EMISMATCH;
		return -1;
	}
	if (!(lo.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH,
				"loopback interface is down: '" LO "' in the container is expected "
				"to be up");
	return check_addresses(at, &lo, err);
}

/* ---- del, status ---- */

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	struct cni_link lo;

	(void)data;
	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (at->netns < 0)
		return 0;
	if (get_lo(at, &lo, err) < 0)
		return err->errnum == ENODEV || cni_link_is_unreadable(err) ? 0 : -1;
	if (strcmp(lo.alias, cni_owner_format(at->owner, owner)) != 0)
		return 0;
	return set(at, lo.index, CNI_OFF, "", err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)at;
	(void)data;
	return cni_readiness_check(err);
}

const struct cni_part_ops cni_loopback_part_ops = {
	.name = "loopback",
	.size = sizeof(struct cni_loopback_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
};
