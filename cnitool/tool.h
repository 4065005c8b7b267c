/* SPDX-License-Identifier: Apache-2.0 */
/* The object of a command: a network, and an attachment named by a namespace. */
#ifndef TOOL_H
#define TOOL_H

#include "chain.h"
#include "conflist.h"
#include "container.h"
#include "options.h"
#include "warnings.h"

struct tool {
	const struct options *options;
	struct cni_conflist list;
	cJSON *capability_args;	    /* NULL: none */
	struct container container; /* `netns` is NULL: none was named */
	struct cni_warnings warnings;
	struct cni_chain chain; /* of all this */
};

/* Finds the attachment named by the operands: the network and, with `with_netns`, the namespace that is a second
 * one, or the container of --container. Fails as container_find() and container_find_attached(), and with
 * CNI_ECONFIG, CNI_EENV or CNI_EDECODE. */
int tool_open(const struct options *options, bool with_netns, struct tool *ret_tool,
	      struct cni_error *err);

/* Reads the network's configuration, unless it was read. Fails as cni_confdir_find(). */
int tool_load(struct tool *tool, struct cni_error *err);

/* Takes the configuration and the namespace's path that the cache has from the attachment's ADD; where it
 * has none, reads the network's. Fails as above. */
int tool_load_attached(struct tool *tool, struct cni_error *err);

/* Calls `run` for each configured network, with a tool of its own; stops at a failure (-1), otherwise returns the
 * greatest of its results. Warnings go to `tool`. Fails as cni_confdir_names() and tool_open(). */
int tool_each_network(struct tool *tool,
		      int (*run)(struct tool *each, void *data, struct cni_error *err), void *data,
		      struct cni_error *err);

/* Calls `visit` for the configuration of each network that is configured and can be read; a warning of `tool` names the
 * others. Fails as cni_confdir_names(). */
int tool_each_list(struct tool *tool, void (*visit)(const struct cni_conflist *list, void *data),
		   void *data, struct cni_error *err);

void tool_close(struct tool *tool);

#endif
