/* SPDX-License-Identifier: Apache-2.0 */
/* A network's configuration (CNI SPEC, section 1, "Network configuration format"): a name, a
 * version, and the plugins to run, in order. See confdir.h for finding it in a directory. */
#ifndef CNI_CONFLIST_H
#define CNI_CONFLIST_H

#include "decls.h"
#include "decode.h"
#include "error.h"
#include "json.h"
#include "version.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* A network as its configuration has it. */
struct cni_conflist {
	char *name;
	enum cni_version version; /* the highest that the list offers and that we know */
	bool disable_check;
	bool disable_gc;
	bool only_inlined; /* loadOnlyInlinedPlugins: what lies in the drop-in folder stays there */
	cJSON *plugins;	   /* an array of objects; each has a 'type' that may be executed, and
			    * 'capabilities', if any, that are true or false */
	char *text;	   /* as the cache keeps it: the bytes it was read from, or, with plugins
			    * appended, JSON that has them all; NUL-terminated */
	size_t size;	   /* without the NUL */
	char *file; /* the path that cni_confdir_find() has read it from; NULL: another source */
};

/* The keys of a list. */
extern const struct cni_field cni_conflist_fields[];

/* Reads a list. Keys match in any case. The flags may be booleans or "true" and "false" in any
 * case. A list without the key 'plugins' has none, as long as `only_inlined` is not set: they come
 * from its drop-in folder.
 *
 * The version is the highest that we know of 'cniVersions' and 'cniVersion' together; unknown
 * versions are ignored if a known one is listed.
 *
 * `what` names the source in errors. The caller clears with cni_conflist_clear().
 * Fails with CNI_EDECODE, with CNI_ECONFIG (naming key, value and what was expected) and with
 * CNI_EVERSION. */
int cni_conflist_parse(const char *data, size_t size, const char *what,
		       struct cni_conflist *ret_list, struct cni_error *err);

/* Makes a list of a single plugin's configuration (*.conf before there were lists); its `text` is
 * the list that was made. Otherwise as cni_conflist_parse(). */
int cni_conflist_upconvert(const char *data, size_t size, const char *what,
			   struct cni_conflist *ret_list, struct cni_error *err);

/* Appends a plugin's configuration, as a drop-in file holds it. Fails as cni_conflist_parse(). */
int cni_conflist_append(struct cni_conflist *list, const char *data, size_t size, const char *what,
			struct cni_error *err);

/* The type of a plugin of a list, never NULL. */
const char *cni_conflist_type(const cJSON *plugin);

/* Frees what the list holds, and empties it. */
void cni_conflist_clear(struct cni_conflist *list);

CNI_END_DECLS

#endif
