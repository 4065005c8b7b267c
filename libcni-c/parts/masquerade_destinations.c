/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_destinations.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "kept_destinations.h"
#include "masquerade_leave.h"
#include "nat_destinations.h"

#include <errno.h>
#include <stdlib.h>

static int without_nf_tables(const struct cni_error *err)
{
	return err->errnum == EPROTONOSUPPORT || err->errnum == EOPNOTSUPP ? 0 : -1;
}

/* The file comes first, and goes again if there is no attachment. */
int cni_masquerade_set(struct cni_nl *nl, const char *network,
		       const struct cni_destinations *destinations, struct cni_error *err)
{
	static const struct cni_destinations none = {.nets = NULL};
	bool in_nf_tables = false;
	bool in_iptables = false;

	if (cni_destinations_keep(network, destinations, err) < 0)
		return -1;
	if (cni_masquerade_set_destinations(nl, network, destinations, &in_nf_tables, err) < 0 &&
	    without_nf_tables(err) < 0)
		return -1;
	if (cni_nat_set_destinations(network, destinations, &in_iptables, err) < 0)
		return -1;
	return in_nf_tables || in_iptables ? 0 : cni_destinations_keep(network, &none, err);
}

static int refresh_locked(struct cni_nl *nl, const char *network,
			  const struct cni_destinations *destinations, struct cni_error *err)
{
	clearing_destinations struct cni_destinations before = {.nets = NULL};
	struct cni_error ignored;

	if (cni_destinations_read(network, &before, err) < 0)
		return -1;
	if (cni_masquerade_set(nl, network, destinations, err) == 0)
		return 0;
	cni_masquerade_set(nl, network, &before, &ignored);
	return -1;
}

int cni_masquerade_refresh(struct cni_nl *nl, const char *network,
			   const struct cni_destinations *destinations, struct cni_error *err)
{
	closing int lock = -1;

	if (cni_destinations_lock(network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0)
		return -1;
	return refresh_locked(nl, network, destinations, err);
}

int cni_masquerade_follow(const char *network, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	closing int lock = -1;
	bool has_any;

	if (cni_destinations_lock(network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    cni_destinations_read(network, &kept, err) < 0)
		return -1;
	return cni_nat_set_destinations(network, &kept, &has_any, err);
}

int cni_masquerade_put_back(struct cni_nl *nl, const char *network,
			    const struct cni_destinations *mine,
			    const struct cni_destinations *before, struct cni_error *err)
{
	closing int lock = -1;

	if (cni_destinations_lock(network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0)
		return -1;
	if (!cni_destinations_are_kept(network, mine))
		return 0;
	return refresh_locked(nl, network, before, err);
}

/* An ADD that was killed between file and rules has left them different. */
static int follow_file(struct cni_nl *nl, const char *network, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	char digest[CNI_DESTINATIONS_DIGEST_SIZE];
	bool has_any;

	if (cni_masquerade_has_digest(nl, network, cni_destinations_kept_digest(network, digest)))
		return 0;
	if (cni_destinations_read(network, &kept, err) < 0)
		return -1;
	return cni_masquerade_set_destinations(nl, network, &kept, &has_any, err);
}

int cni_masquerade_settle(struct cni_nl *nl, const char *network, bool thorough,
			  struct cni_error *err)
{
	static const struct cni_destinations none = {.nets = NULL};
	bool in_nf_tables = false;
	bool in_iptables = false;
	closing int lock = -1;

	if (!thorough && !cni_destinations_have_file(network))
		return 0;
	if (cni_destinations_lock(network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0)
		return -1;
	if (cni_masquerade_drop_destinations(nl, network, &in_nf_tables, err) < 0 &&
	    without_nf_tables(err) < 0)
		return -1;
	if (cni_nat_drop_destinations(nl, network, &in_iptables, err) < 0)
		return -1;
	if (in_nf_tables)
		return follow_file(nl, network, err);
	return in_iptables ? 0 : cni_destinations_keep(network, &none, err);
}

int cni_masquerade_settle_all(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_error first = {0};
	char **networks;
	size_t count;

	if (cni_attachment_networks(CNI_DESTINATIONS_DIRECTORY, &networks, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (cni_masquerade_settle(nl, networks[i], false, err) < 0)
			cni_fail_first(&first, err);
		free(networks[i]);
	}
	free(networks);
	return cni_fail_if_any(&first, err);
}
