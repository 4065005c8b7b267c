/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include "cleanup.h"
#include "mem.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *cni_base64_encode(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	char *text = cni_alloc((size + 2) / 3 * 4 + 1);
	char *end = text;

	for (size_t at = 0; at < size; at += 3) {
		size_t here = size - at < 3 ? size - at : 3;
		uint32_t bits = (uint32_t)bytes[at] << 16 | (here > 1 ? bytes[at + 1] : 0U) << 8 |
				(here > 2 ? bytes[at + 2] : 0U);

		for (size_t i = 0; i < 4; i++)
			*end++ = i > here ? '=' : digits[bits >> (18 - 6 * i) & 63];
	}
	return text;
}

int cni_base64_decode(const char *text, char **ret_data, size_t *ret_size)
{
	freeing char *data = cni_alloc(strlen(text) / 4 * 3 + 3);
	size_t count = 0;
	size_t padding = 0;
	size_t size = 0;
	uint32_t bits = 0;

	for (; *text; text++) {
		const char *digit = strchr(digits, *text);

		if (*text == '\n' || *text == '\r')
			continue;
		if (*text == '=' ? ++padding > 2 : !digit || padding)
			return -1;
		bits = bits << 6 | (digit ? (uint32_t)(digit - digits) : 0);
		if (++count % 4 != 0)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			data[size++] = (char)(bits >> shift & 255);
		bits = 0;
	}
	if (count % 4 != 0)
		return -1;
	for (size_t i = 0; i < padding; i++)
		if (data[--size])
			return -1;
	data[size] = '\0';
	*ret_data = take_ptr(data);
	*ret_size = size;
	return 0;
}
