/* SPDX-License-Identifier: Apache-2.0 */
#include "moved_link_home.h"

#include "cleanup.h"
#include "lock.h"
#include "mem.h"
#include "names.h"
#include "netns.h"
#include "netns_record.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#define LOCK_MS 10000

int cni_moved_link_lock(const char *name, int *ret_lock, struct cni_error *err)
{
	freeing char *lock = cni_format("%s %s", CNI_MOVED_LINK_PLUGIN, name);

	return cni_lock_take(lock, CNI_LOCK_EXCLUSIVE, LOCK_MS, ret_lock, err);
}

/* ---- on the host ---- */

static void warn(const char *name, const struct cni_error *err)
{
	fprintf(stderr, "give back '%s': %s\n", name, err->msg);
}

static void try_change(struct cni_nl *nl, const struct cni_link *link,
		       const struct cni_link_change *change)
{
	struct cni_error err;

	if (cni_link_change(nl, link->index, change, &err) < 0)
		warn(link->name, &err);
}

/* Kernels before 6.2 rename a link only while it is down. */
static void put_back_name(struct cni_nl *nl, struct cni_link *link, const char *name)
{
	struct cni_link_change down = {.up = CNI_OFF};
	struct cni_link_change rename = {.name = name};
	struct cni_error err;

	if (!strcmp(link->name, name))
		return;
	if (link->flags & IFF_UP)
		try_change(nl, link, &down);
	link->flags &= ~(unsigned int)IFF_UP;
	if (cni_link_change(nl, link->index, &rename, &err) < 0)
		warn(name, &err);
	else
		snprintf(link->name, sizeof(link->name), "%s", name);
}

/* A second name that a link of the host has keeps a device in its namespace (since Linux 6.6). */
static void drop_second_names(struct cni_nl *nl, const struct cni_link *link,
			      const struct cni_link_names *wanted)
{
	clearing_link_names struct cni_link_names now = {0};
	struct cni_error err;

	if (cni_link_names_read_second(nl, link->index, &now, &err) < 0)
		return;
	for (size_t i = 0; i < now.count; i++)
		if (!cni_link_names_has(wanted, now.items[i]) &&
		    cni_link_names_drop_second(nl, link->index, now.items[i], &err) < 0)
			warn(link->name, &err);
}

static void put_back_second_names(struct cni_nl *nl, const struct cni_link *link,
				  const struct cni_link_names *wanted)
{
	clearing_link_names struct cni_link_names now = {0};
	struct cni_error err;

	drop_second_names(nl, link, wanted);
	if (!wanted->count || cni_link_names_read_second(nl, link->index, &now, &err) < 0)
		return;
	for (size_t i = 0; i < wanted->count; i++)
		if (!cni_link_names_has(&now, wanted->items[i]) &&
		    cni_link_names_add_second(nl, link->index, wanted->items[i], &err) < 0)
			warn(link->name, &err);
}

/* Only values that differ: many devices refuse a MAC while they are up. */
static void put_back_settings(struct cni_nl *nl, const struct cni_link *link,
			      const struct cni_link_settings *wanted)
{
	struct cni_link_settings differing = *wanted;
	struct cni_link_settings now;
	struct cni_error err;
	int index;

	if (cni_link_settings_get(nl, link->name, &index, &now, &err) < 0) {
		warn(link->name, &err);
		return;
	}
	for (enum cni_link_setting i = 0; i < CNI_LINK_SETTING_COUNT; i++) {
		char a[CNI_LINK_SETTING_TEXT_SIZE];
		char b[CNI_LINK_SETTING_TEXT_SIZE];

		if (cni_link_settings_have(wanted, i) && cni_link_settings_have(&now, i) &&
		    !strcmp(cni_link_setting_format(wanted, i, a),
			    cni_link_setting_format(&now, i, b)))
			differing.given &= ~(1U << i);
	}
	if (differing.given && cni_link_settings_set(nl, link->index, &differing, &err) < 0)
		warn(link->name, &err);
}

static void put_back_master(struct cni_nl *nl, const struct cni_link *link, const char *name)
{
	struct cni_link_change change = {.master = 0};
	struct cni_link master;
	struct cni_error err;

	if (!*name || link->master)
		return;
	if (cni_link_get(nl, name, &master, &err) < 0) {
		warn(link->name, &err);
		return;
	}
	change.master = master.index;
	try_change(nl, link, &change);
}

/* The device is on the host: `link`. */
static void put_back(struct cni_nl *nl, struct cni_link *link,
		     const struct cni_moved_link_record *record)
{
	const struct cni_link_change alias = {.alias = record->alias};
	const struct cni_link_change state = {.up = record->is_up ? CNI_ON : CNI_OFF};
	struct cni_error err;

	put_back_second_names(nl, link, &record->second_names);
	put_back_name(nl, link, record->name);
	if (strcmp(link->alias, record->alias) != 0)
		try_change(nl, link, &alias);
	put_back_settings(nl, link, &record->settings);
	put_back_master(nl, link, record->master);
	if (!(link->flags & IFF_UP) == record->is_up)
		try_change(nl, link, &state);
	if (cni_link_backup_put_back(nl, link->index, &record->backup, &err) < 0)
		warn(link->name, &err);
}

/* ---- from the container ---- */

/* A socket in a namespace that has the device, and a way back. */
struct move {
	struct cni_nl *inside;
	int home;
	const struct cni_link *link;
	const char *name;
};

/* Under its name, which it gets before it moves, if it can: else a link of the host would be called "eth0"
 * for a moment, and udev may take note of that. Kernels before 6.2 rename a link only while it is down, and
 * handle the name of a message before its state. `*ret_taken`: another link has the name. */
static int move_out(const struct move *move, bool *ret_taken, struct cni_error *err)
{
	const struct cni_link_change down = {.up = CNI_OFF};
	const struct cni_link_change rename = {.name = move->name};
	const struct cni_link_change under_its_name = {.netns = &move->home, .name = move->name};
	const struct cni_link_change under_any_name = {.netns = &move->home, .name = "dev%d"};
	struct cni_error ignored;

	*ret_taken = false;
	cni_link_change(move->inside, move->link->index, &down, &ignored);
	cni_link_change(move->inside, move->link->index, &rename, &ignored);
	if (cni_link_change(move->inside, move->link->index, &under_its_name, err) == 0)
		return 0;
	*ret_taken = err->errnum == EEXIST;
	if (!*ret_taken)
		return -1;
	/* It may have moved before its new name was refused. */
	return cni_link_change(move->inside, move->link->index, &under_any_name, err) == 0 ||
			       err->errnum == ENODEV
		       ? 0
		       : -1;
}

/* Nothing is left of a device that the container deletes. */
static int fetch(const struct cni_moved_link_way *way, struct cni_nl *inside,
		 const struct cni_moved_link_record *record, bool *ret_found, struct cni_error *err)
{
	closing int home = -1;
	struct cni_link link;
	bool is_taken;
	struct move move = {.inside = inside, .link = &link, .name = record->name};

	if (cni_netns_open_own(&home, err) < 0)
		return -1;
	move.home = home;
	/* Another link may be unreadable: hardware is on the host when the namespace ends. */
	if (cni_device_find(inside, home, &record->id, way->ifname, &link, err) < 0)
		return err->errnum == ENODEV || cni_link_is_unreadable(err) ? 0 : -1;
	drop_second_names(inside, &link, &record->second_names);
	if (move_out(&move, &is_taken, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if ((is_taken ? cni_device_find(way->host, -1, &record->id, record->name, &link, err)
		      : cni_link_get(way->host, record->name, &link, err)) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	put_back(way->host, &link, record);
	*ret_found = true;
	return 0;
}

/* DEL may come without CNI_NETNS, and GC does, while the namespace is still there. Its path counts only if it
 * leads to the namespace of ADD. */
static int fetch_from_known(const struct cni_moved_link_way *way,
			    const struct cni_moved_link_record *record, bool *ret_found,
			    struct cni_error *err)
{
	const struct cni_netns_record known = {.path = record->netns, .cookie = record->cookie};
	closing_nl struct cni_nl inside = {0};
	bool is_there;

	if (cni_netns_record_open(&known, &inside, &is_there, err) < 0)
		return -1;
	if (!is_there)
		return 0;
	return fetch(way, &inside, record, ret_found, err);
}

/* ---- all places ---- */

static int look_on_host(struct cni_nl *nl, const struct cni_moved_link_record *record,
			bool *ret_found, struct cni_error *err)
{
	struct cni_link link;

	*ret_found = false;
	if (cni_device_find(nl, -1, &record->id, record->name, &link, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	put_back(nl, &link, record);
	*ret_found = true;
	return 0;
}

/* Its name saves a look at all links. */
static int look_under_its_name(struct cni_nl *nl, const struct cni_moved_link_record *record,
			       bool *ret_found, struct cni_error *err)
{
	struct cni_link link;

	*ret_found = false;
	if (cni_link_get(nl, record->name, &link, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	return cni_device_is(&record->id, &link) ? look_on_host(nl, record, ret_found, err) : 0;
}

struct awaited {
	const struct cni_moved_link_record *record;
};

static int look_again(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	const struct awaited *awaited = data;

	return look_on_host(nl, awaited->record, ret_done, err);
}

static int await(const struct cni_moved_link_way *way, const struct cni_moved_link_record *record,
		 bool *ret_found, struct cni_error *err)
{
	struct awaited awaited = {record};

	if (cni_nl_wait(way->host, NULL, RTNLGRP_LINK, way->wait_ms, look_again, &awaited, err) ==
	    0)
		*ret_found = true;
	else if (err->errnum != ETIMEDOUT)
		return -1;
	return 0;
}

int cni_moved_link_bring_home(const struct cni_moved_link_way *way,
			      const struct cni_moved_link_record *record, bool *ret_found,
			      struct cni_error *err)
{
	bool is_hardware = cni_device_is_hardware(&record->id);
	closing int lock = -1;

	*ret_found = false;
	if (cni_moved_link_lock(record->name, &lock, err) < 0 ||
	    look_under_its_name(way->host, record, ret_found, err) < 0)
		return -1;
	if (!*ret_found && way->inside && fetch(way, way->inside, record, ret_found, err) < 0)
		return -1;
	if (!*ret_found && !way->host_alone && fetch_from_known(way, record, ret_found, err) < 0)
		return -1;
	if (!*ret_found && is_hardware && look_on_host(way->host, record, ret_found, err) < 0)
		return -1;
	return !*ret_found && is_hardware && way->wait_ms ? await(way, record, ret_found, err) : 0;
}

/* ---- without a record ---- */

/* Its addresses are not known; state as the Go plugin leaves it: down. */
int cni_moved_link_bring_home_by_alias(const struct cni_moved_link_way *way, struct cni_error *err)
{
	const struct cni_link_change forget = {.alias = ""};
	struct cni_error ignored;
	closing int home = -1;
	struct cni_link link;
	struct cni_link other;
	bool leads;
	bool is_taken;
	struct move move = {.inside = way->inside, .link = &link, .name = link.alias};

	if (cni_netns_open_own(&home, err) < 0)
		return -1;
	move.home = home;
	if (cni_link_get(way->inside, way->ifname, &link, err) < 0)
		return err->errnum == ENODEV || cni_link_is_unreadable(err) ? 0 : -1;
	if (cni_device_leads_to(way->inside, home, &link, &leads, err) < 0)
		return -1;
	if ((!leads && !*link.bus) ||
	    cni_name_check_interface(link.alias, "alias", CNI_ECONFIG, &ignored) < 0 ||
	    cni_link_get(way->host, link.alias, &other, &ignored) == 0)
		return 0;
	if (move_out(&move, &is_taken, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!is_taken && cni_link_get(way->host, link.alias, &other, err) == 0)
		try_change(way->host, &other, &forget);
	return 0;
}
