/* SPDX-License-Identifier: Apache-2.0 */
/* Which iptables a test and its plugins find: that of nf_tables or the legacy one. */
#ifndef IPTABLES_WHICH_H
#define IPTABLES_WHICH_H

#include <stdbool.h>

/* Which of the two ("nft", "legacy") `iptables` is from now on, for plugins and sandbox_run() alike;
 * "none": there is no such command. A sandbox must have been set up. Until iptables_use_default(). */
void iptables_use(const char *which);
void iptables_use_default(void);

/* True if the table works in both families. */
bool iptables_works(const char *table);

#define skip_unless_iptables_works(which, table)                                                   \
	do {                                                                                       \
		if (!iptables_works(table))                                                        \
			skip_because("this kernel has no table %s of iptables-%s", table, which);  \
	} while (0)

#endif
