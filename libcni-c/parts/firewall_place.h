/* SPDX-License-Identifier: Apache-2.0 */
/* The place in which an attachment's accepts are of use (firewall_choice.h): chosen by ADD, looked
 * at by CHECK, and chosen anew by MEND. */
#ifndef CNI_FIREWALL_PLACE_H
#define CNI_FIREWALL_PLACE_H

#include "attachment.h"
#include "error.h"
#include "firewall_record.h"
#include "parts.h"

#include <stdbool.h>

/* Gives the record the backend and the tools for its addresses, where `written` leaves them to us.
 * Fails with CNI_EMISSING, CNI_EDELEGATE or CNI_EKERNEL. A backend that cannot be used must not be recorded
 * either: DEL could not take it back. */
int cni_firewall_place(struct cni_attachment *at, enum cni_firewall_backend written,
		       struct cni_firewall_record *record, struct cni_error *err);

/* Fails with CNI_EMISMATCH where the accepts are in vain. An attachment without an interface on the
 * host, as one of a macvlan, passes: the host does not forward its packets. */
int cni_firewall_check_place(struct cni_attachment *at, const struct cni_firewall_part *spec,
			     const struct cni_firewall_record *record, struct cni_error *err);

/* The record that ADD would make today, which the caller clears. `ret_moves` is false if it has the
 * place that `record` has, or the backend is not for us to choose. */
int cni_firewall_place_today(struct cni_attachment *at, const struct cni_firewall_part *spec,
			     const struct cni_firewall_record *record,
			     struct cni_firewall_record *ret_record, bool *ret_moves,
			     struct cni_error *err);

/* Notes in `to` what `from` has in iptables and firewalld and `to` has not. */
void cni_firewall_note_leaving(const struct cni_firewall_record *from,
			       struct cni_firewall_record *to);

#endif
