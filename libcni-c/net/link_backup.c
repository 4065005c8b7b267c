/* SPDX-License-Identifier: Apache-2.0 */
#include "link_backup.h"

#include "cleanup.h"
#include "mem.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer ones have no room in a message for the kernel. */
#define ITEM_MAX 2048

void cni_link_backup_clear(struct cni_link_backup *backup)
{
	for (size_t i = 0; i < backup->count; i++)
		free(backup->items[i].bytes);
	free(backup->items);
	*backup = (struct cni_link_backup){.items = NULL};
}

static void add(struct cni_link_backup *backup, uint16_t type, const void *bytes, size_t size)
{
	struct cni_link_backup_item *item;

	backup->items = cni_realloc_array(backup->items, backup->count + 1, sizeof(*backup->items));
	item = &backup->items[backup->count++];
	item->type = type;
	item->size = size;
	item->bytes = cni_alloc(size);
	memcpy(item->bytes, bytes, size);
}

/* ---- reading ---- */

static const struct cni_nl_policy address_policy[IFA_MAX + 1] = {
	[IFA_FLAGS] = {MNL_TYPE_U32},
};

static const struct cni_nl_policy route_policy[RTA_MAX + 1] = {
	[RTA_OIF] = {MNL_TYPE_U32},	     [RTA_TABLE] = {MNL_TYPE_U32},
	[RTA_GATEWAY] = {MNL_TYPE_BINARY},   [RTA_VIA] = {MNL_TYPE_BINARY},
	[RTA_MULTIPATH] = {MNL_TYPE_BINARY}, [RTA_NH_ID] = {MNL_TYPE_U32},
};

struct reading {
	int index;
	struct cni_link_backup *backup;
	size_t begin; /* of this dump's items */
};

static void keep(struct reading *reading, const struct nlmsghdr *message)
{
	size_t size = mnl_nlmsg_get_payload_len(message);

	if (size <= ITEM_MAX)
		add(reading->backup, message->nlmsg_type, mnl_nlmsg_get_payload(message), size);
}

static int keep_address(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1];
	struct reading *reading = data;

	(void)err;
	cni_nl_parse(message, address_policy, table, IFA_MAX);
	/* The bit is IFA_F_SECONDARY for IPv4. */
	if (ifa->ifa_index != (unsigned int)reading->index ||
	    (ifa->ifa_family == AF_INET6 &&
	     cni_nl_u32(table[IFA_FLAGS], ifa->ifa_flags) & IFA_F_TEMPORARY))
		return 0;
	keep(reading, message);
	return 0;
}

static int keep_route(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct reading *reading = data;

	(void)err;
	cni_nl_parse(message, route_policy, table, RTA_MAX);
	/* The kernel also lists routes of which the link is one of several next hops. */
	if (!table[RTA_MULTIPATH] && cni_nl_u32(table[RTA_OIF], 0) != (uint32_t)reading->index)
		return 0;
	if (!rtm->rtm_dst_len && rtm->rtm_type == RTN_UNICAST && !(rtm->rtm_flags & RTM_F_CLONED) &&
	    cni_nl_u32(table[RTA_TABLE], rtm->rtm_table) == RT_TABLE_MAIN)
		reading->backup->has_default_route = true;
	if (table[RTA_MULTIPATH] || table[RTA_NH_ID] || rtm->rtm_flags & RTM_F_CLONED ||
	    rtm->rtm_protocol == RTPROT_KERNEL || rtm->rtm_protocol == RTPROT_RA ||
	    rtm->rtm_protocol == RTPROT_REDIRECT)
		return 0;
	keep(reading, message);
	return 0;
}

/* Items of earlier dumps stay when a dump begins again. */
static void restart(void *data)
{
	const struct reading *reading = data;
	struct cni_link_backup *backup = reading->backup;

	while (backup->count > reading->begin)
		free(backup->items[--backup->count].bytes);
}

static int read_addresses(struct cni_nl *nl, struct reading *reading, struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifaddrmsg *ifa = cni_nl_init(&m, RTM_GETADDR, 0, sizeof(*ifa));

	ifa->ifa_index = (unsigned int)reading->index;
	return cni_nl_dump(nl, &m, keep_address, restart, reading, err);
}

static int read_routes(struct cni_nl *nl, uint8_t family, struct reading *reading,
		       struct cni_error *err)
{
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

	rtm->rtm_family = family;
	/* A filter of a strict dump (since 4.20). */
	cni_nl_put_u32(&m, RTA_OIF, (uint32_t)reading->index);
	reading->begin = reading->backup->count;
	return cni_nl_dump(nl, &m, keep_route, restart, reading, err);
}

int cni_link_backup_read(struct cni_nl *nl, int index, struct cni_link_backup *ret_backup,
			 struct cni_error *err)
{
	struct reading reading = {.index = index, .backup = ret_backup};

	*ret_backup = (struct cni_link_backup){.items = NULL};
	if (read_addresses(nl, &reading, err) < 0 || read_routes(nl, AF_INET, &reading, err) < 0 ||
	    read_routes(nl, AF_INET6, &reading, err) < 0)
		return cni_fail_within(err, "read the addresses and routes of link %d", index);
	return 0;
}

/* ---- putting back ---- */

static size_t header_size(uint16_t type)
{
	return type == RTM_NEWADDR ? sizeof(struct ifaddrmsg) : sizeof(struct rtmsg);
}

/* The numbers of the link and the states that the kernel keeps in the flags are of then. */
static void put_header(struct cni_nl_message *m, const struct cni_link_backup_item *item, int index)
{
	struct ifaddrmsg *ifa;
	struct rtmsg *rtm;

	if (item->type == RTM_NEWADDR) {
		ifa = cni_nl_init(m, item->type, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifa));
		memcpy(ifa, item->bytes, sizeof(*ifa));
		ifa->ifa_index = (unsigned int)index;
		return;
	}
	rtm = cni_nl_init(m, item->type, NLM_F_CREATE | NLM_F_APPEND, sizeof(*rtm));
	memcpy(rtm, item->bytes, sizeof(*rtm));
	rtm->rtm_flags &= RTNH_F_ONLINK;
}

static void put_attributes(struct cni_nl_message *m, const struct cni_link_backup_item *item,
			   int index)
{
	/* Both are multiples of NLMSG_ALIGNTO. */
	size_t begin = header_size(item->type);
	int left = (int)(item->size - begin);
	const struct nlattr *attribute = (const void *)(item->bytes + begin);

	while (mnl_attr_ok(attribute, left)) {
		uint16_t type = mnl_attr_get_type(attribute);

		left -= MNL_ALIGN(attribute->nla_len);
		if (item->type == RTM_NEWROUTE && type == RTA_OIF)
			cni_nl_put_u32(m, RTA_OIF, (uint32_t)index);
		else if (item->type != RTM_NEWROUTE || type != RTA_CACHEINFO)
			cni_nl_put(m, attribute->nla_type, mnl_attr_get_payload(attribute),
				   mnl_attr_get_payload_len(attribute));
		attribute = mnl_attr_next(attribute);
	}
}

static int put_back(struct cni_nl *nl, int index, const struct cni_link_backup_item *item,
		    struct cni_error *err)
{
	struct cni_nl_message m;

	put_header(&m, item, index);
	put_attributes(&m, item, index);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) == 0 || err->errnum == EEXIST)
		return 0;
	return cni_fail_within(err, "put back %s of link %d",
			       item->type == RTM_NEWADDR ? "an address" : "a route", index);
}

/* A route's gateway may be behind another route: what fails is tried once more. */
int cni_link_backup_put_back(struct cni_nl *nl, int index, const struct cni_link_backup *backup,
			     struct cni_error *err)
{
	freeing bool *is_back = cni_alloc(backup->count + 1);
	struct cni_error first = {0};

	for (int pass = 0; pass < 2; pass++) {
		first = (struct cni_error){0};
		for (size_t i = 0; i < backup->count; i++) {
			struct cni_error next = {0};

			if (is_back[i])
				continue;
			is_back[i] = put_back(nl, index, &backup->items[i], &next) == 0;
			if (!is_back[i])
				cni_fail_first(&first, &next);
		}
	}
	return cni_fail_if_any(&first, err);
}

/* ---- as text ---- */

char *cni_link_backup_encode(const struct cni_link_backup_item *item)
{
	char *text = cni_alloc(16 + item->size * 2);
	int length = snprintf(text, 16, "%" PRIu16 " ", item->type);

	for (size_t i = 0; i < item->size; i++)
		length += snprintf(text + length, 3, "%02x", item->bytes[i]);
	return text;
}

bool cni_link_backup_decode(const char *text, struct cni_link_backup *backup)
{
	uint8_t bytes[ITEM_MAX];
	size_t size = 0;
	char *end;
	unsigned long type = strtoul(text, &end, 10);

	if ((type != RTM_NEWADDR && type != RTM_NEWROUTE) || *end != ' ')
		return false;
	for (end++; isxdigit((unsigned char)end[0]) && isxdigit((unsigned char)end[1]) &&
		    size < sizeof(bytes);
	     end += 2) {
		char digits[3] = {end[0], end[1], '\0'};

		bytes[size++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if (*end || size < header_size((uint16_t)type))
		return false;
	add(backup, (uint16_t)type, bytes, size);
	return true;
}
