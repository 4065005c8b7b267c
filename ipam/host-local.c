/* SPDX-License-Identifier: Apache-2.0 */
/* host-local: addresses for this host's containers out of configured ranges, round robin, recorded
 * in files. It speaks to no kernel and no server. */
#include "cleanup.h"
#include "host_local_conf.h"
#include "mem.h"
#include "resolv.h"
#include "store.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define clearing_conf __attribute__((cleanup(host_local_conf_clear)))

/* "container c1, interface eth0" */
#define HOLDER_TEXT_SIZE 300

static const char *holder(const struct lease *lease, char text[HOLDER_TEXT_SIZE])
{
	if (lease->state == LEASE_OPAQUE)
		snprintf(text, HOLDER_TEXT_SIZE, "somebody unknown (%s)", strerror(lease->errnum));
	else
		snprintf(text, HOLDER_TEXT_SIZE, "container %.200s%s%.64s", lease->container,
			 *lease->ifname ? ", interface " : "", lease->ifname);
	return text;
}

/* ---- ADD ---- */

/* One address of each set, chosen but not yet reserved. */
struct choice {
	struct store_claim claim;
	const struct range *range;
};

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
				text, ranges, holder(lease, by));
	}
	choice->claim.ip = *ip;
	choice->range = range;
	return 0;
}

/* The first free address after the one that was given out last, so that a container that crashes
 * and comes again does not meet its own old connections. */
static int choose_next(struct store *store, const struct range_set *set, struct choice *choice,
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
	return choose_next(store, set, choice, err);
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

/* One choice for each set. `store` NULL: as if nothing was reserved. Reads only. */
static int choose(struct store *store, const struct cni_call *call,
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

static int reserve(struct store *store, const struct cni_call *call, const struct choice *choices,
		   size_t count, struct cni_error *err)
{
	freeing struct store_claim *claims = cni_alloc(count * sizeof(*claims));

	for (size_t i = 0; i < count; i++)
		claims[i] = choices[i].claim;
	return store_reserve(store, claims, count, call->env.container, call->env.ifname, err);
}

static void answer(const struct host_local_conf *conf, const struct choice *choices,
		   struct cni_result *result)
{
	for (size_t i = 0; i < conf->set_count; i++) {
		const struct range *range = choices[i].range;
		struct cni_result_ip ip = {
			.address = {.ip = choices[i].claim.ip, .prefix = range->subnet.prefix},
			.gateway = range->gateway,
			.interface = CNI_NO_INTERFACE,
		};

		cni_result_add_ip(result, &ip);
	}
	for (size_t i = 0; i < conf->route_count; i++)
		cni_result_add_route(result, &conf->routes[i]);
}

static int add(const void *data, const struct cni_call *call, struct cni_result *result,
	       struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};
	closing_store struct store *store = NULL;
	freeing struct choice *choices = NULL;

	(void)data;
	if (host_local_conf_read(call, &conf, err) < 0)
		return -1;
	if (conf.resolv_conf && resolv_read(conf.resolv_conf, &result->dns, err) < 0)
		return -1;
	choices = cni_alloc(conf.set_count * sizeof(*choices));
	/* What cannot be had from nothing reserved fails before a directory is made for it. */
	if (choose(NULL, call, &conf, choices, err) < 0 ||
	    store_make(conf.data_dir, call->conf.name, &store, err) < 0 ||
	    choose(store, call, &conf, choices, err) < 0 ||
	    reserve(store, call, choices, conf.set_count, err) < 0)
		return -1;
	answer(&conf, choices, result);
	return 0;
}

/* ---- CHECK ---- */

static bool is_ours(const struct host_local_conf *conf, const struct cni_ip *ip)
{
	for (size_t i = 0; i < conf->set_count; i++)
		if (range_set_find(&conf->sets[i], ip))
			return true;
	return false;
}

static bool has_lease(const struct lease *const *leases, size_t count, const struct cni_ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (cni_ip_equal(&leases[i]->ip, ip))
			return true;
	return false;
}

static bool has_ip(const struct cni_result *result, const struct cni_ip *ip)
{
	for (size_t i = 0; i < result->ip_count; i++)
		if (cni_ip_equal(&result->ips[i].address.ip, ip))
			return true;
	return false;
}

/* Each address of prevResult that is from our ranges is reserved for the container, and nothing
 * else is. Addresses from elsewhere are other plugins' business. */
static int compare(struct store *store, const struct cni_call *call,
		   const struct host_local_conf *conf, const struct lease *const *leases,
		   size_t count, struct cni_error *err)
{
	const struct cni_result *expected = &call->conf.prev_result;
	char text[CNI_IP_TEXT_SIZE];
	bool is_any_ours = false;

	for (size_t i = 0; i < expected->ip_count; i++) {
		const struct cni_ip *ip = &expected->ips[i].address.ip;
		const struct lease *lease = store_find(store, ip);
		char by[HOLDER_TEXT_SIZE];

		if (!is_ours(conf, ip))
			continue;
		is_any_ours = true;
		if (!has_lease(leases, count, ip))
			return cni_fail(err, CNI_EMISMATCH,
					"%s is expected to be reserved for container %s, interface "
					"%s, found: %s%s",
					cni_ip_format(ip, text), call->env.container,
					call->env.ifname,
					lease ? "it is reserved for " : "it is free",
					lease ? holder(lease, by) : "");
	}
	for (size_t i = 0; i < count && is_any_ours; i++)
		if (is_ours(conf, &leases[i]->ip) && !has_ip(expected, &leases[i]->ip))
			return cni_fail(err, CNI_EMISMATCH,
					"%s is reserved for container %s, interface %s, but "
					"prevResult does not have it",
					cni_ip_format(&leases[i]->ip, text), call->env.container,
					call->env.ifname);
	return 0;
}

/* Takes no lock: an ADD that has answered has its files in place, and they stay until its DEL. */
static int check(const void *data, const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};
	closing_store struct store *store = NULL;
	freeing const struct lease **leases = NULL;
	size_t count;

	(void)data;
	if (host_local_conf_read(call, &conf, err) < 0 ||
	    store_look(conf.data_dir, call->conf.name, &store, err) < 0)
		return -1;
	count = store_find_owner(store, call->env.container, call->env.ifname, &leases);
	if (!count)
		return cni_fail(err, CNI_EMISMATCH,
				"host-local: Failed to find address added by container %s",
				call->env.container);
	return compare(store, call, &conf, leases, count, err);
}

/* ---- DEL, GC ---- */

static int del(const void *data, const struct cni_call *call, struct cni_error *err)
{
	closing_store struct store *store = NULL;
	freeing const struct lease **leases = NULL;
	struct cni_error first = {0};
	size_t count;

	(void)data;
	if (store_open(host_local_conf_data_dir(call), call->conf.name, &store, err) < 0)
		return -1;
	count = store_find_owner(store, call->env.container, call->env.ifname, &leases);
	for (size_t i = 0; i < count; i++)
		if (store_release(store, leases[i], err) < 0)
			cni_fail_first(&first, err);
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}

static bool has_container(const struct cni_owners *owners, const char *container)
{
	for (size_t i = 0; i < owners->count; i++)
		if (!strcmp(owners->items[i].container, container))
			return true;
	return false;
}

static bool is_valid(const struct cni_owners *valid, const struct lease *lease)
{
	if (lease->state == LEASE_OPAQUE)
		return true;
	if (lease->state == LEASE_JUNK)
		return false;
	/* A file of an old version does not say which of the container's interfaces it is for. */
	return *lease->ifname ? cni_owners_has(valid, lease->container, lease->ifname)
			      : has_container(valid, lease->container);
}

/* The first failure is the message; all of them are in the details. */
static void note_failure(struct cni_error *all, const struct cni_error *next)
{
	size_t used = strlen(all->details);

	snprintf(all->details + used, sizeof(all->details) - used, "%s%s", used ? "; " : "",
		 next->msg);
	if (all->code)
		return;
	all->code = next->code;
	all->errnum = next->errnum;
	memcpy(all->msg, next->msg, sizeof(all->msg));
}

static int gc(const void *data, const struct cni_call *call, struct cni_error *err)
{
	closing_store struct store *store = NULL;
	const char *data_dir = host_local_conf_data_dir(call);
	struct cni_error all = {0};
	const struct lease *lease;

	(void)data;
	if (store_open(data_dir, call->conf.name, &store, err) < 0)
		return -1;
	for (lease = store_next(store, NULL); lease; lease = store_next(store, lease)) {
		char text[CNI_IP_TEXT_SIZE];

		/* A directory is nobody's lease and none of our making; what cannot be read may be
		 * a valid attachment's. */
		if (lease->state == LEASE_OPAQUE && lease->errnum != EISDIR) {
			cni_fail_errno(err, CNI_EIO, lease->errnum, "read '%s/%s/%s'", data_dir,
				       call->conf.name, cni_ip_format(&lease->ip, text));
			note_failure(&all, err);
		}
		if (!is_valid(&call->conf.valid, lease) && store_release(store, lease, err) < 0)
			note_failure(&all, err);
	}
	if (!all.code)
		return 0;
	*err = all;
	return -1;
}

/* ---- STATUS ---- */

static int status(const void *data, const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};
	closing_store struct store *store = NULL;

	(void)data;
	if (host_local_conf_read(call, &conf, err) < 0)
		return -1;
	if (store_check_writable(conf.data_dir, call->conf.name, err) < 0 ||
	    store_look(conf.data_dir, call->conf.name, &store, err) < 0) {
		err->code = CNI_EUNAVAILABLE;
		return -1;
	}
	for (size_t i = 0; i < conf.set_count; i++) {
		struct choice choice = {.claim.set = i};

		if (choose_next(store, &conf.sets[i], &choice, err) < 0) {
			err->code = CNI_EUNAVAILABLE;
			return cni_fail_within(err, "range set %zu", i);
		}
	}
	return 0;
}

int main(void)
{
	static const struct cni_verbs host_local = {
		.type = "host-local",
		.oldest = CNI_0_1_0,
		.add = add,
		.check = check,
		.del = del,
		.gc = gc,
		.status = status,
	};

	return cni_verbs_main(&host_local);
}
