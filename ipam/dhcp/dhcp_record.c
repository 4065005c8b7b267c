/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_record.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "dhcp6_record.h"
#include "mem.h"
#include "seal.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VLAN_MAX 4094

void dhcp_record_clear(struct dhcp_record *record)
{
	dhcp_place_clear(&record->place);
	dhcp_lease_clear(&record->lease);
	dhcp6_lease_clear(&record->six);
	free(record->socket);
	free(record->added_dns);
	memset(record, 0, sizeof(*record));
}

/* ---- writing ---- */

static void put_text(FILE *out, const char *key, const char *text)
{
	if (text && *text && !strchr(text, '\n'))
		fprintf(out, "%s %s\n", key, text);
}

static void put_number(FILE *out, const char *key, uint64_t number)
{
	if (number)
		fprintf(out, "%s %" PRIu64 "\n", key, number);
}

static void put_mac(FILE *out, const char *key, const uint8_t mac[CNI_MAC_SIZE])
{
	char text[CNI_MAC_TEXT_SIZE];

	put_text(out, key, cni_mac_format(mac, text));
}

static void put_options(FILE *out, const struct dhcp_options *options)
{
	for (unsigned int code = 1; code < 255; code++) {
		size_t size;
		const uint8_t *value = dhcp_options_get(options, (uint8_t)code, &size);

		if (!value)
			continue;
		fprintf(out, "option %u:", code);
		for (size_t i = 0; i < size; i++)
			fprintf(out, "%02x", value[i]);
		fputc('\n', out);
	}
}

static void put_lease(FILE *out, const struct dhcp_lease *lease)
{
	const struct dhcp_terms *terms = &lease->terms;
	char server[CNI_IP_TEXT_SIZE];
	freeing char *result = NULL;

	if (dhcp_terms_are_empty(terms))
		return;
	result = dhcp_terms_encode(terms);
	put_text(out, "result", result);
	put_text(out, "server", inet_ntop(AF_INET, terms->server, server, sizeof(server)));
	put_number(out, "lease", terms->lease_seconds);
	put_number(out, "renewal", terms->renewal_seconds);
	put_number(out, "rebinding", terms->rebinding_seconds);
	put_number(out, "offered-mtu", terms->mtu);
	put_number(out, "asked", lease->asked);
	put_number(out, "renews", lease->renews);
	put_number(out, "rebinds", lease->rebinds);
	put_number(out, "expires", lease->expires);
}

static void put_lines(FILE *out, const struct dhcp_record *record)
{
	const struct dhcp_place *place = &record->place;

	/* The first line: it decides what the others mean. */
	if (dhcp_record_is_six(record))
		put_text(out, "family", "6");
	put_text(out, "netns", place->netns);
	put_number(out, "cookie", place->cookie);
	put_text(out, "ifname", place->ifname);
	put_number(out, "index", (uint64_t)place->index);
	put_mac(out, "mac", place->mac);
	put_number(out, "shares-mac", place->shares_mac);
	put_text(out, "parent", place->parent);
	put_number(out, "parent-index", (uint64_t)place->parent_index);
	put_number(out, "vlan", place->vlan);
	put_number(out, "may-return", place->may_return);
	put_number(out, "broadcast", record->identity.broadcast);
	put_options(out, &record->identity.options);
	put_number(out, "priority", record->priority);
	put_number(out, "probes", record->probes);
	put_text(out, "socket", record->socket);
	put_number(out, "added", record->added);
	put_text(out, "added-dns", record->added_dns);
	if (record->has_server_mac)
		put_mac(out, "server-mac", record->server_mac);
	if (dhcp_record_is_six(record))
		dhcp6_record_put(out, &record->six);
	else
		put_lease(out, &record->lease);
}

char *dhcp_record_encode(const struct dhcp_record *record)
{
	freeing char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	put_lines(out, record);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return cni_seal(text);
}

/* ---- reading ---- */

static bool take_name(const char *value, char name[CNI_IFNAME_SIZE])
{
	if (strlen(value) >= CNI_IFNAME_SIZE)
		return false;
	memcpy(name, value, strlen(value) + 1);
	return true;
}

static bool take_option(const char *value, struct dhcp_options *options)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	char *end;
	unsigned long code = strtoul(value, &end, 10);
	size_t size = 0;

	if (*end++ != ':' || !code || code >= 255 || strlen(end) % 2 ||
	    strlen(end) / 2 > sizeof(bytes))
		return false;
	for (; *end; end += 2) {
		char digits[3] = {end[0], end[1], '\0'};

		if (strspn(digits, "0123456789abcdef") != 2)
			return false;
		bytes[size++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return dhcp_options_put(options, (uint8_t)code, bytes, size);
}

/* A number that a member has room for. */
static bool take_u32(const char *value, uint32_t *member)
{
	unsigned long long number = strtoull(value, NULL, 10);

	*member = (uint32_t)number;
	return number <= UINT32_MAX;
}

static bool take_index(const char *value, int *member)
{
	unsigned long long number = strtoull(value, NULL, 10);

	*member = (int)number;
	return number <= INT32_MAX;
}

static bool take_vlan(const char *value, uint16_t *member)
{
	unsigned long long number = strtoull(value, NULL, 10);

	*member = (uint16_t)number;
	return number <= VLAN_MAX;
}

static bool take_time(const char *value, uint64_t *member)
{
	*member = strtoull(value, NULL, 10);
	return true;
}

static bool take_flag(bool *member)
{
	*member = true;
	return true;
}

static bool take_copy(const char *value, char **member)
{
	if (*member)
		return false;
	*member = cni_strdup(value);
	return true;
}

static bool decode_place(const char *key, const char *value, struct dhcp_place *place)
{
	if (!strcmp(key, "netns"))
		return take_copy(value, &place->netns);
	if (!strcmp(key, "cookie"))
		return take_time(value, &place->cookie);
	if (!strcmp(key, "ifname"))
		return take_name(value, place->ifname);
	if (!strcmp(key, "index"))
		return take_index(value, &place->index);
	if (!strcmp(key, "mac"))
		return cni_mac_parse(value, place->mac) == 0;
	if (!strcmp(key, "shares-mac"))
		return take_flag(&place->shares_mac);
	if (!strcmp(key, "parent"))
		return take_name(value, place->parent);
	if (!strcmp(key, "vlan"))
		return take_vlan(value, &place->vlan);
	if (!strcmp(key, "may-return"))
		return take_flag(&place->may_return);
	return !strcmp(key, "parent-index") && take_index(value, &place->parent_index);
}

static bool decode_lease(const char *key, const char *value, struct dhcp_lease *lease)
{
	struct dhcp_terms *terms = &lease->terms;

	if (!strcmp(key, "result"))
		return dhcp_terms_decode(value, terms);
	if (!strcmp(key, "server"))
		return inet_pton(AF_INET, value, terms->server) == 1;
	if (!strcmp(key, "lease"))
		return take_u32(value, &terms->lease_seconds);
	if (!strcmp(key, "renewal"))
		return take_u32(value, &terms->renewal_seconds);
	if (!strcmp(key, "rebinding"))
		return take_u32(value, &terms->rebinding_seconds);
	if (!strcmp(key, "offered-mtu"))
		return take_u32(value, &terms->mtu);
	if (!strcmp(key, "asked"))
		return take_time(value, &lease->asked);
	if (!strcmp(key, "renews"))
		return take_time(value, &lease->renews);
	if (!strcmp(key, "rebinds"))
		return take_time(value, &lease->rebinds);
	return !strcmp(key, "expires") && take_time(value, &lease->expires);
}

static bool take_family(const char *value, uint8_t *member)
{
	*member = AF_INET6;
	return !strcmp(value, "6");
}

static bool decode_line(const char *key, char *value, struct dhcp_record *record)
{
	if (!strcmp(key, "family"))
		return take_family(value, &record->family);
	if (!strcmp(key, "option"))
		return take_option(value, &record->identity.options);
	if (!strcmp(key, "broadcast"))
		return take_flag(&record->identity.broadcast);
	if (!strcmp(key, "priority"))
		return take_u32(value, &record->priority);
	if (!strcmp(key, "probes"))
		return take_flag(&record->probes);
	if (!strcmp(key, "socket"))
		return take_copy(value, &record->socket);
	if (!strcmp(key, "added"))
		return take_time(value, &record->added);
	if (!strcmp(key, "added-dns"))
		return take_copy(value, &record->added_dns);
	if (!strcmp(key, "server-mac")) {
		record->has_server_mac = true;
		return cni_mac_parse(value, record->server_mac) == 0;
	}
	if (decode_place(key, value, &record->place))
		return true;
	if (dhcp_record_is_six(record))
		return dhcp6_record_take(key, value, &record->six);
	return decode_lease(key, value, &record->lease);
}

bool dhcp_record_decode(char *text, struct dhcp_record *ret_record)
{
	char *rest = text;

	memset(ret_record, 0, sizeof(*ret_record));
	if (!cni_seal_open(text))
		return false;
	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
		const char *key = strsep(&line, " ");

		if (!line || !decode_line(key, line, ret_record))
			return false;
	}
	memcpy(ret_record->identity.mac, ret_record->place.mac, CNI_MAC_SIZE);
	return ret_record->place.netns && *ret_record->place.netns && *ret_record->place.ifname;
}

/* ---- files ---- */

const char *dhcp_record_directory(const struct dhcp_record *record)
{
	return dhcp_record_is_six(record) ? DHCP6_RECORDS : DHCP_RECORDS;
}

int dhcp_record_write(const struct cni_owner *owner, const struct dhcp_record *record,
		      struct cni_error *err)
{
	freeing char *text = dhcp_record_encode(record);

	return cni_attachment_file_write(dhcp_record_directory(record), owner, text, err);
}

int dhcp_record_read_in(const char *records, const struct cni_owner *owner,
			struct dhcp_record *ret_record, bool *ret_found, struct cni_error *err)
{
	freeing char *text = NULL;

	memset(ret_record, 0, sizeof(*ret_record));
	*ret_found = false;
	if (cni_attachment_file_read(records, owner, &text, err) < 0)
		return -1;
	*ret_found = text && dhcp_record_decode(text, ret_record) &&
		     !strcmp(records, dhcp_record_directory(ret_record));
	if (!*ret_found)
		dhcp_record_clear(ret_record);
	return 0;
}

int dhcp_record_read(const struct cni_owner *owner, struct dhcp_record *ret_record, bool *ret_found,
		     struct cni_error *err)
{
	return dhcp_record_read_in(DHCP_RECORDS, owner, ret_record, ret_found, err);
}

int dhcp_record_remove_in(const char *records, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_attachment_file_remove(records, owner, err);
}

int dhcp_record_remove(const struct cni_owner *owner, struct cni_error *err)
{
	return dhcp_record_remove_in(DHCP_RECORDS, owner, err);
}

bool dhcp_record_may_exist(const struct cni_owner *owner, const struct dhcp_record *record)
{
	freeing char *text = NULL;
	struct cni_error ignored;

	return cni_attachment_file_read(dhcp_record_directory(record), owner, &text, &ignored) <
		       0 ||
	       text;
}
