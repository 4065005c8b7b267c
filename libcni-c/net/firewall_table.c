/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_table.h"

#include "nft_rule.h"

#include <ctype.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cni_nft_table cni_firewall_table = {NFPROTO_INET, "cni_firewall"};

const char cni_firewall_forward[] = "forward";
const char cni_firewall_policies[] = "policies";
const char cni_firewall_bridges[] = "bridges";
const char cni_firewall_same[] = "same";
const char cni_firewall_isolated[] = "isolated";

const struct cni_firewall_family cni_firewall_families[2] = {
	{AF_INET, "members4", "addresses4", CNI_NFT_IPV4},
	{AF_INET6, "members6", "addresses6", CNI_NFT_IPV6},
};

const struct cni_firewall_family *cni_firewall_family_of(const struct cni_ip *ip)
{
	return &cni_firewall_families[ip->family == AF_INET ? 0 : 1];
}

/* ---- names ---- */

static const char *const prefixes[] = {
	[CNI_FIREWALL_OPEN] = "open",
	[CNI_FIREWALL_SAME_BRIDGE] = "same-",
	[CNI_FIREWALL_ISOLATED] = "isolated-",
};

/* A slash is in no interface's name, and nft(8) reads it in a chain's. */
void cni_firewall_name_chain(enum cni_firewall_policy policy, const char *bridge,
			     char chain[CNI_NFT_NAME_SIZE])
{
	char *end = chain + snprintf(chain, CNI_NFT_NAME_SIZE, "%s", prefixes[policy]);

	if (policy == CNI_FIREWALL_OPEN)
		return;
	for (const char *c = bridge; *c && c < bridge + CNI_IFNAME_SIZE - 1; c++) {
		bool plain = isascii(*c) && (isalnum(*c) || strchr("_.-", *c));

		end += sprintf(end, plain ? "%c" : "/%02x", (unsigned char)*c);
	}
}

static bool decode_bridge(const char *text, char bridge[CNI_IFNAME_SIZE])
{
	size_t size = 0;

	while (*text && size < CNI_IFNAME_SIZE - 1) {
		char digits[3] = "";

		if (*text != '/') {
			bridge[size++] = *text++;
			continue;
		}
		strncpy(digits, text + 1, 2);
		bridge[size++] = (char)strtol(digits, NULL, 16);
		text += 1 + strlen(digits);
	}
	bridge[size] = '\0';
	return !*text && size;
}

bool cni_firewall_parse_chain(const char *chain, enum cni_firewall_policy *ret_policy,
			      char ret_bridge[CNI_IFNAME_SIZE])
{
	ret_bridge[0] = '\0';
	*ret_policy = CNI_FIREWALL_OPEN;
	if (!strcmp(chain, prefixes[CNI_FIREWALL_OPEN]))
		return true;
	for (int i = CNI_FIREWALL_SAME_BRIDGE; i <= CNI_FIREWALL_ISOLATED; i++) {
		size_t length = strlen(prefixes[i]);

		*ret_policy = (enum cni_firewall_policy)i;
		if (!strncmp(chain, prefixes[i], length))
			return decode_bridge(chain + length, ret_bridge);
	}
	return false;
}

/* ---- keys ---- */

struct cni_nft_bytes cni_firewall_bridge_key(const char *bridge)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, bridge);
	return key;
}

struct cni_nft_bytes cni_firewall_pair_key(const char *bridge)
{
	struct cni_nft_bytes key = cni_firewall_bridge_key(bridge);

	cni_nft_bytes_add_ifname(&key, bridge);
	return key;
}

struct cni_nft_bytes cni_firewall_owner_key(const struct cni_owner *owner)
{
	char name[CNI_IFNAME_SIZE];

	return cni_firewall_bridge_key(cni_owner_ifname(owner, "veth", name));
}

struct cni_nft_bytes cni_firewall_address_key(const struct cni_owner *owner, uint32_t index)
{
	struct cni_nft_bytes key = cni_firewall_owner_key(owner);

	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

size_t cni_firewall_of_bridge(enum cni_firewall_policy policy, const char *bridge,
			      struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE])
{
	size_t count = 0;

	if (policy == CNI_FIREWALL_OPEN)
		return 0;
	elements[count++] = (struct cni_firewall_of_bridge){cni_firewall_bridges,
							    cni_firewall_bridge_key(bridge)};
	elements[count++] =
		(struct cni_firewall_of_bridge){cni_firewall_same, cni_firewall_pair_key(bridge)};
	if (policy == CNI_FIREWALL_ISOLATED)
		elements[count++] = (struct cni_firewall_of_bridge){cni_firewall_isolated,
								    cni_firewall_pair_key(bridge)};
	return count;
}

int cni_firewall_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			 struct cni_nft_element *ret_element, struct cni_error *err)
{
	if (cni_nft_get(nl, &cni_firewall_table, set, key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

/* ---- skeleton ---- */

void cni_firewall_add_skeleton(struct cni_nft_tx *tx)
{
	static const struct cni_nft_set shared[] = {
		{cni_firewall_policies, {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}},
		{cni_firewall_bridges, {CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
		{cni_firewall_same, {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
		{cni_firewall_isolated, {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	};

	cni_nft_add_table(tx, &cni_firewall_table);
	for (size_t i = 0; i < 2; i++) {
		const struct cni_firewall_family *family = &cni_firewall_families[i];
		const struct cni_nft_set members = {
			family->members, {family->type}, {CNI_NFT_NONE}};
		const struct cni_nft_set addresses = {
			family->addresses, {CNI_NFT_IFNAME, CNI_NFT_MARK}, {family->type}};

		cni_nft_add_set(tx, &cni_firewall_table, &members);
		cni_nft_add_set(tx, &cni_firewall_table, &addresses);
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		cni_nft_add_set(tx, &cni_firewall_table, &shared[i]);
	cni_nft_add_base_chain(tx, &cni_firewall_table, cni_firewall_forward, "filter",
			       NF_INET_FORWARD, NF_IP_PRI_FILTER);
}

static void add_policy_rules(struct cni_nft_tx *tx)
{
	/* iifname . oifname @isolated drop */
	cni_nft_rule(tx, &cni_firewall_table, cni_firewall_forward);
	cni_nft_iifname_oifname_in(tx, cni_firewall_isolated);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
	/* iifname @bridges oifname @bridges iifname . oifname != @same drop */
	cni_nft_rule(tx, &cni_firewall_table, cni_firewall_forward);
	cni_nft_iifname_in(tx, cni_firewall_bridges);
	cni_nft_oifname_in(tx, cni_firewall_bridges);
	cni_nft_iifname_oifname_not_in(tx, cni_firewall_same);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
}

static void add_member_rules(struct cni_nft_tx *tx, const struct cni_firewall_family *family)
{
	/* ct state established,related ip daddr @members4 accept */
	cni_nft_rule(tx, &cni_firewall_table, cni_firewall_forward);
	cni_nft_is_established(tx);
	cni_nft_family_is(tx, family->number);
	cni_nft_destination_in_set(tx, family->number, family->members);
	cni_nft_verdict(tx, NF_ACCEPT);
	cni_nft_rule_end(tx);
	/* ip saddr @members4 accept */
	cni_nft_rule(tx, &cni_firewall_table, cni_firewall_forward);
	cni_nft_family_is(tx, family->number);
	cni_nft_source_in_set(tx, family->number, family->members);
	cni_nft_verdict(tx, NF_ACCEPT);
	cni_nft_rule_end(tx);
}

void cni_firewall_add_rules(struct cni_nft_tx *tx)
{
	cni_nft_flush_chain(tx, &cni_firewall_table, cni_firewall_forward);
	add_policy_rules(tx);
	for (size_t i = 0; i < 2; i++)
		add_member_rules(tx, &cni_firewall_families[i]);
}
