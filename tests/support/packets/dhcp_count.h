/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that the tests' own servers of DHCP have counted, by their type. */
#ifndef DHCP_COUNT_H
#define DHCP_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/* Waits until a server has counted as many messages of the type. Fails the test after a minute. */
void dhcp_count_await(const _Atomic uint32_t *counts, int type, uint32_t count);

#endif
