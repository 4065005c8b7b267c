/* SPDX-License-Identifier: Apache-2.0 */
/* The record of an attachment's namespace: a damaged one is refused, and one that is taken has a path and a cookie
 * and is the same after it was written again. Random changes would break the digest alone, so that it is made anew. */
#include "fuzz.h"

#include "cleanup.h"
#include "mem.h"
#include "netns_record.h"
#include "seal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clearing_netns_record struct cni_netns_record record;
	clearing_netns_record struct cni_netns_record again = {.path = NULL};
	clearing_netns_record struct cni_netns_record damaged;
	freeing char *text = fuzz_text(data, size);
	freeing char *with = cni_seal(text);
	freeing char *first = NULL;
	freeing char *second = NULL;
	freeing char *copy = NULL;

	cni_netns_record_decode(text, &damaged);
	if (!cni_netns_record_decode(with, &record))
		return 0;
	if (!record.path || !record.cookie)
		abort();
	first = cni_netns_record_encode(&record);
	copy = cni_strdup(first);
	if (!cni_netns_record_decode(copy, &again))
		abort();
	second = cni_netns_record_encode(&again);
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
