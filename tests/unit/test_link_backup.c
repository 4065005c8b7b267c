/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and routes as text: what goes in comes out, and a damaged text is none. */
#include "link_backup.h"
#include "test.h"

#include "cleanup.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static void backup__comes_back_from_its_text(void **state)
{
	uint8_t bytes[64];
	struct cni_link_backup_item item = {RTM_NEWADDR, sizeof(bytes), bytes};
	struct cni_link_backup backup = {.items = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t size = sizeof(struct rtmsg); size <= sizeof(bytes); size += 4) {
		freeing char *text = NULL;

		item.size = size;
		item.type = size % 8 ? RTM_NEWADDR : RTM_NEWROUTE;
		text = cni_link_backup_encode(&item);
		assert_true(cni_link_backup_decode(text, &backup));
		assert_int_equal(backup.items[backup.count - 1].type, item.type);
		assert_int_equal(backup.items[backup.count - 1].size, size);
		assert_memory_equal(backup.items[backup.count - 1].bytes, bytes, size);
	}
	cni_link_backup_clear(&backup);
}

static void backup__refuses_other_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"20",
		"20 ",
		"20 02",
		"x 0218800003000000",
		"16 0218800003000000",
		"20 021880000300000",
		"20 02188000030000zz",
		"20 02188000030000 0",
		"24 0218800003000000",
		"-20 0218800003000000",
	};
	struct cni_link_backup backup = {.items = NULL};
	char *text = calloc(1, 20000);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(cni_link_backup_decode(texts[i], &backup));
	memset(text, '0', 19999);
	memcpy(text, "20 ", 3);
	assert_false(cni_link_backup_decode(text, &backup));
	free(text);
	assert_int_equal(backup.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backup__comes_back_from_its_text),
		cmocka_unit_test(backup__refuses_other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
