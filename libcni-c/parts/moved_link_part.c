/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "container_end.h"
#include "container_link.h"
#include "mem.h"
#include "moved_link_choice.h"
#include "moved_link_holder.h"
#include "moved_link_home.h"
#include "netns.h"
#include "netns_cookie.h"
#include "readiness.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The kernel takes 10 to 100 ms to dismantle a namespace after its last user has gone. */
#define FALL_MS 1000

static void print(FILE *out, const void *data)
{
	const struct cni_moved_link_part *spec = data;

	fputs(" container", out);
	if (spec->in_userspace)
		fputs(" none, a program has it", out);
	if (spec->device.value)
		fprintf(out, " %s %s", spec->device.key, spec->device.value);
}

static void clear(void *data)
{
	struct cni_moved_link_part *spec = data;

	if (spec->record)
		cni_moved_link_record_clear(spec->record);
	free(spec->record);
}

/* ---- ADD ---- */

/* The device as it is on the host. */
static int note(struct cni_attachment *at, const struct cni_moved_link_part *spec,
		const struct cni_link *link, struct cni_moved_link_record *record,
		struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_link master;
	int index;

	record->id = cni_device_identify(link);
	memcpy(record->name, link->name, sizeof(record->name));
	memcpy(record->alias, link->alias, sizeof(record->alias));
	record->is_up = link->flags & IFF_UP;
	record->request = cni_format("%s %s", spec->device.key, spec->device.value);
	record->netns = cni_strdup(at->call->env.netns);
	record->cookie = cni_netns_cookie(mnl_socket_get_fd(at->nl[CNI_CONTAINER].socket));
	if (cni_link_settings_get(nl, link->name, &index, &record->settings, err) < 0 ||
	    cni_link_names_read_second(nl, link->index, &record->second_names, err) < 0 ||
	    cni_link_backup_read(nl, link->index, &record->backup, err) < 0)
		return -1;
	if (!link->master)
		return 0;
	if (cni_link_get_by_index(nl, link->master, &master, err) < 0)
		return -1;
	memcpy(record->master, master.name, sizeof(record->master));
	return 0;
}

/* As the Go plugin does: the alias is the name on the host, which its DEL reads. */
static int move_in(struct cni_attachment *at, const struct cni_moved_link_record *record, int index,
		   struct cni_error *err)
{
	const struct cni_link_change change = {
		.netns = &at->netns, .name = at->owner->ifname, .alias = record->name};
	struct cni_error first;

	if (cni_link_change(&at->nl[CNI_HOST], index, &change, err) == 0)
		return 0;
	cni_fail_within(err, "move device '%s' into the container", record->name);
	if (err->errnum != EEXIST)
		return -1;
	first = *err;
	if (cni_container_link_refuse_other(at, err) == 0)
		*err = first;
	return -1;
}

/* The index may have changed. */
static int follow(struct cni_attachment *at, const struct cni_moved_link_record *record,
		  struct cni_error *err)
{
	closing int host = -1;
	struct cni_link *link = &at->container;

	if (cni_netns_open_own(&host, err) < 0)
		return -1;
	if (cni_device_find(&at->nl[CNI_CONTAINER], host, &record->id, at->owner->ifname, link,
			    err) < 0)
		return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
	return 0;
}

/* Hardware that is nowhere may be on its way out of a namespace that ends, or deep in the container: its record
 * stays, and the next DEL, GC or ADD finds it on the host. */
static int give_back(struct cni_attachment *at, const struct cni_moved_link_record *record,
		     unsigned int wait_ms, struct cni_error *err)
{
	struct cni_moved_link_way way = {
		.host = &at->nl[CNI_HOST],
		.inside = at->netns >= 0 ? &at->nl[CNI_CONTAINER] : NULL,
		.ifname = at->owner->ifname,
		.wait_ms = wait_ms,
	};
	bool is_home;

	if (cni_moved_link_bring_home(&way, record, &is_home, err) < 0)
		return -1;
	if (!is_home && cni_device_is_hardware(&record->id))
		return 0;
	return cni_moved_link_record_remove(at->owner, record, err);
}

/* After a failure the device is where it was; if even that fails, the record stays for DEL. */
static int move(struct cni_attachment *at, struct cni_moved_link_part *spec, int *lock, int index,
		struct cni_error *err)
{
	struct cni_error ignored;

	if (cni_moved_link_record_write(at->owner, spec->record, err) < 0)
		return -1;
	if (move_in(at, spec->record, index, err) == 0 && follow(at, spec->record, err) == 0)
		return 0;
	close(take_fd(lock));
	at->container = (struct cni_link){.index = 0};
	if (give_back(at, spec->record, 0, &ignored) < 0)
		cni_fail_details(err, "rollback of the move: %s", ignored.msg);
	return -1;
}

/* CNI_NETNS_OVERRIDE: a device that stays in its namespace keeps its addresses and settings, and loses its name. */
static int refuse_own_netns(const struct cni_attachment *at, struct cni_error *err)
{
	if (!at->call->env.netns_override || !cni_netns_is_own(at->netns))
		return 0;
	return cni_fail(err, CNI_EENV,
			"CNI_NETNS '%s' is the plugin's own network namespace, where the device is "
			"already: expected another, also with CNI_NETNS_OVERRIDE",
			at->call->env.netns);
}

static int refuse_own(struct cni_attachment *at, struct cni_error *err)
{
	clearing_moved_link struct cni_moved_link_record record = {.request = NULL};
	bool has;

	if (cni_container_link_refuse_other(at, err) < 0 ||
	    cni_moved_link_record_read(at->owner, &record, &has, err) < 0)
		return -1;
	/* The record of an ADD that was killed, without a DEL since. */
	return has ? give_back(at, &record, 0, err) : 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_moved_link_part *spec = data;
	struct cni_link link = {.index = 0};
	char mac[CNI_MAC_TEXT_SIZE];
	closing int lock = -1;

	if (spec->in_userspace) {
		cni_result_add_interface(at->result, at->owner->ifname, NULL, at->call->env.netns);
		return 0;
	}
	spec->record = cni_alloc(sizeof(*spec->record));
	if (refuse_own_netns(at, err) < 0 || refuse_own(at, err) < 0 ||
	    cni_moved_link_choose(at, &spec->device, &link, &lock, err) < 0 ||
	    note(at, spec, &link, spec->record, err) < 0 ||
	    cni_moved_link_refuse_used(&spec->device, &link, spec->record, err) < 0 ||
	    move(at, spec, &lock, link.index, err) < 0)
		return -1;
	memcpy(at->container.mac, link.mac, CNI_MAC_SIZE);
	cni_result_add_interface(at->result, at->owner->ifname,
				 link.has_mac ? cni_mac_format(link.mac, mac) : NULL,
				 at->call->env.netns);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_moved_link_part *spec = data;

	return spec->in_userspace ? 0 : give_back(at, spec->record, 0, err);
}

/* ---- DEL, GC ---- */

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	clearing_moved_link struct cni_moved_link_record record = {.request = NULL};
	struct cni_moved_link_way way = {.host = &at->nl[CNI_HOST],
					 .inside = &at->nl[CNI_CONTAINER],
					 .ifname = at->owner->ifname};
	bool has;

	(void)data;
	if (cni_moved_link_record_read(at->owner, &record, &has, err) < 0)
		return -1;
	if (has)
		return give_back(at, &record, at->netns >= 0 ? 0 : FALL_MS, err);
	if (at->netns >= 0 && cni_moved_link_bring_home_by_alias(&way, err) < 0)
		return -1;
	return cni_moved_link_record_remove(at->owner, &record, err);
}

static int collect(struct cni_attachment *at, const struct cni_owner *owner, struct cni_error *err)
{
	clearing_moved_link struct cni_moved_link_record record = {.request = NULL};
	struct cni_moved_link_way way = {.host = &at->nl[CNI_HOST], .ifname = owner->ifname};
	bool is_home;
	bool has;

	if (cni_moved_link_record_read(owner, &record, &has, err) < 0 ||
	    (has && cni_moved_link_bring_home(&way, &record, &is_home, err) < 0))
		return -1;
	return cni_moved_link_record_remove(owner, &record, err);
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_owners *valid = &at->call->conf.valid;
	struct cni_attachment_files files;
	struct cni_error first = {0};

	(void)data;
	if (cni_attachment_files(CNI_MOVED_LINK_PLUGIN, at->call->conf.name, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];
		struct cni_error next = {0};

		if (!cni_owners_has(valid, owner->container, owner->ifname) &&
		    collect(at, owner, &next) < 0)
			cni_fail_first(&first, &next);
	}
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

/* ---- CHECK, STATUS ---- */

static int compare_mac(const struct cni_attachment *at, struct cni_error *err)
{
	int index = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);
	const char *expected = index < 0 ? NULL : at->result->interfaces[index].mac;
	char mac[CNI_MAC_TEXT_SIZE];

	if (index < 0)
		return cni_fail(err, CNI_EMISMATCH,
				"'prevResult' has no interface '%s' with a sandbox",
				at->owner->ifname);
	cni_mac_format(at->container.mac, mac);
	if (expected && *expected && at->container.has_mac && strcasecmp(expected, mac) != 0)
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container has MAC %s, expected %s",
				at->owner->ifname, mac, expected);
	return 0;
}

/* An attachment of the Go plugin has no record. */
static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	clearing_moved_link struct cni_moved_link_record record = {.request = NULL};
	const struct cni_moved_link_part *spec = data;
	struct cni_link *link = &at->container;
	struct cni_link named;
	bool has;

	if (spec->in_userspace)
		return 0;
	if (cni_moved_link_record_read(at->owner, &record, &has, err) < 0)
		return -1;
	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &named, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH, "'%s' is missing in the container",
					at->owner->ifname);
	*link = named;
	if (has && follow(at, &record, err) < 0 && err->errnum != ENODEV)
		return -1;
	if (has && link->index != named.index)
		return cni_fail(
			err, CNI_EMISMATCH,
			"'%s' in the container is another link, expected device '%s' of the "
			"host",
			at->owner->ifname, record.name);
	return compare_mac(at, err);
}

/* A device that an attachment has is there, although not for an ADD of now. */
static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	clearing_holder struct cni_moved_link_holder holder = {.network = NULL};
	const struct cni_moved_link_part *spec = data;
	struct cni_link link;

	if (spec->in_userspace)
		return 0;
	if (cni_readiness_check_records(err) < 0)
		return -1;
	if (!spec->device.value ||
	    cni_device_look_up(&at->nl[CNI_HOST], &spec->device, &link, err) == 0 ||
	    cni_moved_link_find_holder(&spec->device, NULL, &holder))
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return -1;
}

const struct cni_part_ops cni_moved_link_part_ops = {
	.name = "moved_link",
	.size = sizeof(struct cni_moved_link_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
	.clear = clear,
};
