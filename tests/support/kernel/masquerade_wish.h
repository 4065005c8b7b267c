/* SPDX-License-Identifier: Apache-2.0 */
/* Owners of masquerade for tests: the attachment "eth0" of a container, with the test's nfnl. Failures fail the
 * test. */
#ifndef MASQUERADE_WISH_H
#define MASQUERADE_WISH_H

#include "owner.h"

struct cni_owner masquerade_owner(const char *network, const char *container);
void masquerade_must_del(const char *network, const char *container);

/* Nothing is left: no table at all. */
void masquerade_assert_no_table(void);

#endif
