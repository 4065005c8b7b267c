/* SPDX-License-Identifier: Apache-2.0 */
/* A result that is decoded and encoded once stays the same the second time, in every version. The
 * first byte is the version. */
#include "fuzz.h"

#include "cleanup.h"
#include "result.h"

#include <string.h>

/* NULL if it cannot be said in the version. */
static char *translate(const char *text, size_t size, enum cni_version from, enum cni_version to)
{
	freeing_json cJSON *encoded = NULL;
	freeing_json cJSON *json = NULL;
	struct cni_result result = {0};
	char *translated = NULL;
	struct cni_error err;

	if (cni_json_parse_object(text, size, "input", &json, &err) < 0 ||
	    cni_result_decode(json, from, "input", &result, &err) < 0)
		return NULL;
	if (cni_result_check_fits(&result, to, &err) == 0) {
		encoded = cni_result_encode(&result, to);
		translated = cni_json_print(encoded);
	}
	cni_result_clear(&result);
	return translated;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum cni_version version = (enum cni_version)fuzz_choose(&data, &size, CNI_VERSION_COUNT);
	freeing char *text = fuzz_text(data, size);

	for (enum cni_version to = CNI_0_1_0; to < CNI_VERSION_COUNT; to++) {
		freeing char *first = translate(text, size, version, to);
		freeing char *second =
			first ? translate(first, strlen(first), CNI_0_1_0, to) : NULL;

		if (first && (!second || strcmp(first, second) != 0))
			abort();
	}
	return 0;
}
