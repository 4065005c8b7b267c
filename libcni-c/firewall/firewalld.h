/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as sources of a zone of firewalld: what comes from them is treated as the zone says.
 * In firewalld's runtime configuration: what it forgets when it is reloaded, an ADD or MEND brings
 * back. Each waits at most ten seconds. */
#ifndef CNI_FIREWALLD_H
#define CNI_FIREWALLD_H

#include "error.h"
#include "ip.h"

#include <stddef.h>

/* Does it run: has its name an owner on the system bus? Fails with CNI_EMISSING, saying why, if
 * not, which is also if there is no bus; and with CNI_EDELEGATE if the bus does not answer. */
int cni_firewalld_status(struct cni_error *err);

/* An address that is in the zone already is left there. Fails with CNI_EMISSING if firewalld does
 * not run, and with CNI_EDELEGATE in its words; what was added before that stays. */
int cni_firewalld_add(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err);

/* Are they in the zone? Fails with CNI_EMISMATCH. */
int cni_firewalld_check(const char *zone, const struct cni_ip *addresses, size_t count,
			struct cni_error *err);

/* Without firewalld, or the zone, there is nothing to remove. What is in another zone stays. */
int cni_firewalld_del(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err);

#endif
