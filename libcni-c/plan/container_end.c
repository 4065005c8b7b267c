/* SPDX-License-Identifier: Apache-2.0 */
#include "container_end.h"

#include "peer.h"

#include <errno.h>
#include <linux/rtnetlink.h>

/* linux/if.h has it, and cannot be included beside net/if.h. */
#define OPER_UP 6

int cni_container_end_gone(const struct cni_attachment *at, struct cni_error *err)
{
	cni_fail(err, CNI_EKERNEL,
		 "'%s' is not in the container any more: a process in the container has moved or "
		 "deleted it during ADD",
		 at->owner->ifname);
	err->errnum = ENODEV;
	return -1;
}

static bool is_gone(struct cni_attachment *at)
{
	struct cni_error err;
	struct cni_link now;

	if (!at->host.index)
		return at->container.index &&
		       cni_link_get_by_index(&at->nl[CNI_CONTAINER], at->container.index, &now,
					     &err) < 0 &&
		       err.errnum == ENODEV;
	if (cni_link_get_by_index(&at->nl[CNI_HOST], at->host.index, &now, &err) < 0)
		return err.errnum == ENODEV;
	return now.peer != at->host.peer || now.peer_netns != at->host.peer_netns;
}

int cni_container_end_explain(struct cni_attachment *at, struct cni_error *err)
{
	return is_gone(at) ? cni_container_end_gone(at, err) : -1;
}

int cni_container_end_failed(struct cni_attachment *at, struct cni_error *err)
{
	cni_fail_within(err, "'%s' in the container", at->owner->ifname);
	return cni_container_end_explain(at, err);
}

int cni_container_end_follow(struct cni_attachment *at, struct cni_error *err)
{
	bool is_in;

	if (cni_peer_is_in(&at->nl[CNI_HOST], &at->host, at->netns, &is_in, err) < 0)
		return -1;
	if (!is_in)
		return cni_container_end_gone(at, err);
	at->container.index = at->host.peer;
	return 0;
}

static int is_up(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	struct cni_attachment *at = data;
	struct cni_link now;

	if (cni_link_get_by_index(nl, at->host.index, &now, err) < 0)
		return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
	if (now.peer != at->host.peer || now.peer_netns != at->host.peer_netns)
		return cni_container_end_gone(at, err);
	*ret_done = now.operstate == OPER_UP;
	at->host = now;
	return 0;
}

int cni_container_end_wait_up(struct cni_attachment *at, unsigned int milliseconds,
			      struct cni_error *err)
{
	if (cni_nl_wait(&at->nl[CNI_HOST], NULL, RTNLGRP_LINK, milliseconds, is_up, at, err) == 0)
		return 0;
	if (err->errnum == ENODEV)
		return -1;
	cni_fail_within(err, "wait for link '%s' to be operationally up", at->host.name);
	/* A move of what was down is not announced here. */
	return cni_container_end_explain(at, err);
}
