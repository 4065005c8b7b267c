/* SPDX-License-Identifier: Apache-2.0 */
#include "source_rules.h"

#include "addr.h"
#include "cleanup.h"
#include "host_end.h"
#include "mem.h"
#include "rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Addresses and rules beyond these numbers are the work of the container's root, and go with its
 * namespace. */
#define MAX_ADDRESSES 4096
#define MAX_RULES     4096

struct cni_result_ip *cni_source_addresses(const struct cni_attachment *at, size_t *ret_count)
{
	const struct cni_result *result = at->result;
	struct cni_result_ip *ips = cni_realloc_array(NULL, result->ip_count + 1, sizeof(*ips));

	*ret_count = 0;
	for (size_t i = 0; i < result->ip_count; i++) {
		int index = result->ips[i].interface;

		if (index >= 0 && (size_t)index < result->interface_count &&
		    result->interfaces[index].name &&
		    strcmp(result->interfaces[index].name, at->owner->ifname) != 0)
			continue;
		ips[(*ret_count)++] = result->ips[i];
	}
	return ips;
}

static bool is_from_one_address(const struct cni_rule *rule)
{
	return rule->is_plain && rule->from.prefix == cni_ip_bits(&rule->from.ip);
}

/* ---- who has an address ---- */

struct holder {
	struct cni_ip ip;
	bool is_ours; /* CNI_IFNAME is among the links that have it */
};

struct search {
	const struct cni_attachment *at;
	int index; /* of CNI_IFNAME; 0: it is gone, or another container's */
	uint32_t table;
	struct holder *holders;
	size_t holder_count;
	struct cni_rule *rules; /* to be deleted */
	size_t rule_count;
	bool has_permanent;
};

static int compare_holders(const void *a, const void *b)
{
	return cni_ip_compare(&((const struct holder *)a)->ip, &((const struct holder *)b)->ip);
}

static int note_holder(int index, const struct cni_net *net, void *data, struct cni_error *err)
{
	struct search *search = data;

	(void)err;
	if (search->holder_count < MAX_ADDRESSES)
		search->holders[search->holder_count++] = (struct holder){
			.ip = net->ip, .is_ours = search->index && index == search->index};
	return 0;
}

static void forget_holders(void *data)
{
	((struct search *)data)->holder_count = 0;
}

/* An address that two links have is found as CNI_IFNAME's if it is one of them. */
static void merge_holders(struct search *search)
{
	size_t kept = 0;

	qsort(search->holders, search->holder_count, sizeof(*search->holders), compare_holders);
	for (size_t i = 0; i < search->holder_count; i++) {
		struct holder *last = kept ? &search->holders[kept - 1] : NULL;

		if (last && cni_ip_equal(&last->ip, &search->holders[i].ip))
			last->is_ours |= search->holders[i].is_ours;
		else
			search->holders[kept++] = search->holders[i];
	}
	search->holder_count = kept;
}

static int look_around(struct cni_attachment *at, struct search *search, struct cni_error *err)
{
	struct cni_link link;

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &link, err) == 0)
		search->index = cni_host_end_is_anothers(at, &link) ? 0 : link.index;
	else if (err->errnum != ENODEV)
		return -1;
	search->holders = cni_realloc_array(NULL, MAX_ADDRESSES, sizeof(*search->holders));
	if (cni_addr_each(&at->nl[CNI_CONTAINER], note_holder, forget_holders, search, err) < 0)
		return -1;
	merge_holders(search);
	return 0;
}

/* ---- DEL ---- */

static bool is_in_result(const struct cni_attachment *at, const struct cni_ip *ip)
{
	freeing struct cni_result_ip *ips = NULL;
	size_t count;

	ips = cni_source_addresses(at, &count);
	for (size_t i = 0; i < count; i++)
		if (cni_ip_equal(&ips[i].address.ip, ip))
			return true;
	return false;
}

static bool is_ours(const struct search *search, const struct cni_rule *rule)
{
	const struct holder key = {.ip = rule->from.ip};
	const struct holder *holder;

	if (!is_from_one_address(rule) || (search->table && rule->table != search->table))
		return false;
	holder = bsearch(&key, search->holders, search->holder_count, sizeof(key), compare_holders);
	if (holder)
		return holder->is_ours;
	return rule->protocol == CNI_RULE_PROTOCOL || is_in_result(search->at, &rule->from.ip);
}

static int note_rule(const struct cni_rule *rule, void *data, struct cni_error *err)
{
	struct search *search = data;

	(void)err;
	if (search->rule_count == MAX_RULES || !is_ours(search, rule))
		return 0;
	search->has_permanent |= rule->is_permanent;
	search->rules =
		cni_realloc_array(search->rules, search->rule_count + 1, sizeof(*search->rules));
	search->rules[search->rule_count++] = *rule;
	return 0;
}

static void forget_rules(void *data)
{
	((struct search *)data)->rule_count = 0;
}

/* The kernel keeps a permanent rule (EPERM), also in the place of one behind it that is as our deletion says.
 * Root in the container has made it. */
static bool is_kept(const struct search *search, const struct cni_error *err)
{
	return err->errnum == EPERM && search->has_permanent;
}

static int delete_rules(struct cni_attachment *at, const struct search *search,
			struct cni_error *err)
{
	struct cni_error first = {0};

	for (size_t i = 0; i < search->rule_count; i++) {
		struct cni_error next = {0};

		if (cni_rule_del(&at->nl[CNI_CONTAINER], &search->rules[i], &next) < 0 &&
		    next.errnum != ENOENT && !is_kept(search, &next))
			cni_fail_first(&first, &next);
	}
	return cni_fail_if_any(&first, err);
}

int cni_source_rules_del(struct cni_attachment *at, uint32_t table, struct cni_error *err)
{
	struct search search = {.at = at, .table = table};
	int failed = look_around(at, &search, err);

	if (failed == 0)
		failed = cni_rule_each(&at->nl[CNI_CONTAINER], note_rule, forget_rules, &search,
				       err);
	if (failed == 0)
		failed = delete_rules(at, &search, err);
	free(search.holders);
	free(search.rules);
	return failed;
}

/* ---- CHECK ---- */

struct finding {
	const struct cni_ip *ip;
	uint32_t *tables;
	size_t count;
};

static int note_table(const struct cni_rule *rule, void *data, struct cni_error *err)
{
	struct finding *finding = data;

	(void)err;
	if (finding->count == MAX_RULES || !is_from_one_address(rule) ||
	    !cni_ip_equal(&rule->from.ip, finding->ip))
		return 0;
	finding->tables =
		cni_realloc_array(finding->tables, finding->count + 1, sizeof(*finding->tables));
	finding->tables[finding->count++] = rule->table;
	return 0;
}

static void forget_tables(void *data)
{
	((struct finding *)data)->count = 0;
}

int cni_source_rules_find(struct cni_attachment *at, const struct cni_ip *ip, uint32_t **ret_tables,
			  size_t *ret_count, struct cni_error *err)
{
	struct finding finding = {.ip = ip};

	if (cni_rule_each(&at->nl[CNI_CONTAINER], note_table, forget_tables, &finding, err) < 0) {
		free(finding.tables);
		return -1;
	}
	*ret_tables = finding.tables;
	*ret_count = finding.count;
	return 0;
}
