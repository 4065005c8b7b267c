/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "netfilter.h"

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" host, not from link-local frames", out);
}

static int set(struct cni_attachment *at, enum cni_switch ignores, struct cni_error *err)
{
	const struct cni_link_change change = {.ignores_link_local = ignores};

	return cni_link_change(&at->nl[CNI_HOST], at->master.index, &change, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_error ignored;

	(void)data;
	if (at->master.ignores_link_local || set(at, CNI_ON, err) == 0)
		return 0;
	/* Done anyway, if only the answer got lost. */
	if (cni_attachment_is_alone(at))
		set(at, CNI_OFF, &ignored);
	return cni_fail_within(err, "turn 'no_linklocal_learn' of bridge '%s' on", at->master.name);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	/* The Go plugins do without; what else their spoof check lacks the part before says. */
	if (at->master.ignores_link_local || cni_attachment_has_go_rules(at, CNI_GO_SPOOFCHECK))
		return 0;
	return cni_fail(err, CNI_EMISMATCH,
			"bridge '%s' learns from frames to 01:80:c2:00:00:0x: its "
			"'no_linklocal_learn' is off, expected it on",
			at->master.name);
}

const struct cni_part_ops cni_learning_part_ops = {
	.name = "learning",
	.size = sizeof(struct cni_learning_part),
	.add = add,
	.check = check,
	.mend = add,
	.print = print,
};
