/* SPDX-License-Identifier: Apache-2.0 */
/* The boot's id and its seconds. */
#include "boot.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <string.h>
#include <unistd.h>

static char *read_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[128] = "";

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return cni_strdup(line);
}

/* ---- boot ---- */

static void boot_id__is_the_kernels_without_its_dashes(void **state)
{
	freeing char *text = read_line("/proc/sys/kernel/random/boot_id");
	struct boot_id id = boot_id_read();
	struct boot_id again = boot_id_read();
	struct boot_id other = id;

	(void)state;
	/* 8-4-4-4-12 digits: the first three groups are 16. */
	assert_int_equal(strlen(text), 37);
	assert_int_equal(strlen(id.digits), 16);
	assert_memory_equal(id.digits, text, 8);
	assert_memory_equal(id.digits + 8, text + 9, 4);
	assert_memory_equal(id.digits + 12, text + 14, 4);
	assert_true(boot_id_equal(&id, &again));
	other.digits[15] ^= 1;
	assert_false(boot_id_equal(&id, &other));
}

static void boot_seconds__count_from_the_kernels_start(void **state)
{
	freeing char *text = read_line("/proc/uptime");
	double uptime = strtod(text, NULL);
	double seconds = boot_seconds();

	(void)state;
	assert_true(seconds > uptime - 2 && seconds < uptime + 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boot_id__is_the_kernels_without_its_dashes),
		cmocka_unit_test(boot_seconds__count_from_the_kernels_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
