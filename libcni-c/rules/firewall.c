/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "firewall_table.h"

static struct cni_owned_wish wish_of(const struct cni_firewall *firewall)
{
	struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_firewall_table, "firewall", firewall->owner, firewall);

	cni_firewall_put(&wish, firewall);
	return wish;
}

int cni_firewall_add(struct cni_nl *nl, const struct cni_firewall *firewall, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(firewall);

	return cni_owned_add(nl, &wish, err);
}

static int check_bridge(struct cni_nl *nl, const struct cni_firewall *firewall,
			struct cni_error *err)
{
	const struct cni_nft_table *table = &cni_firewall_table.table;
	struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE];
	size_t count = cni_firewall_of_bridge(firewall->policy, firewall->bridge, elements);

	for (size_t i = 0; i < count; i++) {
		struct cni_nft_element found;
		int there =
			cni_nft_look_up(nl, table, elements[i].set, &elements[i].key, &found, err);

		if (there < 0)
			return -1;
		if (!there)
			return cni_fail(err, CNI_EMISMATCH,
					"firewall: %s is not in '%s' of table 'inet %s', expected "
					"it there",
					firewall->bridge, elements[i].set, table->name);
	}
	return 0;
}

int cni_firewall_check(struct cni_nl *nl, const struct cni_firewall *firewall,
		       struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(firewall);

	return cni_owned_check(nl, &wish, err) < 0 ? -1 : check_bridge(nl, firewall, err);
}

int cni_firewall_exists(struct cni_nl *nl, const struct cni_owner *owner, bool *ret_exists,
			struct cni_error *err)
{
	struct cni_nft_bytes key = cni_owned_name_key(owner->key);
	struct cni_nft_element element;
	int found = cni_nft_look_up(nl, &cni_firewall_table.table, cni_firewall_policies, &key,
				    &element, err);

	*ret_exists = found > 0;
	return found < 0 ? -1 : 0;
}

int cni_firewall_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_owned_del(nl, &cni_firewall_table, owner, NULL, err);
}

int cni_firewall_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		    struct cni_error *err)
{
	return cni_owned_gc(nl, &cni_firewall_table, network, valid, NULL, err);
}
