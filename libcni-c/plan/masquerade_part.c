/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "go_rules.h"
#include "masquerade.h"

static void print(FILE *out, const void *data)
{
	const struct cni_masquerade_part *spec = data;

	fputs(spec->wanted ? " owner" : " owner, none", out);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	freeing struct cni_net *nets = NULL;
	struct cni_error ignored;
	struct cni_nl *nl;
	size_t count;

	if (!spec->wanted)
		return 0;
	nets = cni_attachment_addresses(at, &count);
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_fail_within(err, "masquerade");
	if (cni_masquerade_add(nl, at->owner, nets, count, err) == 0)
		return 0;
	/* Done all the same, if only the answer got lost. */
	cni_masquerade_del(nl, at->owner, &ignored);
	return cni_fail_within(err, "masquerade");
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	freeing struct cni_net *nets = NULL;
	struct cni_nl *nl;
	size_t count;

	if (!spec->wanted)
		return 0;
	nets = cni_attachment_addresses(at, &count);
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	if (cni_masquerade_check(nl, at->owner, nets, count, err) == 0)
		return 0;
	return cni_attachment_has_go_rules(at, CNI_GO_MASQUERADE) ? 0 : -1;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_masquerade_del(nl, at->owner, err) < 0 ||
	    cni_go_rules_del(nl, CNI_GO_MASQUERADE, at->owner, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;

	return spec->wanted ? del(at, data, err) : 0;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_masquerade_gc(nl, at->owner->network, &at->call->conf.valid, err) < 0 ||
	    cni_go_rules_gc(nl, CNI_GO_MASQUERADE, at->owner->network, &at->call->conf.valid, err) <
		    0)
		return cni_attachment_netfilter_failed("masquerade", err);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;

	return spec->wanted ? cni_attachment_netfilter_status(at, "masquerade", err) : 0;
}

const struct cni_part_ops cni_masquerade_part_ops = {
	.name = "masquerade",
	.size = sizeof(struct cni_masquerade_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.mend = add,
	.print = print,
};
