/* SPDX-License-Identifier: Apache-2.0 */
/* The container named by an operand of the command line: a namespace has many paths, and its
 * container one id. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "cache.h"
#include "error.h"
#include "options.h"

#include <stdbool.h>

/* An id is part of a file's name in the cache. */
#define CONTAINER_ID_SIZE 256

struct container {
	char id[CONTAINER_ID_SIZE];
	char *netns;	/* an absolute path; the cache may have another one */
	bool is_cached; /* the cache has an attachment to the network by the interface, */
	struct cni_cached
		cached; /* which is this, unless its file is damaged (`network` is NULL) */
};

/* Finds the container of the namespace `operand`, with regard to the network of the first operand and the
 * interface of `options`.
 *
 * A name without '/' that is no file here is one of ip-netns(8) if there is one of that name, or
 * was when it was attached. Other paths are made absolute, without "." and "..". The id is
 * "cnitool-" and the first 20 digits of the path's SHA-512, as Go's cnitool has it, unless the
 * cache has an attachment that was made by another path to the same file (/var/run is /run), or
 * to the same namespace: then the id is that attachment's.
 * Fails with CNI_EENV for an empty operand, CNI_EIO, or CNI_ECONFIG. container_clear() afterwards in
 * any case. */
int container_find(const struct options *options, const char *operand,
		   struct container *ret_container, struct cni_error *err);

/* Finds the attachment to the network of the first operand that --container names, with --ifname or the only
 * interface that it has there, in the cache. `ret_container->netns` is that of the attachment.
 * Fails with CNI_EIO, and with CNI_ECONTAINER, naming the candidates, if there is none or more than one. */
int container_find_attached(const struct options *options, struct container *ret_container,
			    struct cni_error *err);

void container_clear(struct container *container);

#endif
