/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations of a network: those of its newest ADD, or of a newer refresh, hold for all of its attachments.
 *
 *	/run/cni/masquerade/blue/destinations
 *
 * has their digest on the first line, "# 9c1e…", and a prefix on each other; an empty set has no file. The file is
 * written before the rules, and both are changed under one lock, which readers do not need: a file is replaced as
 * a whole. It is lost in a reboot, like the rules. */
#ifndef CNI_KEPT_DESTINATIONS_H
#define CNI_KEPT_DESTINATIONS_H

#include "destinations.h"
#include "error.h"
#include "lock.h"

#define clearing_destinations __attribute__((cleanup(cni_destinations_clear)))

/* The directory below /run/cni; records of iptables (nat_record.h) are there as well. */
#define CNI_DESTINATIONS_DIRECTORY "masquerade"

/* Takes the network's lock, waiting ten seconds at most: shared to rely on the destinations, exclusive to change
 * them. `*ret_lock` becomes a descriptor that holds it, or -1 if there can be no locks. Fails with CNI_ELOCKED. */
int cni_destinations_lock(const char *network, enum cni_lock_kind kind, int *ret_lock,
			  struct cni_error *err);

/* True if the network has a file. The cost is a system call. */
bool cni_destinations_have_file(const char *network);

/* Reads the digest alone; "" without a file. Returns `digest`. */
const char *cni_destinations_kept_digest(const char *network,
					 char digest[CNI_DESTINATIONS_DIGEST_SIZE]);

/* Reads the network's destinations, which the caller clears. Fails with CNI_EIO, as the next one. */
int cni_destinations_read(const char *network, struct cni_destinations *ret_destinations,
			  struct cni_error *err);

/* True if the file has exactly these, by the digest; for none, if there is no file. */
bool cni_destinations_are_kept(const char *network, const struct cni_destinations *destinations);

/* Makes them the network's; without any, removes the file. */
int cni_destinations_keep(const char *network, const struct cni_destinations *destinations,
			  struct cni_error *err);

#endif
