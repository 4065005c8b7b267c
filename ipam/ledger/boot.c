/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"

#include "cleanup.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct boot_id boot_id_read(void)
{
	struct boot_id id = {""};
	closing int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	/* The kernel gives all of it at once. */
	char text[128] = "";
	size_t count = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return id;
	for (const char *c = text; *c && count < BOOT_ID_SIZE - 1; c++)
		if (strchr("0123456789abcdef", *c))
			id.digits[count++] = *c;
	return id;
}

bool boot_id_equal(const struct boot_id *a, const struct boot_id *b)
{
	return !strcmp(a->digits, b->digits);
}

uint32_t boot_seconds(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint32_t)now.tv_sec;
}
