/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as sources of a zone of firewalld, which then decides about their packets. The sources
 * are in firewalld's runtime configuration, which a reload forgets; ADD and MEND add them again.
 * Each function waits at most ten seconds. */
#ifndef CNI_FIREWALLD_H
#define CNI_FIREWALLD_H

#include "error.h"
#include "ip.h"

#include <stddef.h>

/* Succeeds if firewalld runs: its name has an owner on the system bus. Fails with CNI_EMISSING and
 * the reason if not, or if there is no bus; with CNI_EDELEGATE if the bus does not answer. */
int cni_firewalld_status(struct cni_error *err);

/* Adds the addresses to the zone, unless the zone has them. Fails with CNI_EMISSING if firewalld
 * does not run, and with CNI_EDELEGATE in firewalld's words; addresses added before that stay. */
int cni_firewalld_add(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err);

/* Checks that the zone has the addresses. Fails with CNI_EMISMATCH. */
int cni_firewalld_check(const char *zone, const struct cni_ip *addresses, size_t count,
			struct cni_error *err);

/* Removes the addresses from the zone. Succeeds without firewalld or zone. Other zones keep
 * theirs. */
int cni_firewalld_del(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err);

#endif
