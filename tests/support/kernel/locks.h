/* SPDX-License-Identifier: Apache-2.0 */
/* Holding the locks of lock.h without that code. */
#ifndef LOCKS_H
#define LOCKS_H

/* Holds all of them, shared (F_RDLCK) or alone (F_WRLCK), until the descriptor is closed. */
int locks_hold(short type);

#endif
