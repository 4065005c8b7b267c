/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's values to put back, for tests of the backup file. */
#ifndef TEST_BACKUP_H
#define TEST_BACKUP_H

#include "tuning_backup.h"

/* Every setting of a link and three sysctls, one of which has no value. The caller clears. */
struct cni_tuning_backup backup_of_some(void);

#endif
