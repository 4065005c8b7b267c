/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"

#include "cleanup.h"
#include "file.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

struct boot_id boot_id_read(void)
{
	struct boot_id id = {""};
	struct cni_error ignored;
	freeing char *text = NULL;
	size_t count = 0;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", false, 128, &text, &size,
			     &ignored) < 0)
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
