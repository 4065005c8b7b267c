/* SPDX-License-Identifier: Apache-2.0 */
/* Types of keys and values: sizes, numbers, and keys as text. */
#include "nft.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static uint32_t size_of(enum cni_nft_type type)
{
	switch (type) {
	case CNI_NFT_INET_PROTO:
		return 1;
	case CNI_NFT_INET_SERVICE:
		return 2;
	case CNI_NFT_IPV4:
	case CNI_NFT_MARK:
		return 4;
	case CNI_NFT_ETHER:
		return 6;
	case CNI_NFT_IPV6:
	case CNI_NFT_IFNAME:
		return 16;
	case CNI_NFT_NONE:
	case CNI_NFT_VERDICT:
		break;
	}
	return 0;
}

static uint32_t padded(uint32_t size)
{
	return (size + 3) & ~3U;
}

/* Each of several fields is padded to registers of four bytes. */
uint32_t cni_nft_fields_size(const enum cni_nft_type fields[CNI_NFT_FIELDS])
{
	uint32_t size = size_of(fields[0]);

	for (size_t i = 1; i < CNI_NFT_FIELDS && fields[i] != CNI_NFT_NONE; i++)
		size = padded(size) + padded(size_of(fields[i]));
	return size;
}

/* The numbers of several fields stand together, six bits each (nft's include/datatype.h). */
uint32_t cni_nft_fields_type(const enum cni_nft_type fields[CNI_NFT_FIELDS])
{
	enum { TYPE_BITS = 6 };
	uint32_t type = fields[0];

	for (size_t i = 1; i < CNI_NFT_FIELDS && fields[i] != CNI_NFT_NONE; i++)
		type = type << TYPE_BITS | fields[i];
	return type;
}

static void format_ip(uint8_t family, const uint8_t *data, char *text, size_t size)
{
	struct cni_ip ip = {.family = family};
	char canonical[CNI_IP_TEXT_SIZE];

	memcpy(ip.bytes, data, cni_ip_size(&ip));
	snprintf(text, size, "%s", cni_ip_format(&ip, canonical));
}

static void format_service(const uint8_t *data, char *text, size_t size)
{
	uint16_t port;

	memcpy(&port, data, sizeof(port));
	snprintf(text, size, "%u", ntohs(port));
}

static void format_number(const uint8_t *data, char *text, size_t size)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	snprintf(text, size, "%u", number);
}

static const char *protocol_text(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	default:
		return "sctp";
	}
}

static void format_field(enum cni_nft_type type, const uint8_t *data, char *text, size_t size)
{
	char mac[CNI_MAC_TEXT_SIZE];

	switch (type) {
	case CNI_NFT_IPV4:
		format_ip(AF_INET, data, text, size);
		break;
	case CNI_NFT_IPV6:
		format_ip(AF_INET6, data, text, size);
		break;
	case CNI_NFT_ETHER:
		snprintf(text, size, "%s", cni_mac_format(data, mac));
		break;
	case CNI_NFT_INET_PROTO:
		snprintf(text, size, "%s", protocol_text(*data));
		break;
	case CNI_NFT_INET_SERVICE:
		format_service(data, text, size);
		break;
	case CNI_NFT_MARK:
		format_number(data, text, size);
		break;
	case CNI_NFT_IFNAME:
		snprintf(text, size, "%.*s", IFNAMSIZ - 1, (const char *)data);
		break;
	case CNI_NFT_NONE:
	case CNI_NFT_VERDICT:
		break;
	}
}

const char *cni_nft_key_format(const struct cni_nft_set *set, const struct cni_nft_bytes *key,
			       char text[CNI_NFT_KEY_TEXT_SIZE])
{
	uint32_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < CNI_NFT_FIELDS && set->key[i] != CNI_NFT_NONE; i++) {
		size_t used = strlen(text);
		char field[CNI_IP_TEXT_SIZE] = "";

		if (at + size_of(set->key[i]) <= key->size)
			format_field(set->key[i], key->data + at, field, sizeof(field));
		snprintf(text + used, CNI_NFT_KEY_TEXT_SIZE - used, "%s%s", i ? " . " : "", field);
		at += padded(size_of(set->key[i]));
	}
	return text;
}
