/* SPDX-License-Identifier: Apache-2.0 */
/* What tells a reservation that may still be in use from one that cannot be: the boot it was made
 * in (and netns_id.h). Never the wall clock, which boards without a battery set back. */
#ifndef HOST_LOCAL_BOOT_H
#define HOST_LOCAL_BOOT_H

#include <stdbool.h>
#include <stdint.h>

/* The first 16 hexadecimal digits of the kernel's boot id (random(4)); "" if not known. */
#define BOOT_ID_SIZE 17
struct boot_id {
	char digits[BOOT_ID_SIZE];
};

/* This boot's. Not known only if /proc cannot be read. */
struct boot_id boot_id_read(void);

bool boot_id_equal(const struct boot_id *a, const struct boot_id *b);

/* Seconds since the kernel started, time asleep included (CLOCK_BOOTTIME). */
uint32_t boot_seconds(void);

#endif
