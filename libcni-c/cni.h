/* SPDX-License-Identifier: Apache-2.0 */
/* The one header a plugin includes: what the specification says and the values it speaks of.
 *
 *	static int add(const void *data, const struct cni_call *call, struct cni_result *result,
 *		       struct cni_error *err);
 *
 *	int main(void)
 *	{
 *		static const struct cni_verbs verbs = {.type = "mine", .add = add};
 *
 *		return cni_verbs_main(&verbs);
 *	}
 */
#ifndef CNI_H
#define CNI_H

#include "args.h"
#include "cleanup.h"
#include "conf.h"
#include "decode.h"
#include "delegate.h"
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

#endif
