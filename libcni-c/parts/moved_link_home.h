/* SPDX-License-Identifier: Apache-2.0 */
/* The way back of a device: from the container, or from where it has fallen to when the container ended. */
#ifndef CNI_MOVED_LINK_HOME_H
#define CNI_MOVED_LINK_HOME_H

#include "attachment.h"
#include "decls.h"
#include "moved_link_record.h"

CNI_BEGIN_DECLS

/* Looks for the device of the record: on the host under its name, in the container (`inside`, its socket, or
 * NULL), in the namespace that the record knows if that is still the same one, and on the host under any
 * name if it is hardware. `ifname`: its name in the container.
 * A device that is found comes back under its name, with alias, MAC, MTU, flags, master, state, addresses and
 * routes. If another link has its name by now, it comes back as "dev%d". Other things that cannot be
 * put back are printed on stderr, and are no failure: the device is on the host.
 * `wait_ms`: how long to wait for hardware that is nowhere, since the kernel dismantles a namespace after
 * its last user has gone. Fails with CNI_EKERNEL if the device is found and cannot be moved, and CNI_ELOCKED
 * if another process is at it for too long. */
struct cni_moved_link_way {
	struct cni_nl *host;
	struct cni_nl *inside;
	const char *ifname;
	unsigned int wait_ms;
	bool host_alone; /* look in no other namespace */
};
int cni_moved_link_bring_home(const struct cni_moved_link_way *way,
			      const struct cni_moved_link_record *record, bool *ret_found,
			      struct cni_error *err);

/* The same for a device without a record: one that the Go plugin has moved, whose alias is its name on the
 * host. Only the link `ifname` counts, and only if it is hardware or its other end or parent is on the host: the
 * container may have made any other. Does nothing if the host has a link of that name. */
int cni_moved_link_bring_home_by_alias(const struct cni_moved_link_way *way, struct cni_error *err);

/* Locks the device that has this name on the host, waiting for some seconds: see lock.h. */
int cni_moved_link_lock(const char *name, int *ret_lock, struct cni_error *err);

CNI_END_DECLS

#endif
