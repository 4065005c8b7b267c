/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"
#include "masquerade_table.h"

#include <errno.h>
#include <string.h>

static int check_chain(struct cni_nl *nl, const char *chain, uint32_t expected,
		       struct cni_error *err)
{
	uint32_t count = 0;

	if (cni_nft_rule_count(nl, &cni_masq_table, chain, &count, err) < 0 &&
	    err->errnum != ENOENT)
		return -1;
	if (count != expected)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: chain '%s' of table 'inet %s' has %u rules, expected "
				"%u",
				chain, cni_masq_table.name, count, expected);
	return 0;
}

static int check_address(struct cni_nl *nl, const struct cni_owner *owner,
			 const struct cni_net *net, struct cni_error *err)
{
	const struct cni_masq_family *family = cni_masq_family_of(&net->ip);
	struct cni_nft_bytes key = cni_nft_ip(&net->ip);
	struct cni_nft_element element;
	char comment[CNI_NFT_COMMENT_SIZE];
	char text[CNI_OWNER_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	char chain[CNI_MASQ_CHAIN_SIZE];
	int found = cni_masq_look_up(nl, family->verdicts, &key, &element, err);

	if (found < 0)
		return -1;
	cni_ip_format(&net->ip, ip);
	cni_owner_format(owner, text);
	cni_masq_name_chain(owner->network, net, chain, comment);
	if (!found)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: %s is not in map '%s' of table 'inet %s', expected it "
				"to jump to '%s' for '%s'",
				ip, family->verdicts, cni_masq_table.name, chain, text);
	if (strcmp(element.comment, text) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: %s in map '%s' belongs to '%s', expected '%s'", ip,
				family->verdicts, element.comment, text);
	if (strcmp(element.jump, chain) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: %s in map '%s' jumps to '%s', expected '%s'", ip,
				family->verdicts, element.jump, chain);
	return check_chain(nl, chain, CNI_MASQ_NETWORK_RULES, err);
}

/* The way back must lead to each address, or a DEL without prevResult would pass it by. */
static int check_way_back(struct cni_nl *nl, const struct cni_owner *owner,
			  const struct cni_net *nets, size_t count, struct cni_error *err)
{
	uint32_t indices[2] = {0, 0};
	char name[CNI_IFNAME_SIZE];

	cni_owner_ifname(owner, "veth", name);
	for (size_t i = 0; i < count; i++) {
		const struct cni_masq_family *family = cni_masq_family_of(&nets[i].ip);
		struct cni_nft_bytes key =
			cni_masq_attachment_key(name, indices[family - cni_masq_families]++);
		struct cni_nft_element back;
		int found = cni_masq_look_up(nl, family->attachments, &key, &back, err);

		if (found < 0)
			return -1;
		if (!found)
			return cni_fail(err, CNI_EMISMATCH,
					"masquerade: '%s' . %u is not in map '%s' of table "
					"'inet %s'",
					name, indices[family - cni_masq_families] - 1,
					family->attachments, cni_masq_table.name);
	}
	return 0;
}

int cni_masquerade_check(struct cni_nl *nl, const struct cni_owner *owner,
			 const struct cni_net *nets, size_t count, struct cni_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (check_address(nl, owner, &nets[i], err) < 0)
			return -1;
	if (check_way_back(nl, owner, nets, count, err) < 0)
		return -1;
	return check_chain(nl, cni_masq_postrouting, CNI_MASQ_POSTROUTING_RULES, err);
}
