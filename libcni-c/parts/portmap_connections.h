/* SPDX-License-Identifier: Apache-2.0 */
/* UDP connections to published ports that the kernel has kept from before. */
#ifndef CNI_PORTMAP_CONNECTIONS_H
#define CNI_PORTMAP_CONNECTIONS_H

#include "attachment.h"
#include "port_mapping.h"

#include <stddef.h>

/* Forgets them, after the rules have changed. No failure: the port is published, or is not any more. */
void cni_portmap_forget_connections(struct cni_attachment *at, struct cni_nl *nl,
				    const struct cni_port_mapping *mappings, size_t count);

#endif
