/* SPDX-License-Identifier: Apache-2.0 */
/* What the firewall has in iptables, in the table filter of each family that has addresses:
 *
 *	-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
 *	-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
 *	-A CNI-FORWARD -d 10.1.0.7/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
 *	-A CNI-FORWARD -s 10.1.0.7/32 -j ACCEPT
 *	-A CNI-FORWARD -d 10.1.0.7/32 -m comment --comment "published ports"
 *		-m conntrack --ctstate DNAT -j ACCEPT
 *
 * word for word as the Go plugin has it, but for the last one, so that CHECK and DEL of either are
 * content with what the other has made. The last one lets new connections to a published port in:
 * without it a policy of drop shuts them all out. The chains stay when the last rule goes, as they
 * do there: made again, they would come before whatever an administrator has put before them since.
 *
 * Each change is one run of `iptables-restore --noflush` for each family, which happens whole or
 * not at all. It names rules that must be there (-C) besides those that it adds, so that the usual
 * ADD need not look first. A rule bears no owner: each attachment adds its own, also if another's
 * with the same address is still there, and removes one. */
#ifndef CNI_IPTABLES_H
#define CNI_IPTABLES_H

#include "error.h"
#include "ip.h"
#include "iptables_tool.h"

#include <stdbool.h>
#include <stddef.h>

#define CNI_IPTABLES_CHAIN "CNI-FORWARD"

/* Longer names of chains are refused (XT_EXTENSION_MAXNAMELEN, linux/netfilter/x_tables.h). */
#define CNI_IPTABLES_NAME_MAX 28

struct cni_iptables {
	enum cni_iptables_tool tool;
	const char *admin_chain;
	const struct cni_ip *addresses; /* no address twice */
	size_t count;
	bool made_by_go; /* without the rule for published ports */
};

/* All or nothing for each family. Fails with CNI_EMISSING or CNI_EDELEGATE; what was added to the
 * first family before that stays. */
int cni_iptables_add(const struct cni_iptables *iptables, struct cni_error *err);

/* Adds what is missing. */
int cni_iptables_mend(const struct cni_iptables *iptables, struct cni_error *err);

/* Is all of it there? Fails with CNI_EMISMATCH, naming the rule. */
int cni_iptables_check(const struct cni_iptables *iptables, struct cni_error *err);

/* Removes the rules once. Of an address that is `shared` (an array of `count`) with another
 * attachment only if one of each remains. What is not there is success. */
int cni_iptables_del(const struct cni_iptables *iptables, const bool *shared,
		     struct cni_error *err);

#endif
