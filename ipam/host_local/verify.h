/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of a ledger: its files are compared with each other, with the range sets and with the
 * sidecar. Reads only, without the lock. */
#ifndef HOST_LOCAL_VERIFY_H
#define HOST_LOCAL_VERIFY_H

#include "error.h"
#include "host_local_conf.h"
#include "lease_file.h"
#include "network_dir.h"

#include <stddef.h>
#include <stdint.h>

/* A ledger, and all configurations that reserve in it. */
struct verify_ledger {
	struct place place;
	const struct host_local_conf *const *confs;
	size_t conf_count;
};

struct finding {
	char *text;	  /* a line; names of others in it may hold anything */
	uint64_t of_file; /* tells a file from the next one of the same name; 0: of none */
};

enum sidecar_state {
	SIDECAR_NONE,	  /* nothing was written yet, or only by others */
	SIDECAR_OUTDATED, /* not about the directory as it is: no damage, since it learns anew
			   * before it is believed again; its bits are not looked at */
	SIDECAR_CURRENT,  /* also where there is no directory */
};

struct verify_report {
	struct finding *items; /* faults: files in the order of addresses, then the sidecar's */
	size_t count;
	enum sidecar_state sidecar;
};

/* Verifies the whole ledger. The unfinished work of another process is not a fault: unless
 * certainly no process was at work, only faults that are still there a moment later count.
 * verify_report_clear() afterwards in any case. Fails with CNI_EIO. */
int verify(const struct verify_ledger *ledger, struct verify_report *ret_report,
	   struct cni_error *err);

void verify_report_clear(struct verify_report *report);
#define clearing_report __attribute__((cleanup(verify_report_clear)))

#endif
