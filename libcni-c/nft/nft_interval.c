/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of intervals. The kernel has an element for an interval's first key and, with a flag, one for the first
 * key behind it; an interval up to the last key has none (nft_set_rbtree.c). */
#include "mem.h"
#include "nft_tx.h"

#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>

/* As many as fit into a message (nft_tx.c). */
#define PREFIXES_MAX 64

static void put_element(struct nftnl_set *set, const struct cni_ip *ip, uint32_t flags)
{
	struct nftnl_set_elem *element = cni_need(nftnl_set_elem_alloc());

	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, ip->bytes, (uint32_t)cni_ip_size(ip));
	if (flags)
		nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS, flags);
	nftnl_set_elem_add(set, element);
}

static void put_prefix(struct nftnl_set *set, const struct cni_net *net)
{
	struct cni_ip last = cni_net_last(net);
	struct cni_ip behind = cni_ip_next(&last);

	put_element(set, &net->ip, 0);
	if (cni_ip_compare(&behind, &last) > 0)
		put_element(set, &behind, NFT_SET_ELEM_INTERVAL_END);
}

static struct nftnl_set *new_set(const struct cni_nft_table *table, const char *name)
{
	struct nftnl_set *set = cni_need(nftnl_set_alloc());

	nftnl_set_set_str(set, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	return set;
}

static void put_message(struct cni_nft_tx *tx, const struct cni_nft_table *table, uint16_t type,
			uint16_t flags, struct nftnl_set *set, const char *what)
{
	struct nlmsghdr *header = nftnl_nlmsg_build_hdr(cni_nft_tx_buffer(tx), type, table->family,
							flags, tx->next_seq);

	nftnl_set_elems_nlmsg_build_payload(header, set);
	nftnl_set_free(set);
	cni_nft_tx_done(tx, what);
}

void cni_nft_add_prefixes(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			  const struct cni_net *nets, size_t count)
{
	for (size_t done = 0; done < count;) {
		struct nftnl_set *object = new_set(table, set);
		size_t end = count - done > PREFIXES_MAX ? done + PREFIXES_MAX : count;

		for (; done < end; done++)
			put_prefix(object, &nets[done]);
		put_message(tx, table, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, object,
			    "add elements");
	}
}

void cni_nft_flush_set(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set)
{
	put_message(tx, table, NFT_MSG_DELSETELEM, 0, new_set(table, set), "flush set");
}
