/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in network configurations, by the plugins' own tables and words, without a namespace, without IPAM
 * and without the kernel. `cnitool validate` prints it; other commands may call it. */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "catalogue.h"
#include "config_finding.h"
#include "conflist.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/* A file. */
struct source {
	char *file;
	char *text; /* NULL: it cannot be read */
	size_t size;
	cJSON *json; /* NULL: it is not a JSON object */
	struct cni_conflist
		list;	/* with its drop-in folder; `name` NULL: it is no list of plugins */
	int written;	/* plugins of the file itself: those behind are drop-ins */
	char *name;	/* of the network, also where the rest is wrong; NULL: none */
	bool is_list;	/* not a single plugin's configuration */
	bool is_wanted; /* false: it is there to be compared with */
};

struct validation {
	struct catalogue catalogue;
	struct config_findings findings;
	struct source *sources;
	size_t count;
	size_t wanted; /* how many of them are */
};

/* A plugin of a source. */
struct configured {
	struct validation *validation;
	const struct source *source;
	const cJSON *json;
	int index;
	const struct catalogue_plugin *plugin;
	const struct catalogue_plugin *ipam; /* of its `ipam.type`; NULL: it has none */
};

/* Looks at the files and networks of `names`, or with `count` 0 at all of the directory `dir`, with the plugins
 * of `path`. A name with a slash, or that ends in .conflist, .conf or .json, is a file or a directory; others are
 * networks of `dir`. validation_clear() afterwards in any case. Fails with CNI_EIO if a directory cannot be
 * read, and with CNI_EMISSING if there is nothing to look at. */
int validate_networks(const char *dir, const char *path, char *const *names, size_t count,
		      struct validation *ret_validation, struct cni_error *err);

void validation_clear(struct validation *validation);
#define clearing_validation __attribute__((cleanup(validation_clear)))

/* ---- the files (validate_sources.c) ---- */

/* Reads them. Fails as validate_networks(). */
int sources_read(struct validation *validation, const char *dir, char *const *names, size_t count,
		 struct cni_error *err);
void source_clear(struct source *source);

/* ---- the checks ---- */

/* A file: JSON, the list, and all below for each of its plugins. */
void validate_source(struct validation *validation, const struct source *source);
/* Unknown keys, and capabilities. */
void validate_list_keys(struct validation *validation, const struct source *source);
void validate_keys(const struct configured *configured);
void validate_capabilities(const struct configured *configured);
/* The order of the plugins, by the places they describe. */
void validate_chain(struct validation *validation, const struct source *source);
/* All networks with each other: names, ranges, destinations. */
void validate_names(struct validation *validation);
void validate_ranges(struct validation *validation);
void validate_destinations(struct validation *validation);

/* The place of a plugin's key; NULL: of the plugin. */
struct config_place place_of_key(const struct configured *configured, const char *key);

/* The `ipam.type` of a plugin's configuration; NULL: it has none. */
const char *ipam_type_of(const cJSON *plugin);

#endif
