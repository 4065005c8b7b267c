/* SPDX-License-Identifier: Apache-2.0 */
/* Ending a plugin at a chosen system call, by ptrace(2). */
#ifndef TRACE_H
#define TRACE_H

#include "plugin.h"

#include <stdbool.h>

/* Runs the plugin and kills it (SIGKILL) when it begins its system call number `nth`, the first
 * being that which reads its configuration. False if the plugin ends before that. Its output is
 * lost; its children are not traced. */
bool trace_kill(const struct plugin_call *call, unsigned int nth);

/* How far apart the system calls are that a test tries: all of them if CNI_C_SLOW is set. */
unsigned int trace_stride(unsigned int quick);

/* The same, four times as far apart in the sanitizers' build: for what the release build tries as densely
 * and the sanitizers have little to say about, such as processes that are killed. */
unsigned int trace_sparse_stride(unsigned int quick);

/* The opposite: three times as far apart without the sanitizers, for errors that are injected, whose paths
 * are what the sanitizers look at. */
unsigned int trace_fault_stride(unsigned int quick);

#endif
