/* SPDX-License-Identifier: Apache-2.0 */
#include "choice.h"

#include "census.h"
#include "cleanup.h"
#include "dead.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

const char *lease_holder(const struct lease *lease, char text[HOLDER_TEXT_SIZE])
{
	if (lease->state == LEASE_OPAQUE)
		snprintf(text, HOLDER_TEXT_SIZE, "somebody unknown (%s)", strerror(lease->errnum));
	else
		snprintf(text, HOLDER_TEXT_SIZE, "container %.200s%s%.64s", lease->container,
			 *lease->ifname ? ", interface " : "", lease->ifname);
	return text;
}

/* The requested addresses that no set has taken yet. */
struct wishes {
	struct cni_ip *ips;
	size_t count;
};

static bool take_wish(struct wishes *wishes, const struct range_set *set, struct cni_ip *ret_ip)
{
	for (size_t i = 0; i < wishes->count; i++) {
		if (!range_set_find(set, &wishes->ips[i]))
			continue;
		*ret_ip = wishes->ips[i];
		memmove(&wishes->ips[i], &wishes->ips[i + 1],
			(--wishes->count - i) * sizeof(*wishes->ips));
		return true;
	}
	return false;
}

/* The input of the choice for one set. */
struct chooser {
	struct store *store;
	const struct cni_call *call;
	const struct host_local_conf *conf;
	const struct listing *own; /* what the container's interface holds already */
	struct wishes wishes;
};

static void choose(struct choice *choice, const struct cni_ip *ip, bool replace,
		   const struct range *range)
{
	choice->claim.ip = *ip;
	choice->claim.replace = replace;
	choice->range = range;
}

/* ---- what the container had ---- */

static bool may_replace(const struct chooser *chooser, const struct lease *lease)
{
	return chooser->conf->reclaim != RECLAIM_NEVER && store_is_stale(chooser->store, lease);
}

/* The container's own reservation is in use while its namespace is alive. */
static bool may_take_back(const struct chooser *chooser, const struct lease *lease)
{
	const struct cni_env *env = &chooser->call->env;
	struct netns_id now;

	if (chooser->conf->reclaim == RECLAIM_NEVER)
		return false;
	if (store_is_stale(chooser->store, lease))
		return true;
	if (!netns_id_is_known(&lease->netns))
		return false;
	now = netns_id_of(env);
	switch (netns_id_compare(&lease->netns, &now)) {
	case NETNS_SAME:
		return false;
	case NETNS_SAME_NUMBERS:
		return netns_lacks_interface(env);
	case NETNS_OTHER:
		break;
	}
	return !netns_id_is_alive(&lease->netns);
}

/* The specification requires a DEL between two ADDs of an attachment. `*ret_lease` becomes the
 * lease that may be reused, or NULL. */
static int find_own(const struct chooser *chooser, const struct range_set *set,
		    const struct lease **ret_lease, struct cni_error *err)
{
	*ret_lease = NULL;
	for (size_t i = 0; i < chooser->own->count; i++) {
		const struct lease *lease = &chooser->own->items[i];
		char text[CNI_IP_TEXT_SIZE];

		if (!range_set_find(set, &lease->ip))
			continue;
		if (!may_take_back(chooser, lease))
			return cni_fail(err, CNI_ETAKEN,
					"%s has been allocated to %s, duplicate allocation is not "
					"allowed",
					cni_ip_format(&lease->ip, text),
					chooser->call->env.container);
		*ret_lease = lease;
	}
	return 0;
}

/* ---- what is requested ---- */

static int check_wish(const struct chooser *chooser, size_t set, const struct cni_ip *ip,
		      struct cni_error *err)
{
	const char *why = range_reserves(range_set_find(&chooser->conf->sets.items[set], ip), ip);
	char text[CNI_IP_TEXT_SIZE];

	cni_ip_format(ip, text);
	if (why)
		return cni_fail(err, CNI_ECONFIG, "requested ip %s is %s", text, why);
	if (!span_list_has(&chooser->conf->spans[set], ip))
		return cni_fail(err, CNI_ECONFIG, "requested ip %s is excluded by 'ipam.exclude'",
				text);
	return 0;
}

static int choose_wished(const struct chooser *chooser, const struct lease *own,
			 const struct cni_ip *ip, struct choice *choice, struct cni_error *err)
{
	const struct range_set *set = &chooser->conf->sets.items[choice->claim.set];
	freeing char *ranges = NULL;
	struct lease lease;
	bool taken;
	char by[HOLDER_TEXT_SIZE];
	char text[CNI_IP_TEXT_SIZE];

	if (check_wish(chooser, choice->claim.set, ip, err) < 0)
		return -1;
	taken = store_read(chooser->store, ip, &lease);
	choose(choice, ip, taken, range_set_find(set, ip));
	if (!taken || may_replace(chooser, &lease) || (own && cni_ip_equal(&own->ip, ip))) {
		lease_clear(&lease);
		return 0;
	}
	ranges = range_set_format(set);
	cni_fail(err, CNI_ETAKEN,
		 "requested IP address %s is not available in range set %.200s: it is reserved for "
		 "%s",
		 cni_ip_format(ip, text), ranges, lease_holder(&lease, by));
	lease_clear(&lease);
	return -1;
}

/* ---- what comes next ---- */

/* Round robin, from the address given out last: a restarted container must not meet its own old
 * connections. */
static int find_next(struct store *store, const struct span_list *spans, struct pool_rest *rest,
		     struct choice *choice, struct cni_error *err)
{
	struct span_walk walk;
	struct span span;
	struct cni_ip last;

	walk = span_walk_from(spans, store_last(store, choice->claim.set, &last) ? &last : NULL);
	while (span_walk_next(&walk, &span)) {
		struct cni_ip ip;
		int found = store_next_free(store, &span.first, &span.last, rest, &ip, err);

		if (found < 0)
			return -1;
		if (!found)
			continue;
		choose(choice, &ip, false, span.range);
		return 1;
	}
	return 0;
}

static bool find_stale(struct store *store, const struct span_list *spans, struct choice *choice)
{
	for (size_t i = 0; i < spans->count; i++) {
		const struct span *span = &spans->items[i];
		struct cni_ip ip;

		if (!store_next_stale(store, &span->first, &span->last, &ip))
			continue;
		choose(choice, &ip, true, span->range);
		return true;
	}
	return false;
}

static int choose_next(struct store *store, const struct host_local_conf *conf,
		       struct choice *choice, struct cni_error *err)
{
	const struct span_list *spans = &conf->spans[choice->claim.set];
	struct pool_rest rest = {.seconds = conf->cooldown, .now = boot_seconds()};
	int found = find_next(store, spans, &rest, choice, err);

	if (found)
		return found;
	if (rest.found) {
		choose(choice, &rest.oldest, false,
		       range_set_find(&conf->sets.items[choice->claim.set], &rest.oldest));
		return 1;
	}
	return conf->reclaim != RECLAIM_NEVER && find_stale(store, spans, choice);
}

/* As what is stale, but it takes a look at all processes: only where ADD would fail. */
static bool find_dead(struct store *store, const struct host_local_conf *conf,
		      struct choice *choice)
{
	size_t set = choice->claim.set;
	struct cni_ip ip;

	if (conf->reclaim == RECLAIM_NEVER ||
	    !dead_find(store, &conf->place, &conf->spans[set], &ip))
		return false;
	choose(choice, &ip, true, range_set_find(&conf->sets.items[set], &ip));
	return true;
}

int choice_make_next(struct store *store, const struct host_local_conf *conf, struct choice *choice,
		     struct cni_error *err)
{
	freeing char *ranges = NULL;
	int found;

	do {
		found = choose_next(store, conf, choice, err);
		if (found)
			return found < 0 ? -1 : 0;
	} while (store_look_again(store));
	if (find_dead(store, conf, choice))
		return 0;
	ranges = range_set_format(&conf->sets.items[choice->claim.set]);
	return cni_fail(err, CNI_EEXHAUSTED, "no IP addresses available in range set: %s", ranges);
}

/* A holder from an earlier boot, most likely the key's own container, is gone. */
static bool choose_had(const struct chooser *chooser, const struct cni_ip *ip,
		       const struct range *range, struct choice *choice)
{
	struct lease lease;
	bool taken = store_read(chooser->store, ip, &lease);
	bool may = !taken || may_replace(chooser, &lease);

	choose(choice, ip, taken, range);
	lease_clear(&lease);
	return may;
}

/* Always notes the key's last address, to forget it later. */
static bool choose_sticky(const struct chooser *chooser, struct choice *choice)
{
	const struct range_set *set = &chooser->conf->sets.items[choice->claim.set];
	const struct span_list *spans = &chooser->conf->spans[choice->claim.set];
	struct cni_ip *had = &choice->claim.had;

	/* Even if excluded by now: otherwise the key would have two addresses. */
	for (size_t i = 0; i < set->count && chooser->conf->key; i++) {
		const struct range *range = &set->items[i];

		if (!store_find_key(chooser->store, chooser->conf->key, &range->first, &range->last,
				    had))
			continue;
		return span_list_has(spans, had) && choose_had(chooser, had, range, choice);
	}
	*had = (struct cni_ip){0};
	return false;
}

/* ---- all of them ---- */

static int choose_of_set(struct chooser *chooser, struct choice *choice, struct cni_error *err)
{
	const struct range_set *set = &chooser->conf->sets.items[choice->claim.set];
	const struct lease *own;
	struct cni_ip wish;
	bool sticks;

	if (find_own(chooser, set, &own, err) < 0)
		return -1;
	if (own)
		choice->gives_up = own->ip;
	sticks = choose_sticky(chooser, choice);
	if (take_wish(&chooser->wishes, set, &wish))
		return choose_wished(chooser, own, &wish, choice, err);
	if (own && span_list_has(&chooser->conf->spans[choice->claim.set], &own->ip)) {
		choose(choice, &own->ip, true, range_set_find(set, &own->ip));
		return 0;
	}
	return sticks ? 0 : choice_make_next(chooser->store, chooser->conf, choice, err);
}

/* "failed to allocate all requested IPs: 10.9.0.1 10.9.0.2" */
static int fail_wishes(const struct wishes *wishes, struct cni_error *err)
{
	cni_fail(err, CNI_ECONFIG, "failed to allocate all requested IPs:");
	for (size_t i = 0; i < wishes->count; i++) {
		size_t used = strlen(err->msg);
		char text[CNI_IP_TEXT_SIZE];

		snprintf(err->msg + used, sizeof(err->msg) - used, " %s",
			 cni_ip_format(&wishes->ips[i], text));
	}
	return cni_fail_details(err, "each must be in a range set of its own");
}

int choices_make(struct store *store, const struct cni_call *call,
		 const struct host_local_conf *conf, struct choice *choices, struct cni_error *err)
{
	freeing struct cni_ip *ips = cni_alloc(conf->requested_count * sizeof(*ips));
	clearing_listing struct listing own = {0};
	struct chooser chooser = {.store = store,
				  .call = call,
				  .conf = conf,
				  .own = &own,
				  .wishes = {.ips = ips, .count = conf->requested_count}};

	if (store_find_owner(store, call->env.container, call->env.ifname, &own, err) < 0)
		return -1;
	if (conf->requested_count)
		memcpy(ips, conf->requested, conf->requested_count * sizeof(*ips));
	for (size_t i = 0; i < conf->sets.count; i++) {
		choices[i] = (struct choice){.claim.set = i};
		if (choose_of_set(&chooser, &choices[i], err) < 0)
			return cni_fail_within(err, "failed to allocate for range %zu", i);
		if (cni_ip_equal(&choices[i].gives_up, &choices[i].claim.ip))
			choices[i].gives_up = (struct cni_ip){0};
	}
	return chooser.wishes.count ? fail_wishes(&chooser.wishes, err) : 0;
}
