/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings, which are not failures: collected on the way, printed by the owner of stderr. */
#ifndef CNI_WARNINGS_H
#define CNI_WARNINGS_H

#include "decls.h"
#include "error.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* All zeroes is none. */
struct cni_warnings {
	char **items;
	size_t count;
};

/* Appends a line; discards it if `warnings` is NULL. */
void cni_warn(struct cni_warnings *warnings, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends the message and details of an error that does not matter. */
void cni_warn_error(struct cni_warnings *warnings, const struct cni_error *err);

/* Frees what it holds, not the struct. */
void cni_warnings_clear(struct cni_warnings *warnings);

CNI_END_DECLS

#endif
