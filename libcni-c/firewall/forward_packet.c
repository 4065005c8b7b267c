/* SPDX-License-Identifier: Apache-2.0 */
#include "forward_packet.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

/* After netinet/in.h, whose structures it shares. */
#include <linux/netfilter/xt_conntrack.h>

struct header {
	uint8_t bytes[40];
	bool known[40];
};

static void put_in_header(struct header *header, size_t at, const void *data, size_t size)
{
	memcpy(header->bytes + at, data, size);
	memset(header->known + at, true, size);
}

bool cni_packet_header(const struct cni_packet *packet, size_t offset, size_t size,
		       uint8_t *ret_bytes)
{
	static const uint8_t tcp = IPPROTO_TCP;
	struct header header = {.known = {false}};
	bool is_v4 = packet->family == AF_INET;
	size_t length = is_v4 ? 4 : 16;
	size_t source = is_v4 ? 12 : 8;

	put_in_header(&header, is_v4 ? 9 : 6, &tcp, sizeof(tcp));
	if (cni_ip_is_set(&packet->source))
		put_in_header(&header, source, packet->source.bytes, length);
	if (cni_ip_is_set(&packet->destination))
		put_in_header(&header, source + length, packet->destination.bytes, length);
	if (offset > sizeof(header.bytes) || size > sizeof(header.bytes) - offset)
		return false;
	for (size_t i = offset; i < offset + size; i++)
		if (!header.known[i])
			return false;
	memcpy(ret_bytes, header.bytes + offset, size);
	return true;
}

enum cni_match cni_match_names(const char *const *names, const void *data, size_t size)
{
	static const char loopback[] = "lo";
	size_t hits = 0;
	size_t count = 0;

	if (size > IFNAMSIZ)
		return CNI_MATCH_MAYBE;
	/* The kernel does not forward packets of lo. */
	if (size >= sizeof(loopback) && !memcmp(data, loopback, sizeof(loopback)))
		return CNI_MATCH_NO;
	if (!names || !names[0])
		return CNI_MATCH_MAYBE;
	for (; names[count]; count++) {
		char padded[IFNAMSIZ] = "";

		strncpy(padded, names[count], sizeof(padded) - 1);
		hits += memcmp(padded, data, size) == 0;
	}
	if (!hits)
		return CNI_MATCH_NO;
	return hits == count ? CNI_MATCH_YES : CNI_MATCH_MAYBE;
}

/* ---- extensions of x_tables ---- */

/* Revisions 2 and 3 begin alike; only the state is read (iptables-extensions(8), conntrack). */
static enum cni_match match_conntrack(const struct cni_packet *packet, uint32_t revision,
				      const void *data, size_t size)
{
	struct xt_conntrack_mtinfo2 info;
	uint32_t state = packet->state;
	bool found;

	if ((revision != 2 && revision != 3) || size < sizeof(info) || !packet->state)
		return CNI_MATCH_MAYBE;
	memcpy(&info, data, sizeof(info));
	if (!(info.match_flags & XT_CONNTRACK_STATE))
		return CNI_MATCH_MAYBE;
	if (packet->status & IPS_DST_NAT)
		state |= XT_CONNTRACK_STATE_DNAT;
	found = (info.state_mask & state) != 0;
	if (found == ((info.invert_flags & XT_CONNTRACK_STATE) != 0))
		return CNI_MATCH_NO;
	return info.match_flags & ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS) ? CNI_MATCH_MAYBE
										   : CNI_MATCH_YES;
}

enum cni_match cni_match_xt(const struct cni_packet *packet, const char *name, uint32_t revision,
			    const void *data, size_t size)
{
	if (!strcmp(name, "comment"))
		return CNI_MATCH_YES;
	if (!strcmp(name, "conntrack") || !strcmp(name, "state"))
		return match_conntrack(packet, revision, data, size);
	return CNI_MATCH_MAYBE;
}

enum cni_verdict cni_verdict_xt(const char *name)
{
	/* Targets after which the next rule follows (iptables-extensions(8)). */
	static const char *const pass[] = {"LOG",      "NFLOG",	   "ULOG",	"MARK",
					   "CONNMARK", "CLASSIFY", "TCPMSS",	"TRACE",
					   "AUDIT",    "CT",	   "SECMARK",	"CONNSECMARK",
					   "CHECKSUM", "DSCP",	   "TOS",	"TTL",
					   "HL",       "TEE",	   "IDLETIMER", "RATEEST",
					   "SET",      "LED"};

	if (!strcmp(name, "REJECT"))
		return CNI_VERDICT_REJECT;
	if (!strcmp(name, "DROP"))
		return CNI_VERDICT_DROP;
	for (size_t i = 0; i < sizeof(pass) / sizeof(*pass); i++)
		if (!strcmp(name, pass[i]))
			return CNI_VERDICT_CONTINUE;
	return CNI_VERDICT_ELSEWHERE;
}
