/* SPDX-License-Identifier: Apache-2.0 */
/* The rules themselves, word for word as the Go plugins have them. */
#include "nat.h"

#include "cleanup.h"
#include "mem.h"
#include "nat_destinations.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* xt_comment has 256 bytes, with the NUL. */
#define COMMENT_MAX 255

/* `<begin>name: "blue" id: "c1"`, as a word of a line. */
static char *comment_of(const char *begin, const struct cni_owner *owner)
{
	freeing char *text =
		cni_format("%sname: \"%s\" id: \"%s\"", begin, owner->network, owner->container);

	if (strlen(text) > COMMENT_MAX)
		memcpy(text + COMMENT_MAX - 3, "...", 4);
	return cni_iptables_word(text);
}

char *cni_nat_comment(const struct cni_owner *owner)
{
	return comment_of("", owner);
}

/* ---- masquerade ---- */

static bool has_address(const struct cni_masquerade *wanted, int family)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->nets[i].ip.family == family)
			return true;
	return false;
}

static bool is_repeated(const struct cni_masquerade *wanted, size_t i)
{
	const struct cni_net net = cni_net_masked(&wanted->nets[i]);

	for (size_t j = 0; j < i; j++) {
		const struct cni_net other = cni_net_masked(&wanted->nets[j]);

		if (cni_net_equal(&net, &other))
			return true;
	}
	return false;
}

/* The Go plugin has the networks' rules behind the one that masquerades, but for the first one: packets to
 * the second network of a family are masqueraded there. */
void cni_nat_masquerade(const struct cni_masquerade *wanted, int family, struct cni_nat *ret_nat)
{
	freeing char *comment = comment_of("", wanted->owner);
	const char *multicast = family == AF_INET ? "224.0.0.0/4" : "ff00::/8";
	size_t count = 0;

	*ret_nat = (struct cni_nat){.family = family};
	cni_go_chain_name("", wanted->owner, ret_nat->chain);
	if (wanted->destinations && has_address(wanted, family))
		cni_nat_put_destinations(ret_nat, wanted->owner, wanted->destinations);
	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_net net = cni_net_masked(&wanted->nets[i]);
		char text[CNI_NET_TEXT_SIZE];

		if (net.ip.family != family)
			continue;
		count++;
		if (is_repeated(wanted, i))
			continue;
		cni_iptables_line(&ret_nat->own, 0, "%s -d %s -m comment --comment %s -j ACCEPT",
				  ret_nat->chain, cni_net_format(&net, text), comment);
	}
	if (!count)
		return;
	cni_iptables_line(&ret_nat->own, 0, "%s ! -d %s -m comment --comment %s -j MASQUERADE",
			  ret_nat->chain, multicast, comment);
	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_ip *ip = &wanted->nets[i].ip;
		char text[CNI_IP_TEXT_SIZE];

		if (ip->family == family)
			cni_iptables_line(&ret_nat->own, 0,
					  "POSTROUTING -s %s/%u -m comment --comment %s -j %s",
					  cni_ip_format(ip, text), cni_ip_bits(ip), comment,
					  ret_nat->chain);
	}
}

/* ---- ports ---- */

#define DNAT	 "CNI-HOSTPORT-DNAT"
#define SET_MARK "CNI-HOSTPORT-SETMARK"
#define MASQ	 "CNI-HOSTPORT-MASQ"

/* The most ports of a rule (XT_MULTI_PORTS). */
#define PORTS_MAX 15

/* In the order of the Go plugin's rules. */
static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {{IPPROTO_SCTP, "sctp"}, {IPPROTO_TCP, "tcp"}, {IPPROTO_UDP, "udp"}};

static const char *protocol_name(uint8_t number)
{
	size_t i = 0;

	while (protocols[i].number != number)
		i++;
	return protocols[i].name;
}

static void put_shared(const struct cni_nat_ports *ports, struct cni_nat *nat)
{
	unsigned int mark = 1U << ports->mark_bit;

	if (ports->snat && !*ports->set_mark_chain) {
		cni_iptables_line(&nat->chains, 0, SET_MARK);
		cni_iptables_line(&nat->chains, 0, MASQ);
		cni_iptables_line(&nat->shared, 0,
				  SET_MARK " -m comment --comment \"CNI portfwd masquerade mark\" "
					   "-j MARK --set-xmark %#x/%#x",
				  mark, mark);
		cni_iptables_line(&nat->shared, 0, MASQ " -m mark --mark %#x/%#x -j MASQUERADE",
				  mark, mark);
		cni_iptables_line(&nat->shared, CNI_NAT_FIRST,
				  "POSTROUTING -m comment --comment \"CNI portfwd requiring "
				  "masquerade\" -j " MASQ);
	}
	cni_iptables_line(&nat->chains, 0, DNAT);
	cni_iptables_line(&nat->shared, 0, "PREROUTING -m addrtype --dst-type LOCAL -j " DNAT);
	cni_iptables_line(&nat->shared, 0, "OUTPUT -m addrtype --dst-type LOCAL -j " DNAT);
}

/* All conditions in one text, each word with a space before it; the caller frees. */
static char *conditions_of(const struct cni_nat_ports *ports, int family)
{
	const char *const *words = ports->conditions[family == AF_INET6];
	char *text = cni_strdup("");

	for (; words && *words; words++) {
		freeing char *word = cni_iptables_word(*words);
		char *longer = cni_format("%s %s", text, word);

		free(text);
		text = longer;
	}
	return text;
}

/* The jumps to the container's chain: by protocol, as many ports in each as fit. */
static void put_jumps(const struct cni_nat_ports *ports, uint8_t protocol, struct cni_nat *nat)
{
	freeing char *comment = comment_of("dnat ", ports->owner);
	freeing char *conditions = conditions_of(ports, nat->family);
	char list[PORTS_MAX * 6 + 1] = "";
	size_t count = 0;

	for (size_t i = 0; i <= ports->mapping_count; i++) {
		bool is_end = i == ports->mapping_count;
		size_t length = strlen(list);

		if (!is_end && ports->mappings[i].protocol != protocol)
			continue;
		if ((is_end && count) || count == PORTS_MAX) {
			cni_iptables_line(&nat->own, 0,
					  DNAT " -m comment --comment %s -m multiport -p %s "
					       "--destination-ports %s%s -j %s",
					  comment, protocol_name(protocol), list, conditions,
					  nat->chain);
			count = length = 0;
		}
		if (!is_end)
			snprintf(list + length, sizeof(list) - length, "%s%u", count++ ? "," : "",
				 ports->mappings[i].host_port);
	}
}

/* Marks first, then the translation. */
static void put_mapping(const struct cni_nat_ports *ports, const struct cni_net *net,
			const struct cni_port_mapping *mapping, struct cni_nat *nat)
{
	bool is_v6 = nat->family == AF_INET6;
	const char *set_mark = *ports->set_mark_chain ? ports->set_mark_chain : SET_MARK;
	const struct cni_net masked = cni_net_masked(net);
	char ip[CNI_IP_TEXT_SIZE] = "";
	char source[CNI_NET_TEXT_SIZE];
	freeing char *base = NULL;

	if (!cni_port_mapping_is_any(mapping))
		cni_ip_format(&mapping->host_ip, ip);
	base = cni_format("%s -p %s --dport %u%s%s", nat->chain, protocol_name(mapping->protocol),
			  mapping->host_port, *ip ? " -d " : "", ip);
	cni_net_format(&masked, source);
	if (ports->snat)
		cni_iptables_line(&nat->own, 0, "%s -s %s -j %s", base,
				  !ports->masq_all ? source
				  : is_v6	   ? "::/0"
						   : "0.0.0.0/0",
				  set_mark);
	if (ports->snat && !is_v6 && !ports->masq_all)
		cni_iptables_line(&nat->own, 0, "%s -s 127.0.0.1 -j %s", base, set_mark);
	cni_ip_format(&net->ip, ip);
	cni_iptables_line(&nat->own, 0, "%s -j DNAT --to-destination %s%s%s:%u", base,
			  is_v6 ? "[" : "", ip, is_v6 ? "]" : "", mapping->container_port);
}

static bool is_repeated_mapping(const struct cni_nat_ports *ports, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		const struct cni_port_mapping *other = &ports->mappings[j];

		if (other->container_port == ports->mappings[i].container_port &&
		    cni_port_mapping_collides(other, &ports->mappings[i]))
			return true;
	}
	return false;
}

void cni_nat_publish(const struct cni_nat_ports *ports, int family, struct cni_nat *ret_nat)
{
	const struct cni_net *net = NULL;

	*ret_nat = (struct cni_nat){.family = family};
	cni_go_chain_name("DN-", ports->owner, ret_nat->chain);
	for (size_t i = 0; i < ports->net_count && !net; i++)
		if (ports->nets[i].ip.family == family)
			net = &ports->nets[i];
	if (!net || !ports->mapping_count)
		return;
	put_shared(ports, ret_nat);
	for (size_t i = 0; i < ports->mapping_count; i++) {
		const struct cni_port_mapping *mapping = &ports->mappings[i];

		if ((!cni_ip_is_set(&mapping->host_ip) || mapping->host_ip.family == family) &&
		    !is_repeated_mapping(ports, i))
			put_mapping(ports, net, mapping, ret_nat);
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		put_jumps(ports, protocols[i].number, ret_nat);
}
