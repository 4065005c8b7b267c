/* SPDX-License-Identifier: Apache-2.0 */
#include "destinations.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cni_destinations_clear(struct cni_destinations *destinations)
{
	free(destinations->nets);
	*destinations = (struct cni_destinations){.nets = NULL};
}

/* The shorter prefix of an address comes first. */
static int compare(const void *a, const void *b)
{
	const struct cni_net *one = a;
	const struct cni_net *other = b;
	int order = cni_ip_compare(&one->ip, &other->ip);

	return order ? order : one->prefix - other->prefix;
}

/* Prefixes overlap only if one contains the other. */
void cni_destinations_merge(struct cni_destinations *destinations)
{
	struct cni_net *nets = destinations->nets;
	size_t kept = 0;

	if (!destinations->count)
		return;
	qsort(nets, destinations->count, sizeof(*nets), compare);
	for (size_t i = 0; i < destinations->count; i++)
		if (!kept || !cni_net_contains(&nets[kept - 1], &nets[i].ip))
			nets[kept++] = nets[i];
	destinations->count = kept;
}

bool cni_destinations_equal(const struct cni_destinations *a, const struct cni_destinations *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!cni_net_equal(&a->nets[i], &b->nets[i]))
			return false;
	return a->count == b->count;
}

const struct cni_net *cni_destinations_of(const struct cni_destinations *destinations, int family,
					  size_t *ret_count)
{
	size_t first = 0;
	size_t end;

	while (first < destinations->count && destinations->nets[first].ip.family != family)
		first++;
	for (end = first; end < destinations->count; end++)
		if (destinations->nets[end].ip.family != family)
			break;
	*ret_count = end - first;
	return destinations->nets ? destinations->nets + first : NULL;
}

char *cni_destinations_format(const struct cni_destinations *destinations)
{
	char *text = cni_alloc(destinations->count * CNI_NET_TEXT_SIZE + 1);
	char *end = text;

	for (size_t i = 0; i < destinations->count; i++) {
		cni_net_format(&destinations->nets[i], end);
		end += strlen(end);
		*end++ = '\n';
	}
	*end = '\0';
	return text;
}

void cni_destinations_parse(char *text, struct cni_destinations *ret_destinations)
{
	size_t room = 0;

	*ret_destinations = (struct cni_destinations){.nets = NULL};
	for (const char *at = text; *at; at++)
		room += *at == '\n';
	if (!room)
		return;
	ret_destinations->nets = cni_realloc_array(NULL, room, sizeof(*ret_destinations->nets));
	while (text) {
		const char *line = strsep(&text, "\n");
		struct cni_net net;

		/* A line without an end was cut off. */
		if (text && cni_net_parse(line, &net) == 0)
			ret_destinations->nets[ret_destinations->count++] = cni_net_masked(&net);
	}
	cni_destinations_merge(ret_destinations);
}

/* The hash is over binary values: texts of a thousand prefixes cost an ADD more than all of its other work. */
const char *cni_destinations_digest(const struct cni_destinations *destinations,
				    char digest[CNI_DESTINATIONS_DIGEST_SIZE])
{
	uint8_t *data =
		cni_alloc(destinations->count * (2 + sizeof(((struct cni_ip *)0)->bytes)) + 1);
	char digits[CNI_HASH_TEXT_SIZE];
	uint8_t *end = data;

	for (size_t i = 0; i < destinations->count; i++) {
		const struct cni_net *net = &destinations->nets[i];
		size_t size = cni_ip_size(&net->ip);

		*end++ = net->ip.family == AF_INET ? 4 : 6;
		*end++ = net->prefix;
		memcpy(end, net->ip.bytes, size);
		end += size;
	}
	cni_hash_hex(data, (size_t)(end - data), digits);
	free(data);
	snprintf(digest, CNI_DESTINATIONS_DIGEST_SIZE, "%.32s", digits);
	return digest;
}
