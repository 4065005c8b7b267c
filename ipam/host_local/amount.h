/* SPDX-License-Identifier: Apache-2.0 */
/* A number of addresses, exact up to an IPv6 /0, also on machines whose widest integer has 64
 * bits. */
#ifndef HOST_LOCAL_AMOUNT_H
#define HOST_LOCAL_AMOUNT_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* 128 bits. No range set has more addresses: the network's own is not given out. */
struct amount {
	uint32_t words[4]; /* the lowest first */
};

/* 39 digits and a NUL. */
#define AMOUNT_TEXT_SIZE 40

/* Returns the number of addresses in the list. */
struct amount amount_of_spans(const struct span_list *list);

/* Returns the amount minus `taken`, which must not be greater. */
struct amount amount_without(const struct amount *amount, uint64_t taken);

/* Writes all digits, in decimal, and returns `text`. */
const char *amount_format(const struct amount *amount, char text[AMOUNT_TEXT_SIZE]);

/* Converts to a double, as JSON's readers do. False above 2^53, where a double is not exact. */
bool amount_to_double(const struct amount *amount, double *ret_number);

#endif
