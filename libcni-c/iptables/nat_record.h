/* SPDX-License-Identifier: Apache-2.0 */
/* The record (attachment_file.h) of an attachment with rules in iptables:
 *
 *	tool iptables-nft
 *	link vethd03a61f2c4b
 *	address 10.1.0.7/24
 *	udp 53 192.0.2.1
 *	udp 54
 *
 * CHECK learns the tool from it, SWEEP the link, and DEL the published UDP ports, whose connections are forgotten,
 * and the masqueraded addresses, whose rules lead to a chain that stays for another interface. DEL and GC find the
 * rules themselves by their names: a lost record costs no more than this. */
#ifndef CNI_NAT_RECORD_H
#define CNI_NAT_RECORD_H

#include "ip.h"
#include "iptables_tool.h"
#include "owner.h"
#include "port_mapping.h"

#include <stdbool.h>
#include <stddef.h>

struct cni_nat_record {
	enum cni_iptables_tool tool;
	bool has_conditions; /* instead of rules of iptables: conditional_ports.h; "tool nft" */
	char link[CNI_IFNAME_SIZE]; /* on the host, lives as long as the attachment; "": unknown */
	struct cni_port_mapping *mappings; /* of UDP, without container_port */
	size_t count;
	struct cni_net *nets; /* masqueraded */
	size_t net_count;
};

void cni_nat_record_clear(struct cni_nat_record *record);
#define clearing_nat_record __attribute__((cleanup(cni_nat_record_clear)))

/* Writes the record. Fails with CNI_EIO. */
int cni_nat_record_write(const char *directory, const struct cni_owner *owner,
			 const struct cni_nat_record *record, struct cni_error *err);

/* Reads the text of a record, and writes into it: the lines that are readable. The caller clears. */
void cni_nat_record_decode(char *text, struct cni_nat_record *ret_record);

/* Reads the record, which the caller clears. A damaged one is found, with the tool CNI_IPTABLES_PLAIN and
 * the lines that are readable. Fails with CNI_EIO. */
int cni_nat_record_read(const char *directory, const struct cni_owner *owner,
			struct cni_nat_record *ret_record, bool *ret_found, struct cni_error *err);

#endif
