/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "host_end.h"

static void print(FILE *out, const void *data)
{
	const struct cni_ingress_part *spec = data;
	char text[CNI_LIMIT_TEXT_SIZE];

	fprintf(out, " %s", cni_limit_format(&spec->limit, text));
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_ingress_part *spec = data;

	if (!spec->limit.rate)
		return 0;
	if (cni_host_end_find(at, err) < 0)
		return -1;
	return cni_shaper_add(&at->nl[CNI_HOST], &at->host, &spec->limit, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_ingress_part *spec = data;

	return spec->limit.rate ? cni_shaper_del(&at->nl[CNI_HOST], at->host.index, err) : 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_ingress_part *spec = data;

	if (!spec->limit.rate)
		return 0;
	if (cni_host_end_find(at, err) < 0)
		return -1;
	return cni_shaper_check(&at->nl[CNI_HOST], &at->host, &spec->limit, err);
}

/* It dies with the veth at the latest: GC has nothing to do. */
static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	cni_host_end_guess(at);
	return at->host.index ? cni_shaper_del(&at->nl[CNI_HOST], at->host.index, err) : 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_ingress_part *spec = data;
	bool known;

	if (!spec->limit.rate)
		return 0;
	if (cni_qdisc_is_known(&at->nl[CNI_HOST], "tbf", &known, err) == 0) {
		if (known)
			return 0;
		cni_fail(err, CNI_EUNAVAILABLE, "this kernel has no such qdisc");
	}
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "a limit needs 'tbf'");
}

const struct cni_part_ops cni_ingress_part_ops = {
	.name = "ingress",
	.size = sizeof(struct cni_ingress_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
};
