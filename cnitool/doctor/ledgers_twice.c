/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.twice: one address in two networks, by the cached results: of any IPAM plugin. */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct used {
	struct cni_ip ip;
	const struct doctor_attachment *attachment;
};

static int by_address(const void *a, const void *b)
{
	const struct used *left = a;
	const struct used *right = b;
	int order = cni_ip_compare(&left->ip, &right->ip);

	return order ? order
		     : strcmp(left->attachment->cached->network,
			      right->attachment->cached->network);
}

static size_t list_used(const struct doctor *doctor, struct used **ret_items)
{
	struct used *items = NULL;
	size_t count = 0;

	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		freeing struct cni_net *addresses = NULL;
		size_t found;

		if (attachment->life != CNI_NAMESPACE_LIVES || !doctor_forwards(&attachment->list))
			continue;
		found = doctor_addresses(attachment, &addresses);
		items = cni_realloc_array(items, count + found + 1, sizeof(*items));
		for (size_t j = 0; j < found; j++)
			items[count++] = (struct used){addresses[j].ip, attachment};
	}
	*ret_items = items;
	return count;
}

/* An address of a network without the host as its router may be used again. */
void check_twice(struct doctor *doctor)
{
	freeing struct used *items = NULL;
	size_t count = list_used(doctor, &items);

	if (count)
		qsort(items, count, sizeof(*items), by_address);
	for (size_t i = 1; i < count; i++) {
		const char *network = items[i].attachment->cached->network;
		const char *other = items[i - 1].attachment->cached->network;
		const struct finding_words words = {
			.so = "the host's packets reach one of both",
			.try = "give each network a subnet of its own",
			.attachment = items[i].attachment->owner,
		};
		char text[CNI_IP_TEXT_SIZE];

		if (cni_ip_equal(&items[i].ip, &items[i - 1].ip) && strcmp(network, other) != 0)
			doctor_find(doctor, FINDING_WARNING, &words,
				    "networks '%s' and '%s' both have given out %s", other, network,
				    cni_ip_format(&items[i].ip, text));
	}
}
