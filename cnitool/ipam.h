/* SPDX-License-Identifier: Apache-2.0 */
/* The ledgers of a network: the directories in which its host-local plugins reserve addresses,
 * and their configurations, read as ADD reads them. */
#ifndef IPAM_H
#define IPAM_H

#include "census.h"
#include "host_local_conf.h"
#include "lease_file.h"
#include "listing.h"
#include "tool.h"
#include "verbs.h"

#include <stddef.h>
#include <time.h>

/* A plugin of the network's list that has host-local give it addresses. */
struct ipam_plugin {
	const char *type;
	struct cni_call call; /* what a runtime would send it for ADD */
	struct host_local_conf conf;
};

/* A data directory, and the configurations of those that reserve in it: most often one of each. */
struct ipam_ledger {
	struct place place;
	const struct host_local_conf **confs;
	size_t conf_count;
};

struct ipam {
	struct ipam_plugin *plugins;
	size_t plugin_count;
	struct ipam_ledger *ledgers;
	size_t ledger_count;
};

/* Reads the network of the first operand. ipam_close() afterwards in any case.
 * Fails as tool_load() and host_local_conf_read(), and with CNI_ECONFIG if none of the network's
 * plugins uses host-local. */
int ipam_open(struct tool *tool, struct ipam *ret_ipam, struct cni_error *err);

/* For callers that need no range sets. A configuration that ADD refuses is a warning: the
 * ledgers are found as DEL and GC find them. */
int ipam_open_places(struct tool *tool, struct ipam *ret_ipam, struct cni_error *err);

void ipam_close(struct ipam *ipam);
#define closing_ipam __attribute__((cleanup(ipam_close)))

/* Returns the boot of a lease, relative to the boot `now`: "this", "earlier" or "unknown". */
const char *ipam_boot(const struct lease *lease, const struct boot_id *now);

/* Returns the state of the lease's network namespace: "alive", "gone" or "unknown". A namespace
 * of an earlier boot is gone, though a new one may have the same numbers. */
const char *ipam_netns(const struct lease *lease, const struct boot_id *now,
		       const struct census *census);

/* True for a reservation of this boot whose namespace is gone. */
bool ipam_is_gone(const struct lease *lease, const struct boot_id *now,
		  const struct census *census);

/* Fails with CNI_EIO if a reservation may not be read: then the caller is not root, and the file is not at fault. */
int ipam_check_readable(const struct place *place, const struct listing *leases,
			struct cni_error *err);

/* True if a plugin of the list has host-local give it addresses. */
bool ipam_has_ledger(const struct cni_conflist *list);

/* Finds the container in the ledgers whose id begins with `prefix`; the caller frees. Fails as
 * short_id_resolve(). */
int ipam_resolve_container(const struct ipam *ipam, const char *network, const char *prefix,
			   char **ret_container, struct cni_error *err);

/* Writes the elapsed time, coarsely: "12s", "5m", "3h", "2d". Returns `text`. */
#define AGE_TEXT_SIZE 24
const char *ipam_age(time_t since, char text[AGE_TEXT_SIZE]);

#endif
