/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's table: is it as it was made? */
#include "firewall.h"
#include "firewall_table.h"

#include <errno.h>
#include <string.h>

static int check_rules(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t count = 0;

	if (cni_nft_rule_count(nl, &cni_firewall_table, cni_firewall_forward, &count, err) < 0 &&
	    err->errnum != ENOENT)
		return -1;
	if (count != CNI_FIREWALL_RULES)
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: chain '%s' of table 'inet %s' has %u rules, expected %d",
				cni_firewall_forward, cni_firewall_table.name, count,
				CNI_FIREWALL_RULES);
	return 0;
}

static int refuse_absent(struct cni_error *err, const char *what, const char *set)
{
	return cni_fail(err, CNI_EMISMATCH,
			"firewall: %s is not in '%s' of table 'inet %s', expected it there", what,
			set, cni_firewall_table.name);
}

/* Is `expected` in the set, with its value, its jump and its owner? `what` names it. */
static int check_element(struct cni_nl *nl, const char *set, const struct cni_nft_element *expected,
			 const char *what, struct cni_error *err)
{
	struct cni_nft_element found;
	int there = cni_firewall_look_up(nl, set, &expected->key, &found, err);

	if (there < 0)
		return -1;
	if (!there)
		return refuse_absent(err, what, set);
	if (strcmp(found.comment, expected->comment) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: %s in '%s' belongs to '%s', expected '%s'", what, set,
				found.comment, expected->comment);
	if (strcmp(found.jump, expected->jump) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: %s in '%s' jumps to '%s', expected '%s'", what, set,
				found.jump, expected->jump);
	if (found.value.size != expected->value.size ||
	    memcmp(found.value.data, expected->value.data, found.value.size) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: %s in '%s' has another address than '%s' was given",
				what, set, expected->comment);
	return 0;
}

static int check_addresses(struct cni_nl *nl, const struct cni_firewall *firewall, const char *text,
			   const char *name, struct cni_error *err)
{
	uint32_t indices[2] = {0, 0};

	for (size_t i = 0; i < firewall->count; i++) {
		const struct cni_firewall_family *family =
			cni_firewall_family_of(&firewall->addresses[i]);
		uint32_t *index = &indices[family - cni_firewall_families];
		struct cni_nft_element member = {.key = cni_nft_ip(&firewall->addresses[i])};
		struct cni_nft_element back = {.key = cni_firewall_address_key(firewall->owner,
									       (*index)++),
					       .value = member.key};
		char ip[CNI_IP_TEXT_SIZE];

		memcpy(member.comment, text, CNI_OWNER_TEXT_SIZE);
		memcpy(back.comment, text, CNI_OWNER_TEXT_SIZE);
		if (check_element(nl, family->members, &member,
				  cni_ip_format(&firewall->addresses[i], ip), err) < 0 ||
		    check_element(nl, family->addresses, &back, name, err) < 0)
			return -1;
	}
	return 0;
}

static int check_bridge(struct cni_nl *nl, const struct cni_firewall *firewall,
			struct cni_error *err)
{
	struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE];
	size_t count = cni_firewall_of_bridge(firewall->policy, firewall->bridge, elements);

	for (size_t i = 0; i < count; i++) {
		struct cni_nft_element found;
		int there =
			cni_firewall_look_up(nl, elements[i].set, &elements[i].key, &found, err);

		if (there < 0)
			return -1;
		if (!there)
			return refuse_absent(err, firewall->bridge, elements[i].set);
	}
	return 0;
}

int cni_firewall_check(struct cni_nl *nl, const struct cni_firewall *firewall,
		       struct cni_error *err)
{
	struct cni_nft_element policy = {.key = cni_firewall_owner_key(firewall->owner)};
	char text[CNI_OWNER_TEXT_SIZE];
	char name[CNI_IFNAME_SIZE];

	cni_owner_format(firewall->owner, text);
	cni_owner_ifname(firewall->owner, "veth", name);
	memcpy(policy.comment, text, sizeof(policy.comment));
	cni_firewall_name_chain(firewall->policy, firewall->bridge, policy.jump);
	if (check_rules(nl, err) < 0 || check_addresses(nl, firewall, text, name, err) < 0 ||
	    check_element(nl, cni_firewall_policies, &policy, name, err) < 0)
		return -1;
	return check_bridge(nl, firewall, err);
}

int cni_firewall_exists(struct cni_nl *nl, const struct cni_owner *owner, bool *ret_exists,
			struct cni_error *err)
{
	struct cni_nft_bytes key = cni_firewall_owner_key(owner);
	struct cni_nft_element element;
	int found = cni_firewall_look_up(nl, cni_firewall_policies, &key, &element, err);

	*ret_exists = found > 0;
	return found < 0 ? -1 : 0;
}
