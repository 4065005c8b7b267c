/* SPDX-License-Identifier: Apache-2.0 */
#include "moved_link_record.h"

#include "attachment_claim.h"
#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"
#include "seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* attachment_file.h reads no more than 64 KiB. */
#define TEXT_MAX 60000

void cni_moved_link_record_clear(struct cni_moved_link_record *record)
{
	free(record->request);
	free(record->netns);
	cni_link_names_clear(&record->second_names);
	cni_link_backup_clear(&record->backup);
	*record = (struct cni_moved_link_record){.request = NULL};
}

/* ---- as text ---- */

/* An alias may have any byte. */
static void put_hex(FILE *out, const char *key, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "%s ", key);
	for (; *text; text++)
		fprintf(out, "%02x", (unsigned char)*text);
	fputc('\n', out);
}

static void put_text(FILE *out, const char *key, const char *text)
{
	if (text && *text && !strchr(text, '\n'))
		fprintf(out, "%s %s\n", key, text);
}

static void put_mac(FILE *out, const char *key, bool has, const uint8_t mac[CNI_MAC_SIZE])
{
	char text[CNI_MAC_TEXT_SIZE];

	if (has)
		put_text(out, key, cni_mac_format(mac, text));
}

static void put_settings(FILE *out, const struct cni_link_settings *settings)
{
	if (settings->promisc)
		put_text(out, "promisc", "yes");
	if (settings->allmulti)
		put_text(out, "allmulti", "yes");
	if (cni_link_settings_have(settings, CNI_LINK_TXQLEN))
		fprintf(out, "txqlen %u\n", settings->txqlen);
	if (cni_link_settings_have(settings, CNI_LINK_MTU))
		fprintf(out, "mtu %u\n", settings->mtu);
}

static void put_lines(FILE *out, const struct cni_moved_link_record *record)
{
	const struct cni_device_id *id = &record->id;

	put_text(out, "name", record->name);
	put_text(out, "request", record->request);
	put_text(out, "kind", id->kind);
	put_text(out, "bus", id->bus);
	put_text(out, "device", id->device);
	put_mac(out, "permanent", id->has_permanent_mac, id->permanent_mac);
	fprintf(out, "peer %d\nindex %d\n", id->peer, id->index);
	put_mac(out, "mac", id->has_mac, id->mac);
	put_settings(out, &record->settings);
	put_text(out, "up", record->is_up ? "yes" : "");
	put_text(out, "master", record->master);
	put_hex(out, "alias", record->alias);
	for (size_t i = 0; i < record->second_names.count; i++)
		put_text(out, "second-name", record->second_names.items[i]);
	for (size_t i = 0; i < record->backup.count; i++) {
		freeing char *message = cni_link_backup_encode(&record->backup.items[i]);

		put_text(out, "message", message);
	}
	put_text(out, "netns", record->netns);
	fprintf(out, "cookie %" PRIu64 "\n", record->cookie);
}

char *cni_moved_link_record_encode(const struct cni_moved_link_record *record)
{
	freeing char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	put_lines(out, record);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return cni_seal(text);
}

static bool take_text(const char *value, char *to, size_t size)
{
	if (strlen(value) >= size)
		return false;
	memcpy(to, value, strlen(value) + 1);
	return true;
}

static bool take_hex(const char *value, char *to, size_t size)
{
	size_t length = strlen(value) / 2;

	if (length >= size)
		return false;
	for (size_t i = 0; i < length; i++) {
		char digits[3] = {value[2 * i], value[2 * i + 1], '\0'};

		to[i] = (char)strtoul(digits, NULL, 16);
	}
	to[length] = '\0';
	return true;
}

static uint32_t take_number(struct cni_link_settings *settings, enum cni_link_setting setting,
			    const char *value)
{
	settings->given |= 1U << setting;
	return (uint32_t)strtoul(value, NULL, 10);
}

static bool decode_setting(const char *key, const char *value, struct cni_link_settings *settings)
{
	if (!strcmp(key, "promisc"))
		settings->promisc = true;
	else if (!strcmp(key, "allmulti"))
		settings->allmulti = true;
	else if (!strcmp(key, "txqlen"))
		settings->txqlen = take_number(settings, CNI_LINK_TXQLEN, value);
	else if (!strcmp(key, "mtu"))
		settings->mtu = take_number(settings, CNI_LINK_MTU, value);
	else
		return false;
	return true;
}

static bool decode_id(const char *key, const char *value, struct cni_device_id *id)
{
	if (!strcmp(key, "kind"))
		return take_text(value, id->kind, sizeof(id->kind));
	if (!strcmp(key, "bus"))
		return take_text(value, id->bus, sizeof(id->bus));
	if (!strcmp(key, "device"))
		return take_text(value, id->device, sizeof(id->device));
	if (!strcmp(key, "permanent"))
		id->has_permanent_mac = cni_mac_parse(value, id->permanent_mac) == 0;
	else if (!strcmp(key, "mac"))
		id->has_mac = cni_mac_parse(value, id->mac) == 0;
	else if (!strcmp(key, "peer"))
		id->peer = (int)strtol(value, NULL, 10);
	else if (!strcmp(key, "index"))
		id->index = (int)strtol(value, NULL, 10);
	else
		return false;
	return true;
}

static bool decode_line(const char *key, const char *value, struct cni_moved_link_record *record)
{
	if (!strcmp(key, "name"))
		return take_text(value, record->name, sizeof(record->name));
	if (!strcmp(key, "master"))
		return take_text(value, record->master, sizeof(record->master));
	if (!strcmp(key, "alias"))
		return take_hex(value, record->alias, sizeof(record->alias));
	if (!strcmp(key, "message"))
		return cni_link_backup_decode(value, &record->backup);
	if (!strcmp(key, "second-name"))
		cni_link_names_put(&record->second_names, value);
	else if (!strcmp(key, "request") && !record->request)
		record->request = cni_strdup(value);
	else if (!strcmp(key, "netns") && !record->netns)
		record->netns = cni_strdup(value);
	else if (!strcmp(key, "cookie"))
		record->cookie = strtoull(value, NULL, 10);
	else if (!strcmp(key, "up"))
		record->is_up = true;
	else
		return decode_id(key, value, &record->id) ||
		       decode_setting(key, value, &record->settings);
	return true;
}

bool cni_moved_link_record_decode(char *text, struct cni_moved_link_record *ret_record)
{
	char *rest = text;

	*ret_record = (struct cni_moved_link_record){.request = NULL};
	if (!cni_seal_open(text))
		return false;
	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
		const char *key = strsep(&line, " ");

		if (!line || !decode_line(key, line, ret_record))
			return false;
	}
	ret_record->settings.given |= 1U << CNI_LINK_PROMISC | 1U << CNI_LINK_ALLMULTI;
	if (ret_record->id.has_mac) {
		ret_record->settings.given |= 1U << CNI_LINK_MAC;
		memcpy(ret_record->settings.mac, ret_record->id.mac, CNI_MAC_SIZE);
	}
	return *ret_record->name;
}

/* ---- files ---- */

/* "pci-0000:03:00.0-0a:58:0a:f4:00:02": the name of the claim. The caller frees. */
static char *claim_of(const struct cni_device_id *id)
{
	char mac[CNI_MAC_TEXT_SIZE] = "";
	char *key;

	if (id->has_permanent_mac)
		cni_mac_format(id->permanent_mac, mac);
	key = cni_format("%s-%s-%s", id->bus, id->device, mac);
	for (char *c = key; (c = strchr(c, '/'));)
		*c = '_';
	return key;
}

int cni_moved_link_record_write(const struct cni_owner *owner,
				const struct cni_moved_link_record *record, struct cni_error *err)
{
	freeing char *text = cni_moved_link_record_encode(record);
	freeing char *key = claim_of(&record->id);

	if (strlen(text) > TEXT_MAX)
		return cni_fail(err, CNI_ECONFIG,
				"device '%s' has %zu addresses and routes, more than can be put "
				"back: expected a device with fewer",
				record->name, record->backup.count);
	if (cni_attachment_file_write(CNI_MOVED_LINK_PLUGIN, owner, text, err) < 0)
		return -1;
	if (!cni_device_is_hardware(&record->id) ||
	    cni_attachment_claim(CNI_MOVED_LINK_PLUGIN, key, owner, err) == 0)
		return 0;
	cni_attachment_file_remove(CNI_MOVED_LINK_PLUGIN, owner, &(struct cni_error){0});
	return -1;
}

int cni_moved_link_record_read(const struct cni_owner *owner,
			       struct cni_moved_link_record *ret_record, bool *ret_found,
			       struct cni_error *err)
{
	freeing char *text = NULL;

	*ret_record = (struct cni_moved_link_record){.request = NULL};
	*ret_found = false;
	if (cni_attachment_file_read(CNI_MOVED_LINK_PLUGIN, owner, &text, err) < 0)
		return -1;
	*ret_found = text && cni_moved_link_record_decode(text, ret_record);
	if (!*ret_found)
		cni_moved_link_record_clear(ret_record);
	return 0;
}

int cni_moved_link_record_remove(const struct cni_owner *owner,
				 const struct cni_moved_link_record *record, struct cni_error *err)
{
	if (cni_device_is_hardware(&record->id)) {
		freeing char *key = claim_of(&record->id);

		cni_attachment_unclaim(CNI_MOVED_LINK_PLUGIN, key, owner);
	}
	return cni_attachment_file_remove(CNI_MOVED_LINK_PLUGIN, owner, err);
}

bool cni_moved_link_is_claimed(const struct cni_device_id *id, const struct cni_owner *owner)
{
	freeing char *key = claim_of(id);

	return cni_device_is_hardware(id) &&
	       cni_attachment_claimed(CNI_MOVED_LINK_PLUGIN, key, owner) != CNI_CLAIM_NOBODYS;
}
