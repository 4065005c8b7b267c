/* SPDX-License-Identifier: Apache-2.0 */
/* The types of plugins, and of IPAM plugins, that the networks have, each once. */
#ifndef PLUGIN_TYPES_H
#define PLUGIN_TYPES_H

#include "doctor.h"
#include "version.h"

struct plugin_type {
	const char *type;
	const char *network; /* the first that has it */
	enum cni_version version;
};

struct plugin_types {
	struct plugin_type *items;
	size_t count;
};

/* Strings belong to the networks. The caller clears. */
struct plugin_types plugin_types(const struct doctor *doctor);
void plugin_types_clear(struct plugin_types *types);

/* True if the plugin reports (VERSION) that it speaks `version`. */
bool plugin_speaks(const char *type, const char *path, enum cni_version version);

#endif
