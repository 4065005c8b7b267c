/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration is a table: a row for each key says where its value goes, and the member's C type
 * picks the decoder, so that a wrong pair does not compile.
 *
 *	static const struct cni_field fields[] = {
 *		CNI_FIELD(struct bridge_conf, "bridge", bridge, "The bridge"),
 *		CNI_FIELD(struct bridge_conf, "mtu", mtu, "MTU of the pair", .max = 65535),
 *		CNI_FIELD(struct bridge_conf, "mac", mac, "The container's MAC",
 *			  .section = {"runtimeConfig"}),
 *		{0},
 *	};
 *
 * Keys match in any case and the last of two wins; an absent or null key leaves the member as it
 * was, so defaults are set before. Keys that no row names are accepted.
 *
 * The same rows are what DESCRIBE prints (describe.h), and manuals are made of: a key without help does not compile. */
#ifndef CNI_DECODE_H
#define CNI_DECODE_H

#include "decls.h"
#include "error.h"
#include "help_text.h"
#include "ip.h"
#include "json.h"
#include "word.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* Strings that belong to the JSON tree they were read from. */
struct cni_strings {
	const char **items;
	size_t count;
};

/* The type of a value as DESCRIBE prints it. */
enum cni_type {
	CNI_TYPE_OF_DECODER, /* the one of the row's decoder; of a `const cJSON *` an object */
	CNI_TYPE_BOOLEAN,
	CNI_TYPE_NUMBER,
	CNI_TYPE_STRING,
	CNI_TYPE_MAC,
	CNI_TYPE_ADDRESS,
	CNI_TYPE_PREFIX,
	CNI_TYPE_STRINGS, /* a list of them, as are the next two */
	CNI_TYPE_ADDRESSES,
	CNI_TYPE_PREFIXES,
	CNI_TYPE_OBJECT, /* its members are the row's `items` */
	CNI_TYPE_LIST,	 /* of such objects */
	CNI_TYPE_LISTS,	 /* of such lists */
	CNI_TYPE_MAP,	 /* an object of strings with keys of any name */
	CNI_TYPE_COUNT,
};

struct cni_field;

/* Decodes `value` into `member`, or fails with CNI_ECONFIG. */
typedef int cni_decoder(const struct cni_field *field, const cJSON *value, void *member,
			struct cni_error *err);

/* The `unless` of a key that the plugin does not do without. */
#define CNI_REQUIRED "required"

/* A row of the table, made by CNI_FIELD(), CNI_KEY() or CNI_MEMBER(). A table ends with {0}. */
struct cni_field {
	const char *key;
	size_t offset;
	cni_decoder *decode;
	const char *help;	/* for DESCRIBE: one sentence without a full stop */
	const char *section[2]; /* keys of the objects around it, outermost first */
	uint32_t min;		/* for numbers */
	uint32_t max;		/* for numbers; 0 means 2^31-1, or 2^63-1 for 64 bits */
	/* The value is one of these words, and the member a uint32_t; the words of a string are for
	 * DESCRIBE, and compared by the plugin, with an error of its own. */
	const struct cni_word *words;
	bool negative_is_zero; /* for numbers: one below 0 is read as 0, "as the kernel has it" */
	/* For DESCRIBE alone. */
	enum cni_type type;
	const struct cni_field *items; /* the members of the object, or of the list's objects */
	const char *unless; /* what holds without the key, where the defaults do not tell */
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
/* For keys that a function of its own reads: accepts all, and writes nothing. */
cni_decoder cni_decode_elsewhere;

/* A row. The decoder is that for the type of `member`; a `const cJSON *` takes a list or an object as
 * it is. `help` is a literal. More members (.section, .min, .max, .words) may follow, in the struct's order for C++. */
#define CNI_FIELD(type_, key_, member_, help_, ...)                                                \
	{                                                                                          \
		.key = (key_), .offset = offsetof(type_, member_),                                 \
		.decode = CNI_DECODER(((type_ *)0)->member_), .help = CNI_HELP(help_),             \
		##__VA_ARGS__                                                                      \
	}

/* A row for DESCRIBE alone, of a key that a function of its own reads. */
#define CNI_KEY(key_, type_, help_, ...)                                                           \
	{                                                                                          \
		.key = (key_), .decode = cni_decode_elsewhere, .help = CNI_HELP(help_),            \
		.type = (type_), ##__VA_ARGS__                                                     \
	}

/* A row of a table that DESCRIBE does not print: of a result, or of keys that DEL reads as well. */
#define CNI_MEMBER(type_, key_, member_, ...)                                                      \
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
