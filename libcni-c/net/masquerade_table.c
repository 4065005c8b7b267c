/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_table.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"
#include "nft_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>

const struct cni_nft_table cni_masq_table = {NFPROTO_INET, "cni"};

const char cni_masq_postrouting[] = "postrouting";

const struct cni_masq_family cni_masq_families[2] = {
	{AF_INET, "masquerade4", "attachments4", "224.0.0.0/4", CNI_NFT_IPV4},
	{AF_INET6, "masquerade6", "attachments6", "ff00::/8", CNI_NFT_IPV6},
};

const struct cni_masq_family *cni_masq_family_of(const struct cni_ip *ip)
{
	return &cni_masq_families[ip->family == AF_INET ? 0 : 1];
}

void cni_masq_name_chain(const char *network, const struct cni_net *net,
			 char chain[CNI_MASQ_CHAIN_SIZE], char comment[CNI_NFT_COMMENT_SIZE])
{
	struct cni_net masked = cni_net_masked(net);
	char digits[CNI_HASH_TEXT_SIZE];
	char prefix[CNI_NET_TEXT_SIZE];
	freeing char *text = cni_format("%s %s", network, cni_net_format(&masked, prefix));

	cni_hash_hex(text, strlen(text), digits);
	snprintf(chain, 24, "net-%.16s", digits);
	snprintf(comment, CNI_NFT_COMMENT_SIZE, "%.70s %s", network, prefix);
}

struct cni_nft_bytes cni_masq_attachment_key(const char *name, uint32_t index)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, name);
	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

int cni_masq_look_up(struct cni_nl *nl, const char *map, const struct cni_nft_bytes *key,
		     struct cni_nft_element *ret_element, struct cni_error *err)
{
	if (cni_nft_get(nl, &cni_masq_table, map, key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

void cni_masq_add_postrouting_rules(struct cni_nft_tx *tx)
{
	for (size_t i = 0; i < 2; i++) {
		/* meta nfproto ipv4 ip saddr vmap @masquerade4 */
		cni_nft_rule(tx, &cni_masq_table, cni_masq_postrouting);
		cni_nft_family_is(tx, cni_masq_families[i].number);
		cni_nft_source_vmap(tx, cni_masq_families[i].number, cni_masq_families[i].verdicts);
		cni_nft_rule_end(tx);
	}
}

void cni_masq_add_skeleton(struct cni_nft_tx *tx)
{
	/* linux/netfilter_ipv4.h: NF_IP_PRI_NAT_SRC, nft's "srcnat". */
	const int32_t srcnat = NF_IP_PRI_NAT_SRC;

	cni_nft_add_table(tx, &cni_masq_table);
	for (size_t i = 0; i < 2; i++) {
		const struct cni_nft_set verdicts = {cni_masq_families[i].verdicts,
						     {cni_masq_families[i].type},
						     {CNI_NFT_VERDICT}};
		const struct cni_nft_set attachments = {cni_masq_families[i].attachments,
							{CNI_NFT_IFNAME, CNI_NFT_MARK},
							{cni_masq_families[i].type}};

		cni_nft_add_set(tx, &cni_masq_table, &verdicts);
		cni_nft_add_set(tx, &cni_masq_table, &attachments);
	}
	cni_nft_add_base_chain(tx, &cni_masq_table, cni_masq_postrouting, "nat",
			       NF_INET_POST_ROUTING, srcnat);
}

void cni_masq_add_network_chain(struct cni_nft_tx *tx, const char *chain, const char *comment,
				const struct cni_net *net)
{
	struct cni_net multicast;

	cni_net_parse(cni_masq_family_of(&net->ip)->multicast, &multicast);
	cni_nft_add_chain(tx, &cni_masq_table, chain, comment);
	cni_nft_flush_chain(tx, &cni_masq_table, chain);
	/* ip daddr 10.88.0.0/16 return */
	cni_nft_rule(tx, &cni_masq_table, chain);
	cni_nft_family_is(tx, net->ip.family);
	cni_nft_destination_in(tx, net);
	cni_nft_verdict(tx, NFT_RETURN);
	cni_nft_rule_end(tx);
	/* ip daddr 224.0.0.0/4 return */
	cni_nft_rule(tx, &cni_masq_table, chain);
	cni_nft_family_is(tx, net->ip.family);
	cni_nft_destination_in(tx, &multicast);
	cni_nft_verdict(tx, NFT_RETURN);
	cni_nft_rule_end(tx);
	/* masquerade */
	cni_nft_rule(tx, &cni_masq_table, chain);
	cni_nft_masquerade(tx);
	cni_nft_rule_end(tx);
}
