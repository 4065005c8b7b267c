/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the spoof check's table for an attachment. */
#include "cleanup.h"
#include "mem.h"
#include "spoofcheck_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
	const struct cni_spoofcheck *wanted;
	char port[CNI_IFNAME_SIZE];
	char owner[CNI_OWNER_TEXT_SIZE];
	struct cni_spoofcheck_items all;
};

/* `second` is the second half of the key, for people, or "". The caller fills in the rest. */
static struct cni_nft_element *append(struct list *list, const char *set,
				      const struct cni_nft_bytes *key, const char *second)
{
	struct cni_spoofcheck_items *all = &list->all;
	struct cni_spoofcheck_item *item;

	all->items = cni_realloc_array(all->items, all->count + 1, sizeof(*all->items));
	item = &all->items[all->count++];
	*item = (struct cni_spoofcheck_item){.set = set, .element = {.key = *key}};
	memcpy(item->element.comment, list->owner, sizeof(list->owner));
	snprintf(item->about, sizeof(item->about), "'%s'%s%s", list->port, *second ? " . " : "",
		 second);
	return &item->element;
}

static void append_mac(struct list *list)
{
	const struct cni_spoofcheck *wanted = list->wanted;
	struct cni_nft_bytes key = cni_spoofcheck_key(list->port);
	struct cni_nft_bytes pair = cni_spoofcheck_mac_key(list->port, wanted->mac);
	char text[CNI_MAC_TEXT_SIZE];
	struct cni_nft_element *element;

	element = append(list, cni_spoofcheck_guarded, &key, "");
	snprintf(element->jump, sizeof(element->jump), "%s",
		 wanted->by_address ? cni_spoofcheck_sources_chain : cni_spoofcheck_check_chain);
	element = append(list, cni_spoofcheck_attachments, &key, "");
	cni_nft_bytes_add(&element->value, wanted->mac, CNI_MAC_SIZE);
	/* One field alone is not padded. */
	element->value.size = CNI_MAC_SIZE;
	append(list, cni_spoofcheck_allowed, &pair, cni_mac_format(wanted->mac, text));
}

/* What the kernel makes of a hardware address (RFC 4291, appendix A). */
static struct cni_ip link_local(const uint8_t mac[CNI_MAC_SIZE])
{
	return (struct cni_ip){.family = AF_INET6,
			       .bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
					 0xff, 0xfe, mac[3], mac[4], mac[5]}};
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct cni_nft_bytes given_value(const struct cni_ip *ip)
{
	struct cni_nft_bytes value = {.size = 0};

	if (ip->family == AF_INET)
		cni_nft_bytes_add(&value, mapped, sizeof(mapped));
	cni_nft_bytes_add(&value, ip->bytes, cni_ip_size(ip));
	return value;
}

struct cni_ip cni_spoofcheck_given_ip(const struct cni_nft_bytes *value)
{
	struct cni_ip ip = {.family = AF_INET6};

	if (!memcmp(value->data, mapped, sizeof(mapped))) {
		ip.family = AF_INET;
		memcpy(ip.bytes, value->data + sizeof(mapped), 4);
	} else {
		memcpy(ip.bytes, value->data, sizeof(ip.bytes));
	}
	return ip;
}

static void append_source(struct list *list, const struct cni_ip *ip, uint32_t index)
{
	struct cni_nft_bytes key = cni_spoofcheck_source_key(list->port, ip);
	struct cni_nft_bytes back = cni_spoofcheck_given_key(list->port, index);
	char text[CNI_IP_TEXT_SIZE];
	char digits[16];

	append(list, cni_spoofcheck_set_of(ip), &key, cni_ip_format(ip, text));
	snprintf(digits, sizeof(digits), "%u", index);
	append(list, cni_spoofcheck_given, &back, digits)->value = given_value(ip);
}

/* The link-local address comes first, so that there is always an index 0. */
static void append_sources(struct list *list)
{
	const struct cni_spoofcheck *wanted = list->wanted;
	struct cni_ip own = link_local(wanted->mac);
	uint32_t index = 0;

	append_source(list, &own, index++);
	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_ip *ip = &wanted->sources[i].ip;
		bool again = cni_ip_equal(ip, &own);

		/* An address may be given twice, with two prefixes. */
		for (size_t j = 0; j < i; j++)
			again |= cni_ip_equal(ip, &wanted->sources[j].ip);
		if (!again)
			append_source(list, ip, index++);
	}
}

struct cni_spoofcheck_items cni_spoofcheck_items_of(const struct cni_spoofcheck *wanted)
{
	struct list list = {.wanted = wanted};

	cni_owner_ifname(wanted->owner, "veth", list.port);
	cni_owner_format(wanted->owner, list.owner);
	append_mac(&list);
	if (wanted->by_address)
		append_sources(&list);
	return list.all;
}
