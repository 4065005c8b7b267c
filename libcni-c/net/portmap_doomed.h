/* SPDX-License-Identifier: Apache-2.0 */
/* What of the portmap table is to go: for DEL and GC, and for an ADD that finds something in its
 * way. Each fails with CNI_EKERNEL. */
#ifndef CNI_PORTMAP_DOOMED_H
#define CNI_PORTMAP_DOOMED_H

#include "nft_doomed.h"
#include "portmap.h"
#include "portmap_table.h"

/* Everything that bears the owner's name, found without knowing what it published. */
int cni_portmap_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			   struct cni_nft_doomed *doomed, struct cni_error *err);

/* What lets an address of a container be masqueraded, if it bears `text`; NULL: whatever it bears.
 */
int cni_portmap_doom_sources(struct cni_nl *nl, const struct cni_ip *address, const char *text,
			     struct cni_nft_doomed *doomed, struct cni_error *err);

/* The address that a port leads to. */
struct cni_ip cni_portmap_target(const struct cni_portmap_family *family,
				 const struct cni_nft_element *port);

#endif
