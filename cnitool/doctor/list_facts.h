/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a list of plugins about the addresses of its containers. `plugins` may be NULL, or a single plugin. */
#ifndef LIST_FACTS_H
#define LIST_FACTS_H

#include "destinations.h"
#include "json.h"

#include <stdbool.h>

/* True if a plugin has a subnet or an address of the family, or gets its ranges from the runtime. */
bool list_has_family(const cJSON *plugins, int family);

/* True if a plugin has ipMasq. */
bool list_masquerades(const cJSON *plugins);

/* nonMasqueradeCIDRs of all plugins, without what is no prefix. The caller clears. */
struct cni_destinations list_destinations(const cJSON *plugins);

#endif
