/* SPDX-License-Identifier: Apache-2.0 */
/* What a command works on: a network, and an attachment named by a namespace. */
#ifndef TOOL_H
#define TOOL_H

#include "chain.h"
#include "conflist.h"
#include "options.h"
#include "warnings.h"

/* "cnitool-", 20 digits and a NUL. */
#define TOOL_CONTAINER_SIZE 29

struct tool {
	const struct options *options;
	struct cni_conflist list;
	cJSON *capability_args; /* NULL: none */
	char *netns;		/* an absolute path; NULL: none was named */
	char container[TOOL_CONTAINER_SIZE];
	struct cni_warnings warnings;
	struct cni_chain chain; /* of all this */
};

/* Settles which attachment is meant, from the operands: network and, if there is a second one and
 * `with_netns`, the namespace.
 *
 * The namespace's path is made absolute, without "." and "..", and the container's id is "cnitool-"
 * and the first 20 digits of its SHA-512, both as Go's cnitool has them. A name without '/' that is
 * no file here is one of ip-netns(8) if there is one of that name, or was when it was attached.
 * Fails with CNI_ECONFIG, CNI_EENV or CNI_EDECODE. */
int tool_open(const struct options *options, bool with_netns, struct tool *ret_tool,
	      struct cni_error *err);

/* Reads the network's configuration. Fails as cni_confdir_find(). */
int tool_load(struct tool *tool, struct cni_error *err);

/* As above; if that fails, takes the configuration that the cache has from the attachment's ADD,
 * with a warning. */
int tool_load_to_delete(struct tool *tool, struct cni_error *err);

void tool_close(struct tool *tool);

#endif
