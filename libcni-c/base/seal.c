/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include "hash.h"
#include "mem.h"

#include <string.h>

#define DIGEST "digest "
#define DIGITS 32

char *cni_seal(const char *text)
{
	const char *end = strstr(text, "\n" DIGEST);
	size_t size = end ? (size_t)(end + 1 - text) : strlen(text);
	char digest[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(text, size, digest);
	return cni_format("%.*s" DIGEST "%.*s\n", (int)size, text, DIGITS, digest);
}

bool cni_seal_open(char *text)
{
	char digest[CNI_HASH_TEXT_SIZE];
	char *line = strstr(text, "\n" DIGEST);

	if (!line)
		return false;
	line++;
	cni_hash_hex(text, (size_t)(line - text), digest);
	digest[DIGITS] = '\n';
	if (strlen(line) != strlen(DIGEST) + DIGITS + 1 ||
	    strncmp(line + strlen(DIGEST), digest, DIGITS + 1) != 0)
		return false;
	*line = '\0';
	return true;
}
