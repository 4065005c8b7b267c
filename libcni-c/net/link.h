/* SPDX-License-Identifier: Apache-2.0 */
/* Links: look at, change and delete them, over rtnetlink(7). link_kind.h makes them. */
#ifndef CNI_LINK_H
#define CNI_LINK_H

#include "decls.h"
#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* Settings of a bridge's port. */
struct cni_link_port {
	bool hairpin;  /* IFLA_BRPORT_MODE: send back where it came from */
	bool isolated; /* IFLA_BRPORT_ISOLATED: no traffic between isolated ports */
};

/* A link as the kernel describes it. */
struct cni_link {
	int index;
	int master; /* index, or 0 */
	int peer;   /* IFLA_LINK: of a veth, the index of its other end, maybe elsewhere; or 0 */
	int peer_netns; /* the id by which this namespace knows that of `peer`; -1: none */
	uint32_t mtu;
	unsigned int flags; /* IFF_* */
	uint8_t operstate;  /* IF_OPER_* */
	uint8_t mac[CNI_MAC_SIZE];
	bool has_mac;
	bool vlan_filtering;	 /* of a bridge */
	bool can_filter_vlans;	 /* of a bridge: the kernel's bridges can at all */
	bool ignores_link_local; /* of a bridge; see struct cni_link_change */
	uint32_t default_vlan;	 /* of a bridge: what its ports begin with, or 0 */
	int accept_ra; /* net/ipv6/conf/<name>/accept_ra, if `has_accept_ra`: not without IPv6 */
	bool has_accept_ra;
	uint32_t promiscuity;	   /* how many want it promiscuous, IFF_PROMISC by us among them */
	struct cni_link_port port; /* of a bridge's port */
	char name[CNI_IFNAME_SIZE];
	char kind[16];	 /* "bridge", "veth", …; "" for hardware */
	char alias[256]; /* "" if none */
	/* Traits of hardware, the same in every namespace and after every change: the MAC that it came
	 * with (IFLA_PERM_ADDRESS, Linux 5.6), and the device in sysfs that it belongs to, "pci" and
	 * "0000:03:00.0" (IFLA_PARENT_DEV_BUS_NAME, IFLA_PARENT_DEV_NAME, Linux 5.14). */
	uint8_t permanent_mac[CNI_MAC_SIZE];
	bool has_permanent_mac;
	char bus[16];	 /* "" if none */
	char device[64]; /* likewise */
};

/* The link with this name, which may be a second one (link_names.h), or this index, in the namespace of `nl`. Fails
 * with CNI_EKERNEL, errnum ENODEV if there is no such link. */
int cni_link_get(struct cni_nl *nl, const char *name, struct cni_link *ret_link,
		 struct cni_error *err);
int cni_link_get_by_index(struct cni_nl *nl, int index, struct cni_link *ret_link,
			  struct cni_error *err);

/* True if a look at a link, or at all links of a namespace, has failed because a link has more names or
 * addresses than the kernel can describe. Root in a container can give as many to a link. */
bool cni_link_is_unreadable(const struct cni_error *err);

/* True if the other end of this veth is in another namespace that still has a user. */
bool cni_link_peer_lives_elsewhere(struct cni_nl *nl, const struct cni_link *link);

/* `*ret_exists` tells whether this namespace has a link with the name, or one with the alias under
 * another name. Opens a socket of its own. */
int cni_link_exists(const char *name, const char *alias, bool *ret_exists, struct cni_error *err);

/* Calls `cb` for each link of `kind` (NULL: of any). The results of `cb` are those of cni_nl_cb;
 * `restart` likewise. */
int cni_link_each(struct cni_nl *nl, const char *kind,
		  int (*cb)(const struct cni_link *link, void *data, struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err);

/* Says whether the kernel has links of `kind` ("veth"): asks for one that cannot be made. The kernel
 * loads the kind's module, if it is in one. Fails with CNI_EKERNEL if it does not answer. */
int cni_link_kind_is_known(struct cni_nl *nl, const char *kind, bool *ret_known,
			   struct cni_error *err);

/* The changes of a link; NULL and CNI_KEEP change nothing. Fails with CNI_EKERNEL. The change is one message, except
 * that a link gets an alias or a port's values first and comes up then, both with one system call. */
enum cni_switch { CNI_KEEP, CNI_ON, CNI_OFF };
struct cni_link_change {
	const char *alias; /* "" removes it */
	const uint8_t *mac;
	const struct cni_link_port *port;
	uint32_t mtu; /* 0: keep */
	enum cni_switch up;
	enum cni_switch promisc;
	enum cni_switch vlan_filtering; /* of a bridge */
	/* A bridge does not learn the senders of frames to 01:80:c2:00:00:0x, which it does not
	 * forward (BR_BOOLOPT_NO_LL_LEARN, linux/if_bridge.h; since Linux 5.0). */
	enum cni_switch ignores_link_local;
	/* net.ipv4.conf.<link>.arp_notify, by index instead of name. */
	enum cni_switch arp_notify;
	/* The link moves first, and gets its other values there. It is down afterwards, without addresses
	 * and routes. EEXIST: the name is taken there; the link may have moved nevertheless, under the
	 * name that it had (do_setlink() in the kernel's net/core/rtnetlink.c). */
	const int *netns; /* a descriptor; NULL: keep */
	const char *name; /* of a link that is down, or moves; "dev%d": a free one */
	/* The index of the bridge or VRF that the link becomes a slave of; CNI_NO_MASTER: of none. */
	int master; /* 0: keep */
};
#define CNI_NO_MASTER (-1)
int cni_link_change(struct cni_nl *nl, int index, const struct cni_link_change *change,
		    struct cni_error *err);

/* Fails with CNI_EKERNEL, errnum ENODEV if there is none. */
int cni_link_del(struct cni_nl *nl, int index, struct cni_error *err);
/* Likewise, without a look at the link. */
int cni_link_del_by_name(struct cni_nl *nl, const char *name, struct cni_error *err);

/* Six random octets of a locally administered unicast address. */
void cni_link_random_mac(uint8_t ret_mac[CNI_MAC_SIZE]);

CNI_END_DECLS

#endif
