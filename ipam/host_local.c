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
	if (choices_make(NULL, call, &conf, choices, err) < 0 ||
	    store_make(conf.data_dir, call->conf.name, &store, err) < 0 ||
	    choices_make(store, call, &conf, choices, err) < 0 ||
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
					lease ? lease_holder(lease, by) : "");
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

		if (choice_make_next(store, &conf.sets[i], &choice, err) < 0) {
			err->code = CNI_EUNAVAILABLE;
			return cni_fail_within(err, "range set %zu", i);
		}
	}
	return 0;
}

const struct cni_verbs host_local = {
	.type = "host-local",
	.oldest = CNI_0_1_0,
	.add = add,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
};
