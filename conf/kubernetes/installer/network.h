/* SPDX-License-Identifier: Apache-2.0 */
/* The conflist of the node: the cluster's, with ranges of the node's podCIDRs. */
#ifndef NETWORK_H
#define NETWORK_H

#include "error.h"
#include "node.h"
#include "settings.h"

#include <stdbool.h>
#include <stddef.h>

/* The member that a conflist of the installer has, and no other: an object with the node's name and podCIDRs.
 * Runtimes and plugins ignore it. */
#define NETWORK_MARK "cni-c-installer"

/* Reads the file `settings->network`, puts `ranges` into each `ipam` of the type host-local that has neither
 * `ranges` nor `subnet`, and adds the mark. `*ret_text` is the conflist, which the caller frees.
 * Fails with CNI_EIO if the file cannot be read, with CNI_ECONFIG if no `ipam` takes the ranges, and as
 * cni_conflist_parse(). */
int network_compose(const struct settings *settings, const struct node *node, char **ret_text,
		    struct cni_error *err);

/* True if nonMasqueradeCIDRs of a plugin is a list that lacks a podCIDR of the node: pods on other nodes would see the
 * address of the node. `*ret_cidr` is that podCIDR. */
bool network_masquerades(const char *text, const struct node *node, struct cni_net *ret_cidr);

#endif
