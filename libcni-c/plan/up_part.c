/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"

#include <net/if.h>

/* Both ends are up when this begins, so the state follows at once; what is waited for is the
 * kernel's worker that makes it known (net/core/link_watch.c). */
#define UP_MS 5000
/* As the reference: two probes a second apart take about two seconds. */
#define SETTLE_MS 10000

static void print(FILE *out, const void *data)
{
	const struct cni_up_part *spec = data;

	fputs(" container", out);
	if (spec->dad)
		fputs(" dad", out);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_up_part *spec = data;
	struct cni_link_change change = {.up = CNI_ON};

	if (cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return cni_fail_within(err, "set '%s' in the container up", at->owner->ifname);
	if (cni_link_wait_up(&at->nl[CNI_HOST], at->host.index, UP_MS, &at->host, err) < 0)
		return -1;
	if (spec->dad)
		return cni_addr_wait_settled(&at->nl[CNI_CONTAINER], at->netns, at->container.index,
					     SETTLE_MS, err);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	if (!(at->container.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container is down, expected it up",
				at->owner->ifname);
	return 0;
}

const struct cni_part_ops cni_up_part_ops = {
	.name = "up",
	.size = sizeof(struct cni_up_part),
	.add = add,
	.check = check,
	.print = print,
};
