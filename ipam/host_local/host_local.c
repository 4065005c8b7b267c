/* SPDX-License-Identifier: Apache-2.0 */
#include "host_local.h"

#include "choice.h"
#include "cleanup.h"
#include "host_local_conf.h"
#include "mem.h"
#include "resolv.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define clearing_conf __attribute__((cleanup(host_local_conf_clear)))

/* ---- ADD ---- */

static int reserve(struct store *store, const struct cni_call *call,
		   const struct host_local_conf *conf, const struct choice *choices,
		   struct cni_error *err)
{
	freeing struct store_claim *claims = cni_alloc(conf->sets.count * sizeof(*claims));
	struct store_holder holder = {.container = call->env.container,
				      .ifname = call->env.ifname,
				      .netns = netns_id_of(&call->env),
				      .key = conf->key};

	for (size_t i = 0; i < conf->sets.count; i++)
		claims[i] = choices[i].claim;
	return store_reserve(store, claims, conf->sets.count, &holder, err);
}

/* All of an earlier boot, at the first ADD of this one. */
static int release_stale(struct store *store, const struct host_local_conf *conf,
			 struct cni_error *err)
{
	clearing_listing struct listing leases = {0};

	if (conf->reclaim != RECLAIM_EAGER || !store_stale_count(store))
		return 0;
	if (store_list(store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (store_is_stale(store, &leases.items[i]) &&
		    store_release(store, &leases.items[i], err) < 0)
			return -1;
	return 0;
}

/* Because two addresses in a set would make CHECK fail. DEL removes an address that cannot be
 * removed here. */
static void release_given_up(struct store *store, const struct host_local_conf *conf,
			     const struct choice *choices)
{
	for (size_t i = 0; i < conf->sets.count; i++) {
		struct cni_error ignored;
		struct lease lease;

		if (!cni_ip_is_set(&choices[i].gives_up))
			continue;
		if (store_read(store, &choices[i].gives_up, &lease) && lease.state == LEASE_HELD)
			store_release(store, &lease, &ignored);
		lease_clear(&lease);
	}
}

static void answer(const struct host_local_conf *conf, const struct choice *choices,
		   struct cni_result *result)
{
	for (size_t i = 0; i < conf->sets.count; i++) {
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

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};
	closing_store struct store *store = NULL;
	freeing struct choice *choices = NULL;

	if (host_local_conf_read(call, &conf, err) < 0)
		return -1;
	if (conf.resolv_conf && resolv_read(conf.resolv_conf, &result->dns, err) < 0)
		return -1;
	choices = cni_alloc(conf.sets.count * sizeof(*choices));
	/* A request that fails even with nothing reserved must not create a directory. */
	if (choices_make(NULL, call, &conf, choices, err) < 0 ||
	    store_make(&conf.place, &store, err) < 0 || release_stale(store, &conf, err) < 0 ||
	    choices_make(store, call, &conf, choices, err) < 0 ||
	    reserve(store, call, &conf, choices, err) < 0)
		return -1;
	release_given_up(store, &conf, choices);
	answer(&conf, choices, result);
	return 0;
}

/* ---- CHECK ---- */

static bool is_ours(const struct host_local_conf *conf, const struct cni_ip *ip)
{
	for (size_t i = 0; i < conf->sets.count; i++)
		if (range_set_find(&conf->sets.items[i], ip))
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

static bool is_held_by(const struct lease *lease, const struct cni_call *call)
{
	return lease->state == LEASE_HELD && !strcmp(lease->container, call->env.container) &&
	       (!*lease->ifname || !strcmp(lease->ifname, call->env.ifname));
}

static bool is_listed(const struct listing *leases, const struct cni_ip *ip)
{
	for (size_t i = 0; i < leases->count; i++)
		if (cni_ip_equal(&leases->items[i].ip, ip))
			return true;
	return false;
}

/* `leases` are the container's, as far as there are records of them. */
static int check_held(struct store *store, const struct cni_call *call,
		      const struct listing *leases, const struct cni_ip *ip, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];
	char by[HOLDER_TEXT_SIZE];
	struct lease lease;
	bool taken;
	int failed = 0;

	if (is_listed(leases, ip))
		return 0;
	taken = store_read(store, ip, &lease);
	if (!taken || !is_held_by(&lease, call))
		failed = cni_fail(err, CNI_EMISMATCH,
				  "%s is expected to be reserved for container %s, interface %s, "
				  "found: %s%s",
				  cni_ip_format(ip, text), call->env.container, call->env.ifname,
				  taken ? "it is reserved for " : "it is free",
				  taken ? lease_holder(&lease, by) : "");
	lease_clear(&lease);
	return failed;
}

/* Fails with CNI_EMISMATCH if prevResult lacks one of the container's `leases`. */
static int check_told(const struct cni_call *call, const struct host_local_conf *conf,
		      const struct listing *leases, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];

	for (size_t i = 0; i < leases->count; i++)
		if (is_ours(conf, &leases->items[i].ip) &&
		    !has_ip(&call->conf.prev_result, &leases->items[i].ip))
			return cni_fail(err, CNI_EMISMATCH,
					"%s is reserved for container %s, interface %s, but "
					"prevResult does not have it",
					cni_ip_format(&leases->items[i].ip, text),
					call->env.container, call->env.ifname);
	return 0;
}

static int check_any(struct store *store, const struct cni_call *call, struct cni_error *err)
{
	clearing_listing struct listing leases = {0};

	if (store_find_owner(store, call->env.container, call->env.ifname, &leases, err) < 0)
		return -1;
	return leases.count ? 0
			    : cni_fail(err, CNI_EMISMATCH,
				       "host-local: Failed to find address added by container %s",
				       call->env.container);
}

/* Succeeds if exactly those addresses of prevResult that are in our ranges are reserved for the
 * container. Other addresses belong to other plugins; without any, the container must have a
 * reservation. Takes no lock: the files of a finished ADD stay in place until its DEL. */
static int check(const struct cni_call *call, struct cni_error *err)
{
	const struct cni_result *expected = &call->conf.prev_result;
	clearing_conf struct host_local_conf conf = {0};
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;
	bool is_any_ours = false;

	if (host_local_conf_read(call, &conf, err) < 0 || store_look(&conf.place, &store, err) < 0)
		return -1;
	store_find_recorded(store, call->env.container, call->env.ifname, &leases);
	for (size_t i = 0; i < expected->ip_count; i++) {
		const struct cni_ip *ip = &expected->ips[i].address.ip;

		if (!is_ours(&conf, ip))
			continue;
		is_any_ours = true;
		if (check_held(store, call, &leases, ip, err) < 0)
			return -1;
	}
	if (!is_any_ours)
		return check_any(store, call, err);
	return check_told(call, &conf, &leases, err);
}

/* ---- DEL, GC ---- */

static int del(const struct cni_call *call, struct cni_error *err)
{
	struct place place = host_local_conf_place(call);
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;
	struct cni_error first = {0};

	if (store_open(&place, &store, err) < 0 ||
	    store_find_owner(store, call->env.container, call->env.ifname, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (store_release(store, &leases.items[i], err) < 0)
			cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
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

/* A directory is not a lease and not ours; an unreadable file may belong to a valid attachment. */
static int collect(struct store *store, const struct cni_call *call, const struct place *place,
		   const struct lease *lease, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];

	if (lease_may_be_anybodys(lease))
		return cni_fail_errno(err, CNI_EIO, lease->errnum, "read '%s/%s/%s'",
				      place->data_dir, place->network,
				      cni_ip_format(&lease->ip, text));
	return is_valid(&call->conf.valid, lease) ? 0 : store_release(store, lease, err);
}

static int gc(const struct cni_call *call, struct cni_error *err)
{
	struct place place = host_local_conf_place(call);
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;
	struct cni_error all = {0};

	if (store_open(&place, &store, err) < 0)
		return -1;
	if (!store_may_collect(store))
		return 0;
	if (store_list(store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (collect(store, call, &place, &leases.items[i], err) < 0)
			note_failure(&all, err);
	if (!all.code)
		return 0;
	*err = all;
	return -1;
}

/* ---- STATUS ---- */

/* A runtime that gives the ranges (capability ipRanges) gives them to ADD, not to STATUS. */
static int status_without_ranges(const struct cni_call *call, const struct host_local_conf *conf,
				 struct cni_error *err)
{
	const cJSON *capabilities = cni_json_get(call->conf.json, "capabilities");

	err->code = CNI_EUNAVAILABLE;
	if (!cJSON_IsTrue(cni_json_get(capabilities, "ipRanges")))
		return cni_fail_details(err,
					"if a controller of the cluster gives the ranges: this "
					"node has no podCIDR yet");
	if (network_dir_check_writable(&conf->place, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return -1;
}

static int status(const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};
	closing_store struct store *store = NULL;

	if (host_local_conf_read(call, &conf, err) < 0)
		return conf.lacks_ranges ? status_without_ranges(call, &conf, err) : -1;
	if (network_dir_check_writable(&conf.place, err) < 0 ||
	    store_survey(&conf.place, &store, err) < 0) {
		err->code = CNI_EUNAVAILABLE;
		return -1;
	}
	for (size_t i = 0; i < conf.sets.count; i++) {
		struct choice choice = {.claim.set = i};

		if (choice_make_next(store, &conf, &choice, err) < 0) {
			err->code = CNI_EUNAVAILABLE;
			return cni_fail_within(err, "range set %zu", i);
		}
	}
	return 0;
}

/* The sets, the requests and the file of ranges; not the ledger. */
static int validate(const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct host_local_conf conf = {0};

	return host_local_conf_read(call, &conf, err);
}

const struct cni_verbs host_local = {
	.type = "host-local",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.add = add,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.validate = validate,
	.description = &host_local_description,
};
