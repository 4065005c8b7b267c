/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: what arrives at a port of this host goes on to a port of a container.
 *
 *	table inet cni_portmap {
 *		map ports4       # tcp . 8080 : 10.1.0.7 . 80
 *		map ports_at4    # 192.0.2.1 . tcp . 8080 : 10.1.0.7 . 80
 *		map published4   # "vethd03a…" . 0 : address or none . tcp . 8080 . 10.1.0.7 . 80
 *		map owners       # "vethd03a…" : "vethd03a…"
 *		map waiting4     # those who publish a port too that another owner has
 *		set hairpins4    # 10.1.0.7 . 10.1.0.7
 *		set localhosts4  # 10.1.0.7
 *		set masquerades4 # 10.1.0.7
 *		set localnets    # "cni0"
 *		chain ports
 *			dnat ip to ip daddr . meta l4proto . th dport map @ports_at4
 *			dnat ip to meta l4proto . th dport map @ports4
 *		chain prerouting # type nat hook prerouting priority dstnat + 1
 *			ip daddr 127.0.0.0/8 return
 *			fib daddr type local jump ports
 *		chain output # type nat hook output priority dstnat + 1
 *			fib daddr type local jump ports
 *		chain postrouting # type nat hook postrouting priority srcnat
 *			ip saddr . ip daddr @hairpins4 masquerade
 *			ip saddr 127.0.0.0/8 ip daddr @localhosts4 masquerade
 *			ct status dnat ip daddr @masquerades4 masquerade
 *		chain martians # type filter hook prerouting priority raw
 *			iifname @localnets ip daddr 127.0.0.0/8 drop
 *	}
 *
 * and the same with 6, but for localhosts and martians. A new connection costs two look-ups however
 * many ports there are, and so does an update. Only packets to this host are translated
 * (CVE-2025-67499), and after what others do at `dstnat`, such as Services (CVE-2019-9946). A port
 * that is published on 127.0.0.1 is for this host: a neighbour on a link, who can address packets
 * to it, is not translated, and the kernel drops these packets.
 *
 * A port leads to one container. Runtimes send the same ports to all networks of a container: the
 * first of its attachments that publishes the port has it, the others wait, and the next one gets
 * it when that one goes (nft_owned.h). A port of another container is refused as long as the link
 * of its attachment is there, which `owners` names; after that it is taken over, with all that its
 * owner had. Whether that link is there cannot be told for an attachment without one on the host.
 *
 * `published` is the way back from the owner's name to its ports, with the address that was asked
 * for or none. The table goes with its last element.
 *
 * A connection from 127.0.0.1 of this host leaves through an interface, which needs route_localnet;
 * with that, others could reach what listens on 127.0.0.1 (CVE-2020-8558), so for the interfaces in
 * `localnets`, which are those, this is dropped. With the table it goes back to what
 * conf/default/route_localnet says. */
#ifndef CNI_PORTMAP_H
#define CNI_PORTMAP_H

#include "decls.h"
#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A published port. Numbers in the host's byte order. */
struct cni_port_mapping {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint16_t host_port;
	uint16_t container_port;
	struct cni_ip host_ip; /* unset: any of this host's; 0.0.0.0, ::: any of that family */
};

/* True if the mapping is for any address, also if for one of a certain family. */
bool cni_port_mapping_is_any(const struct cni_port_mapping *mapping);

/* True if both are for the same port of the same address. One for any address and one for a certain
 * address do not collide: the latter takes precedence. */
bool cni_port_mapping_collides(const struct cni_port_mapping *a, const struct cni_port_mapping *b);

/* "tcp 192.0.2.1:8080", "udp [2001:db8::1]:53", "tcp :80". Returns `text`. */
#define CNI_PORT_TEXT_SIZE (CNI_IP_TEXT_SIZE + 16)
const char *cni_port_mapping_format(const struct cni_port_mapping *mapping,
				    char text[CNI_PORT_TEXT_SIZE]);

/* What an attachment publishes. A mapping whose host_ip is of another family than an address is not
 * for that address. */
struct cni_portmap {
	const struct cni_owner *owner;
	const struct cni_port_mapping *mappings;
	size_t mapping_count;
	const struct cni_ip *addresses; /* the container's: at most one of each family */
	size_t address_count;
	bool snat;     /* the container itself and 127.0.0.1 get there as well */
	bool masq_all; /* all that comes this way gets the host's address as its source */
	/* The interface behind which the container is, that needs route_localnet; "": none does. */
	const char *localnet;
	/* The attachment's link on the host, which is there as long as the attachment is; "": none. */
	const char *link;
};

/* Publishes all of it, instead of what the owner has published before. All or nothing. `nl` is a
 * socket of NETLINK_NETFILTER. Fails with CNI_ETAKEN, naming mapping and owner, if a port is
 * another container's that lives. */
int cni_portmap_add(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. A port for which another
 * attachment of the container goes first is as good. */
int cni_portmap_check(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err);

/* Published ports, for callers that have to do something about them. */
struct cni_published {
	struct cni_port_mapping *mappings; /* to be freed; container_port is not filled in */
	size_t count;
};

/* Removes what the owner has published, and says what that was. */
int cni_portmap_del(struct cni_nl *nl, const struct cni_owner *owner,
		    struct cni_published *ret_published, struct cni_error *err);

/* Removes what attachments of `network` have published that are not among `valid`. */
int cni_portmap_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		   struct cni_published *ret_published, struct cni_error *err);

/* Removes what attachments have published whose link is gone, in all networks. `*ret_left` is how
 * many attachments are left. Its cost grows with their number. */
int cni_portmap_sweep(struct cni_nl *nl, struct cni_published *ret_published, size_t *ret_left,
		      struct cni_error *err);

CNI_END_DECLS

#endif
