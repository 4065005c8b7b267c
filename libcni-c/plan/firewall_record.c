/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_record.h"

#include "cleanup.h"
#include "mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cni_firewall_record_clear(struct cni_firewall_record *record)
{
	free(record->addresses);
	free(record->zone);
	free(record->admin_chain);
	*record = (struct cni_firewall_record){0};
}

static bool has_address(const struct cni_firewall_record *record, const struct cni_ip *ip)
{
	for (size_t i = 0; i < record->count; i++)
		if (cni_ip_equal(&record->addresses[i], ip))
			return true;
	return false;
}

void cni_firewall_record_address(struct cni_firewall_record *record, const struct cni_ip *ip)
{
	if (has_address(record, ip))
		return;
	record->addresses =
		cni_realloc_array(record->addresses, record->count + 1, sizeof(*record->addresses));
	record->addresses[record->count++] = *ip;
}

bool cni_firewall_record_is_for(const struct cni_firewall_record *record,
				const struct cni_firewall_record *other)
{
	for (size_t i = 0; i < record->count; i++)
		if (!has_address(other, &record->addresses[i]))
			return false;
	return record->count == other->count;
}

/* ---- names ---- */

/* It becomes a word in the input of iptables-restore(8), which reads quotes and backslashes. */
bool cni_firewall_is_chain_name(const char *text)
{
	size_t length = strlen(text);

	if (!length || length > CNI_IPTABLES_NAME_MAX || strchr("-!", *text))
		return false;
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || !isgraph(*c) || strchr("\"'\\#", *c))
			return false;
	return true;
}

bool cni_firewall_is_zone_name(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || !isgraph(*c))
			return false;
	return *text && strlen(text) <= 64;
}

/* ---- as text ---- */

char *cni_firewall_record_encode(const struct cni_firewall_record *record)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	fprintf(out, "backend %s\n", cni_firewall_backend_text(record->backend));
	for (size_t i = 0; i < record->count; i++) {
		char ip[CNI_IP_TEXT_SIZE];

		fprintf(out, "address %s\n", cni_ip_format(&record->addresses[i], ip));
	}
	fprintf(out, "zone %s\n", record->zone);
	fprintf(out, "admin-chain %s\n", record->admin_chain);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return text;
}

static bool decode_line(const char *key, const char *value, struct cni_firewall_record *record)
{
	struct cni_ip ip;

	if (!strcmp(key, "backend"))
		return cni_firewall_backend_parse(value, &record->backend) && *value;
	if (!strcmp(key, "address") && cni_ip_parse(value, &ip) == 0) {
		cni_firewall_record_address(record, &ip);
		return true;
	}
	if (!strcmp(key, "zone") && !record->zone && cni_firewall_is_zone_name(value)) {
		record->zone = cni_strdup(value);
		return true;
	}
	if (!strcmp(key, "admin-chain") && !record->admin_chain &&
	    cni_firewall_is_chain_name(value)) {
		record->admin_chain = cni_strdup(value);
		return true;
	}
	return false;
}

static bool decode(const char *text, struct cni_firewall_record *record)
{
	freeing char *copy = cni_strdup(text);
	char *rest = copy;

	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
		const char *key = strsep(&line, " ");

		if (!line || !decode_line(key, line, record))
			return false;
	}
	return record->backend != CNI_FIREWALL_AUTOMATIC && record->zone && record->admin_chain;
}

bool cni_firewall_record_decode(const char *text, struct cni_firewall_record *ret_record)
{
	*ret_record = (struct cni_firewall_record){0};
	if (decode(text, ret_record))
		return true;
	cni_firewall_record_clear(ret_record);
	return false;
}
