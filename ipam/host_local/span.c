/* SPDX-License-Identifier: Apache-2.0 */
#include "span.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>

static void append(struct span_list *list, const struct cni_ip *first, const struct cni_ip *last,
		   const struct range *range)
{
	list->items = cni_realloc_array(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct span){.first = *first, .last = *last, .range = range};
}

/* ---- what is left ---- */

/* Addresses never given out, as spans without a range. */
struct cuts {
	struct span *items;
	size_t count;
};

static void cut(struct cuts *cuts, const struct cni_ip *first, const struct cni_ip *last)
{
	cuts->items[cuts->count++] = (struct span){.first = *first, .last = *last};
}

static int compare_first(const void *a, const void *b)
{
	return cni_ip_compare(&((const struct span *)a)->first, &((const struct span *)b)->first);
}

static void cut_reserved(struct cuts *cuts, const struct range *range)
{
	struct cni_ip highest = cni_net_last(&range->subnet);
	const struct cni_ip *candidates[] = {&range->subnet.ip, &range->gateway, &highest};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++)
		if (cni_ip_is_set(candidates[i]) && range_reserves(range, candidates[i]))
			cut(cuts, candidates[i], candidates[i]);
}

static void cut_excluded(struct cuts *cuts, const struct cni_net *excluded, size_t count,
			 const struct range *range)
{
	for (size_t i = 0; i < count; i++) {
		struct cni_net net = cni_net_masked(&excluded[i]);
		struct cni_ip highest = cni_net_last(&net);

		if (net.ip.family == range->first.family)
			cut(cuts, &net.ip, &highest);
	}
}

/* The cuts are in order; they may overlap each other and the range's ends. */
static void append_rest(struct span_list *list, const struct range *range, const struct cuts *cuts)
{
	struct cni_ip first = range->first;

	for (size_t i = 0; i < cuts->count; i++) {
		const struct span *gap = &cuts->items[i];
		struct cni_ip before = cni_ip_previous(&gap->first);

		if (cni_ip_compare(&gap->last, &first) < 0)
			continue;
		if (cni_ip_compare(&gap->first, &range->last) > 0)
			break;
		if (cni_ip_compare(&gap->first, &first) > 0)
			append(list, &first, &before, range);
		/* The range ends within the gap, which may be at the end of all addresses. */
		if (cni_ip_compare(&gap->last, &range->last) >= 0)
			return;
		first = cni_ip_next(&gap->last);
	}
	append(list, &first, &range->last, range);
}

void span_list_make(const struct range_set *set, const struct cni_net *excluded,
		    size_t excluded_count, struct span_list *ret_list)
{
	*ret_list = (struct span_list){.set = set};
	for (size_t i = 0; i < set->count; i++) {
		freeing struct span *items = cni_alloc((excluded_count + 3) * sizeof(*items));
		struct cuts cuts = {.items = items};

		cut_reserved(&cuts, &set->items[i]);
		cut_excluded(&cuts, excluded, excluded_count, &set->items[i]);
		if (cuts.count)
			qsort(items, cuts.count, sizeof(*items), compare_first);
		append_rest(ret_list, &set->items[i], &cuts);
	}
}

void span_list_clear(struct span_list *list)
{
	free(list->items);
	*list = (struct span_list){0};
}

bool span_list_has(const struct span_list *list, const struct cni_ip *ip)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].first.family == ip->family &&
		    cni_ip_compare(&list->items[i].first, ip) <= 0 &&
		    cni_ip_compare(ip, &list->items[i].last) <= 0)
			return true;
	return false;
}

/* ---- round robin ---- */

/* Returns the span that contains the address after `last`, or the next span. */
static size_t span_after(const struct span_list *list, const struct cni_ip *last)
{
	const struct range *range = range_set_find(list->set, last);
	size_t i = 0;

	if (!range)
		return 0;
	while (i < list->count &&
	       (list->items[i].range < range ||
		(list->items[i].range == range && cni_ip_compare(&list->items[i].last, last) <= 0)))
		i++;
	return i < list->count ? i : 0;
}

struct span_walk span_walk_from(const struct span_list *list, const struct cni_ip *last)
{
	struct span_walk walk = {.list = list};

	if (!list->count)
		return walk;
	walk.index = last ? span_after(list, last) : 0;
	walk.start = list->items[walk.index];
	if (last && cni_ip_compare(&walk.start.first, last) <= 0 &&
	    cni_ip_compare(last, &walk.start.last) < 0)
		walk.start.first = cni_ip_next(last);
	return walk;
}

bool span_walk_next(struct span_walk *walk, struct span *ret_span)
{
	const struct span_list *list = walk->list;
	const struct span *whole = list->count ? &list->items[walk->index] : NULL;

	if (walk->step > list->count || !whole)
		return false;
	*ret_span =
		walk->step ? list->items[(walk->index + walk->step) % list->count] : walk->start;
	if (walk->step++ < list->count)
		return true;
	/* Back where we began: up to there. */
	ret_span->last = cni_ip_previous(&walk->start.first);
	return !cni_ip_equal(&walk->start.first, &whole->first);
}
