/* SPDX-License-Identifier: Apache-2.0 */
/* The single files in a network's directory. Whoever writes holds the directory's lock. */
#ifndef HOST_LOCAL_LEASE_FILE_H
#define HOST_LOCAL_LEASE_FILE_H

#include "error.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads the address file `name` beneath `dir` and sets all but the address of `lease`, whose
 * strings point into the text that is returned: NULL or for the caller to free. */
char *lease_file_read(int dir, const char *name, struct lease *lease);

/* Makes `name` hold `text`, whole or not at all; what is there counts as taken unless it is junk.
 * With `lasting`, the text is on the disk before the name is in the directory; the directory itself
 * is left to the caller to sync.
 * Fails with CNI_ETAKEN and CNI_EIO; nothing is left then. */
int lease_file_create(int dir, const char *name, const char *text, bool lasting,
		      struct cni_error *err);

/* Is it what a killed lease_file_create() or lease_file_write_last() left? */
bool lease_file_is_temporary(const char *name);

/* The text of last_reserved_ip.N, for the caller to free; NULL if there is none. */
char *lease_file_read_last(int dir, size_t set);

/* Replaces last_reserved_ip.N. Not synced: losing it costs one round of the round robin. Fails with
 * CNI_EIO and leaves it as it was. */
int lease_file_write_last(int dir, size_t set, const char *text, struct cni_error *err);

/* Back to what lease_file_read_last() said, as far as the disk lets us. */
void lease_file_restore_last(int dir, size_t set, const char *text);

#endif
