/* SPDX-License-Identifier: Apache-2.0 */
/* VRFs in the container: found, made, deleted. */
#ifndef CNI_CONTAINER_VRF_H
#define CNI_CONTAINER_VRF_H

#include "parts.h"

/* A VRF and its table. */
struct cni_container_vrf {
	struct cni_link link;
	uint32_t table;
};

/* Looks up the link with the name. Index 0: there is none. It may be of another kind. */
int cni_container_vrf_find(struct cni_attachment *at, const char *name,
			   struct cni_container_vrf *ret_vrf, struct cni_error *err);
bool cni_container_vrf_is(const struct cni_container_vrf *vrf);

/* The VRF of the part, up; made if absent (spec->made). Fails with CNI_ETAKEN if the name is that of a link
 * of another kind, and with CNI_ECONFIG if the VRF has another table, or another VRF the table. */
int cni_container_vrf_find_or_make(struct cni_attachment *at, struct cni_vrf_part *spec,
				   struct cni_container_vrf *ret_vrf, struct cni_error *err);

/* Deletes the VRF if it has no slaves. */
int cni_container_vrf_delete_unless_used(struct cni_attachment *at,
					 const struct cni_container_vrf *vrf,
					 struct cni_error *err);

#endif
