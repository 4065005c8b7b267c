/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a device that has moved: a damaged one is refused, and one that is taken has a name and is the
 * same after it was written again. Random changes would break the digest alone, so that it is made anew. */
#include "fuzz.h"

#include "cleanup.h"
#include "mem.h"
#include "moved_link_record.h"
#include "seal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clearing_moved_link struct cni_moved_link_record record;
	clearing_moved_link struct cni_moved_link_record again;
	clearing_moved_link struct cni_moved_link_record damaged;
	freeing char *text = fuzz_text(data, size);
	freeing char *with = cni_seal(text);
	freeing char *first = NULL;
	freeing char *second = NULL;
	freeing char *copy = NULL;

	cni_moved_link_record_decode(text, &damaged);
	again = (struct cni_moved_link_record){.request = NULL};
	if (!cni_moved_link_record_decode(with, &record))
		return 0;
	if (!*record.name || strlen(record.name) >= sizeof(record.name) ||
	    strlen(record.alias) >= sizeof(record.alias) ||
	    strlen(record.master) >= sizeof(record.master))
		abort();
	first = cni_moved_link_record_encode(&record);
	copy = cni_strdup(first);
	if (!cni_moved_link_record_decode(copy, &again))
		abort();
	second = cni_moved_link_record_encode(&again);
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
