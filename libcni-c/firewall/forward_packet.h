/* SPDX-License-Identifier: Apache-2.0 */
/* A forwarded packet of a container, as far as it is known, and whether a rule matches it. */
#ifndef CNI_FORWARD_PACKET_H
#define CNI_FORWARD_PACKET_H

#include "ip.h"
#include "nft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MAYBE: the rule looks at something that is not known of the packet. */
enum cni_match { CNI_MATCH_NO, CNI_MATCH_MAYBE, CNI_MATCH_YES };

/* A TCP segment. An address that is not set, names that are NULL and a state of 0 are not known. */
struct cni_packet {
	int family; /* AF_INET, AF_INET6 */
	struct cni_ip source;
	struct cni_ip destination;
	const char *const *in; /* ends with NULL: it comes in by one of these interfaces */
	const char *const *out;
	uint32_t state;	 /* NF_CT_STATE_BIT() of linux/netfilter/nf_conntrack_common.h */
	uint32_t status; /* IPS_* likewise; known if the state is */
};

/* CONTINUE: the rule decides nothing. ELSEWHERE: a program or a set decides, unseen. */
enum cni_verdict {
	CNI_VERDICT_CONTINUE,
	CNI_VERDICT_ACCEPT,
	CNI_VERDICT_DROP,
	CNI_VERDICT_REJECT,
	CNI_VERDICT_JUMP,
	CNI_VERDICT_GOTO,
	CNI_VERDICT_RETURN,
	CNI_VERDICT_ELSEWHERE,
};

#define CNI_CHAIN_NAME_SIZE 256 /* NFT_NAME_MAXLEN */

/* A rule's effect on a packet. */
struct cni_judgement {
	enum cni_match match;
	enum cni_verdict verdict;
	char target[CNI_CHAIN_NAME_SIZE]; /* of JUMP and GOTO */
};

/* The match of a rule all of whose conditions are `a` and `b`. */
static inline enum cni_match cni_match_both(enum cni_match a, enum cni_match b)
{
	return a < b ? a : b;
}

/* Copies `size` bytes of the IP header from `offset` on. False if one of them is not known, as are
 * all but addresses and protocol (RFC 791, RFC 8200). */
bool cni_packet_header(const struct cni_packet *packet, size_t offset, size_t size,
		       uint8_t *ret_bytes);

/* Compares the first `size` bytes of interface names, padded with zeroes as the kernel pads them,
 * with `data`. NULL names: MAYBE, but for lo, which no forwarded packet comes or goes by. */
enum cni_match cni_match_names(const char *const *names, const void *data, size_t size);

/* An extension of x_tables by name and revision, with its `size` bytes of data: a match; and a
 * target. Of unknown ones: MAYBE, and ELSEWHERE. */
enum cni_match cni_match_xt(const struct cni_packet *packet, const char *name, uint32_t revision,
			    const void *data, size_t size);
enum cni_verdict cni_verdict_xt(const char *name);

struct nftnl_rule;

/* A rule of nf_tables in `table`. Asks the kernel through `nl` whether a set has a known value; with
 * NULL, it may have. */
void cni_judge_nft(struct cni_nl *nl, const struct cni_nft_table *table, struct nftnl_rule *rule,
		   const struct cni_packet *packet, struct cni_judgement *ret_judgement);

#endif
