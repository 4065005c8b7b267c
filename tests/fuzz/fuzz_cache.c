/* SPDX-License-Identifier: Apache-2.0 */
/* A file of libcni's cache. An attachment that can be read from the file is the same after it was
 * written and read again, and the list has the attachment, unless the file holds a result alone; of a
 * file that cannot be read a warning tells. Either can be removed. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cache.h"
#include "cleanup.h"
#include "result.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define DIR_OF_CACHE "/run/cache"
#define FILE_OF_IT   DIR_OF_CACHE "/results/blue-c1-eth0"

static const struct cni_owner owner = {"blue", "c1", "eth0"};

static bool equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool equal_json(const cJSON *a, const cJSON *b)
{
	freeing char *a_text = a ? cni_json_print(a) : NULL;
	freeing char *b_text = b ? cni_json_print(b) : NULL;

	return equal(a_text, b_text);
}

/* The arguments are compared by the caller. */
static bool equal_cached(const struct cni_cached *a, const struct cni_cached *b)
{
	/* Empty arguments are not written. */
	const cJSON *capability_args =
		a->capability_args && a->capability_args->child ? a->capability_args : NULL;

	return equal(a->network, b->network) && equal(a->container, b->container) &&
	       equal(a->identity, b->identity) && equal(a->ifname, b->ifname) &&
	       equal(a->netns && *a->netns ? a->netns : NULL, b->netns) &&
	       a->config_size == b->config_size &&
	       !memcmp(a->config ? a->config : "", b->config ? b->config : "", a->config_size) &&
	       equal_json(capability_args, b->capability_args) && equal_json(a->result, b->result);
}

/* The same attachment, as the file holds it after `cached` was written. */
static struct cni_cached write_and_read(const struct cni_cached *cached)
{
	struct cni_cached again;
	struct cni_error err;

	if (cni_cache_write(DIR_OF_CACHE, cached, &err) < 0 ||
	    cni_cache_read(DIR_OF_CACHE, &owner, &again, &err) < 0 || !equal_cached(cached, &again))
		abort();
	return again;
}

static void decode_result(const struct cni_cached *cached)
{
	struct cni_result result = {0};
	struct cni_error err = {.code = 0};

	if (cached->result &&
	    cni_result_decode(cached->result, CNI_0_1_0, "result", &result, &err) < 0 && !err.code)
		abort();
	cni_result_clear(&result);
}

/* A result alone, from before there was a kind. */
static bool is_bare(const uint8_t *data, size_t size)
{
	freeing char *text = fuzz_text(data, size);
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;

	return cni_json_parse_object(text, size, "it", &json, &ignored) == 0 &&
	       !cni_json_get(json, "kind");
}

/* The list has one member, or one warning. */
static void check_list(bool is_read, bool bare)
{
	struct cni_warnings warnings = {0};
	struct cni_cached *items;
	struct cni_error err;
	size_t count;

	if (cni_cache_list(DIR_OF_CACHE, "blue", NULL, &items, &count, &warnings, &err) < 0)
		abort();
	if (is_read && !bare && (count != 1 || warnings.count))
		abort();
	if ((!is_read || bare) && count)
		abort();
	if (warnings.count > 1)
		abort();
	cni_cached_free(items, count);
	cni_warnings_clear(&warnings);
}

static void check_round(const struct cni_cached *cached)
{
	struct cni_cached second = write_and_read(cached);
	struct cni_cached third = write_and_read(&second);

	/* A key without a value gets an empty one, and a ';' in a value separates: once. */
	if (!equal(second.args, third.args) || (cached->args && !second.args))
		abort();
	cni_cached_clear(&second);
	cni_cached_clear(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_cached cached;
	struct cni_error err = {.code = 0};
	bool is_read;

	fuzz_begin(DIR_OF_CACHE "/results");
	fuzz_put(FILE_OF_IT, data, size);
	is_read = cni_cache_read(DIR_OF_CACHE, &owner, &cached, &err) == 0;
	if (!is_read && (!err.code || !*err.msg || err.errnum == ENOENT))
		abort();
	check_list(is_read, is_bare(data, size));
	if (is_read) {
		decode_result(&cached);
		check_round(&cached);
		cni_cached_clear(&cached);
	}
	if (cni_cache_remove(DIR_OF_CACHE, &owner, &err) < 0 ||
	    cni_cache_read(DIR_OF_CACHE, &owner, &cached, &err) == 0 || err.errnum != ENOENT)
		abort();
	return 0;
}
