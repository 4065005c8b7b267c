/* SPDX-License-Identifier: Apache-2.0 */
/* Pods (bridge.h) that are attached, and what they reach. Failures fail the test. */
#ifndef ATTACHED_H
#define ATTACHED_H

#include "bridge.h"

/* Opens the pod `name` and attaches it by bridge_config("1.0.0", `more`), asserts that CHECK
 * agrees, and leaves it attached. */
void pod_attach(struct pod *pod, const char *name, const char *more);

/* Fails the test unless a ping from the namespace `from` comes back. */
void assert_reaches(const char *from, const char *address);
/* Forgets its neighbours afterwards, so that it can be asked again. */
void assert_does_not_reach(const char *from, const char *address);

#endif
