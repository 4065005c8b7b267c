/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical path of a file, even if the file is gone. */
#ifndef CNI_CANONICAL_H
#define CNI_CANONICAL_H

#include "decls.h"

CNI_BEGIN_DECLS

/* Returns the absolute `path` without links, "." and "..": the real path of its existing part,
 * and the rest unchanged. The caller frees. */
char *cni_canonical_path(const char *path);

CNI_END_DECLS

#endif
