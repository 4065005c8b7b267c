/* SPDX-License-Identifier: Apache-2.0 */
/* Reboots, as a program sees them that asks for the kernel's boot id (random(4)). */
#ifndef BOOTS_H
#define BOOTS_H

/* A group setup: a mount namespace of our own, with a boot id that boots_next() can change. */
int boots_setup(void **state);

/* From now on it is another boot, that never was before. */
void boots_next(void);

#endif
