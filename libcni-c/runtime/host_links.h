/* SPDX-License-Identifier: Apache-2.0 */
/* The links of this host that carry an owner's text (base/owner.h): the host side of each attachment
 * that the bridge plugin has made. As sysfs shows them, so that this needs no netlink. */
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

/* Waits until none of the links is there any more, at most `milliseconds`: the kernel deletes those of
 * a namespace some time after its last process and name have gone. */
void cni_host_links_await_end(const struct cni_host_links *links, unsigned int milliseconds);

/* The container and the interface of an owner's text, which the caller frees. False if the text was cut
 * to fit, so that they cannot be told. */
bool cni_host_link_parse(const char *owner, char **ret_network, char **ret_container,
			 char **ret_ifname);

void cni_host_links_clear(struct cni_host_links *links);
#define clearing_links __attribute__((cleanup(cni_host_links_clear)))

#endif
