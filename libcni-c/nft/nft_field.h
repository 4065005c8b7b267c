/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a packet and their values, as nft(8) writes them. */
#ifndef CNI_NFT_FIELD_H
#define CNI_NFT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A field, and the kernel's expression that loads the field. A rule does not match a packet that
 * lacks the header, or ends before the field. */
enum cni_nft_load { CNI_NFT_META, CNI_NFT_PAYLOAD, CNI_NFT_EXTHDR, CNI_NFT_CT, CNI_NFT_FIB };
struct cni_nft_field {
	char name[16]; /* "ip saddr" */
	enum cni_nft_load load;
	uint32_t key;	 /* NFT_META_*, NFT_PAYLOAD_*_HEADER, NFT_CT_*, a header's protocol */
	uint32_t offset; /* in the header; bytes, as `size` */
	uint32_t size;
};

/* A value of a field, in the byte order in which the field is loaded. */
#define CNI_NFT_VALUE_SIZE 16
struct cni_nft_value {
	enum {
		CNI_NFT_SINGLE,
		CNI_NFT_PREFIX,
		CNI_NFT_RANGE,
		CNI_NFT_BITS, /* one of them is set */
	} kind;
	uint8_t bytes[CNI_NFT_VALUE_SIZE];
	uint8_t more[CNI_NFT_VALUE_SIZE]; /* a prefix's mask, a range's last value */
};

/* True if the text begins with these words; `*text` is then behind them. */
bool cni_nft_take(const char **text, const char *words);

/* Take a field, a value, a name of a set or a chain from the beginning of the text, which has one: text that is
 * not of this language is a mistake in the program, and aborts. */
const struct cni_nft_field *cni_nft_take_field(const char **text);
struct cni_nft_value cni_nft_take_value(const char **text, const struct cni_nft_field *field);
#define CNI_NFT_WORD_SIZE 128
void cni_nft_take_word(const char **text, char ret_word[CNI_NFT_WORD_SIZE]);

#endif
