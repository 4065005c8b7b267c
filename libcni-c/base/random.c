/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

/* The first `left` of them were not given out yet. */
static uint8_t bytes[CNI_RANDOM_MAX];
static size_t left;

static bool give(void *ret_bytes, size_t size, unsigned int flags)
{
	ssize_t got = sizeof(bytes);

	if (size > sizeof(bytes))
		return false;
	if (size > left) {
		/* Up to 256 bytes come at once (getrandom(2)). */
		do
			got = getrandom(bytes, sizeof(bytes), flags);
		while (got < 0 && errno == EINTR);
		left = got < 0 ? 0 : (size_t)got;
	}
	if (size > left)
		return false;
	left -= size;
	memcpy(ret_bytes, bytes + left, size);
	return true;
}

bool cni_random(void *ret_bytes, size_t size)
{
	return give(ret_bytes, size, 0);
}

bool cni_random_try(void *ret_bytes, size_t size)
{
	return give(ret_bytes, size, GRND_NONBLOCK);
}
