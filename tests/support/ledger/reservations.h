/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of host_local_calls.h's network, read without any code of host-local's: from the
 * names and contents of files, and from the links of the sidecar. Containers' names are "c0" to
 * "c9", the interface is always "eth0". Failures fail the test. */
#ifndef RESERVATIONS_H
#define RESERVATIONS_H

#include <stddef.h>

struct reservations {
	size_t all;
	size_t of[10]; /* containers */
	size_t temporary;
};

/* Any other file than an address's, the lock, last_reserved_ip.N and temporary ones fails, as does
 * an address's that is not whole. */
struct reservations reservations_read(void);

/* Fails the test unless each reservation has its record, and each record its reservation. Call it
 * after an operation that has succeeded. */
void reservations_assert_recorded(void);

#endif
