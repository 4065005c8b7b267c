/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of iptables-legacy(8) and ip6tables-legacy(8), which nf_tables does not show: read from the
 * kernel, without the command. */
#ifndef CNI_LEGACY_TABLE_H
#define CNI_LEGACY_TABLE_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if this namespace has the table ("filter", "nat"); reading rules would make the table. `family`
 * is AF_INET or AF_INET6. Source: /proc/net/ip_tables_names. */
bool cni_legacy_has_table(int family, const char *table);

/* The rules of a table one after the other, as in linux/netfilter_ipv4/ip_tables.h, and the offsets where
 * FORWARD begins and where its policy is. */
struct cni_legacy_rules {
	uint8_t *data; /* the caller frees */
	size_t size;
	size_t forward;
	size_t forward_end;
};

/* Reads the whole table: the kernel gives no less. Fails with CNI_EKERNEL, errnum EFBIG above 16
 * MiB. */
int cni_legacy_load(int family, const char *table, struct cni_legacy_rules *ret_rules,
		    struct cni_error *err);

/* `*ret_has` becomes true if the table nat has a chain whose name begins with `prefix`. A missing table has
 * none, and costs one look at /proc. */
int cni_legacy_has_chain(int family, const char *prefix, bool *ret_has, struct cni_error *err);

#endif
