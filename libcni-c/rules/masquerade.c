/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"

#include "cleanup.h"
#include "kernel.h"
#include "masquerade_table.h"

#include <errno.h>
#include <string.h>

static const char what[] = "masquerade";

/* Postrouting knows the incoming interface since Linux 5.7 (ip_output() in
 * net/ipv4/ip_output.c). */
static bool knows_incoming_interface(void)
{
	return cni_kernel_is_at_least(5, 7, true);
}

static struct cni_owned_wish wish_of(const struct cni_masquerade *wanted)
{
	struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_masquerade_table, what, wanted->owner, wanted);

	cni_masquerade_put(&wish, wanted);
	return wish;
}

static struct cni_masquerade as_the_kernel_can(const struct cni_masquerade *wanted)
{
	struct cni_masquerade copy = *wanted;

	if (*copy.device && !knows_incoming_interface())
		copy.device = "";
	return copy;
}

int cni_masquerade_add(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	clearing_wish struct cni_owned_wish wish = wish_of(&here);

	return cni_owned_add(nl, &wish, err);
}

int cni_masquerade_check(struct cni_nl *nl, const struct cni_masquerade *wanted,
			 struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	clearing_wish struct cni_owned_wish wish = wish_of(&here);

	if (cni_owned_check(nl, &wish, err) < 0)
		return -1;
	for (size_t i = 0; i < wish.items.count; i++) {
		const char *chain = wish.items.items[i].element.jump;

		if (*chain &&
		    cni_owned_check_chain(nl, &wish, chain, CNI_MASQUERADE_NETWORK_RULES, err) < 0)
			return -1;
	}
	return 0;
}

int cni_masquerade_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_owned_del(nl, &cni_masquerade_table, owner, NULL, err);
}

int cni_masquerade_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err)
{
	return cni_owned_gc(nl, &cni_masquerade_table, network, valid, NULL, err);
}

int cni_masquerade_sweep(struct cni_nl *nl, struct cni_error *err)
{
	size_t left;

	return cni_owned_sweep(nl, &cni_masquerade_table, NULL, &left, err);
}
