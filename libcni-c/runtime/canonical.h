/* SPDX-License-Identifier: Apache-2.0 */
/* A file's one path, however it is written, and also if the file is gone. */
#ifndef CNI_CANONICAL_H
#define CNI_CANONICAL_H

#include "decls.h"

CNI_BEGIN_DECLS

/* `path`, which is absolute, without links, "." and "..": the real path of what there is of it, and
 * the rest as it is written. The caller frees. */
char *cni_canonical_path(const char *path);

CNI_END_DECLS

#endif
