/* SPDX-License-Identifier: Apache-2.0 */
/* The one header a plugin includes: what the specification says and the values it speaks of.
 *
 *	#include <cni-c/cni.h>
 *
 *	static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err);
 *
 *	int main(void)
 *	{
 *		static const struct cni_verbs verbs = {.type = "mine", .version = "1.0.0", .add = add};
 *
 *		return cni_verbs_main(&verbs);
 *	}
 *
 * Names begin with cni_ and CNI_. C needs GNU C11 (designated initialisers are used all over; CNI_FIELD
 * wants gcc or clang), C++ needs GNU C++20. <cni-c/cleanup.h> has shorter words, for C only, and is
 * not included here.
 *
 * A plugin that makes links includes <cni-c/plan.h> besides (CMake: cni-c::plan, pkg-config:
 * libcni-c-plan), and may use the parts of <cni-c/parts.h> (cni-c::parts, libcni-c-parts).
 *
 * Common to all functions: one that may fail returns 0, or -1 with `err` filled (error.h). Pointers are
 * not NULL unless their function says so. `ret_` parameters are written by the function, and only on
 * success unless it says so; what it puts there belongs to the caller. Nothing is thread-safe that
 * does not say so: a plugin is a process of one thread. Memory that runs out ends the process
 * (mem.h). */
#ifndef CNI_H
#define CNI_H

#include "args.h"
#include "conf.h"
#include "decode.h"
#include "delegate.h"
#include "describe.h"
#include "env.h"
#include "error.h"
#include "file.h"
#include "ip.h"
#include "json.h"
#include "mem.h"
#include "names.h"
#include "owner.h"
#include "result.h"
#include "verbs.h"
#include "version.h"
#include "word.h"

#endif
