/* SPDX-License-Identifier: Apache-2.0 */
/* What tells a reservation that may still be in use from one that cannot be: the boot it was made
 * in, and the network namespace it was made for. Never the wall clock, which boards without a
 * battery set back. */
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

/* A network namespace, as stat(2) shows it (namespaces(7)); all zeroes: not known. The numbers of
 * one that is gone are used again, so equal ones may mean a new namespace. */
struct netns_id {
	uint64_t dev;
	uint64_t ino;
};

/* Of the namespace at `path`; not known if there is none. */
struct netns_id netns_id_read(const char *path);

bool netns_id_is_known(const struct netns_id *netns);
bool netns_id_equal(const struct netns_id *a, const struct netns_id *b);

#endif
