/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the spoof check's table, for those who fill it and those who look at it.
 * spoofcheck.h shows it whole. */
#ifndef CNI_SPOOFCHECK_TABLE_H
#define CNI_SPOOFCHECK_TABLE_H

#include "nft.h"
#include "nft_doomed.h"
#include "spoofcheck.h"

extern const struct cni_nft_table cni_spoofcheck_table;

extern const char cni_spoofcheck_guarded[];
extern const char cni_spoofcheck_allowed[];
extern const char cni_spoofcheck_attachments[];
extern const char cni_spoofcheck_sources4[];
extern const char cni_spoofcheck_sources6[];
extern const char cni_spoofcheck_given[];

/* The chains, and the rules of each. */
extern const char cni_spoofcheck_prerouting[];
extern const char cni_spoofcheck_check_chain[];
extern const char cni_spoofcheck_sources_chain[];
extern const char cni_spoofcheck_fragments_chain[];
#define CNI_SPOOFCHECK_PREROUTING_RULES 1
#define CNI_SPOOFCHECK_CHECK_RULES	1
#define CNI_SPOOFCHECK_SOURCES_RULES	16
#define CNI_SPOOFCHECK_FRAGMENTS_RULES	6

/* Keys: a port; a port and its hardware address; a port and one of its IP addresses, whose set is
 * cni_spoofcheck_set_of(); a port and the index of one of its IP addresses. */
struct cni_nft_bytes cni_spoofcheck_key(const char *port);
struct cni_nft_bytes cni_spoofcheck_mac_key(const char *port, const uint8_t mac[CNI_MAC_SIZE]);
struct cni_nft_bytes cni_spoofcheck_source_key(const char *port, const struct cni_ip *ip);
struct cni_nft_bytes cni_spoofcheck_given_key(const char *port, uint32_t index);
const char *cni_spoofcheck_set_of(const struct cni_ip *ip);

/* The address that a value of `given` is, which holds those of IPv4 as IPv6 does (RFC 4291, section
 * 2.5.5.2). */
struct cni_ip cni_spoofcheck_given_ip(const struct cni_nft_bytes *value);

/* All that is in the table for an attachment. */
struct cni_spoofcheck_item {
	const char *set;
	struct cni_nft_element element;
	char about[CNI_IFNAME_SIZE + CNI_IP_TEXT_SIZE + 8]; /* the key, for people */
};
struct cni_spoofcheck_items {
	struct cni_spoofcheck_item *items; /* to be freed */
	size_t count;
};
struct cni_spoofcheck_items cni_spoofcheck_items_of(const struct cni_spoofcheck *wanted);

/* 1 if the element is there, 0 if it, its set or the table is not, -1 on failure. */
int cni_spoofcheck_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			   struct cni_nft_element *ret_element, struct cni_error *err);

/* The table, its sets and chains, or what is missing of them, and their rules instead of any
 * others. The second is for ports whose IP addresses are checked, and needs the first. */
void cni_spoofcheck_add_skeleton(struct cni_nft_tx *tx);
void cni_spoofcheck_add_sources_skeleton(struct cni_nft_tx *tx);
void cni_spoofcheck_del_sources_skeleton(struct cni_nft_tx *tx);

/* Everything that the owner has, found without knowing its addresses, and not yet doomed. */
int cni_spoofcheck_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			      struct cni_nft_doomed *doomed, struct cni_error *err);

/* Puts the removal of the elements into the transaction, and of what becomes idle by it: what ports
 * whose IP addresses are checked share, or the table. `next` is what the transaction goes on to
 * add; NULL: nothing. */
int cni_spoofcheck_put_removal(struct cni_nl *nl, struct cni_nft_tx *tx,
			       const struct cni_nft_doomed *doomed,
			       const struct cni_spoofcheck *next, struct cni_error *err);

#endif
