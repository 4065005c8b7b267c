/* SPDX-License-Identifier: Apache-2.0 */
/* A last line for the text of a record, by which damage to the text is known: "digest 5f3b…". */
#ifndef CNI_SEAL_H
#define CNI_SEAL_H

#include "decls.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* A copy of `text`, which is lines, with the digest of these lines as the last one, in place of one that is there
 * already. The caller frees. */
char *cni_seal(const char *text);

/* Cuts the digest off the end of `text`. False, with `text` as it was, if the digest is missing or wrong. */
bool cni_seal_open(char *text);

CNI_END_DECLS

#endif
