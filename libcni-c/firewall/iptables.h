/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's rules in iptables, in the table filter of each family with addresses:
 *
 *	-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
 *	-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
 *	-A CNI-FORWARD -d 10.1.0.7/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
 *	-A CNI-FORWARD -s 10.1.0.7/32 -j ACCEPT
 *	-A CNI-FORWARD -d 10.1.0.7/32 -m comment --comment "published ports"
 *		-m conntrack --ctstate DNAT -j ACCEPT
 *
 * Except for the last one, the rules equal the Go plugin's word for word: CHECK and DEL of either
 * plugin accept the rules of the other. The last rule accepts new connections to a published port,
 * which a policy of drop would refuse. The chains stay when the last rule goes, as the Go plugin's
 * do: a new jump would precede rules that an administrator has put before the old one.
 *
 * Each change is one run of `iptables-restore --noflush` for each family, and is atomic. The run
 * names rules that must exist (-C) besides the new ones, so the usual ADD need not look first. A
 * rule has no owner: each attachment adds its own, even beside an equal rule of another attachment,
 * and removes one. */
#ifndef CNI_IPTABLES_H
#define CNI_IPTABLES_H

#include "error.h"
#include "ip.h"
#include "iptables_tool.h"

#include <stdbool.h>
#include <stddef.h>

#define CNI_IPTABLES_CHAIN "CNI-FORWARD"

struct cni_iptables {
	enum cni_iptables_tool tool;
	const char *admin_chain;
	const struct cni_ip *addresses; /* no address twice */
	size_t count;
	bool made_by_go; /* without the rule for published ports */
};

/* Atomic for each family. Fails with CNI_EMISSING or CNI_EDELEGATE; rules added to the first family
 * before that stay. */
int cni_iptables_add(const struct cni_iptables *iptables, struct cni_error *err);

/* Adds missing rules. */
int cni_iptables_mend(const struct cni_iptables *iptables, struct cni_error *err);

/* Fails with CNI_EMISMATCH if a rule is missing, naming the rule. */
int cni_iptables_check(const struct cni_iptables *iptables, struct cni_error *err);

/* Removes each rule once. For an address that is `shared` (an array of `count`) with another
 * attachment, only if one of each remains. Missing rules are success. */
int cni_iptables_del(const struct cni_iptables *iptables, const bool *shared,
		     struct cni_error *err);

#endif
