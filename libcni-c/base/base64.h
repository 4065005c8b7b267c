/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648, section 4, with its padding. */
#ifndef CNI_BASE64_H
#define CNI_BASE64_H

#include "decls.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* `size` bytes as text, which the caller frees. */
char *cni_base64_encode(const void *data, size_t size);

/* The bytes of `text`, which the caller frees; a NUL follows the last byte and is not counted. Line breaks are
 * skipped, as Go's encoding/base64 does.
 * Returns -1 and sets nothing if `text` is no base64: another character, a wrong length or padding, or bits after the
 * last byte that are not zero. */
int cni_base64_decode(const char *text, char **ret_data, size_t *ret_size);

CNI_END_DECLS

#endif
