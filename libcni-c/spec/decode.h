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

#include "decls.h"
#include "error.h"
#include "ip.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

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

/* A row of the table, made by CNI_FIELD(). A table ends with {0}. */
struct cni_field {
	const char *key;
	size_t offset;
	cni_decoder *decode;
	const char *section[2];	      /* keys of the objects around it, outermost first */
	uint32_t min;		      /* for numbers */
	uint32_t max;		      /* for numbers; 0 means 2^31-1, or 2^63-1 for 64 bits */
	const struct cni_word *words; /* the member is a uint32_t, the value one of these words */
	bool negative_is_zero; /* for numbers: one below 0 is read as 0, "as the kernel has it" */
};

/* The decoders that CNI_FIELD() picks. They fail with CNI_ECONFIG for a value of another JSON type, and
 * for a number or a word that the row does not allow. */
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

/* A row. The decoder is that for the type of `member`; a `const cJSON *` takes a list or an object as
 * it is. More members (.section, .min, .max, .words) may follow, in the struct's order for C++. */
#define CNI_FIELD(type_, key_, member_, ...)                                                       \
	{                                                                                          \
		.key = (key_), .offset = offsetof(type_, member_),                                 \
		.decode = CNI_DECODER(((type_ *)0)->member_), ##__VA_ARGS__                        \
	}

#ifdef __cplusplus
extern "C++" {
constexpr cni_decoder *cni_decoder_for(const bool *)
{
	return cni_decode_bool;
}
constexpr cni_decoder *cni_decoder_for(const uint32_t *)
{
	return cni_decode_u32;
}
constexpr cni_decoder *cni_decoder_for(const uint64_t *)
{
	return cni_decode_u64;
}
constexpr cni_decoder *cni_decoder_for(const char *const *)
{
	return cni_decode_string;
}
constexpr cni_decoder *cni_decoder_for(const struct cni_strings *)
{
	return cni_decode_strings;
}
constexpr cni_decoder *cni_decoder_for(const struct cni_ip *)
{
	return cni_decode_ip;
}
constexpr cni_decoder *cni_decoder_for(const struct cni_net *)
{
	return cni_decode_net;
}
constexpr cni_decoder *cni_decoder_for(const cJSON *const *)
{
	return cni_decode_object;
}
}
#define CNI_DECODER(member_) cni_decoder_for(&(member_))
#else
#define CNI_DECODER(member_)                                                                       \
	_Generic((member_), bool                                                                   \
		 : cni_decode_bool, uint32_t                                                       \
		 : cni_decode_u32, uint64_t                                                        \
		 : cni_decode_u64, const char *                                                    \
		 : cni_decode_string, struct cni_strings                                           \
		 : cni_decode_strings, struct cni_ip                                               \
		 : cni_decode_ip, struct cni_net                                                   \
		 : cni_decode_net, const cJSON *                                                   \
		 : cni_decode_object)
#endif

/* Fills `out` from `object` as `fields` say. With `lenient` (DEL and GC, which must work with a
 * broken configuration) a wrong value is ignored, otherwise the decoder fails with CNI_ECONFIG,
 * naming key, value and expected type. Strings point into `object`. */
int cni_decode(const struct cni_field *fields, const cJSON *object, void *out, bool lenient,
	       struct cni_error *err);

CNI_END_DECLS

#endif
