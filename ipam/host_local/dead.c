/* SPDX-License-Identifier: Apache-2.0 */
#include "dead.h"

#include "census.h"
#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "owner.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

/* IFALIASZ (linux/if.h). */
#define ALIAS_MAX 256

#define LOOKS 3

/* A namespace lives on while a socket is open in it, and its link with it: that answers for the address. The
 * name is the one that bridge and ptp give. */
static bool has_link(const struct place *place, const struct lease *lease)
{
	const struct cni_owner owner =
		cni_owner_make(place->network, lease->container, lease->ifname);
	freeing char *path = cni_format("/sys/class/net/%s/ifalias", owner.key);
	freeing char *alias = NULL;
	struct cni_error ignored;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, true, ALIAS_MAX, &alias, &size, &ignored) < 0)
		return false;
	alias[strcspn(alias, "\n")] = '\0';
	return !strcmp(alias, owner.text);
}

/* The reservation is of this boot, and its record has a namespace. */
static bool may_be_judged(const struct store *store, const struct lease *lease)
{
	return lease->state == LEASE_HELD && *lease->boot.digits && !store_is_stale(store, lease) &&
	       netns_id_is_known(&lease->netns);
}

static bool is_gone(const struct census *census, const struct lease *lease)
{
	return census->is_whole && !strcmp(census_ask(census, &lease->netns), "gone");
}

/* A process that is about to change its credentials may not be looked at for a moment: another look. */
static struct census look(void)
{
	struct census census = census_take_thorough();

	for (int i = 1; i < LOOKS && !census.is_whole; i++) {
		census_clear(&census);
		census = census_take_thorough();
	}
	return census;
}

/* The first look may have missed a process that was born meanwhile, with the namespace of one that has ended: a
 * second one finds it. */
static bool is_still_gone(const struct lease *lease)
{
	clearing_census struct census census = look();

	return is_gone(&census, lease);
}

static bool find(struct store *store, const struct place *place, const struct span_list *spans,
		 struct cni_ip *ret_ip)
{
	clearing_listing struct listing leases = {0};
	clearing_census struct census census = {0};
	struct cni_error ignored;

	if (store_list(store, &leases, &ignored) < 0)
		return false;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease *lease = &leases.items[i];

		if (!may_be_judged(store, lease) || !span_list_has(spans, &lease->ip))
			continue;
		if (!census.count)
			census = look();
		if (!census.is_whole)
			return false;
		if (!is_gone(&census, lease) || has_link(place, lease) || !is_still_gone(lease))
			continue;
		*ret_ip = lease->ip;
		return true;
	}
	return false;
}

/* The time of this process alone: a busy host does not make a search dear. */
static double seconds_used(void)
{
	struct timespec used = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

bool dead_find(struct store *store, const struct place *place, const struct span_list *spans,
	       struct cni_ip *ret_ip)
{
	double before = seconds_used();

	if (!store || !store_may_search(store))
		return false;
	if (find(store, place, spans, ret_ip))
		return true;
	store_note_search(store, seconds_used() - before);
	return false;
}
