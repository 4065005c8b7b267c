/* SPDX-License-Identifier: Apache-2.0 */
#include "addr.h"

#include "mem.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct cni_nl_message *m, uint16_t type, uint16_t flags, int index,
		  const struct cni_net *net)
{
	struct ifaddrmsg *ifa = cni_nl_init(m, type, flags, sizeof(*ifa));

	ifa->ifa_family = net->ip.family;
	ifa->ifa_prefixlen = net->prefix;
	ifa->ifa_index = (unsigned int)index;
	cni_nl_put_ip(m, IFA_LOCAL, &net->ip);
	cni_nl_put_ip(m, IFA_ADDRESS, &net->ip);
}

/* IFA_FLAGS holds more than the eight bits of ifa_flags, and replaces these. */
static uint32_t kernel_flags(const struct cni_net *net, unsigned int flags)
{
	uint32_t to_kernel = 0;

	if (net->ip.family == AF_INET6 && !(flags & CNI_ADDR_DAD))
		to_kernel |= IFA_F_NODAD;
	if (flags & CNI_ADDR_NO_ROUTE)
		to_kernel |= IFA_F_NOPREFIXROUTE;
	return to_kernel;
}

int cni_addr_add(struct cni_nl *nl, int index, const struct cni_net *net, unsigned int flags,
		 struct cni_error *err)
{
	uint32_t to_kernel = kernel_flags(net, flags);
	char text[CNI_NET_TEXT_SIZE];
	struct cni_nl_message m;

	begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, net);
	if (net->ip.family == AF_INET && net->prefix < 31) {
		/* As ip(8) and Go's netlink do: "brd +". */
		struct cni_ip broadcast = cni_net_last(net);

		cni_nl_put_ip(&m, IFA_BROADCAST, &broadcast);
	}
	if (to_kernel)
		cni_nl_put_u32(&m, IFA_FLAGS, to_kernel);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add address %s", cni_net_format(net, text));
	return 0;
}

int cni_addr_del(struct cni_nl *nl, int index, const struct cni_net *net, struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];
	struct cni_nl_message m;

	begin(&m, RTM_DELADDR, 0, index, net);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "delete address %s", cni_net_format(net, text));
	return 0;
}

/* 4 or 16 bytes, of which cni_nl_ip() takes those of the address's family. */
static const struct cni_nl_policy policy[IFA_MAX + 1] = {
	[IFA_ADDRESS] = {MNL_TYPE_BINARY, 4, 16},
	[IFA_LOCAL] = {MNL_TYPE_BINARY, 4, 16},
	[IFA_FLAGS] = {MNL_TYPE_U32},
};

/* On a point-to-point link, IFA_ADDRESS is the other side's. */
static bool read_net(const struct nlmsghdr *message, struct cni_net *ret_net)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1];

	cni_nl_parse(message, policy, table, IFA_MAX);
	*ret_net = (struct cni_net){.prefix = ifa->ifa_prefixlen};
	return cni_nl_ip(table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS], ifa->ifa_family,
			 &ret_net->ip) &&
	       ret_net->prefix <= cni_ip_bits(&ret_net->ip);
}

struct list {
	int index;
	struct cni_net *nets;
	size_t count;
};

static int keep(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	struct list *list = data;
	struct cni_net net;

	(void)err;
	if (ifa->ifa_index != (unsigned int)list->index || !read_net(message, &net))
		return 0;
	list->nets = cni_realloc_array(list->nets, list->count + 1, sizeof(*list->nets));
	list->nets[list->count++] = net;
	return 0;
}

static void forget(void *data)
{
	((struct list *)data)->count = 0;
}

int cni_addr_list(struct cni_nl *nl, int index, struct cni_net **ret_nets, size_t *ret_count,
		  struct cni_error *err)
{
	struct list list = {.index = index};
	struct cni_nl_message m;
	struct ifaddrmsg *ifa = cni_nl_init(&m, RTM_GETADDR, 0, sizeof(*ifa));

	/* With strict checking the kernel (since 4.20) lists this link's only. */
	ifa->ifa_index = (unsigned int)index;
	if (cni_nl_dump(nl, &m, keep, forget, &list, err) < 0) {
		free(list.nets);
		return cni_fail_within(err, "list the addresses of link %d", index);
	}
	*ret_nets = list.nets;
	*ret_count = list.count;
	return 0;
}

struct each {
	int (*cb)(int index, const struct cni_net *net, void *data, struct cni_error *err);
	void (*restart)(void *data);
	void *data;
};

static int visit(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	const struct each *each = data;
	struct cni_net net;

	return read_net(message, &net) ? each->cb((int)ifa->ifa_index, &net, each->data, err) : 0;
}

static void restart_each(void *data)
{
	const struct each *each = data;

	if (each->restart)
		each->restart(each->data);
}

int cni_addr_each(struct cni_nl *nl,
		  int (*cb)(int index, const struct cni_net *net, void *data,
			    struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct each each = {cb, restart, data};
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
	if (cni_nl_dump(nl, &m, visit, restart_each, &each, err) < 0)
		return cni_fail_within(err, "list the addresses");
	return 0;
}

/* The combined flags of a link's IPv6 addresses. */
struct settling {
	int index;
	bool tentative;
	struct cni_ip failed; /* one that another host has; unset: none */
};

static int look(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1];
	struct settling *settling = data;
	struct cni_ip failed;
	uint32_t flags;

	(void)err;
	if (ifa->ifa_index != (unsigned int)settling->index || ifa->ifa_family != AF_INET6)
		return 0;
	cni_nl_parse(message, policy, table, IFA_MAX);
	flags = cni_nl_u32(table[IFA_FLAGS], ifa->ifa_flags);
	settling->tentative |= (flags & IFA_F_TENTATIVE) != 0;
	if (flags & IFA_F_DADFAILED && cni_nl_ip(table[IFA_ADDRESS], AF_INET6, &failed))
		settling->failed = failed;
	return 0;
}

static int are_settled(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	struct settling *settling = data;
	char text[CNI_IP_TEXT_SIZE];
	struct cni_nl_message m;
	struct ifaddrmsg *ifa = cni_nl_init(&m, RTM_GETADDR, 0, sizeof(*ifa));

	ifa->ifa_family = AF_INET6;
	ifa->ifa_index = (unsigned int)settling->index;
	settling->tentative = false;
	if (cni_nl_dump(nl, &m, look, NULL, settling, err) < 0)
		return -1;
	if (cni_ip_is_set(&settling->failed)) {
		cni_fail(err, CNI_EKERNEL, "another host uses %s already",
			 cni_ip_format(&settling->failed, text));
		err->errnum = EADDRINUSE;
		return -1;
	}
	*ret_done = !settling->tentative;
	return 0;
}

int cni_addr_wait_settled(struct cni_nl *nl, struct cni_nl *news, int index,
			  unsigned int milliseconds, struct cni_error *err)
{
	struct settling settling = {.index = index};

	return cni_nl_wait(nl, news, RTNLGRP_IPV6_IFADDR, milliseconds, are_settled, &settling,
			   err) < 0
		       ? cni_fail_within(err, "wait for duplicate address detection")
		       : 0;
}
