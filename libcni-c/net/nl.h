/* SPDX-License-Identifier: Apache-2.0 */
/* A netlink message and its round trip. The code reads like the message: putting cannot fail,
 * the message records an overflow, and the round trip checks for it once. Nesting is
 * indentation.
 *
 *	cni_nl_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
 *	cni_nl_put_string(&m, IFLA_IFNAME, name);
 *	CNI_NL_NEST(&m, IFLA_LINKINFO)
 *		cni_nl_put_string(&m, IFLA_INFO_KIND, "bridge");
 *	return cni_nl_transact(nl, &m, NULL, NULL, err); */
#ifndef CNI_NL_H
#define CNI_NL_H

#include "decls.h"
#include "error.h"
#include "ip.h"
#include "nl_attr.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A socket stays in the namespace in which it was opened, whatever the process does later. */
struct cni_nl {
	struct mnl_socket *socket; /* NULL: not open */
	uint32_t seq;	/* of the message that was sent last; the first one's is random */
	bool is_strict; /* dumps are checked strictly; true as well where there is no such thing */
	bool is_frugal; /* datagrams are read one by one: not all of them are wanted */
};

/* Opens a socket of `protocol` (NETLINK_ROUTE, NETLINK_NETFILTER) in the namespace `netns` (a descriptor; -1: where
 * we are) with extended acknowledgements, connected to the kernel: any process with CAP_NET_ADMIN in that namespace
 * may send to the socket's port, but the kernel refuses datagrams from other ports than the one a socket is
 * connected to (netlink_getsockbyportid() in its net/netlink/af_netlink.c). The process is back home when it
 * returns. Fails with CNI_EKERNEL. */
int cni_nl_open(struct cni_nl *ret_nl, int protocol, int netns, struct cni_error *err);
/* Also for one that is not open. */
void cni_nl_close(struct cni_nl *nl);

#define CNI_NL_MESSAGE_SIZE 4096

/* A message that is being written. The round trip of one that is too long fails with CNI_EKERNEL. */
struct cni_nl_message {
	struct nlmsghdr *header;
	bool overflowed;
	char buffer[CNI_NL_MESSAGE_SIZE] __attribute__((aligned(8)));
};

/* Begins a message; NLM_F_REQUEST is added. Returns `extra` zeroed bytes behind the
 * header, for the family's own struct. */
void *cni_nl_init(struct cni_nl_message *m, uint16_t type, uint16_t flags, size_t extra);

/* An attribute of `type` (IFLA_MTU, …); numbers in the host's byte order. */
void cni_nl_put(struct cni_nl_message *m, uint16_t type, const void *data, size_t size);
void cni_nl_put_u8(struct cni_nl_message *m, uint16_t type, uint8_t value);
void cni_nl_put_u16(struct cni_nl_message *m, uint16_t type, uint16_t value);
void cni_nl_put_u32(struct cni_nl_message *m, uint16_t type, uint32_t value);
/* With its terminating NUL. */
void cni_nl_put_string(struct cni_nl_message *m, uint16_t type, const char *text);
/* 4 or 16 bytes; an unset address puts nothing. */
void cni_nl_put_ip(struct cni_nl_message *m, uint16_t type, const struct cni_ip *ip);

/* Raw bytes inside a nest, such as the struct ifinfomsg before a peer's attributes. */
void *cni_nl_put_header(struct cni_nl_message *m, size_t size);

/* A nest by hand; CNI_NL_NEST does both. */
struct nlattr *cni_nl_nest_begin(struct cni_nl_message *m, uint16_t type);
void cni_nl_nest_end(struct cni_nl_message *m, struct nlattr *nest);

/* Attributes put in the macro's body are nested in `type`. No return or break inside. */
#define CNI_NL_NEST(m, type)		 CNI_NL_NEST_AT(m, type, __LINE__)
#define CNI_NL_NEST_AT(m, type, line)	 CNI_NL_NEST_NAMED(m, type, line)
#define CNI_NL_NEST_NAMED(m, type, line) CNI_NL_NEST_LOOP(m, type, nest_##line, once_##line)
#define CNI_NL_NEST_LOOP(m, type, n, o)                                                            \
	for (struct nlattr *n = cni_nl_nest_begin((m), (type)), *o = (void *)(m); o;               \
	     cni_nl_nest_end((m), n), o = NULL)

/* Receives a datagram from the kernel. Returns its size, and its messages in `ret_messages`,
 * valid until the next call for any socket. Drops datagrams of other senders. Does not wait: the
 * kernel answers before send(2) returns, and goes on with a dump within recvmsg(2)
 * (netlink_unicast_kernel(), netlink_recvmsg() in its net/netlink/af_netlink.c). Fails with
 * CNI_EKERNEL: errnum ETIMEDOUT without a datagram, because the kernel drops an answer if out of
 * memory, and EMSGSIZE if the datagram is truncated. */
int cni_nl_receive(struct cni_nl *nl, const struct nlmsghdr **ret_messages, struct cni_error *err);

/* Handles a message of an answer that cni_nl_is_whole() accepts and whose type answers the
 * request (RTM_NEWLINK for RTM_GETLINK). Returns 0 to go on, or -1 with `err` filled. */
typedef int cni_nl_cb(const struct nlmsghdr *message, void *data, struct cni_error *err);

/* Sends and reads the whole answer, up to its acknowledgement. Fails with CNI_EKERNEL, errnum, and
 * the kernel's own words (NLMSGERR_ATTR_MSG) in the message. `cb` may be NULL. */
int cni_nl_transact(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
		    struct cni_error *err);

/* As above for a request with exactly one answer or an error: this saves the acknowledgement. A
 * request that may remain unanswered needs cni_nl_transact(). */
int cni_nl_get(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
	       struct cni_error *err);

/* A request of several that are sent together. */
struct cni_nl_request {
	struct cni_nl_message *message;
	bool is_get; /* has exactly one answer or an error, as for cni_nl_get(); otherwise as for cni_nl_transact() */
	cni_nl_cb *cb; /* NULL allowed */
	void *data;
	int failed; /* afterwards: 0, or -1 with `err` */
	struct cni_error err;
};

#define CNI_NL_TOGETHER_MAX 4

/* Sends up to CNI_NL_TOGETHER_MAX requests with one system call, and reads all of their answers. The kernel handles
 * them in this order, and goes on after one that fails (netlink_rcv_skb() in its net/netlink/af_netlink.c): a
 * request that must not follow a failure is sent by itself. No dumps. Fails with CNI_EKERNEL if the answers cannot
 * be had: any of the requests may have been obeyed. */
int cni_nl_together(struct cni_nl *nl, struct cni_nl_request *requests, size_t count,
		    struct cni_error *err);

/* As above for a dump, which is repeated (up to 16 times, then CNI_EKERNEL with EAGAIN) while
 * the kernel reports an interruption by a change (NLM_F_DUMP_INTR); `restart` (NULL allowed) is
 * called before, to discard the items collected by `cb`. */
int cni_nl_dump(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb,
		void (*restart)(void *data), void *data, struct cni_error *err);

/* A dump whose reading ends when `cb` fails, to save reading the rest. An interrupted dump is
 * not repeated. The socket still has the rest of the answer, and must be closed. */
int cni_nl_dump_until(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
		      struct cni_error *err);

/* Waits at most `milliseconds` until `look` reports that it is done: calls `look` first, and
 * after each announcement to the multicast `group` (RTNLGRP_*). The announcements come to
 * `news`, a socket used only for this, in the namespace of `nl`; NULL: a socket is opened here.
 * A look gives more than the announcement, and works after an overrun. Fails with CNI_EKERNEL,
 * errnum ETIMEDOUT, or as `look` does. */
int cni_nl_wait(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		int (*look)(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err),
		void *data, struct cni_error *err);

/* Reads the error of a whole NLMSG_ERROR or NLMSG_DONE: 0, or -1 with `err` filled. */
int cni_nl_read_error(const struct nlmsghdr *message, struct cni_error *err);

CNI_END_DECLS

#endif
