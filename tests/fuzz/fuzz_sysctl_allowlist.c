/* SPDX-License-Identifier: Apache-2.0 */
/* The file that says which sysctls may be set. A key is allowed by one of its lines or by none, and
 * what cannot be read allows nothing. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "go_regex.h"
#include "sysctl_allowlist.h"

#include <string.h>

#define PATH "/run/allowlist.conf"

static const char *const keys[] = {"net.ipv4.conf.IFNAME.arp_filter", "net.core.somaxconn"};

/* As the list says it: lines before the first that matches must be readable. */
static bool is_allowed(const struct cni_sysctl_allowlist *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		struct cni_error err;
		bool matches = false;

		if (cni_go_regex_match(list->lines[i], key, &matches, &err) < 0)
			return false;
		if (matches)
			return true;
	}
	return false;
}

static void check_lines(const struct cni_sysctl_allowlist *list, size_t size)
{
	size_t sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t length = strlen(list->lines[i]);

		if (!length || strpbrk(list->lines[i], "\n") ||
		    strchr(" \t\r\v\f", *list->lines[i]))
			abort();
		sum += length;
	}
	if (sum > size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_sysctl_allowlist list;
	struct cni_error err = {.code = 0};

	fuzz_put(PATH, data, size);
	if (cni_sysctl_allowlist_read(PATH, &list, &err) < 0) {
		if (!err.code || !*err.msg)
			abort();
		return 0;
	}
	if (!list.is_there)
		abort();
	check_lines(&list, size);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		bool allowed = cni_sysctl_allowlist_check(&list, keys[i], &err) == 0;

		if (allowed != is_allowed(&list, keys[i]) || (!allowed && !*err.msg))
			abort();
	}
	cni_sysctl_allowlist_clear(&list);
	return 0;
}
