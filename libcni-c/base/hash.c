/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <sha512.h>

void cni_hash_hex(const void *data, size_t size, char digits[CNI_HASH_TEXT_SIZE])
{
	_Static_assert(CNI_HASH_TEXT_SIZE == SHA512_DIGEST_STRING_LENGTH, "libmd fills `digits`");
	SHA512Data(data, size, digits);
}
