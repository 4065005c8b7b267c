/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"

#include "mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The number of bytes of the character at `at`, and the character; 0: not UTF-8 (RFC 3629). */
static size_t read_character(const unsigned char *at, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *at < 0x80	   ? 1
			: *at >> 5 == 0x06 ? 2
			: *at >> 4 == 0x0e ? 3
			: *at >> 3 == 0x1e ? 4
					   : 0;
	uint32_t character = length == 1 ? *at : *at & (0x7fU >> length);

	for (size_t i = 1; i < length; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		character = character << 6 | (at[i] & 0x3fU);
	}
	if (length > 1 && (character < least[length] || character > 0x10ffff ||
			   (character >= 0xd800 && character <= 0xdfff)))
		return 0;
	*ret_character = character;
	return length;
}

/* Controls of terminals (C0, DEL, C1), and invisible characters that direct, join or hide text. */
static bool is_harmful(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xad ||
	       (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
	       (character >= 0xfff0 && character <= 0xfffc) || character >= 0xe0000;
}

char *escape_text(const char *text, bool utf8)
{
	char *copy = cni_alloc(4 * strlen(text) + 1);
	char *to = copy;

	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		uint32_t character = 0;
		size_t length = read_character(at, &character);
		bool escapes = !length || is_harmful(character) || (!utf8 && length > 1);

		length = length ? length : 1;
		for (; length; length--, at++)
			if (escapes)
				to += sprintf(to, "\\x%02x", *at);
			else
				*to++ = (char)*at;
	}
	*to = '\0';
	return copy;
}
