/* SPDX-License-Identifier: Apache-2.0 */
/* The device that an ADD moves, and reasons not to. */
#ifndef CNI_MOVED_LINK_CHOICE_H
#define CNI_MOVED_LINK_CHOICE_H

#include "attachment.h"
#include "decls.h"
#include "moved_link_record.h"

CNI_BEGIN_DECLS

/* Finds the device on the host and locks it; `*ret_lock` is a descriptor. A device that is on the host, and
 * that another attachment has the record of, is put back as it was first: its namespace has ended without a
 * DEL. Fails with CNI_ECONFIG if there is no such link; CNI_ETAKEN if another attachment has it in its
 * container, naming the owner; CNI_ELOCKED. */
int cni_moved_link_choose(struct cni_attachment *at, const struct cni_device_request *request,
			  struct cni_link *ret_link, int *ret_lock, struct cni_error *err);

/* Fails with CNI_ECONFIG if the host itself uses the device (its default route, or it is a port), and the
 * request is not for its name. */
int cni_moved_link_refuse_used(const struct cni_device_request *request,
			       const struct cni_link *link,
			       const struct cni_moved_link_record *record, struct cni_error *err);

CNI_END_DECLS

#endif
