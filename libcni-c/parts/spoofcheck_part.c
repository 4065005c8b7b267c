/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "go_rules.h"
#include "link_sysctl.h"
#include "netfilter.h"
#include "spoofcheck.h"

static void print(FILE *out, const void *data)
{
	const struct cni_spoofcheck_part *spec = data;

	fputs(spec->wanted ? " owner" : " owner, none", out);
	if (spec->by_address)
		fputs(" addresses", out);
}

/* The key that asks for it. */
static const char *key_of(const struct cni_spoofcheck_part *spec)
{
	return spec->by_address ? "ipspoofchk" : "macspoofchk";
}

static int add_or_check(struct cni_attachment *at, const struct cni_spoofcheck_part *spec,
			int (*verb)(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
				    struct cni_error *err),
			struct cni_error *err)
{
	freeing struct cni_net *sources = NULL;
	struct cni_spoofcheck wanted = {
		.owner = at->owner,
		.mac = at->container.mac,
		.by_address = spec->by_address,
	};
	struct cni_nl *nl;

	if (!at->container.has_mac)
		return cni_fail(err, CNI_EMISMATCH,
				"'prevResult' has no 'mac' of '%s', expected the one that ADD "
				"answered",
				at->owner->ifname);
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	sources = cni_attachment_addresses(at, &wanted.count);
	wanted.sources = sources;
	return verb(nl, &wanted, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;
	struct cni_error ignored;
	struct cni_nl *nl;

	if (!spec->wanted)
		return 0;
	/* A frame to the bridge itself (01:80:c2:00:00:0x, IEEE 802.1D) comes to the port as if it
	 * were the host's own interface, past all rules of bridges: at least no packets for this host. The
	 * setting goes with the port. */
	if (add_or_check(at, spec, cni_spoofcheck_add, err) == 0 &&
	    (!spec->by_address || cni_link_sysctl_drop_unicast(at->host.name, err) == 0))
		return 0;
	/* Done anyway, if only the answer got lost. */
	if (cni_attachment_netfilter(at, &nl, &ignored) == 0)
		cni_owned_del(nl, &cni_spoofcheck_table, at->owner, NULL, &ignored);
	return cni_fail_within(err, "%s", key_of(spec));
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;

	if (!spec->wanted || add_or_check(at, spec, cni_spoofcheck_check, err) == 0)
		return 0;
	/* Which know no addresses. */
	return !spec->by_address && cni_attachment_has_go_rules(at, CNI_GO_SPOOFCHECK) ? 0 : -1;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_owned_del(nl, &cni_spoofcheck_table, at->owner, NULL, err) < 0 ||
	    cni_go_rules_del(nl, CNI_GO_SPOOFCHECK, at->owner, err) < 0)
		return cni_attachment_netfilter_failed("macspoofchk", err);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;

	return spec->wanted ? del(at, data, err) : 0;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_owned_gc(nl, &cni_spoofcheck_table, at->owner->network, &at->call->conf.valid, NULL,
			 err) < 0)
		return cni_attachment_netfilter_failed("macspoofchk", err);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;

	return spec->wanted ? cni_attachment_netfilter_status(at, key_of(spec), err) : 0;
}

static int sweep(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_owned_sweep(nl, &cni_spoofcheck_table, NULL, NULL, err) < 0)
		return cni_attachment_netfilter_failed("macspoofchk", err);
	return 0;
}

const struct cni_part_ops cni_spoofcheck_part_ops = {
	.name = "spoofcheck",
	.size = sizeof(struct cni_spoofcheck_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.sweep = sweep,
	.status = status,
	.mend = add,
	.print = print,
};
