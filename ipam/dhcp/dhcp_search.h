/* SPDX-License-Identifier: Apache-2.0 */
/* Names of domains in an offer: option 15, and the compressed list of option 119 (RFC 3397, RFC 1035,
 * section 4.1.4). Pure. */
#ifndef DHCP_SEARCH_H
#define DHCP_SEARCH_H

#include "result.h"

#include <stddef.h>
#include <stdint.h>

/* resolv.conf(5) of glibc before 2.26 takes six; a longer list is cut. */
#define DHCP_SEARCH_MAX 32

/* A copy that the caller frees; NULL if it is no name: letters, digits, '-', '_' and '.' only, because the name
 * gets into files of the container. */
char *dhcp_domain_read(const uint8_t *bytes, size_t size);

/* Appends the names of the list to dns->search. A damaged name ends the list. */
void dhcp_search_read(const uint8_t *bytes, size_t size, struct cni_dns *dns);

#endif
