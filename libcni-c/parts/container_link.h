/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_IFNAME in the container, for the parts that make it. */
#ifndef CNI_CONTAINER_LINK_H
#define CNI_CONTAINER_LINK_H

#include "attachment.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* Chooses its MAC for ADD: `mac` (NULL or "": none was asked for), or a random one. */
void cni_container_link_choose_mac(struct cni_attachment *at, const char *mac);

/* After the kernel has refused to make the link with EEXIST: fails with CNI_ETAKEN if the container has
 * a link with the name; 0 otherwise. */
int cni_container_link_refuse_other(struct cni_attachment *at, struct cni_error *err);

/* After it was made, and at->container.index is known: gives it the owner's alias, by which DEL knows it. Fails
 * with CNI_EKERNEL; errnum ENODEV if it is not there any more. */
int cni_container_link_mark(struct cni_attachment *at, struct cni_error *err);

/* For undo and DEL: deletes the link with the name if it is of the kind and has the owner's alias or, as one of
 * the Go plugins, none: the path of a namespace may lead to another container's by now, and a link that another
 * program has made under the name stays. Succeeds without a link or a namespace. */
int cni_container_link_del(struct cni_attachment *at, const char *kind, struct cni_error *err);

/* The same through the socket `nl` of the namespace, for the attachment of `owner`, which has its text
 * (cni_owner_make()). */
int cni_container_link_del_in(struct cni_nl *nl, const struct cni_owner *owner, const char *kind,
			      struct cni_error *err);

/* After a look at it has failed, for DEL: succeeds if there is no link, and deletes one that cannot be read
 * (cni_link_is_unreadable()), which is the work of the container's root. */
int cni_container_link_del_unread(struct cni_attachment *at, struct cni_error *err);

/* For CHECK: fills at->container and compares it with the prevResult. at->container.has_mac is true only
 * if the prevResult has a MAC. Fails with CNI_EMISMATCH: the link is missing, the prevResult does not have
 * it, it is of another kind, or has another MAC. */
int cni_container_link_check(struct cni_attachment *at, const char *kind, struct cni_error *err);

CNI_END_DECLS

#endif
