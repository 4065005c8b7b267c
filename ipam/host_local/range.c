/* SPDX-License-Identifier: Apache-2.0 */
#include "range.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A subnet of one or two addresses, as on a point-to-point link: all are hosts. */
static bool is_tiny(const struct cni_net *subnet)
{
	return subnet->prefix > cni_ip_bits(&subnet->ip) - 2;
}

static int check_subnet(const struct range *range, struct cni_error *err)
{
	const struct cni_net *subnet = &range->subnet;
	char text[CNI_NET_TEXT_SIZE];
	char wanted[CNI_NET_TEXT_SIZE];
	struct cni_net masked;

	if (!cni_ip_is_set(&subnet->ip))
		return cni_fail(err, CNI_ECONFIG,
				"'subnet' is missing, expected a prefix in CIDR notation");
	if (is_tiny(subnet) && !(cni_ip_is_set(&range->first) && cni_ip_is_set(&range->last)))
		return cni_fail(err, CNI_ECONFIG,
				"Network %s too small to allocate from: 'subnet' must be /%u or "
				"shorter, unless 'rangeStart' and 'rangeEnd' are given",
				cni_net_format(subnet, text), cni_ip_bits(&subnet->ip) - 2);
	masked = cni_net_masked(subnet);
	if (!cni_net_equal(subnet, &masked))
		return cni_fail(err, CNI_ECONFIG,
				"'subnet' %s: Network has host bits set, expected %s",
				cni_net_format(subnet, text), cni_net_format(&masked, wanted));
	return 0;
}

static int check_inside(const struct cni_net *subnet, const char *key, const struct cni_ip *ip,
			struct cni_error *err)
{
	char net[CNI_NET_TEXT_SIZE];
	char text[CNI_IP_TEXT_SIZE];

	if (cni_net_contains(subnet, ip))
		return 0;
	return cni_fail(err, CNI_ECONFIG, "'%s' %s is not in 'subnet' %s", key,
			cni_ip_format(ip, text), cni_net_format(subnet, net));
}

/* IPv6 has no broadcast address: there the highest one is a host like any other. */
static struct cni_ip last_host(const struct cni_net *subnet)
{
	struct cni_ip last = cni_net_last(subnet);

	return last.family == AF_INET ? cni_ip_previous(&last) : last;
}

int range_complete(struct range *range, struct cni_error *err)
{
	char first[CNI_IP_TEXT_SIZE];
	char last[CNI_IP_TEXT_SIZE];
	char net[CNI_NET_TEXT_SIZE];

	if (check_subnet(range, err) < 0)
		return -1;
	if (!cni_ip_is_set(&range->gateway) && !is_tiny(&range->subnet))
		range->gateway = cni_ip_next(&range->subnet.ip);
	if (!cni_ip_is_set(&range->first))
		range->first = cni_ip_next(&range->subnet.ip);
	if (!cni_ip_is_set(&range->last))
		range->last = last_host(&range->subnet);
	if (check_inside(&range->subnet, "rangeStart", &range->first, err) < 0 ||
	    check_inside(&range->subnet, "rangeEnd", &range->last, err) < 0)
		return -1;
	/* It may be outside the subnet: of ptp, or IPv6 link-local. */
	if (cni_ip_is_set(&range->gateway) && range->gateway.family != range->subnet.ip.family)
		return cni_fail(err, CNI_ECONFIG,
				"'gateway' %s and 'subnet' %s are of different families",
				cni_ip_format(&range->gateway, first),
				cni_net_format(&range->subnet, net));
	if (cni_ip_compare(&range->first, &range->last) > 0)
		return cni_fail(err, CNI_ECONFIG, "'rangeStart' %s is after 'rangeEnd' %s",
				cni_ip_format(&range->first, first),
				cni_ip_format(&range->last, last));
	return 0;
}

bool range_contains(const struct range *range, const struct cni_ip *ip)
{
	return ip->family == range->first.family && cni_ip_compare(ip, &range->first) >= 0 &&
	       cni_ip_compare(ip, &range->last) <= 0;
}

const char *range_reserves(const struct range *range, const struct cni_ip *ip)
{
	struct cni_ip highest = cni_net_last(&range->subnet);

	if (cni_ip_equal(ip, &range->gateway))
		return "subnet's gateway";
	if (is_tiny(&range->subnet))
		return NULL;
	if (cni_ip_equal(ip, &range->subnet.ip))
		return "subnet's own address";
	if (ip->family == AF_INET && cni_ip_equal(ip, &highest))
		return "subnet's broadcast address";
	return NULL;
}

static bool overlap(const struct range *a, const struct range *b)
{
	return range_contains(a, &b->first) || range_contains(b, &a->first);
}

static int check_apart(const struct range *a, const struct range *b, struct cni_error *err)
{
	char texts[4][CNI_IP_TEXT_SIZE];

	if (a->subnet.ip.family != b->subnet.ip.family)
		return cni_fail(err, CNI_ECONFIG, "mixed address families");
	if (!overlap(a, b))
		return 0;
	return cni_fail(err, CNI_ECONFIG, "subnets %s-%s and %s-%s overlap",
			cni_ip_format(&a->first, texts[0]), cni_ip_format(&a->last, texts[1]),
			cni_ip_format(&b->first, texts[2]), cni_ip_format(&b->last, texts[3]));
}

int range_set_complete(struct range_set *set, struct cni_error *err)
{
	if (!set->count)
		return cni_fail(err, CNI_ECONFIG, "empty range set");
	for (size_t i = 0; i < set->count; i++) {
		if (range_complete(&set->items[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (check_apart(&set->items[j], &set->items[i], err) < 0)
				return -1;
	}
	return 0;
}

const struct range *range_set_find(const struct range_set *set, const struct cni_ip *ip)
{
	for (size_t i = 0; i < set->count; i++)
		if (range_contains(&set->items[i], ip))
			return &set->items[i];
	return NULL;
}

bool range_set_overlaps(const struct range_set *a, const struct range_set *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (overlap(&a->items[i], &b->items[j]))
				return true;
	return false;
}

char *range_set_format(const struct range_set *set)
{
	char *text = cni_strdup("");

	for (size_t i = 0; i < set->count; i++) {
		char first[CNI_IP_TEXT_SIZE];
		char last[CNI_IP_TEXT_SIZE];
		char *longer = cni_format("%s%s%s-%s", text, i ? "," : "",
					  cni_ip_format(&set->items[i].first, first),
					  cni_ip_format(&set->items[i].last, last));

		free(text);
		text = longer;
	}
	return text;
}
