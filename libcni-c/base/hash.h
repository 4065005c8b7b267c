/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512, from libmd: for names that have to be short and the same each time. */
#ifndef CNI_HASH_H
#define CNI_HASH_H

#include <stddef.h>

/* 128 hexadecimal digits and a NUL. */
#define CNI_HASH_TEXT_SIZE 129

/* Writes the lower-case hexadecimal SHA-512 of `size` bytes. A caller that needs fewer digits
 * uses the first. */
void cni_hash_hex(const void *data, size_t size, char digits[CNI_HASH_TEXT_SIZE]);

#endif
