/* SPDX-License-Identifier: Apache-2.0 */
/* A forwarded packet of a container, as far as it is known, and the match of a rule. */
#ifndef CNI_FORWARD_PACKET_H
#define CNI_FORWARD_PACKET_H

#include "ip.h"
#include "nft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MAYBE: the rule reads an unknown property of the packet. */
enum cni_match { CNI_MATCH_NO, CNI_MATCH_MAYBE, CNI_MATCH_YES };

/* A TCP segment. An unset address, NULL names and a state of 0 are unknown. */
struct cni_packet {
	int family; /* AF_INET, AF_INET6 */
	struct cni_ip source;
	struct cni_ip destination;
	const char *const *in; /* one of these interfaces; ends with NULL */
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

/* The match of a rule with the conditions `a` and `b`. */
static inline enum cni_match cni_match_both(enum cni_match a, enum cni_match b)
{
	return a < b ? a : b;
}

/* Copies `size` bytes of the IP header from `offset` on. False if one is unknown: only addresses
 * and protocol are known (RFC 791, RFC 8200). */
bool cni_packet_header(const struct cni_packet *packet, size_t offset, size_t size,
		       uint8_t *ret_bytes);

/* Compares the first `size` bytes of interface names, padded with zeroes as the kernel pads them,
 * with `data`. NULL names: MAYBE, but NO for lo, which forwards no packet. */
enum cni_match cni_match_names(const char *const *names, const void *data, size_t size);

/* The result of a match of x_tables, by name and revision, with its `size` bytes of data; of a
 * target. MAYBE and ELSEWHERE if the extension is unknown. */
enum cni_match cni_match_xt(const struct cni_packet *packet, const char *name, uint32_t revision,
			    const void *data, size_t size);
enum cni_verdict cni_verdict_xt(const char *name);

struct nftnl_rule;

/* Judges a rule of nf_tables in `table`. Asks the kernel through `nl` whether a set has a known
 * value; with NULL, the set may have it. */
void cni_judge_nft(struct cni_nl *nl, const struct cni_nft_table *table, struct nftnl_rule *rule,
		   const struct cni_packet *packet, struct cni_judgement *ret_judgement);

#endif
