/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment.h"

#include "cleanup.h"
#include "ending.h"
#include "lock.h"
#include "mem.h"
#include "netns.h"
#include "own_netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How long an ADD may wait for another one's rollback. */
#define SHARE_MS 10000
/* How long a rollback waits for other ADDs. */
#define TAKE_BACK_MS 3000

static int visit_netns(struct cni_attachment *at, struct cni_error *err)
{
	const struct cni_visit *visit = &at->visit;
	visiting int home = -1;

	if (cni_netns_enter(at->netns, &home, err) < 0 ||
	    cni_nl_open(&at->nl[CNI_CONTAINER], NETLINK_ROUTE, -1, err) < 0)
		return -1;
	return visit->open && at->call->env.command == CNI_ADD ? visit->open(at, visit->data, err)
							       : 0;
}

static int open_netns(const struct cni_call *call, struct cni_attachment *at, struct cni_error *err)
{
	switch (call->env.command) {
	case CNI_ADD:
	case CNI_CHECK:
	case CNI_MEND:
		if (cni_netns_open(call->env.netns, &at->netns, err) < 0)
			return -1;
		break;
	case CNI_DEL:
		if (!*call->env.netns)
			return 0;
		if (cni_netns_open(call->env.netns, &at->netns, err) < 0)
			return cni_netns_may_be_there(err) ? -1 : 0;
		/* The path of a process that is gone may lead to another's namespace: ours. */
		if (cni_netns_is_own(at->netns) && !call->env.netns_override) {
			close(at->netns);
			at->netns = -1;
			return 0;
		}
		break;
	case CNI_GC:
	case CNI_SWEEP:
	case CNI_REFRESH:
	case CNI_VALIDATE:
	case CNI_DESCRIBE:
	case CNI_STATUS:
	case CNI_VERSION:
	case CNI_COMMAND_COUNT:
		break;
	}
	return 0;
}

void cni_attachment_begin(const struct cni_call *call, struct cni_result *result,
			  const struct cni_visit *visit, struct cni_attachment *ret_at)
{
	*ret_at = (struct cni_attachment){
		.call = call,
		.owner = &call->owner,
		.result = result,
		.netns = -1,
		.tun = -1,
		.shared_lock = -1,
		.announcer = -1,
	};
	if (visit)
		ret_at->visit = *visit;
}

static void close_all(struct cni_attachment *at)
{
	cni_nl_close(&at->nl[CNI_HOST]);
	cni_nl_close(&at->nl[CNI_CONTAINER]);
	cni_nl_close(&at->netfilter);
	cni_nl_close(&at->news);
	if (at->tun >= 0)
		close(at->tun);
	at->tun = -1;
	if (at->announcer >= 0)
		close(at->announcer);
	at->announcer = -1;
	if (at->netns >= 0)
		close(at->netns);
	at->netns = -1;
	at->is_open = false;
}

int cni_attachment_open(struct cni_attachment *at, struct cni_error *err)
{
	if (at->is_open)
		return 0;
	if (open_netns(at->call, at, err) < 0 || (at->netns >= 0 && visit_netns(at, err) < 0) ||
	    cni_nl_open(&at->nl[CNI_HOST], NETLINK_ROUTE, -1, err) < 0) {
		close_all(at);
		return -1;
	}
	at->is_open = true;
	return 0;
}

void cni_attachment_close(struct cni_attachment *at)
{
	cni_delegate_clear(&at->delegate);
	/* The lock as well: it is shared, and the answer belongs to the ADD. */
	if (cni_ending_is_near())
		return;
	close_all(at);
	cni_attachment_unshare(at);
}

/* Each network namespace has a lock of its own. A namespace that gets the numbers of one that is gone
 * gets a lock that is free. */
static bool name_lock(const struct cni_env *env, char name[CNI_SHARED_LOCK_SIZE])
{
	uint64_t dev = env->own_dev;
	uint64_t ino = env->own_ino;
	struct stat st;

	if (!env->netns_is_compared) {
		if (stat(cni_own_netns(), &st) < 0)
			return false;
		dev = st.st_dev;
		ino = st.st_ino;
	}
	snprintf(name, CNI_SHARED_LOCK_SIZE, "netns %ju:%ju", (uintmax_t)dev, (uintmax_t)ino);
	return true;
}

/* A lock that cannot be had is no reason to fail an ADD: without it the rollback of another ADD that
 * fails at this very moment is less careful. */
void cni_attachment_share(struct cni_attachment *at)
{
	struct cni_error err;

	if (name_lock(&at->call->env, at->lock_name) &&
	    cni_lock_take(at->lock_name, CNI_LOCK_SHARED, SHARE_MS, &at->shared_lock, &err) < 0)
		at->shared_lock = -1;
}

void cni_attachment_unshare(struct cni_attachment *at)
{
	if (at->shared_lock >= 0)
		close(at->shared_lock);
	at->shared_lock = -1;
}

static bool make_exclusive(struct cni_attachment *at, unsigned int milliseconds)
{
	struct cni_error ignored;

	return at->shared_lock >= 0 &&
	       cni_lock_change(at->shared_lock, at->lock_name, CNI_LOCK_EXCLUSIVE, milliseconds,
			       &ignored) == 0;
}

bool cni_attachment_is_alone(struct cni_attachment *at)
{
	return make_exclusive(at, 0);
}

struct others {
	const struct cni_attachment *at;
	enum cni_shared what;
	bool exist;
};

/* Attachments that were there before did without. */
static bool has_come_since(const struct cni_attachment *at, const struct cni_link *link)
{
	return *link->alias && cni_owner_is_key(link->name) && link->index > at->host.index;
}

static int note_other(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct others *others = data;
	const struct cni_attachment *at = others->at;
	bool is_port = link->master == at->master.index;

	(void)err;
	switch (others->what) {
	case CNI_SHARED_BRIDGE:
		others->exist |= is_port && link->index != at->host.index;
		break;
	case CNI_SHARED_GATEWAY:
		others->exist |= is_port && has_come_since(at, link);
		break;
	case CNI_SHARED_HOST:
		others->exist |= has_come_since(at, link);
		break;
	}
	return 0;
}

bool cni_attachment_may_take_back(struct cni_attachment *at, enum cni_shared what)
{
	struct others others = {.at = at, .what = what};
	/* On the attachment's own a list may have been given up half way. */
	closing_nl struct cni_nl nl = {0};
	unsigned int wait_ms = at->has_waited ? 0 : TAKE_BACK_MS;
	struct cni_error ignored;

	at->has_waited = true;
	return make_exclusive(at, wait_ms) && cni_nl_open(&nl, NETLINK_ROUTE, -1, &ignored) == 0 &&
	       cni_link_each(&nl, NULL, note_other, NULL, &others, &ignored) == 0 && !others.exist;
}

int cni_attachment_find_interface(const struct cni_attachment *at, enum cni_place place,
				  const char *name)
{
	for (size_t i = 0; i < at->result->interface_count; i++) {
		const struct cni_result_interface *interface = &at->result->interfaces[i];
		bool inside = interface->sandbox && *interface->sandbox;

		if (inside == (place == CNI_CONTAINER) && interface->name &&
		    !strcmp(interface->name, name))
			return (int)i;
	}
	return -1;
}

bool cni_attachment_has_ip(const struct cni_attachment *at, const struct cni_result_ip *ip)
{
	const struct cni_result_interface *interface;

	if (ip->interface < 0 || (size_t)ip->interface >= at->result->interface_count)
		return true;
	interface = &at->result->interfaces[ip->interface];
	return interface->sandbox && *interface->sandbox && interface->name &&
	       !strcmp(interface->name, at->owner->ifname);
}

struct cni_net *cni_attachment_addresses(const struct cni_attachment *at, size_t *ret_count)
{
	struct cni_net *nets = cni_realloc_array(NULL, at->result->ip_count, sizeof(*nets));

	*ret_count = 0;
	for (size_t i = 0; i < at->result->ip_count; i++) {
		const struct cni_result_ip *ip = &at->result->ips[i];

		if (cni_attachment_has_ip(at, ip))
			nets[(*ret_count)++] = ip->address;
	}
	return nets;
}
