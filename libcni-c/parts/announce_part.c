/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "announce.h"
#include "cleanup.h"

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" container", out);
}

static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	(void)err;
	at->announcer = cni_announce_open();
	return 0;
}

/* A courtesy: neighbours that have not heard of it find out in their own time. */
static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	struct cni_error ignored;
	size_t count;

	(void)data;
	(void)err;
	if (at->announcer < 0)
		return 0;
	nets = cni_attachment_addresses(at, &count);
	for (size_t i = 0; i < count; i++)
		if (nets[i].ip.family == AF_INET6)
			cni_announce_send(at->announcer, at->container.index, &nets[i].ip,
					  at->container.mac, &ignored);
	return 0;
}

const struct cni_part_ops cni_announce_part_ops = {
	.name = "announce",
	.size = sizeof(struct cni_announce_part),
	.visit = visit,
	.add = add,
	.print = print,
};
