/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of dhcp's leases: the functions of ipam_dhcp. */
#ifndef IPAM_DHCP_H
#define IPAM_DHCP_H

#include "ipam_dhcp_leases.h"

int ipam_dhcp_verify(const struct ipam_source *source, struct ipam_faults *faults,
		     struct cni_error *err);
int ipam_dhcp_release(const struct ipam_source *source, struct ipam_release *run,
		      struct cni_error *err);
int ipam_dhcp_explain(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
		      cJSON *rows, struct cni_error *err);

#endif
