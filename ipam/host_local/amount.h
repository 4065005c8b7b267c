/* SPDX-License-Identifier: Apache-2.0 */
/* How many addresses: exact to the last one of an IPv6 /0, also on machines whose widest number has
 * 64 bits. */
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

/* How many addresses the list has. */
struct amount amount_of_spans(const struct span_list *list);

/* What is left without `taken`, of which there are no more than that. */
struct amount amount_without(const struct amount *amount, uint64_t taken);

/* Writes all digits, in decimal, and returns `text`. */
const char *amount_format(const struct amount *amount, char text[AMOUNT_TEXT_SIZE]);

/* As the number that JSON's readers have. False above 2^53, where that is not exact any more. */
bool amount_to_double(const struct amount *amount, double *ret_number);

#endif
