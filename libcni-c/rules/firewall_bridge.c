/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of bridges: chains that count attachments, and sets of bridges. */
#include "firewall_table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static const char *const prefixes[] = {
	[CNI_FIREWALL_OPEN] = "open",
	[CNI_FIREWALL_SAME_BRIDGE] = "same-",
	[CNI_FIREWALL_ISOLATED] = "isolated-",
};

/* No interface's name has a slash; nft(8) reads slashes in a chain's name. */
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

/* ---- elements ---- */

static void put_element(struct cni_nft_items *elements, const char *set, const char *bridge,
			bool is_pair)
{
	struct cni_nft_element element = {.key = cni_owned_name_key(bridge)};

	if (is_pair)
		cni_nft_bytes_add_ifname(&element.key, bridge);
	cni_nft_items_put(elements, set, &element);
}

struct cni_nft_items cni_firewall_of_bridge(enum cni_firewall_policy policy, const char *bridge)
{
	struct cni_nft_items elements = {0};

	if (policy == CNI_FIREWALL_OPEN)
		return elements;
	put_element(&elements, "bridges", bridge, false);
	put_element(&elements, "same", bridge, true);
	if (policy == CNI_FIREWALL_ISOLATED)
		put_element(&elements, "isolated", bridge, true);
	return elements;
}

/* ---- the last one of a bridge goes ---- */

static int delete_if_there(struct cni_owned_change *change, const struct cni_nft_item *item,
			   struct cni_error *err)
{
	const struct cni_nft_table *table = &change->table->table;
	struct cni_nft_element element;
	int found =
		cni_nft_look_up(change->nl, table, item->set, &item->element.key, &element, err);

	if (found > 0)
		cni_nft_del_element(change->tx, table, item->set, &item->element.key);
	return found < 0 ? -1 : 0;
}

/* Attachments of both policies on one bridge share `bridges` and `same`. */
static int release_bridge(struct cni_owned_change *change, enum cni_firewall_policy policy,
			  const char *bridge, struct cni_error *err)
{
	clearing_items struct cni_nft_items elements = cni_firewall_of_bridge(policy, bridge);
	bool isolated = policy == CNI_FIREWALL_ISOLATED;
	char sibling[CNI_NFT_NAME_SIZE];
	enum cni_owned_fate fate;
	bool shared_stay;

	cni_firewall_name_chain(isolated ? CNI_FIREWALL_SAME_BRIDGE : CNI_FIREWALL_ISOLATED, bridge,
				sibling);
	if (cni_owned_fate_of(change, sibling, 0, &fate, err) < 0)
		return -1;
	/* If both chains go, the release of one removes the shared elements. */
	shared_stay = fate == CNI_OWNED_STAYS || (fate == CNI_OWNED_GOES && isolated);
	for (size_t i = 0; i < elements.count; i++)
		if ((!shared_stay || !strcmp(elements.items[i].set, "isolated")) &&
		    delete_if_there(change, &elements.items[i], err) < 0)
			return -1;
	return 0;
}

int cni_firewall_release(struct cni_owned_change *change, const char *chain, struct cni_error *err)
{
	enum cni_firewall_policy policy;
	char bridge[CNI_IFNAME_SIZE];

	return cni_firewall_parse_chain(chain, &policy, bridge) && policy != CNI_FIREWALL_OPEN
		       ? release_bridge(change, policy, bridge, err)
		       : 0;
}
