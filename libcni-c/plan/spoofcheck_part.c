/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "go_rules.h"
#include "spoofcheck.h"

static void print(FILE *out, const void *data)
{
	const struct cni_spoofcheck_part *spec = data;

	fputs(spec->wanted ? " owner" : " owner, none", out);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;
	struct cni_error ignored;
	struct cni_nl *nl;

	if (!spec->wanted)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_fail_within(err, "macspoofchk");
	if (cni_spoofcheck_add(nl, at->owner, at->container.mac, err) == 0)
		return 0;
	/* Done all the same, if only the answer got lost. */
	cni_spoofcheck_del(nl, at->owner, &ignored);
	return cni_fail_within(err, "macspoofchk");
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;
	struct cni_nl *nl;

	if (!spec->wanted)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	return cni_spoofcheck_check(nl, at->owner, at->container.mac, err);
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_spoofcheck_del(nl, at->owner, err) < 0 ||
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
	    cni_spoofcheck_gc(nl, at->owner->network, &at->call->conf.valid, err) < 0)
		return cni_attachment_netfilter_failed("macspoofchk", err);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_spoofcheck_part *spec = data;

	return spec->wanted ? cni_attachment_netfilter_status(at, "macspoofchk", err) : 0;
}

const struct cni_part_ops cni_spoofcheck_part_ops = {
	.name = "spoofcheck",
	.size = sizeof(struct cni_spoofcheck_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
};
