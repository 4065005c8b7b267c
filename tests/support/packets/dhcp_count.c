/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_count.h"

#include "test.h"

#include <time.h>

#define PATIENCE_S 60

void dhcp_count_await(const _Atomic uint32_t *counts, int type, uint32_t count)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < PATIENCE_S * 100; i++) {
		if (counts[type] >= count)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("the server has %u messages of type %d, expected %u", counts[type], type, count);
}
