/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment that has a device. */
#ifndef CNI_MOVED_LINK_HOLDER_H
#define CNI_MOVED_LINK_HOLDER_H

#include "decls.h"
#include "moved_link_record.h"

CNI_BEGIN_DECLS

/* The record of a device and its owner; for what is not on the host, or should not be. The strings of the
 * owner belong to the struct. */
struct cni_moved_link_holder {
	struct cni_moved_link_record record;
	struct cni_owner owner;
	char *network;
	char *container;
	char *ifname;
};
void cni_moved_link_holder_clear(struct cni_moved_link_holder *holder);
#define clearing_holder __attribute__((cleanup(cni_moved_link_holder_clear)))

/* Finds the record, of any network, of the device that `request` names or, if `id` is not NULL, of that
 * hardware. Reads all records. */
bool cni_moved_link_find_holder(const struct cni_device_request *request,
				const struct cni_device_id *id,
				struct cni_moved_link_holder *ret_holder);

CNI_END_DECLS

#endif
