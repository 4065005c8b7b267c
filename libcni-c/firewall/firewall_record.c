/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_record.h"

#include "cleanup.h"
#include "mem.h"
#include "seal.h"

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

struct cni_firewall_record cni_firewall_record_copy(const struct cni_firewall_record *record)
{
	struct cni_firewall_record copy = {.zone = cni_strdup(record->zone),
					   .admin_chain = cni_strdup(record->admin_chain)};

	for (size_t i = 0; i < record->count; i++)
		cni_firewall_record_address(&copy, &record->addresses[i]);
	memcpy(copy.link, record->link, sizeof(copy.link));
	return copy;
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

bool cni_firewall_is_zone_name(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || !isgraph(*c))
			return false;
	return *text && strlen(text) <= 64;
}

/* ---- as text ---- */

static void put_tools(FILE *out, const char *key, unsigned int tools)
{
	for (unsigned int tool = CNI_IPTABLES_PLAIN; tool <= CNI_IPTABLES_LEGACY; tool <<= 1)
		if (tools & tool)
			fprintf(out, "%s %s\n", key,
				cni_iptables_tool_text((enum cni_iptables_tool)tool));
}

char *cni_firewall_record_encode(const struct cni_firewall_record *record)
{
	freeing char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	fprintf(out, "backend %s\n", cni_firewall_backend_text(record->backend));
	if (record->is_chosen)
		fputs("chosen yes\n", out);
	put_tools(out, "tool", record->backend == CNI_FIREWALL_IPTABLES ? record->tools : 0);
	put_tools(out, "leaving", record->leaving_tools);
	if (record->leaving_firewalld)
		fputs("leaving firewalld\n", out);
	for (size_t i = 0; i < record->count; i++) {
		char ip[CNI_IP_TEXT_SIZE];

		fprintf(out, "address %s\n", cni_ip_format(&record->addresses[i], ip));
	}
	if (*record->link)
		fprintf(out, "link %s\n", record->link);
	fprintf(out, "zone %s\nadmin-chain %s\n", record->zone, record->admin_chain);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return cni_seal(text);
}

static bool decode_place(const char *value, unsigned int *tools, bool *firewalld)
{
	enum cni_iptables_tool tool;

	if (firewalld && !strcmp(value, "firewalld")) {
		*firewalld = true;
		return true;
	}
	if (!cni_iptables_tool_parse(value, &tool))
		return false;
	*tools |= tool;
	return true;
}

static bool decode_line(const char *key, const char *value, struct cni_firewall_record *record)
{
	struct cni_ip ip;

	if (!strcmp(key, "backend"))
		return cni_firewall_backend_parse(value, &record->backend) && *value;
	if (!strcmp(key, "chosen") && !strcmp(value, "yes")) {
		record->is_chosen = true;
		return true;
	}
	if (!strcmp(key, "tool"))
		return decode_place(value, &record->tools, NULL);
	if (!strcmp(key, "leaving"))
		return decode_place(value, &record->leaving_tools, &record->leaving_firewalld);
	if (!strcmp(key, "address") && cni_ip_parse(value, &ip) == 0) {
		cni_firewall_record_address(record, &ip);
		return true;
	}
	if (!strcmp(key, "link") && !*record->link && *value && strlen(value) < CNI_IFNAME_SIZE) {
		memcpy(record->link, value, strlen(value) + 1);
		return true;
	}
	if (!strcmp(key, "zone") && !record->zone && cni_firewall_is_zone_name(value)) {
		record->zone = cni_strdup(value);
		return true;
	}
	if (!strcmp(key, "admin-chain") && !record->admin_chain &&
	    cni_iptables_is_chain_name(value)) {
		record->admin_chain = cni_strdup(value);
		return true;
	}
	return false;
}

static bool decode(const char *text, struct cni_firewall_record *record)
{
	freeing char *copy = cni_strdup(text);
	char *rest = copy;
	char *line;

	record->has_digest = strstr(copy, "\ndigest ") != NULL;
	if (record->has_digest && !cni_seal_open(copy))
		return false;
	for (line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
		const char *key = strsep(&line, " ");

		if (!line || !decode_line(key, line, record))
			return false;
	}
	/* A text without an end was cut off. */
	if (*line)
		return false;
	if (record->backend == CNI_FIREWALL_IPTABLES && !record->tools)
		record->tools = CNI_IPTABLES_PLAIN;
	if (record->backend != CNI_FIREWALL_IPTABLES && record->tools)
		return false;
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
