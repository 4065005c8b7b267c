/* SPDX-License-Identifier: Apache-2.0 */
/* A Node as the API server describes it, as far as it concerns addresses of pods. */
#ifndef NODE_H
#define NODE_H

#include "error.h"
#include "ip.h"

#include <stddef.h>

/* Kubernetes gives a node a prefix of each family at most. */
#define NODE_CIDRS_MAX 2

struct node {
	struct cni_net cidrs[NODE_CIDRS_MAX]; /* spec.podCIDRs, without host bits */
	size_t count;
	char version
		[64]; /* metadata.resourceVersion; "" if it is not a word of letters and digits */
};

/* Reads an answer of the API server for the Node `name`. Fails with CNI_EDECODE if it is not this Node, with
 * CNI_ECONFIG if spec.podCIDRs are not prefixes, one of a family, and with CNI_EAGAIN if there are none yet. */
int node_parse(const char *body, size_t size, const char *name, struct node *ret_node,
	       struct cni_error *err);

#endif
