/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "container_end.h"

#include <linux/netlink.h>
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

static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_up_part *spec = data;

	return spec->dad ? cni_nl_open(&at->news, NETLINK_ROUTE, -1, err) : 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_up_part *spec = data;
	struct cni_link_change change = {.up = CNI_ON};

	if (cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return cni_container_end_failed(at, err);
	if (at->host.index && cni_container_end_wait_up(at, UP_MS, err) < 0)
		return -1;
	if (spec->dad)
		return cni_addr_wait_settled(&at->nl[CNI_CONTAINER], &at->news, at->container.index,
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
	.visit = visit,
	.add = add,
	.check = check,
	.print = print,
};
