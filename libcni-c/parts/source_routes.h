/* SPDX-License-Identifier: Apache-2.0 */
/* The part of source based routing in two files: the changes, and what only looks. */
#ifndef CNI_SOURCE_ROUTES_H
#define CNI_SOURCE_ROUTES_H

#include "parts.h"

/* An address and what this run's add has made for it. */
struct cni_source_route {
	struct cni_net address;
	struct cni_ip gateway; /* unset: none */
	uint32_t table;	       /* 0: not yet chosen */
	bool has_rule;
	bool has_hint;
};

/* The addresses of CNI_IFNAME in at->result with their gateways. An array that the caller frees. Fails with
 * CNI_ECONFIG, and returns NULL, if there is none. */
struct cni_source_route *cni_source_routes_plan(const struct cni_attachment *at,
						const struct cni_source_routes_part *spec,
						size_t *ret_count, struct cni_error *err);

/* Fills at->container. Fails with `code` if the container has no such link. */
int cni_source_routes_find_link(struct cni_attachment *at, int code, struct cni_error *err);

/* False if a later address has the subnet of address `i`. The last of a subnet is the source of its
 * route. */
bool cni_source_routes_is_last(const struct cni_source_routes_part *spec, size_t i);

/* Fails with CNI_ECONFIG if spec->table has routes of others and none through CNI_IFNAME, or only rules of
 * others: rules to the table would lead the interface's packets out of another one. */
int cni_source_routes_refuse_table(struct cni_attachment *at,
				   const struct cni_source_routes_part *spec,
				   struct cni_error *err);

/* CHECK. */
int cni_source_routes_check(struct cni_attachment *at, const void *data, struct cni_error *err);

#endif
