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

/* The parts of a tuple by which the kernel filters a dump (since 5.8; older kernels send all,
 * and we filter). The kernel's net/netfilter/nf_internals.h has the numbers. */
#define FILTER_PROTOCOL		(1U << 3)
#define FILTER_DESTINATION_PORT (1U << 5)

/* A connection to be forgotten: the attributes by which the kernel knows it. */
struct found {
	struct cni_ip destination;
	bool if_local; /* only then, since its target is for any address */
	uint8_t tuple[256];
	size_t tuple_size;
	uint32_t id; /* as it came */
	bool has_id;
};

struct search {
	uint8_t family;
	uint8_t protocol;
	const struct cni_conntrack_target *targets; /* in compare_targets()'s order */
	size_t target_count;
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

static const struct cni_nl_policy policy[CTA_MAX + 1] = {
	[CTA_TUPLE_ORIG] = {MNL_TYPE_NESTED},
	[CTA_ID] = {MNL_TYPE_U32},
};

static const struct cni_nl_policy tuple_policy[CTA_TUPLE_MAX + 1] = {
	[CTA_TUPLE_IP] = {MNL_TYPE_NESTED},
	[CTA_TUPLE_PROTO] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy ip_policy[CTA_IP_MAX + 1] = {
	[CTA_IP_V4_DST] = {MNL_TYPE_BINARY, 4, 4},
	[CTA_IP_V6_DST] = {MNL_TYPE_BINARY, 16, 16},
};

static const struct cni_nl_policy proto_policy[CTA_PROTO_MAX + 1] = {
	[CTA_PROTO_NUM] = {MNL_TYPE_U8},
	[CTA_PROTO_DST_PORT] = {MNL_TYPE_U16},
};

/* Sorts by port; the target for any address comes before those for one address. */
static int compare_targets(const void *left, const void *right)
{
	const struct cni_conntrack_target *a = left;
	const struct cni_conntrack_target *b = right;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return cni_ip_compare(&a->address, &b->address);
}

static bool has_target(const struct search *search, uint16_t port, const struct cni_ip *address)
{
	const struct cni_conntrack_target wanted = {.port = port, .address = *address};

	return bsearch(&wanted, search->targets, search->target_count, sizeof(wanted),
		       compare_targets) != NULL;
}

static bool is_meant(const struct search *search, const struct nlattr *tuple, struct found *found)
{
	static const struct cni_ip any;
	const struct nlattr *parts[CTA_TUPLE_MAX + 1];
	const struct nlattr *proto[CTA_PROTO_MAX + 1];
	const struct nlattr *ips[CTA_IP_MAX + 1];
	uint16_t port;

	cni_nl_parse_nested(tuple, tuple_policy, parts, CTA_TUPLE_MAX);
	cni_nl_parse_nested(parts[CTA_TUPLE_PROTO], proto_policy, proto, CTA_PROTO_MAX);
	cni_nl_parse_nested(parts[CTA_TUPLE_IP], ip_policy, ips, CTA_IP_MAX);
	if (!proto[CTA_PROTO_NUM] || cni_nl_u8(proto[CTA_PROTO_NUM], 0) != search->protocol ||
	    !proto[CTA_PROTO_DST_PORT] ||
	    !cni_nl_ip(ips[search->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST],
		       search->family, &found->destination))
		return false;
	port = ntohs(cni_nl_u16(proto[CTA_PROTO_DST_PORT], 0));
	found->if_local = !has_target(search, port, &found->destination);
	return !found->if_local || has_target(search, port, &any);
}

static int collect(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[CTA_MAX + 1];
	struct search *search = data;
	struct found found;
	const void *tuple;

	(void)err;
	cni_nl_parse(message, policy, table, CTA_MAX);
	tuple = cni_nl_binary(table[CTA_TUPLE_ORIG], &found.tuple_size);
	if (header->nfgen_family != search->family || !tuple ||
	    found.tuple_size > sizeof(found.tuple) ||
	    !is_meant(search, table[CTA_TUPLE_ORIG], &found))
		return 0;
	memcpy(found.tuple, tuple, found.tuple_size);
	found.has_id = table[CTA_ID] != NULL;
	found.id = cni_nl_u32(table[CTA_ID], 0);
	if ((search->count & (search->count - 1)) == 0)
		search->items =
			cni_realloc_array(search->items, search->count ? search->count * 2 : 1,
					  sizeof(*search->items));
	search->items[search->count++] = found;
	return 0;
}

static void restart(void *data)
{
	((struct search *)data)->count = 0;
}

static int find(struct cni_nl *nl, struct search *search, struct cni_error *err)
{
	bool one_port = search->targets[0].port == search->targets[search->target_count - 1].port;
	struct cni_nl_message m;

	begin(&m, IPCTNL_MSG_CT_GET, search->family);
	CNI_NL_NEST (&m, CTA_TUPLE_ORIG)
		CNI_NL_NEST (&m, CTA_TUPLE_PROTO) {
			cni_nl_put_u8(&m, CTA_PROTO_NUM, search->protocol);
			cni_nl_put_u16(&m, CTA_PROTO_DST_PORT, htons(search->targets[0].port));
		}
	CNI_NL_NEST (&m, CTA_FILTER) {
		cni_nl_put_u32(&m, CTA_FILTER_ORIG_FLAGS,
			       FILTER_PROTOCOL | (one_port ? FILTER_DESTINATION_PORT : 0));
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
	/* The id excludes a newer connection with the same addresses. */
	if (found->has_id)
		cni_nl_put_u32(&m, CTA_ID, found->id);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0 && err->errnum != ENOENT)
		return -1;
	return 0;
}

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left;
	const struct found *b = right;

	if (a->if_local != b->if_local)
		return a->if_local ? 1 : -1;
	return cni_ip_compare(&a->destination, &b->destination);
}

/* Sorted, to group the connections to an address. */
static int forget_found(struct cni_nl *nl, struct search *search, cni_conntrack_is_local *is_local,
			void *data, struct cni_error *err)
{
	const struct found *previous = NULL;
	bool is_ours = false;

	if (search->count)
		qsort(search->items, search->count, sizeof(*search->items), compare_found);
	for (size_t i = 0; i < search->count; i++) {
		const struct found *found = &search->items[i];

		if (!previous || compare_found(previous, found) != 0)
			is_ours = !found->if_local || is_local(&found->destination, data);
		previous = found;
		if (is_ours && forget(nl, search->family, found, err) < 0)
			return -1;
	}
	return 0;
}

int cni_conntrack_forget(struct cni_nl *nl, uint8_t family, uint8_t protocol,
			 struct cni_conntrack_target *targets, size_t count,
			 cni_conntrack_is_local *is_local, void *data, struct cni_error *err)
{
	struct search search = {
		.family = family, .protocol = protocol, .targets = targets, .target_count = count};
	int failed;

	if (!count)
		return 0;
	qsort(targets, count, sizeof(*targets), compare_targets);
	failed = find(nl, &search, err);
	/* Only now: `is_local` may have to ask the kernel, in the same buffer. */
	if (!failed)
		failed = forget_found(nl, &search, is_local, data, err);
	free(search.items);
	return failed ? cni_fail_within(err, "connection tracking") : 0;
}
