/* SPDX-License-Identifier: Apache-2.0 */
/* A resolv.conf. Its settings, written as one again, read the same, and pass through a result. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "resolv.h"

#include <stdio.h>
#include <string.h>

#define PATH "/run/resolv.conf"

static void write_list(FILE *out, const char *key, char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s %s\n", key, items[i]);
}

/* The caller frees. */
static char *format(const struct cni_dns *dns)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	write_list(out, "nameserver", dns->nameservers, dns->nameserver_count);
	write_list(out, "search", dns->search, dns->search_count);
	write_list(out, "options", dns->options, dns->option_count);
	if (dns->domain)
		fprintf(out, "domain %s\n", dns->domain);
	fclose(out);
	return text;
}

static void check_file(const char *text)
{
	struct cni_dns dns = {0};
	struct cni_error err;
	freeing char *again = NULL;

	fuzz_put(PATH, text, strlen(text));
	/* A key for each word may make the text exceed the bound. */
	if (resolv_read(PATH, &dns, &err) == 0) {
		again = format(&dns);
		if (strcmp(text, again) != 0)
			abort();
	} else if (strlen(text) <= 65536) {
		abort();
	}
	cni_dns_clear(&dns);
}

static void check_result(struct cni_result *result, const char *text)
{
	freeing_json cJSON *encoded = cni_result_encode(result, CNI_1_1_0);
	freeing char *printed = cni_json_print(encoded);
	freeing_json cJSON *parsed = NULL;
	freeing char *again = NULL;
	struct cni_result decoded = {0};
	struct cni_error err;

	if (cni_json_parse_object(printed, strlen(printed), "it", &parsed, &err) < 0 ||
	    cni_result_decode(parsed, CNI_1_1_0, "it", &decoded, &err) < 0)
		abort();
	again = format(&decoded.dns);
	if (strcmp(text, again) != 0)
		abort();
	cni_result_clear(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_result result = {0};
	struct cni_error err = {.code = 0};
	freeing char *text = NULL;

	fuzz_put(PATH, data, size);
	if (resolv_read(PATH, &result.dns, &err) == 0) {
		text = format(&result.dns);
		check_file(text);
		check_result(&result, text);
	} else if (!err.code || !*err.msg) {
		abort();
	}
	cni_result_clear(&result);
	return 0;
}
