/* SPDX-License-Identifier: Apache-2.0 */
/* The masquerade part with rules in iptables (nat.h). */
#ifndef CNI_MASQUERADE_IPTABLES_H
#define CNI_MASQUERADE_IPTABLES_H

#include "parts.h"

/* Makes the rules, also in place of elements in nf_tables. Fills in what this run's add has changed. */
int cni_masquerade_add_by_iptables(struct cni_attachment *at, struct cni_masquerade_part *spec,
				   struct cni_error *err);

int cni_masquerade_check_by_iptables(struct cni_attachment *at, struct cni_error *err);

/* Removes rules and record, those of the Go plugin as well. */
int cni_masquerade_detach(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

#endif
