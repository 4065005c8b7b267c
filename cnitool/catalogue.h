/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins that configurations name, each asked once for its keys (describe.h). */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "json.h"

#include <stdbool.h>
#include <stddef.h>

struct catalogue_plugin {
	char *type;
	bool is_found;	    /* on the path */
	cJSON *description; /* NULL: it does not know DESCRIBE */
	char *why;	    /* in its words; NULL if there is a description */
};

struct catalogue {
	const char *path; /* CNI_PATH */
	struct catalogue_plugin **items;
	size_t count;
};

/* The plugin `type`, which is asked if it was not yet. Belongs to the catalogue. */
const struct catalogue_plugin *catalogue_get(struct catalogue *catalogue, const char *type);

void catalogue_clear(struct catalogue *catalogue);

/* Lists the directories of runtimes that have an executable `type`, without those of `path`:
 * "/usr/lib/cni, /opt/cni/bin". NULL if there is none. The caller frees. */
char *catalogue_elsewhere(const char *type, const char *path);

/* "interface", "chained", "any" or "ipam"; "" if that is not known. */
const char *catalogue_role(const struct catalogue_plugin *plugin);

/* The row of a description's key in the object `section` (NULL: the configuration itself); NULL: none. Keys
 * match in any case. */
const cJSON *catalogue_key(const struct catalogue_plugin *plugin, const char *section,
			   const char *key);

/* True if a row of `keys` is of the object `section`; NULL: of the configuration itself. */
bool catalogue_is_in(const cJSON *row, const char *section);

#endif
