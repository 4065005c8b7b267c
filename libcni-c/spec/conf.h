/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that each plugin's configuration has (CNI SPEC, section 1, "Plugin configuration
 * objects", and section 3, "Deriving request configuration"). */
#ifndef CNI_CONF_H
#define CNI_CONF_H

#include "decls.h"
#include "decode.h"
#include "env.h"
#include "error.h"
#include "json.h"
#include "owner.h"
#include "result.h"
#include "version.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* A configuration. Its strings live until cni_conf_clear(). */
struct cni_conf {
	cJSON *json;	       /* the whole configuration; what follows points into it */
	const char *name;      /* of the network */
	const cJSON *ipam;     /* NULL: layer 2 only */
	const char *ipam_type; /* NULL: none */
	enum cni_version version;
	struct cni_dns dns;
	bool has_dns; /* the key holds something, so it overrides the IPAM plugin's */
	struct cni_result prev_result;
	bool has_prev_result;
	struct cni_owners valid; /* GC: the attachments still valid, sorted */
};

/* Keys that the object of each plugin in a list may have, and keys that a runtime adds to it. Each is read by a
 * function of its own. */
extern const struct cni_field cni_conf_fields[];
extern const struct cni_field cni_conf_added_fields[];

/* Parses the configuration in `data`, checked as the command needs it. Fills `ret_conf->json`,
 * `name` and `version` first, so that an error can be printed in the right version.
 *
 * ADD, CHECK, STATUS: a wrong value is an error. DEL, GC: only broken JSON, a missing name or an
 * unknown version is an error; an invalid prevResult counts as absent.
 *
 * Fails with CNI_EDECODE, CNI_ECONFIG, CNI_EVERSION. In any case cni_conf_clear() afterwards. */
int cni_conf_read(const char *data, size_t size, enum cni_command command, enum cni_version oldest,
		  struct cni_conf *ret_conf, struct cni_error *err);

/* Frees what `conf` holds, not the struct. */
void cni_conf_clear(struct cni_conf *conf);

CNI_END_DECLS

#endif
