/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment: the container's interface, its namespace, a socket on each side, and what the walk
 * has learned so far. Parts do not know each other; they meet here. */
#ifndef CNI_ATTACHMENT_H
#define CNI_ATTACHMENT_H

#include "decls.h"
#include "delegate.h"
#include "error.h"
#include "link.h"
#include "nl.h"
#include "owner.h"
#include "result.h"
#include "verbs.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* The two sides of an attachment, each with a socket of its own. */
enum cni_place { CNI_HOST, CNI_CONTAINER };

struct cni_attachment;

/* For ADD: `open` is called in the container's namespace, to open things that later work from outside.
 * The process is there only once, before anything is made, so that a way home that fails leaves
 * nothing. */
struct cni_visit {
	int (*open)(struct cni_attachment *at, const void *data, struct cni_error *err);
	const void *data;
};

#define CNI_SHARED_LOCK_SIZE 64

/* A part writes `result` and what the parts of links have learned, and reads the rest. */
struct cni_attachment {
	const struct cni_call *call;
	/* call->owner; in a plan's walks with its texts (cni_owner_make()). */
	const struct cni_owner *owner;
	struct cni_result *result; /* ADD fills it; for CHECK it is the prevResult */
	struct cni_visit visit;
	bool is_open;
	int netns;		 /* a descriptor; -1: none, or gone */
	int tun;		 /* /dev/net/tun in the container's namespace; see `visit` */
	struct cni_nl nl[2];	 /* rtnetlink, by enum cni_place; the container's needs `netns` */
	struct cni_nl netfilter; /* opened by cni_attachment_netfilter(), see parts/netfilter.h */
	struct cni_nl news;	 /* rtnetlink in the container, for announcements; see `visit` */
	int announcer;		 /* a raw ICMPv6 socket in the container; see `visit` */
	int shared_lock;	 /* see cni_attachment_is_alone() */
	char lock_name[CNI_SHARED_LOCK_SIZE];
	bool has_waited; /* see cni_attachment_may_take_back() */

	/* Learned by the links' parts, for those after them. Index 0: not yet. */
	struct cni_link master; /* the bridge */
	struct cni_link host;	/* the veth's end on the host */
	/* CNI_IFNAME. ADD fills index and MAC only (container_end.h). CHECK: `has_mac`
	 * only if the MAC is the one that the prevResult has. */
	struct cni_link container;
	bool leased;		      /* the IPAM plugin has given us addresses */
	struct cni_delegate delegate; /* the IPAM plugin, once ADD has found it */
};

/* The attachment of a call, with nothing open. `visit`: NULL for none. */
void cni_attachment_begin(const struct cni_call *call, struct cni_result *result,
			  const struct cni_visit *visit, struct cni_attachment *ret_at);

/* Opens what the command needs, and what the visit adds: ADD, CHECK and MEND the namespace and both
 * sockets, failing with CNI_EENV if CNI_NETNS is no network namespace; DEL both, or the host's alone if
 * the namespace is gone, is no namespace or is our own; GC, SWEEP and STATUS the host's. Does nothing for
 * an attachment that is open. Other failures are CNI_EKERNEL; nothing is open after a failure. */
int cni_attachment_open(struct cni_attachment *at, struct cni_error *err);
/* Also for one that is closed already. */
void cni_attachment_close(struct cni_attachment *at);
/* For one that is closed and may never be opened. */
#define CNI_NO_ATTACHMENT                                                                          \
	{                                                                                          \
		.netns = -1, .tun = -1, .shared_lock = -1, .announcer = -1                         \
	}

/* Things that attachments share (the bridge, its addresses, forwarding) are taken back after a
 * failed ADD only while no other ADD is under way, for it may have found them and count on them,
 * and while no attachment has come since. Every ADD therefore holds the shared lock (lock.h) of the
 * host's network namespace, and cni_attachment_is_alone() tries, without waiting, to make it
 * exclusive. It stays exclusive until cni_attachment_unshare(): an ADD that begins meanwhile waits,
 * for as long as it takes to delete a link. Without a lock (/run is read-only, say) ADD and GC go
 * on, and is_alone and may_take_back are false. */
void cni_attachment_share(struct cni_attachment *at);
void cni_attachment_unshare(struct cni_attachment *at);
bool cni_attachment_is_alone(struct cni_attachment *at);

/* For the undo of what this ADD has made and others may have come to share: waits, once, for the
 * ADDs that are under way, for some seconds at most, and returns true if no other attachment needs it. False where
 * the host cannot be looked at. */
enum cni_shared {
	CNI_SHARED_BRIDGE,  /* at->master itself: no port but ours */
	CNI_SHARED_GATEWAY, /* addresses of at->master: no port of an attachment that came later */
	CNI_SHARED_HOST,    /* no attachment that came later */
};
bool cni_attachment_may_take_back(struct cni_attachment *at, enum cni_shared what);

/* The index in at->result of the interface `name` (in the container, or on the host), or -1. */
int cni_attachment_find_interface(const struct cni_attachment *at, enum cni_place place,
				  const char *name);

/* True if `ip`, of at->result, names the container's interface or none of the result's interfaces: a plugin may have
 * returned an index and no interfaces. */
bool cni_attachment_has_ip(const struct cni_attachment *at, const struct cni_result_ip *ip);

/* Their addresses. An array that the caller frees. */
struct cni_net *cni_attachment_addresses(const struct cni_attachment *at, size_t *ret_count);

/* True if a result's interface has no sandbox and a name that a link can have. */
bool cni_attachment_is_on_host(const struct cni_result_interface *interface);

/* The first such interface of at->result, which is the bridge or, without one, the host's end. "" if
 * there is none. */
const char *cni_attachment_first_link(const struct cni_attachment *at);

/* The interface of the host through which the container's packets come: the first link; with a gateway
 * in a VLAN, the bridge's interface in it ("br0.100"). "" if the result has none. */
const char *cni_attachment_device(const struct cni_attachment *at);

/* The link on the host that is there as long as the attachment is, by at->result: the last such
 * interface before the container's. "" if the result has none. */
const char *cni_attachment_host_link(const struct cni_attachment *at);

/* The same if the host has it; "" otherwise: that it is absent then says nothing about the attachment
 * later. */
const char *cni_attachment_find_host_link(struct cni_attachment *at);

CNI_END_DECLS

#endif
