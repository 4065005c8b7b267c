/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK of a network's destinations in nf_tables. */
#include "cleanup.h"
#include "kept_destinations.h"
#include "masquerade_leave.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_masquerade_table.table;

/* The kernel lists the set's elements in any order: the end of an interval stands before the first key at
 * the same place. */
static int compare(const void *a, const void *b)
{
	const struct cni_nft_element *one = a;
	const struct cni_nft_element *other = b;
	int order = memcmp(one->key.data, other->key.data, sizeof(one->key.data));

	return order ? order : other->ends_interval - one->ends_interval;
}

static bool is_key(const struct cni_nft_element *element, const struct cni_ip *ip)
{
	return element->key.size == cni_ip_size(ip) &&
	       !memcmp(element->key.data, ip->bytes, element->key.size);
}

/* Finds the first prefix that is missing or other than expected, NULL if all are there and nothing else is. */
static const struct cni_net *find_difference(const struct cni_nft_element *elements, size_t count,
					     const struct cni_net *nets, size_t net_count,
					     bool *ret_has_more)
{
	size_t at = 0;

	*ret_has_more = false;
	for (size_t i = 0; i < net_count; i++) {
		struct cni_ip last = cni_net_last(&nets[i]);
		struct cni_ip behind = cni_ip_next(&last);

		if (at >= count || elements[at].ends_interval ||
		    !is_key(&elements[at++], &nets[i].ip))
			return &nets[i];
		if (cni_ip_compare(&behind, &last) < 0)
			continue;
		if (at >= count || !elements[at].ends_interval || !is_key(&elements[at++], &behind))
			return &nets[i];
	}
	*ret_has_more = at < count;
	return NULL;
}

static int check_set(struct cni_nl *nl, const char *set, int family,
		     const struct cni_destinations *destinations, struct cni_error *err)
{
	freeing struct cni_nft_element *elements = NULL;
	const struct cni_net *difference;
	char text[CNI_NET_TEXT_SIZE];
	const struct cni_net *nets;
	size_t net_count;
	size_t count = 0;
	bool has_more;

	if (cni_nft_list(nl, table, set, &elements, &count, err) < 0)
		return -1;
	if (count)
		qsort(elements, count, sizeof(*elements), compare);
	nets = cni_destinations_of(destinations, family, &net_count);
	difference = find_difference(elements, count, nets, net_count, &has_more);
	if (difference)
		return cni_fail(
			err, CNI_EMISMATCH,
			"masquerade: set '%s' of table 'inet %s' differs from the network's "
			"destinations, expected %s there",
			set, table->name, cni_net_format(difference, text));
	if (has_more)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: set '%s' of table 'inet %s' has more than the "
				"network's %zu destinations",
				set, table->name, net_count);
	return 0;
}

static int check_leave(struct cni_nl *nl, const char *network,
		       const struct cni_destinations *destinations, struct cni_error *err)
{
	static const int families[2] = {AF_INET, AF_INET6};
	struct cni_leave leave;

	if (cni_leave_find(nl, network, &leave, err) < 0)
		return -1;
	if (!*leave.comment)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: chain '%s' of table 'inet %s' has not its %d rules, "
				"expected them for the destinations of network '%s'",
				leave.chain, table->name, CNI_LEAVE_RULES, network);
	if (!cni_leave_has(&leave, destinations))
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: chain '%s' of table 'inet %s' has not the %zu "
				"destinations that network '%s' keeps",
				leave.chain, table->name, destinations->count, network);
	for (size_t i = 0; i < 2; i++)
		if (check_set(nl, leave.sets[i], families[i], destinations, err) < 0)
			return -1;
	return 0;
}

static int check_net_chain(struct cni_nl *nl, const struct cni_owned_wish *wish, const char *chain,
			   const struct cni_destinations *kept, bool *ret_leads,
			   struct cni_error *err)
{
	char target[CNI_NFT_NAME_SIZE];
	struct cni_leave leave;
	size_t count;

	if (cni_leave_target(nl, chain, target, &count, err) < 0)
		return -1;
	if (count != cni_masquerade_table.own_rules)
		return cni_owned_check_chain(nl, wish, chain, cni_masquerade_table.own_rules, err);
	if (!*target && !kept->count)
		return 0;
	leave = cni_leave_of(wish->owner->network);
	*ret_leads = !strcmp(target, leave.chain);
	if (!*ret_leads)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: chain '%s' of table 'inet cni' ends in '%s', expected "
				"'goto %s' for the destinations of network '%s'",
				chain, *target ? target : "masquerade", leave.chain,
				wish->owner->network);
	return 0;
}

int cni_leave_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	const char *network = wish->owner->network;
	bool leads = false;

	if (cni_destinations_read(network, &kept, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->items.count; i++) {
		const char *chain = wish->items.items[i].element.jump;

		if (*chain && check_net_chain(nl, wish, chain, &kept, &leads, err) < 0)
			return -1;
	}
	return leads ? check_leave(nl, network, &kept, err) : 0;
}
