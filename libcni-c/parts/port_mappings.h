/* SPDX-License-Identifier: Apache-2.0 */
/* The key runtimeConfig.portMappings. */
#ifndef CNI_PORT_MAPPINGS_H
#define CNI_PORT_MAPPINGS_H

#include "decode.h"
#include "error.h"
#include "json.h"
#include "port_mapping.h"

#include <stdbool.h>
#include <stddef.h>

/* The keys of a mapping, for DESCRIBE. */
extern const struct cni_field cni_port_mapping_fields[];

/* Decodes the list `json` (NULL: empty) into an array that the caller frees. A mapping that publishes no more than
 * another one is left out, unless `keeps_repeated`. Fails with CNI_ECONFIG, naming the mapping by its place in the
 * list, and allocates nothing then: for a wrong value, and for a host port that leads to two container ports. */
int cni_port_mappings_decode(const cJSON *json, bool keeps_repeated,
			     struct cni_port_mapping **ret_mappings, size_t *ret_count,
			     struct cni_error *err);

#endif
