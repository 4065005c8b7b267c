/* SPDX-License-Identifier: Apache-2.0 */
/* The result of an ADD, in memory; only these files decode and encode the versions of the
 * specification (CNI SPEC, section 5, "ADD Success", and its predecessors). */
#ifndef CNI_RESULT_H
#define CNI_RESULT_H

#include "decls.h"
#include "decode.h"
#include "error.h"
#include "ip.h"
#include "json.h"
#include "version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A link that the plugins report. */
struct cni_result_interface {
	char *name;
	char *mac;	   /* NULL: not given, as for all of these */
	char *sandbox;	   /* the path of the namespace; NULL: on the host */
	char *socket_path; /* since 1.0.0, as the next two */
	char *pci_id;
	uint32_t mtu; /* bytes; 0: not given */
};

/* An address of an interface. */
struct cni_result_ip {
	struct cni_net address;
	struct cni_ip gateway; /* unset: none */
	int interface;	       /* index into `interfaces`, or CNI_NO_INTERFACE */
};
#define CNI_NO_INTERFACE (-1)

/* Resolver settings; the strings belong to the result. */
struct cni_dns {
	char **nameservers;
	char **search;
	char **options;
	char *domain;
	size_t nameserver_count;
	size_t search_count;
	size_t option_count;
};

/* All zeroes is an empty result. */
struct cni_result {
	struct cni_result_interface *interfaces;
	struct cni_result_ip *ips;
	struct cni_route *routes;
	size_t interface_count;
	size_t ip_count;
	size_t route_count;
	struct cni_dns dns;
};

/* Frees what the result holds, not the struct. */
void cni_result_clear(struct cni_result *result);

/* Each appends; strings are copied, NULL stays NULL. Adding an interface returns its index. */
int cni_result_add_interface(struct cni_result *result, const char *name, const char *mac,
			     const char *sandbox);
void cni_result_add_ip(struct cni_result *result, const struct cni_result_ip *ip);
void cni_result_add_route(struct cni_result *result, const struct cni_route *route);

/* Copies addresses, routes and resolver settings (not interfaces) of `from` behind those of `to`.
 */
void cni_result_merge_ipam(struct cni_result *to, const struct cni_result *from);

/* Makes `to`, which is empty, a copy of `from`, as a plugin in the middle of a chain passes it
 * on. */
void cni_result_copy(const struct cni_result *from, struct cni_result *to);

/* "nameservers", "domain", "search", "options" of `json` (NULL: nothing). Fails with CNI_ECONFIG.
 */
int cni_dns_decode(const cJSON *json, struct cni_dns *dns, struct cni_error *err);
/* True if there is no setting. */
bool cni_dns_is_empty(const struct cni_dns *dns);
/* Appends a copy of `text` to one of the lists. */
void cni_dns_add(char ***items, size_t *count, const char *text);
/* Copies `from` behind what `to` has; its domain only if `to` has none. */
void cni_dns_append(struct cni_dns *to, const struct cni_dns *from);
/* Frees what `dns` holds, not the struct. */
void cni_dns_clear(struct cni_dns *dns);

/* Reads a result in the form of its own cniVersion, or of `version` if it has none. `what` names
 * it in errors ("prevResult"). `ret_result` is empty on failure.
 * Fails with CNI_EDECODE, CNI_EVERSION or CNI_ECONFIG. */
int cni_result_decode(const cJSON *json, enum cni_version version, const char *what,
		      struct cni_result *ret_result, struct cni_error *err);

/* Succeeds if `version` can represent the result: before 0.3.0 a result has at most one address
 * of a family, at least one address, and no interfaces. Fails with CNI_EVERSION. */
int cni_result_check_fits(const struct cni_result *result, enum cni_version version,
			  struct cni_error *err);

/* Encodes the result in `version`, which must fit: see cni_result_check_fits(). As Go's plugins
 * do, every version that lists routes has all fields of a route, and 1.0.0 has the fields of an
 * interface that came with 1.1.0. The caller frees with cJSON_Delete(). */
cJSON *cni_result_encode(const struct cni_result *result, enum cni_version version);

/* Appends the routes of a configuration's list to `*routes`, which has `*count` and which the
 * caller frees, also after a failure. NULL is an empty list, and null an item that is ignored. An item with
 * `gws`, a list of next hops (proposed in the specification's issue 1188), becomes a route through each of them
 * and through `gw`, which is how every version of the specification can say it: cni_route_add_ways() makes one
 * route of them. Gateways must be of the destination's family; those of a result need not. Fails with CNI_ECONFIG,
 * naming `what`. */
int cni_routes_decode(const cJSON *list, const char *what, struct cni_route **routes, size_t *count,
		      struct cni_error *err);

CNI_END_DECLS

#endif
