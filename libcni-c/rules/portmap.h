/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: packets for a port of this host go to a port of a container.
 *
 *	table inet cni_portmap {
 *		map ports4       # tcp . 8080 : 10.1.0.7 . 80
 *		map ports_at4    # 192.0.2.1 . tcp . 8080 : 10.1.0.7 . 80
 *		map published4   # "vethd03a…" . 0 : address or none . tcp . 8080 . 10.1.0.7 . 80
 *		map owners       # "vethd03a…" : "vethd03a…"
 *		map waiting4     # owners that wait for a port of another owner
 *		set hairpins4    # 10.1.0.7 . 10.1.0.7
 *		set localhosts4  # 10.1.0.7
 *		set masquerades4 # 10.1.0.7
 *		set localnets    # "cni0"
 *		chain ports
 *		chain prerouting  # type nat hook prerouting priority dstnat + 1
 *		chain output      # type nat hook output priority dstnat + 1
 *		chain postrouting # type nat hook postrouting priority srcnat
 *		chain martians    # type filter hook prerouting priority raw
 *	}
 *
 * and the same with 6, but for localhosts and martians. A new connection or an update costs two
 * look-ups, however many ports there are. Only packets to this host are translated
 * (CVE-2025-67499), and after the rules of others at `dstnat`, such as Services (CVE-2019-9946). A
 * port that is published on 127.0.0.1 is for this host alone: packets from a neighbour on a link
 * are not translated, and the kernel drops them.
 *
 * A port leads to one container. Runtimes send the same ports to all networks of a container: the
 * first of its attachments to publish the port has it, the others wait, and the next one gets the
 * port when the first one goes (nft_owned.h). A port of another container is refused while the link
 * of its attachment exists, which `owners` names; afterwards the port is taken over, with
 * everything that its owner had. An attachment without a link on the host counts as existing.
 *
 * `published` is the way back from the owner to its ports, with the requested address or none. The
 * table goes with its last element.
 *
 * A connection from 127.0.0.1 of this host leaves through an interface, which needs route_localnet.
 * The setting would open 127.0.0.1 to others (CVE-2020-8558): martians therefore drops their
 * packets at these interfaces, which are in `localnets`. When the table goes, the setting returns
 * to the value of conf/default/route_localnet. */
#ifndef CNI_PORTMAP_H
#define CNI_PORTMAP_H

#include "decls.h"
#include "ip.h"
#include "nl.h"
#include "owner.h"
#include "port_mapping.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* The ports of an attachment. A mapping applies to the addresses of its host_ip's family. */
struct cni_portmap {
	const struct cni_owner *owner;
	const struct cni_port_mapping *mappings;
	size_t mapping_count;
	const struct cni_ip *addresses; /* the container's: at most one of each family */
	size_t address_count;
	bool snat;     /* the ports work from the container itself and from 127.0.0.1 */
	bool masq_all; /* every packet to a port gets the host's address as its source */
	/* The interface in front of the container that needs route_localnet; "": none does. */
	const char *localnet;
	/* The attachment's link on the host, which lives as long as the attachment; "": none. */
	const char *link;
};

/* Publishes the ports in place of the owner's earlier ones, atomically. `nl` is a socket of
 * NETLINK_NETFILTER. Fails with CNI_ETAKEN, naming mapping and owner, if a port belongs to another
 * container that lives. */
int cni_portmap_add(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. Accepts a port that
 * the owner waits for. */
int cni_portmap_check(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err);

/* Removes the ports of the owner, and reports them. */
int cni_portmap_del(struct cni_nl *nl, const struct cni_owner *owner,
		    struct cni_published *ret_published, struct cni_error *err);

/* Removes the ports of attachments of `network`, except the `valid` ones. */
int cni_portmap_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		   struct cni_published *ret_published, struct cni_error *err);

/* Removes the ports of attachments without a link, in all networks. `*ret_left` becomes the number
 * of attachments that stay. The cost grows with their number. */
int cni_portmap_sweep(struct cni_nl *nl, struct cni_published *ret_published, size_t *ret_left,
		      struct cni_error *err);

CNI_END_DECLS

#endif
