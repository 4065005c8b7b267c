/* SPDX-License-Identifier: Apache-2.0 */
/* The boot in which a reservation was made: together with netns_id.h, the boot shows whether a
 * reservation may still be in use. The wall clock never does, because boards without a battery
 * set it back. */
#ifndef HOST_LOCAL_BOOT_H
#define HOST_LOCAL_BOOT_H

#include <stdbool.h>
#include <stdint.h>

/* The first 16 hexadecimal digits of the kernel's boot id (random(4)); "" if not known. */
#define BOOT_ID_SIZE 17
struct boot_id {
	char digits[BOOT_ID_SIZE];
};

/* Reads this boot's id; unknown only if /proc cannot be read. */
struct boot_id boot_id_read(void);

bool boot_id_equal(const struct boot_id *a, const struct boot_id *b);

/* Seconds since the kernel started, time asleep included (CLOCK_BOOTTIME). */
uint32_t boot_seconds(void);

#endif
