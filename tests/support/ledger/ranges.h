/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges from text, for the tests of the arithmetic. */
#ifndef RANGES_H
#define RANGES_H

#include "range.h"

/* An address; "" is an unset one. */
struct cni_ip ip(const char *text);

/* A range; "" is what was not configured. */
struct range range(const char *subnet, const char *first, const char *last, const char *gateway);

/* A set of them, completed. */
struct range_set set_of(struct range *items, size_t count);

#endif
