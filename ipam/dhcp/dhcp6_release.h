/* SPDX-License-Identifier: Apache-2.0 */
/* Giving an address of DHCPv6 back; see dhcp_release.h. */
#ifndef DHCP6_RELEASE_H
#define DHCP6_RELEASE_H

#include "dhcp_record.h"

/* Sends the RELEASE, once. Success if there is nothing to give back, as with SLAAC. Fails if there is no way. */
int dhcp6_release(const struct dhcp_record *record, char ret_through[64], struct cni_error *err);

#endif
