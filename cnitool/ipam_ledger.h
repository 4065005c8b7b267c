/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of host-local's ledgers: the functions of ipam_host_local. */
#ifndef IPAM_LEDGER_H
#define IPAM_LEDGER_H

#include "ipam.h"

int ipam_ledger_usage(const struct ipam_source *source, const struct ipam_output *output,
		      struct cni_error *err);
int ipam_ledger_verify(const struct ipam_source *source, struct ipam_faults *faults,
		       struct cni_error *err);
int ipam_ledger_release(const struct ipam_source *source, struct ipam_release *run,
			struct cni_error *err);
int ipam_ledger_explain(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
			cJSON *rows, struct cni_error *err);

#endif
