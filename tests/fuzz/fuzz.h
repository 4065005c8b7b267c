/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point for libFuzzer, and memory for C strings. A harness aborts when a property does
 * not hold; everything else is for the sanitizers. */
#ifndef FUZZ_H
#define FUZZ_H

#include "mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte as a number below `count`, taken off; 0 if there is none. */
static inline unsigned int fuzz_choose(const uint8_t **data, size_t *size, unsigned int count)
{
	unsigned int chosen;

	if (!*size)
		return 0;
	chosen = **data % count;
	++*data;
	--*size;
	return chosen;
}

/* The rest, terminated; the caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	return cni_strndup((const char *)data, size);
}

#endif
