/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a network: the ledgers in which its host-local plugins reserve them, with the configurations as ADD
 * reads them, and the leases of its dhcp plugins. The commands ask sources, of whichever kind. */
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

struct ipam_source;
struct table;

/* The rows that a command prints, one of the two. */
struct ipam_output {
	struct table *table;
	cJSON *rows;	  /* NULL: the table */
	bool has_network; /* the table has a column for the network */
	const struct census *census;
};

/* The faults that "ipam verify" finds. */
struct ipam_faults {
	cJSON *rows; /* NULL: lines instead */
	size_t count;
};

/* The extent of "ipam release", and its progress. */
struct ipam_release {
	const struct options *options;
	cJSON *rows; /* NULL: lines instead */
	size_t done;
	bool *found; /* for each operand: the address is reserved or leased */
	struct cni_error first;
};

/* `ip` is NULL for a lease that was lost, `container` "" for a reservation of nothing. */
typedef void ipam_visitor(const struct cni_ip *ip, const char *container, void *data);

/* The answers of a kind of sources to the commands. */
struct ipam_backend {
	/* Adds the rows of "ipam list" and of "ipam usage" to the output. */
	int (*list)(const struct ipam_source *source, const struct ipam_output *output,
		    struct cni_error *err);
	int (*usage)(const struct ipam_source *source, const struct ipam_output *output,
		     struct cni_error *err);
	/* Adds the faults with ipam_add_fault(). */
	int (*verify)(const struct ipam_source *source, struct ipam_faults *faults,
		      struct cni_error *err);
	/* Releases what the options name, and prints it. With --dry-run it only prints. Goes on after the
	 * failure of an address, and keeps the first in `run`. */
	int (*release)(const struct ipam_source *source, struct ipam_release *run,
		       struct cni_error *err);
	/* Prints sentences about the address, or about the addresses of the container `what` if `ip` is NULL, or
	 * adds them to `rows` if that is not NULL. */
	int (*explain)(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
		       cJSON *rows, struct cni_error *err);
	/* Calls `visit` for each address that is taken. */
	int (*visit)(const struct ipam_source *source, ipam_visitor *visit, void *data,
		     struct cni_error *err);
};

/* A directory with addresses of the network. */
struct ipam_source {
	const struct ipam_backend *backend;
	struct tool *tool;
	const char *place;
	const struct ipam *ipam;
	const struct ipam_ledger *ledger; /* of host-local; NULL otherwise */
};

extern const struct ipam_backend ipam_host_local;
extern const struct ipam_backend ipam_dhcp;

struct ipam {
	struct ipam_plugin *plugins;
	size_t plugin_count;
	struct ipam_ledger *ledgers;
	size_t ledger_count;
	const cJSON *
		dhcp; /* the first plugin of the list that has dhcp give it addresses; NULL: none */
	struct ipam_source *sources;
	size_t source_count;
};

/* Reads the network of the first operand. ipam_close() afterwards in any case; `ret_ipam` must stay where it is.
 * Fails as tool_load() and host_local_conf_read(), and with CNI_ECONFIG if none of the network's
 * plugins uses host-local or dhcp. */
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

/* True if a plugin of the list has host-local or dhcp give it addresses. */
bool ipam_has_ledger(const struct cni_conflist *list);

/* Finds the container in all sources whose id begins with `prefix`; the caller frees. Fails as
 * short_id_resolve(). */
int ipam_resolve_container(const struct ipam *ipam, const char *network, const char *prefix,
			   char **ret_container, struct cni_error *err);

/* A row of "ipam list". NULL and "" are not known, or nothing to speak of. */
struct ipam_row {
	const char *address;
	const char *container;
	const char *ifname;
	const char *boot;
	const char *netns;
	const char *remark;
	double age; /* seconds; below 0: not known */
};
void ipam_add_row(const struct ipam_source *source, const struct ipam_output *output,
		  const struct ipam_row *row);

/* Prints a fault, or adds it to the rows. `address` NULL: it is of no address. */
void ipam_add_fault(struct ipam_faults *faults, const struct ipam_source *source,
		    const struct cni_ip *address, const char *text);

/* The number of the operand that is the address, behind the network, which is then found; 0: none. */
size_t ipam_release_operand(struct ipam_release *run, const struct cni_ip *ip);

/* An address that is released, or would be: prints `text` behind both, or adds a row with `reason`. */
void ipam_print_released(struct ipam_release *run, const struct cni_ip *ip,
			 const struct cni_owner *owner, const char *text, const char *reason);

/* Writes the elapsed time, coarsely: "12s", "5m", "3h", "2d". Returns `text`. */
#define AGE_TEXT_SIZE 24
const char *ipam_age(time_t since, char text[AGE_TEXT_SIZE]);
/* The same of a number of seconds. */
const char *ipam_span(double seconds, char text[AGE_TEXT_SIZE]);

#endif
