/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration is a table: a row for each key says where its value goes, and the member's C type
 * picks the decoder, so that a wrong pair does not compile.
 *
 *	static const struct cni_field fields[] = {
 *		CNI_FIELD(struct bridge_conf, "bridge", bridge),
 *		CNI_FIELD(struct bridge_conf, "mtu", mtu, .max = 65535),
 *		CNI_FIELD(struct bridge_conf, "mac", mac, .section = {"runtimeConfig"}),
 *		{0},
 *	};
 *
 * Keys match in any case and the last of two wins; an absent or null key leaves the member as it
 * was, so defaults are set before. Keys that no row names are accepted. */
#ifndef CNI_DECODE_H
#define CNI_DECODE_H

#include "error.h"
#include "ip.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings that belong to the JSON tree they were read from. */
struct cni_strings {
	const char **items;
	size_t count;
};

/* A word and its number, read in both directions. Tables end with {0}. */
struct cni_word {
	const char *word;
	uint32_t number;
};

struct cni_field;

/* Decodes `value` into `member`, or fails with CNI_ECONFIG. */
typedef int cni_decoder(const struct cni_field *field, const cJSON *value, void *member,
			struct cni_error *err);

struct cni_field {
	const char *key;
	const char *section[2]; /* keys of the objects around it, outermost first */
	size_t offset;
	cni_decoder *decode;
	uint32_t min;		      /* for numbers */
	uint32_t max;		      /* for numbers; 0 means 2^31-1, or 2^63-1 for 64 bits */
	const struct cni_word *words; /* the member is a uint32_t, the value one of these words */
};

cni_decoder cni_decode_bool;
cni_decoder cni_decode_u32;
/* From 0 to 2^63-1 unless the field says otherwise. JSON numbers are doubles here: above 2^53
 * the value is the nearest double, and a double equal to that of 2^63-1 gives 2^63-1. */
cni_decoder cni_decode_u64;
cni_decoder cni_decode_string;
cni_decoder cni_decode_strings;
cni_decoder cni_decode_ip;
cni_decoder cni_decode_net;
cni_decoder cni_decode_object;

/* The decoder for the type of `member`. A `const cJSON *` takes a list or an object as it is. */
#define CNI_FIELD(type_, key_, member_, ...)                                                         \
	{                                                                                            \
		.key = (key_), .offset = offsetof(type_, member_),                                 \
		.decode = _Generic(((type_ *)0)->member_, bool                                     \
				   : cni_decode_bool, uint32_t                                     \
				   : cni_decode_u32, uint64_t                                      \
				   : cni_decode_u64, const char *                                  \
				   : cni_decode_string, struct cni_strings                         \
				   : cni_decode_strings, struct cni_ip                             \
				   : cni_decode_ip, struct cni_net                                 \
				   : cni_decode_net, const cJSON *                                 \
				   : cni_decode_object),                                           \
		##__VA_ARGS__ \
	}

/* Fills `out` from `object` as `fields` say. With `lenient` (DEL and GC, which must work with a
 * broken configuration) a wrong value is ignored, otherwise the decoder fails with CNI_ECONFIG,
 * naming key, value and expected type. Strings point into `object`. */
int cni_decode(const struct cni_field *fields, const cJSON *object, void *out, bool lenient,
	       struct cni_error *err);

#endif
