/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"

#include "cleanup.h"
#include "kept_destinations.h"
#include "kernel.h"
#include "masquerade_leave.h"
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

/* ---- ADD ---- */

/* Under the lock. */
static int make_all(struct cni_nl *nl, struct cni_masquerade *here,
		    const struct cni_destinations *kept, struct cni_error *err)
{
	const char *network = here->owner->network;
	clearing_wish struct cni_owned_wish wish = {0};
	struct cni_error ignored;
	bool has_any;

	if (!here->destinations)
		here->destinations = kept;
	wish = wish_of(here);
	if (cni_destinations_keep(network, here->destinations, err) < 0)
		return -1;
	if (cni_owned_make(nl, &wish, err) == 0)
		return 0;
	/* The rules may be made anyway, if only the answer got lost. */
	cni_destinations_keep(network, kept, &ignored);
	cni_masquerade_set_destinations(nl, network, kept, &has_any, &ignored);
	return -1;
}

static int make_locked(struct cni_nl *nl, struct cni_masquerade *here, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	struct cni_masquerade_change *change = here->change;
	closing int lock = -1;

	if (cni_destinations_lock(here->owner->network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    cni_destinations_read(here->owner->network, &kept, err) < 0 ||
	    make_all(nl, here, &kept, err) < 0)
		return -1;
	if (!change || cni_destinations_equal(here->destinations, &kept))
		return 0;
	*change = (struct cni_masquerade_change){true, kept};
	kept = (struct cni_destinations){.nets = NULL};
	return 0;
}

/* The usual case, in which the network keeps its destinations: 1; another one: 0. */
static int add_quickly(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	struct cni_masquerade here = *wanted;
	clearing_wish struct cni_owned_wish wish = {0};

	if (!here.destinations) {
		if (cni_destinations_read(here.owner->network, &kept, err) < 0)
			return -1;
		here.destinations = &kept;
	} else if (!cni_destinations_are_kept(here.owner->network, here.destinations)) {
		return 0;
	}
	wish = wish_of(&here);
	return cni_owned_add_quickly(nl, &wish, err);
}

int cni_masquerade_add(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	int done = add_quickly(nl, &here, err);

	if (done)
		return done < 0 ? -1 : 0;
	return make_locked(nl, &here, err);
}

/* ---- CHECK ---- */

static int check_chain(struct cni_nl *nl, const struct cni_owned_wish *wish, const char *chain,
		       const struct cni_destinations *kept, bool *ret_leads, struct cni_error *err)
{
	char target[CNI_NFT_NAME_SIZE];
	struct cni_leave leave;
	size_t count;

	if (cni_leave_target(nl, chain, target, &count, err) < 0)
		return -1;
	if (count != CNI_MASQUERADE_NETWORK_RULES)
		return cni_owned_check_chain(nl, wish, chain, CNI_MASQUERADE_NETWORK_RULES, err);
	if (!*target && !kept->count)
		return 0;
	leave = cni_leave_of(wish->owner->network);
	*ret_leads = !strcmp(target, leave.chain);
	if (!*ret_leads)
		return cni_fail(err, CNI_EMISMATCH,
				"masquerade: chain '%s' of table 'inet cni' ends in '%s', expected "
				"'goto %s' for the destinations of network '%s'",
				chain, *target ? target : "masquerade", leave.chain,
				wish->owner->network);
	return 0;
}

static int check_destinations(struct cni_nl *nl, const struct cni_owned_wish *wish,
			      struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	const char *network = wish->owner->network;
	bool leads = false;

	if (cni_destinations_read(network, &kept, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->items.count; i++) {
		const char *chain = wish->items.items[i].element.jump;

		if (*chain && check_chain(nl, wish, chain, &kept, &leads, err) < 0)
			return -1;
	}
	return leads ? cni_leave_check(nl, network, &kept, err) : 0;
}

int cni_masquerade_check(struct cni_nl *nl, const struct cni_masquerade *wanted,
			 struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	clearing_wish struct cni_owned_wish wish = wish_of(&here);

	if (cni_owned_check(nl, &wish, err) < 0)
		return -1;
	return check_destinations(nl, &wish, err);
}

/* ---- the destinations alone ---- */

struct setting {
	const char *network;
	const struct cni_destinations *destinations;
	bool has_any;
};

static int try_to_set(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	struct setting *setting = data;
	struct cni_leave leave;
	size_t count;

	if (cni_leave_find(nl, setting->network, &leave, err) < 0)
		return -1;
	setting->has_any = leave.is_there;
	if (!leave.is_there && !setting->destinations->count)
		return 0;
	if (!cni_leave_has(&leave, setting->destinations))
		cni_leave_put(tx, &leave, setting->destinations);
	if (!leave.is_there) {
		if (cni_leave_lead(nl, tx, &leave, NULL, &count, err) < 0)
			return -1;
		setting->has_any = count > 0;
	}
	return setting->has_any ? cni_nft_commit(tx, err) : 0;
}

int cni_masquerade_set_destinations(struct cni_nl *nl, const char *network,
				    const struct cni_destinations *destinations, bool *ret_has_any,
				    struct cni_error *err)
{
	struct setting setting = {.network = network, .destinations = destinations};
	int failed = cni_nft_retry(nl, try_to_set, &setting, err);

	*ret_has_any = setting.has_any;
	return failed;
}

bool cni_masquerade_has_digest(struct cni_nl *nl, const char *network, const char *digest)
{
	struct cni_error ignored;
	struct cni_leave leave;
	const char *last;

	if (cni_leave_find(nl, network, &leave, &ignored) < 0)
		return false;
	last = strrchr(leave.comment, ' ');
	return last && !strcmp(last + 1, digest);
}

struct dropping {
	const char *network;
	bool is_used;
};

static int try_to_drop(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	struct cni_owned_removal removal = {.nl = nl, .tx = tx, .table = &cni_masquerade_table};
	struct dropping *dropping = data;
	const struct cni_leave leave = cni_leave_of(dropping->network);
	const struct cni_nft_table *table = &cni_masquerade_table.table;
	uint32_t rules;
	uint32_t use;
	bool is_idle;

	dropping->is_used = false;
	if (cni_nft_chain_use(nl, table, leave.chain, &use, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (cni_nft_rule_count(nl, table, leave.chain, &rules, err) < 0)
		return -1;
	dropping->is_used = use > rules;
	if (dropping->is_used)
		return 0;
	if (cni_leave_del(nl, tx, leave.chain, &removal.released, err) < 0 ||
	    cni_masquerade_table.is_idle(&removal, &is_idle, err) < 0)
		return -1;
	if (is_idle)
		cni_nft_del_table(tx, table);
	return cni_nft_commit(tx, err);
}

int cni_masquerade_drop_destinations(struct cni_nl *nl, const char *network, bool *ret_is_used,
				     struct cni_error *err)
{
	struct dropping dropping = {.network = network};
	int failed = cni_nft_retry(nl, try_to_drop, &dropping, err);

	*ret_is_used = dropping.is_used;
	return failed;
}

/* ---- DEL, GC and SWEEP ---- */

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
