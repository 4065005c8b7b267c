/* SPDX-License-Identifier: Apache-2.0 */
#include "offer.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 2
#define PORTS	  4

/* An offer as net/ has it. */
struct prepared {
	struct cni_owner owner;
	struct cni_ip addresses[ADDRESSES];
	struct cni_port_mapping mappings[PORTS];
	struct cni_portmap portmap;
};

static struct cni_owner owner_of(const struct offer *offer)
{
	return cni_owner_make(offer->network, offer->container, "eth0");
}

static struct cni_port_mapping mapping_of(const char *text)
{
	struct cni_port_mapping mapping = {.protocol = IPPROTO_SCTP};
	unsigned int container_port = 0;
	unsigned int host_port = 0;
	char protocol[8] = "";
	char ip[64] = "";

	if (sscanf(text, "%7s %u %u %63s", protocol, &host_port, &container_port, ip) < 3)
		fail_msg("'%s' is no mapping", text);
	if (!strcmp(protocol, "tcp"))
		mapping.protocol = IPPROTO_TCP;
	if (!strcmp(protocol, "udp"))
		mapping.protocol = IPPROTO_UDP;
	mapping.host_port = (uint16_t)host_port;
	mapping.container_port = (uint16_t)container_port;
	mapping.host_ip = kernel_ip(ip);
	return mapping;
}

static const struct cni_portmap *prepare(const struct offer *offer, struct prepared *ret)
{
	*ret = (struct prepared){.owner = owner_of(offer)};
	ret->portmap = (struct cni_portmap){.owner = &ret->owner,
					    .mappings = ret->mappings,
					    .addresses = ret->addresses,
					    .snat = !offer->no_snat,
					    .masq_all = offer->masq_all,
					    .localnet = offer->localnet ? offer->localnet : "",
					    .link = offer->link ? offer->link : ""};
	for (size_t i = 0; i < ADDRESSES && offer->addresses[i]; i++)
		ret->addresses[ret->portmap.address_count++] = kernel_ip(offer->addresses[i]);
	for (size_t i = 0; i < PORTS && offer->ports[i]; i++)
		ret->mappings[ret->portmap.mapping_count++] = mapping_of(offer->ports[i]);
	return &ret->portmap;
}

void offer_add(const struct offer *offer)
{
	struct prepared prepared;
	struct cni_error err;

	if (cni_portmap_add(&nfnl, prepare(offer, &prepared), &err) < 0)
		fail_msg("%s", err.msg);
}

void offer_add_fails(const struct offer *offer, int code, const char *message)
{
	freeing char *before = sandbox_snapshot();
	struct cni_error err = {.msg = ""};
	struct prepared prepared;

	assert_int_equal(cni_portmap_add(&nfnl, prepare(offer, &prepared), &err), -1);
	assert_string_equal(err.msg, message);
	assert_int_equal(err.code, code);
	sandbox_assert_unchanged(before);
}

void offer_check(const struct offer *offer, const char *message)
{
	struct cni_error err = {.msg = ""};
	struct prepared prepared;
	int found = cni_portmap_check(&nfnl, prepare(offer, &prepared), &err);

	assert_string_equal(err.msg, message ? message : "");
	assert_int_equal(found, message ? -1 : 0);
	if (message)
		assert_int_equal(err.code, CNI_EMISMATCH);
}

/* In whichever order. */
static void assert_published(struct cni_published *published, const char *expected)
{
	size_t length = 0;

	for (size_t i = 0; expected && i < published->count; i++) {
		char text[CNI_PORT_TEXT_SIZE];

		cni_port_mapping_format(&published->mappings[i], text);
		if (!strstr(expected, text))
			fail_msg("%s was published, expected %s", text, expected);
		length += strlen(text) + (i ? strlen(", ") : 0);
	}
	free(published->mappings);
	/* And nothing besides. */
	assert_int_equal(length, expected ? strlen(expected) : 0);
}

void offer_del(const struct offer *offer, const char *published)
{
	const struct cni_owner owner = owner_of(offer);
	struct cni_published found;
	struct cni_error err;

	if (cni_portmap_del(&nfnl, &owner, &found, &err) < 0)
		fail_msg("%s", err.msg);
	assert_published(&found, published);
}

void offers_gc(const char *network, const struct offer *valid, const char *published)
{
	struct cni_owner owner = valid ? owner_of(valid) : (struct cni_owner){0};
	const struct cni_owners owners = {&owner, valid ? 1 : 0};
	struct cni_published found;
	struct cni_error err;

	if (cni_portmap_gc(&nfnl, network, &owners, &found, &err) < 0)
		fail_msg("%s", err.msg);
	assert_published(&found, published);
}

void assert_elements(const char *set, const char *expected)
{
	freeing char *text = sandbox_read(
		"nft -j list %s inet cni_portmap %s | jq -r '"
		"def flat: if type == \"object\" then .concat | map(tostring) | join(\" \") else . "
		"end;"
		"def marked: if type == \"object\" and .elem then .elem else {val: .} end;"
		"def named: (.val | flat) as $key | [$key, .comment // empty] ;"
		".nftables[1][] | .elem // [] | map(if type == \"array\" "
		"then (.[1] | flat) as $to | .[0] | marked | named | .[0] += \" -> \" + $to "
		"else marked | named end | join(\" \")) | sort | join(\", \")'",
		strncmp(set, "ports", 5) != 0 && strncmp(set, "published", 9) != 0 ? "set" : "map",
		set);

	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, expected) != 0)
		fail_msg("%s is\n%s\nexpected\n%s", set, text, expected);
}

void assert_no_rules(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}
