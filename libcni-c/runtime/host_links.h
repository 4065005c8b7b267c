/* SPDX-License-Identifier: Apache-2.0 */
/* The links of this host that carry an owner's text (base/owner.h): the host side of each
 * attachment of the bridge plugin. Read from sysfs, without netlink. */
#ifndef CNI_HOST_LINKS_H
#define CNI_HOST_LINKS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

struct cni_host_link {
	char *name;
	char *owner; /* the owner's text: "network/container/ifname" */
};

struct cni_host_links {
	struct cni_host_link *items;
	size_t count;
};

/* The links of `network`, or of all if it is NULL. The caller clears. Fails with CNI_EIO if
 * /sys/class/net cannot be read. */
int cni_host_links(const char *network, struct cni_host_links *ret_links, struct cni_error *err);

/* Waits at most `milliseconds` until all of the links are deleted: the kernel deletes the links
 * of a namespace some time after its last process and name. */
void cni_host_links_await_end(const struct cni_host_links *links, unsigned int milliseconds);

/* Splits an owner's text into container and interface, which the caller frees. False if the text
 * was truncated to fit. */
bool cni_host_link_parse(const char *owner, char **ret_network, char **ret_container,
			 char **ret_ifname);

void cni_host_links_clear(struct cni_host_links *links);
#define clearing_links __attribute__((cleanup(cni_host_links_clear)))

#endif
