/* SPDX-License-Identifier: Apache-2.0 */
#include "choice.h"

#include "cleanup.h"
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

static int choose_wished(struct store *store, const struct range_set *set, const struct cni_ip *ip,
			 struct choice *choice, struct cni_error *err)
{
	const struct range *range = range_set_find(set, ip);
	const char *why = range_reserves(range, ip);
	const struct lease *lease = store_find(store, ip);
	char text[CNI_IP_TEXT_SIZE];

	cni_ip_format(ip, text);
	if (why)
		return cni_fail(err, CNI_ECONFIG, "requested ip %s is %s", text, why);
	if (lease) {
		freeing char *ranges = range_set_format(set);
		char by[HOLDER_TEXT_SIZE];

		return cni_fail(err, CNI_ETAKEN,
				"requested IP address %s is not available in range set %.200s: it "
				"is reserved for %s",
				text, ranges, lease_holder(lease, by));
	}
	choice->claim.ip = *ip;
	choice->range = range;
	return 0;
}

/* The first free address after the one that was given out last, so that a container that crashes
 * and comes again does not meet its own old connections. */
int choice_make_next(struct store *store, const struct range_set *set, struct choice *choice,
		     struct cni_error *err)
{
	freeing char *ranges = NULL;
	struct range_walk walk;
	struct cni_ip last;

	walk = range_walk_from(set, store_last(store, choice->claim.set, &last) ? &last : NULL);
	while (range_walk_next(&walk, &choice->claim.ip, &choice->range))
		if (!store_find(store, &choice->claim.ip))
			return 0;
	ranges = range_set_format(set);
	return cni_fail(err, CNI_EEXHAUSTED, "no IP addresses available in range set: %s", ranges);
}

/* The specification has a runtime send DEL between two ADDs of an attachment. */
static int refuse_second(struct store *store, const struct cni_call *call,
			 const struct range_set *set, struct cni_error *err)
{
	freeing const struct lease **leases = NULL;
	size_t count = store_find_owner(store, call->env.container, call->env.ifname, &leases);

	for (size_t i = 0; i < count; i++) {
		char text[CNI_IP_TEXT_SIZE];

		if (range_set_find(set, &leases[i]->ip))
			return cni_fail(err, CNI_ETAKEN,
					"%s has been allocated to %s, duplicate allocation is not "
					"allowed",
					cni_ip_format(&leases[i]->ip, text), call->env.container);
	}
	return 0;
}

static int choose_of_set(struct store *store, const struct cni_call *call,
			 const struct range_set *set, struct wishes *wishes, struct choice *choice,
			 struct cni_error *err)
{
	struct cni_ip wish;

	if (refuse_second(store, call, set, err) < 0)
		return -1;
	if (take_wish(wishes, set, &wish))
		return choose_wished(store, set, &wish, choice, err);
	return choice_make_next(store, set, choice, err);
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
	struct wishes wishes = {.ips = ips, .count = conf->requested_count};

	if (wishes.count)
		memcpy(ips, conf->requested, wishes.count * sizeof(*ips));
	for (size_t i = 0; i < conf->set_count; i++) {
		choices[i].claim.set = i;
		if (choose_of_set(store, call, &conf->sets[i], &wishes, &choices[i], err) < 0)
			return cni_fail_within(err, "failed to allocate for range %zu", i);
	}
	return wishes.count ? fail_wishes(&wishes, err) : 0;
}
