/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "container_link.h"
#include "file.h"
#include "mem.h"
#include "netns_cookie.h"
#include "netns_record.h"
#include "readiness.h"

#include <stdlib.h>

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" record", out);
}

static uint64_t cookie_of(const struct cni_attachment *at)
{
	return cni_netns_cookie(mnl_socket_get_fd(at->nl[CNI_CONTAINER].socket));
}

static void clear(void *data)
{
	free(((struct cni_netns_part *)data)->before);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	clearing_netns_record struct cni_netns_record record = {
		.path = cni_strdup(at->call->env.netns), .cookie = cookie_of(at)};
	struct cni_netns_part *spec = data;
	struct cni_error ignored;

	if (cni_attachment_file_read(CNI_NETNS_RECORD_PLUGIN, at->owner, &spec->before, &ignored) <
	    0)
		spec->before = NULL;
	if (cni_netns_record_write(at->owner, &record, err) == 0)
		return 0;
	if (!cni_file_is_refused(err))
		return -1;
	/* A container with a read-only root, for example: the interface works without. */
	fprintf(stderr, "%s: GC, and DEL without CNI_NETNS, will not find '%s'\n", err->msg,
		at->owner->ifname);
	return 0;
}

/* The record is removed only after the interface. The record of an earlier ADD stays: this one may have failed because
 * the attachment is there already. */
static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_netns_part *spec = data;

	if (spec->before && *spec->before)
		return cni_attachment_file_write(CNI_NETNS_RECORD_PLUGIN, at->owner, spec->before,
						 err);
	return cni_attachment_file_remove(CNI_NETNS_RECORD_PLUGIN, at->owner, err);
}

/* ---- DEL, GC ---- */

/* Deletes the interface in the namespace that the record leads to, and then the record. */
static int collect(const struct cni_owner *owner, const struct cni_netns_record *record,
		   const char *kind, struct cni_error *err)
{
	closing_nl struct cni_nl inside = {0};
	bool is_there;

	if (cni_netns_record_open(record, &inside, &is_there, err) < 0 ||
	    (is_there && cni_container_link_del_in(&inside, owner, kind, err) < 0))
		return -1;
	return cni_attachment_file_remove(CNI_NETNS_RECORD_PLUGIN, owner, err);
}

/* CNI_NETNS may lead to another namespace by now, or be absent. */
static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	clearing_netns_record struct cni_netns_record record = {.path = NULL};
	const struct cni_netns_part *spec = data;

	if (cni_netns_record_read(at->owner, &record, err) < 0)
		return -1;
	if (at->netns >= 0 && cookie_of(at) == record.cookie)
		cni_netns_record_clear(&record);
	return collect(at->owner, &record, spec->kind, err);
}

static int collect_stale(const struct cni_owner *found, const char *kind, struct cni_error *err)
{
	clearing_netns_record struct cni_netns_record record = {.path = NULL};
	const struct cni_owner owner =
		cni_owner_make(found->network, found->container, found->ifname);

	if (cni_netns_record_read(&owner, &record, err) < 0)
		return -1;
	return collect(&owner, &record, kind, err);
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_owners *valid = &at->call->conf.valid;
	const struct cni_netns_part *spec = data;
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(CNI_NETNS_RECORD_PLUGIN, at->call->conf.name, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];
		struct cni_error next = {0};

		if (!cni_owners_has(valid, owner->container, owner->ifname) &&
		    collect_stale(owner, spec->kind, &next) < 0)
			cni_fail_first(&first, &next);
	}
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)at;
	(void)data;
	if (cni_readiness_check_records(err) == 0 || cni_file_is_refused(err))
		return 0;
	return -1;
}

const struct cni_part_ops cni_netns_part_ops = {
	.name = "netns",
	.size = sizeof(struct cni_netns_part),
	.add = add,
	.undo = undo,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
	.clear = clear,
};
