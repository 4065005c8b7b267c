/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins of the image, copied to the node. */
#ifndef EXECUTABLES_H
#define EXECUTABLES_H

#include "error.h"
#include "settings.h"

#include <stddef.h>

/* Makes each file of EXECUTABLES_DIR an executable (mode 0755) of the same name in BIN_DIR, as target_put() does:
 * an executable that is running goes on. A file that is there already with the same bytes, owner and mode stays,
 * and so do files of other names. `*ret_count` is the number of files that were written; it is set also on failure.
 * Fails as target_open() and target_put(), and with CNI_EMISSING if there is no file to copy. */
int executables_copy(const struct settings *settings, size_t *ret_count, struct cni_error *err);

#endif
