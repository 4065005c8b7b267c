/* SPDX-License-Identifier: Apache-2.0 */
#include "conntrack.h"

#include "cleanup.h"
#include "mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

/* What of a tuple a dump is filtered by (since 5.8; others send all, and we look ourselves). The
 * kernel's net/netfilter/nf_internals.h has the numbers. */
#define FILTER_PROTOCOL		(1U << 3)
#define FILTER_DESTINATION_PORT (1U << 5)

/* A connection to be forgotten: the attributes by which the kernel knows it. */
struct found {
	struct cni_ip destination;
	uint8_t tuple[256];
	size_t tuple_size;
	uint32_t id; /* as it came */
	bool has_id;
};

struct search {
	uint8_t family;
	uint8_t protocol;
	uint16_t port;
	struct found *items;
	size_t count;
};

static void begin(struct cni_nl_message *m, uint16_t type, uint8_t family)
{
	struct nfgenmsg *header =
		cni_nl_init(m, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), 0, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
}

/* ---- find ---- */

static bool read_destination(const struct nlattr *ips, uint8_t family, struct cni_ip *ret_ip)
{
	const struct nlattr *table[CTA_IP_MAX + 1];
	const struct nlattr *ip;

	*ret_ip = (struct cni_ip){.family = family};
	if (!ips)
		return false;
	cni_nl_parse_nested(ips, table, CTA_IP_MAX);
	ip = table[family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST];
	if (!ip || mnl_attr_get_payload_len(ip) != cni_ip_size(ret_ip))
		return false;
	memcpy(ret_ip->bytes, mnl_attr_get_payload(ip), cni_ip_size(ret_ip));
	return true;
}

static bool is_meant(const struct search *search, const struct nlattr *tuple,
		     struct cni_ip *ret_destination)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1];
	const struct nlattr *proto[CTA_PROTO_MAX + 1];

	cni_nl_parse_nested(tuple, parts, CTA_TUPLE_MAX);
	if (!parts[CTA_TUPLE_PROTO])
		return false;
	cni_nl_parse_nested(parts[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
	return proto[CTA_PROTO_NUM] && proto[CTA_PROTO_DST_PORT] &&
	       mnl_attr_get_u8(proto[CTA_PROTO_NUM]) == search->protocol &&
	       ntohs(mnl_attr_get_u16(proto[CTA_PROTO_DST_PORT])) == search->port &&
	       read_destination(parts[CTA_TUPLE_IP], search->family, ret_destination);
}

static int collect(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[CTA_MAX + 1];
	const struct nlattr *tuple;
	struct search *search = data;
	struct cni_ip destination;
	struct found *found;

	(void)err;
	cni_nl_parse(message, sizeof(*header), table, CTA_MAX);
	tuple = table[CTA_TUPLE_ORIG];
	if (header->nfgen_family != search->family || !tuple ||
	    mnl_attr_get_payload_len(tuple) > sizeof(found->tuple) ||
	    !is_meant(search, tuple, &destination))
		return 0;
	search->items = cni_realloc_array(search->items, search->count + 1, sizeof(*search->items));
	found = &search->items[search->count++];
	found->destination = destination;
	found->tuple_size = mnl_attr_get_payload_len(tuple);
	memcpy(found->tuple, mnl_attr_get_payload(tuple), found->tuple_size);
	found->has_id = table[CTA_ID] != NULL;
	found->id = found->has_id ? mnl_attr_get_u32(table[CTA_ID]) : 0;
	return 0;
}

static void restart(void *data)
{
	((struct search *)data)->count = 0;
}

static int find(struct cni_nl *nl, struct search *search, struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, IPCTNL_MSG_CT_GET, search->family);
	CNI_NL_NEST (&m, CTA_TUPLE_ORIG)
		CNI_NL_NEST (&m, CTA_TUPLE_PROTO) {
			cni_nl_put_u8(&m, CTA_PROTO_NUM, search->protocol);
			cni_nl_put_u16(&m, CTA_PROTO_DST_PORT, htons(search->port));
		}
	CNI_NL_NEST (&m, CTA_FILTER) {
		cni_nl_put_u32(&m, CTA_FILTER_ORIG_FLAGS,
			       FILTER_PROTOCOL | FILTER_DESTINATION_PORT);
		cni_nl_put_u32(&m, CTA_FILTER_REPLY_FLAGS, 0);
	}
	return cni_nl_dump(nl, &m, collect, restart, search, err);
}

/* ---- forget ---- */

static int forget(struct cni_nl *nl, uint8_t family, const struct found *found,
		  struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, IPCTNL_MSG_CT_DELETE, family);
	cni_nl_put(&m, CTA_TUPLE_ORIG | NLA_F_NESTED, found->tuple, found->tuple_size);
	/* Not one that has begun since with the same addresses. */
	if (found->has_id)
		cni_nl_put_u32(&m, CTA_ID, found->id);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0 && err->errnum != ENOENT)
		return -1;
	return 0;
}

int cni_conntrack_forget(struct cni_nl *nl, uint8_t family, uint8_t protocol, uint16_t port,
			 cni_conntrack_chooser *choose, void *data, struct cni_error *err)
{
	struct search search = {.family = family, .protocol = protocol, .port = port};
	int failed = find(nl, &search, err);

	/* Only now: who chooses may have to ask the kernel, in the same buffer. */
	for (size_t i = 0; i < search.count && !failed; i++)
		if (choose(&search.items[i].destination, data))
			failed = forget(nl, family, &search.items[i], err);
	free(search.items);
	return failed ? cni_fail_within(err, "connection tracking") : 0;
}
