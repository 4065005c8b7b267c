/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_record.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NFT "nft"

void cni_nat_record_clear(struct cni_nat_record *record)
{
	free(record->mappings);
	free(record->nets);
	*record = (struct cni_nat_record){.tool = CNI_IPTABLES_PLAIN};
}

int cni_nat_record_write(const char *directory, const struct cni_owner *owner,
			 const struct cni_nat_record *record, struct cni_error *err)
{
	freeing char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	fprintf(out, "tool %s\n",
		record->has_conditions ? NFT : cni_iptables_tool_text(record->tool));
	if (*record->link)
		fprintf(out, "link %s\n", record->link);
	for (size_t i = 0; i < record->net_count; i++) {
		char net[CNI_NET_TEXT_SIZE];

		fprintf(out, "address %s\n", cni_net_format(&record->nets[i], net));
	}
	for (size_t i = 0; i < record->count; i++) {
		const struct cni_port_mapping *mapping = &record->mappings[i];
		char ip[CNI_IP_TEXT_SIZE];

		if (mapping->protocol == IPPROTO_UDP)
			fprintf(out, "udp %u %s\n", mapping->host_port,
				cni_ip_format(&mapping->host_ip, ip));
	}
	if (fclose(out) != 0)
		cni_out_of_memory();
	return cni_attachment_file_write(directory, owner, text, err);
}

static void decode_port(char *text, struct cni_nat_record *record)
{
	struct cni_port_mapping mapping = {.protocol = IPPROTO_UDP};
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (!port || port > UINT16_MAX || *end != ' ' ||
	    (end[1] && cni_ip_parse(end + 1, &mapping.host_ip) < 0))
		return;
	mapping.host_port = (uint16_t)port;
	record->mappings = cni_realloc_array(record->mappings, record->count + 1, sizeof(mapping));
	record->mappings[record->count++] = mapping;
}

static void decode_address(const char *text, struct cni_nat_record *record)
{
	struct cni_net net;

	if (cni_net_parse(text, &net) < 0)
		return;
	record->nets = cni_realloc_array(record->nets, record->net_count + 1, sizeof(net));
	record->nets[record->net_count++] = net;
}

static void decode_line(char *line, struct cni_nat_record *record)
{
	const char *key = strsep(&line, " ");

	if (!line)
		return;
	if (!strcmp(key, "tool") && !strcmp(line, NFT))
		record->has_conditions = true;
	else if (!strcmp(key, "tool"))
		cni_iptables_tool_parse(line, &record->tool);
	else if (!strcmp(key, "link") && strlen(line) < CNI_IFNAME_SIZE)
		memcpy(record->link, line, strlen(line) + 1);
	else if (!strcmp(key, "address"))
		decode_address(line, record);
	else if (!strcmp(key, "udp"))
		decode_port(line, record);
}

void cni_nat_record_decode(char *text, struct cni_nat_record *ret_record)
{
	char *rest = text;

	*ret_record = (struct cni_nat_record){.tool = CNI_IPTABLES_PLAIN};
	while (rest) {
		char *line = strsep(&rest, "\n");

		/* A line without an end was cut off. */
		if (rest)
			decode_line(line, ret_record);
	}
}

int cni_nat_record_read(const char *directory, const struct cni_owner *owner,
			struct cni_nat_record *ret_record, bool *ret_found, struct cni_error *err)
{
	freeing char *text = NULL;

	*ret_record = (struct cni_nat_record){.tool = CNI_IPTABLES_PLAIN};
	*ret_found = false;
	if (cni_attachment_file_read(directory, owner, &text, err) < 0)
		return -1;
	*ret_found = text != NULL;
	if (text)
		cni_nat_record_decode(text, ret_record);
	return 0;
}
