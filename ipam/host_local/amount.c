/* SPDX-License-Identifier: Apache-2.0 */
#include "amount.h"

#include <stdio.h>
#include <string.h>

#define WORDS 4

/* The largest power of ten in a word. */
#define GROUP	     1000000000U
#define GROUP_DIGITS 9
#define GROUPS	     5

static struct amount from_ip(const struct cni_ip *ip)
{
	const uint8_t *at = ip->bytes + cni_ip_size(ip);
	struct amount amount = {{0}};

	for (size_t i = 0; i < cni_ip_size(ip) / 4; i++) {
		at -= 4;
		amount.words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
				  (uint32_t)at[2] << 8 | at[3];
	}
	return amount;
}

static void add(struct amount *sum, const struct amount *more, uint64_t carry)
{
	for (size_t i = 0; i < WORDS; i++) {
		carry += (uint64_t)sum->words[i] + more->words[i];
		sum->words[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void subtract(struct amount *from, const struct amount *less)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t rest = (uint64_t)from->words[i] - less->words[i] - borrow;

		from->words[i] = (uint32_t)rest;
		borrow = rest >> 63;
	}
}

struct amount amount_of_spans(const struct span_list *list)
{
	struct amount sum = {{0}};

	for (size_t i = 0; i < list->count; i++) {
		struct amount behind_first = from_ip(&list->items[i].last);
		struct amount first = from_ip(&list->items[i].first);

		subtract(&behind_first, &first);
		add(&sum, &behind_first, 1);
	}
	return sum;
}

struct amount amount_without(const struct amount *amount, uint64_t taken)
{
	struct amount less = {{(uint32_t)taken, (uint32_t)(taken >> 32)}};
	struct amount rest = *amount;

	subtract(&rest, &less);
	return rest;
}

/* Divides, and returns the remainder. */
static uint32_t divide(struct amount *amount, uint32_t by)
{
	uint64_t rest = 0;

	for (size_t i = WORDS; i > 0; i--) {
		rest = rest << 32 | amount->words[i - 1];
		amount->words[i - 1] = (uint32_t)(rest / by);
		rest %= by;
	}
	return (uint32_t)rest;
}

const char *amount_format(const struct amount *amount, char text[AMOUNT_TEXT_SIZE])
{
	char digits[GROUPS * GROUP_DIGITS + 1];
	struct amount rest = *amount;
	size_t zeroes;

	for (size_t i = GROUPS; i > 0; i--) {
		char group[GROUP_DIGITS + 2];

		snprintf(group, sizeof(group), "%09u", divide(&rest, GROUP));
		memcpy(digits + (i - 1) * GROUP_DIGITS, group, GROUP_DIGITS);
	}
	digits[sizeof(digits) - 1] = '\0';
	zeroes = strspn(digits, "0");
	if (zeroes == sizeof(digits) - 1)
		zeroes--;
	snprintf(text, AMOUNT_TEXT_SIZE, "%s", digits + zeroes);
	return text;
}

bool amount_to_double(const struct amount *amount, double *ret_number)
{
	uint64_t number = (uint64_t)amount->words[1] << 32 | amount->words[0];

	*ret_number = (double)number;
	return !amount->words[3] && !amount->words[2] && number <= (uint64_t)1 << 53;
}
