/* SPDX-License-Identifier: Apache-2.0 */
/* The parts there are. Each is pushed with named arguments, which may be left out:
 *
 *	cni_plan_veth(plan, .mtu = conf->mtu, .port = {.hairpin = true});
 *
 * The macros are C; C++ pushes a struct with cni_plan_push(). The parts with rules (spoofcheck, learning,
 * masquerade, portmap, firewall) use libnftnl, which is under the GPL, and firewall libdbus. A plugin that
 * pushes none of these contains nothing of either: the linker takes from archives only what is used. */
#ifndef CNI_PARTS_H
#define CNI_PARTS_H

#include "bridge_vlan.h"
#include "bridge_vlan_link.h"
#include "decls.h"
#include "destinations.h"
#include "device.h"
#include "firewall.h"
#include "firewall_choice.h"
#include "iptables_tool.h"
#include "link_kind.h"
#include "mac_choice.h"
#include "plan.h"
#include "portmap.h"
#include "route_list.h"
#include "shaper.h"
#include "tuning_conf.h"

CNI_BEGIN_DECLS

/* The bridge that the attachments of a network share. Made if absent, adopted if there, kept by
 * DEL. Its MAC is pinned (IFLA_ADDRESS given or set by hand), router advertisements are not
 * accepted (CVE-2020-10749), and it is up. */
struct cni_bridge_part {
	const char *name;
	uint32_t mtu; /* of a new bridge; 0: the kernel's */
	bool promisc;
	bool vlan_filtering; /* turned on if needed, never off */
	bool made;	     /* by this run's add */
	/* what this run's add has changed on one that was there */
	struct cni_link_change put_back;
	char accept_ra[16]; /* before; "": not known */
};
extern const struct cni_part_ops cni_bridge_part_ops;
#define cni_plan_bridge(plan, ...)                                                                 \
	cni_plan_push(plan, &cni_bridge_part_ops, &(struct cni_bridge_part){__VA_ARGS__})

/* The pair: CNI_IFNAME in the container, and on the host, as a port of the bridge, the end that
 * has the owner's name and alias. DEL finds it by these; GC finds ends whose owner is not valid.
 * The bridge's MTU is put back if a smaller port has dragged it down. */
struct cni_veth_part {
	uint32_t mtu;	    /* bytes; 0: the kernel's */
	uint32_t queues;    /* of each end, in each direction; 0: the kernel's */
	const char *mac;    /* of CNI_IFNAME; NULL or "": random */
	const char *master; /* the bridge's name, whose part comes before; NULL: no bridge */
	struct cni_link_port port;
	bool filters_vlans; /* `vlans` says what the port lets through, instead of the default */
	bool keeps_default_vlan;
	struct cni_bridge_vlan_port vlans;
};
extern const struct cni_part_ops cni_veth_part_ops;
/* The most queues that the kernel makes, rtnl_create_link(). */
#define CNI_VETH_QUEUES_MAX 4096
#define cni_plan_veth(plan, ...)                                                                   \
	cni_plan_push(plan, &cni_veth_part_ops, &(struct cni_veth_part){__VA_ARGS__})

/* CNI_IFNAME as a link of its own, without an end on the host (link_kind.h). It dies with its namespace,
 * so GC has nothing to do. */
struct cni_link_part {
	const struct cni_link_kind *kind;
	/* The name of the link that it is on, if the kind has one. NULL or "": the link of the default route,
	 * which ADD puts into the result if it is on the host, and CHECK takes from there. */
	const char *parent;
	bool parent_is_inside; /* the parent is in the container, not on the host */
	const char *mac;       /* NULL or "": random; not for kinds that share their parent's */
	uint32_t mtu;	       /* bytes, at most the parent's; 0: the kernel's */
	struct cni_link_values values;
};
extern const struct cni_part_ops cni_link_part_ops;
#define cni_plan_link(plan, ...)                                                                   \
	cni_plan_push(plan, &cni_link_part_ops, &(struct cni_link_part){__VA_ARGS__})

/* Frames from the host's end must have the container's MAC: see spoofcheck.h. */
struct cni_spoofcheck_part {
	bool wanted;	 /* DEL and GC remove it in any case */
	bool by_address; /* and the result's addresses, which must be known by then */
};
extern const struct cni_part_ops cni_spoofcheck_part_ops;
#define cni_plan_spoofcheck(plan, ...)                                                             \
	cni_plan_push(plan, &cni_spoofcheck_part_ops, &(struct cni_spoofcheck_part){__VA_ARGS__})

/* The IPAM plugin, in two parts: the lease stands first and only releases, and not if the link or
 * anything else could not be removed, so that an address is never free while something still answers
 * for it; acquire stands after the link and only asks. The addresses are those of CNI_IFNAME. */
struct cni_lease_part {
	const char *type;
};
extern const struct cni_part_ops cni_lease_part_ops;
#define cni_plan_lease(plan, ...)                                                                  \
	cni_plan_push(plan, &cni_lease_part_ops, &(struct cni_lease_part){__VA_ARGS__})

/* The second of the two. */
struct cni_acquire_part {
	/* NULL: the addresses, routes and DNS of the prevResult, without a lease */
	const char *type;
	bool gateway;		 /* an address without a gateway gets the first of its network */
	bool default_route;	 /* of each family through its gateway, unless there is one */
	const char *gateway_for; /* the thing that needs it, in the error; NULL: "'isGateway'" */
};
extern const struct cni_part_ops cni_acquire_part_ops;
#define cni_plan_acquire(plan, ...)                                                                \
	cni_plan_push(plan, &cni_acquire_part_ops, &(struct cni_acquire_part){__VA_ARGS__})

/* The result's addresses on CNI_IFNAME, and the settings that go with them. */
struct cni_addresses_part {
	bool dad;	   /* IPv6 duplicate address detection */
	bool no_route;	   /* without the kernel's route to each address's network */
	bool ndisc_notify; /* the kernel announces IPv6 addresses when the MAC changes */
};
extern const struct cni_part_ops cni_addresses_part_ops;
#define cni_plan_addresses(plan, ...)                                                              \
	cni_plan_push(plan, &cni_addresses_part_ops, &(struct cni_addresses_part){__VA_ARGS__})

/* The bridge does not learn who sent a frame to 01:80:c2:00:00:0x: it does not forward such frames,
 * so the rules of the spoof check do not see them. Behind everything that can fail, since it stays
 * on for all attachments of the bridge. */
struct cni_learning_part {
	char unused;
};
extern const struct cni_part_ops cni_learning_part_ops;
#define cni_plan_learning(plan)                                                                    \
	cni_plan_push(plan, &cni_learning_part_ops, &(struct cni_learning_part){0})

/* CNI_IFNAME up, and the host's end, if there is one, operationally up. */
struct cni_up_part {
	bool dad; /* wait for duplicate address detection as well */
};
extern const struct cni_part_ops cni_up_part_ops;
#define cni_plan_up(plan, ...)                                                                     \
	cni_plan_push(plan, &cni_up_part_ops, &(struct cni_up_part){__VA_ARGS__})

/* The result's IPv6 addresses announced to the neighbours, which may know another MAC for them. The kernel
 * announces IPv4 addresses: see the addresses part. */
struct cni_announce_part {
	char unused;
};
extern const struct cni_part_ops cni_announce_part_ops;
#define cni_plan_announce(plan)                                                                    \
	cni_plan_push(plan, &cni_announce_part_ops, &(struct cni_announce_part){0})

/* The result's routes through CNI_IFNAME. A route without a gateway goes through the first of its
 * family, if there is any. */
struct cni_routes_part {
	char unused;
};
extern const struct cni_part_ops cni_routes_part_ops;
#define cni_plan_routes(plan)                                                                      \
	cni_plan_push(plan, &cni_routes_part_ops, &(struct cni_routes_part){0})

/* The two sides of a veth without a bridge. The container reaches nothing but its gateways directly: it
 * has a host route to each, and the routes of its networks go through them. The host side has the
 * gateways as addresses, which all attachments of the network share, and a host route to each of the
 * container's addresses. A gateway may lie outside of the network. */
struct cni_peer_part {
	char unused;
};
extern const struct cni_part_ops cni_peer_part_ops;
#define cni_plan_peer(plan) cni_plan_push(plan, &cni_peer_part_ops, &(struct cni_peer_part){0})

/* The result's gateways as addresses of the bridge, or of its interface in a VLAN, which is made
 * for it. Kept by DEL. */
struct cni_gateway_part {
	struct cni_bridge_vlan_link link; /* vlan 0: the bridge itself */
	bool force;			  /* replace another address that is in the way */
	struct cni_net *made;		  /* by this run's add, as what follows */
	size_t made_count;
	struct cni_net *replaced;
	size_t replaced_count;
};
extern const struct cni_part_ops cni_gateway_part_ops;
#define cni_plan_gateway(plan, ...)                                                                \
	cni_plan_push(plan, &cni_gateway_part_ops, &(struct cni_gateway_part){__VA_ARGS__})

/* net.ipv4.ip_forward and net.ipv6.conf.all.forwarding for the families of the addresses. */
struct cni_forwarding_part {
	bool changed[2];    /* by this run's add: IPv4, IPv6 */
	char redirects[16]; /* what the kernel turns with it; "": not known */
};
extern const struct cni_part_ops cni_forwarding_part_ops;
#define cni_plan_forwarding(plan)                                                                  \
	cni_plan_push(plan, &cni_forwarding_part_ops, &(struct cni_forwarding_part){.changed = {0}})

/* See masquerade.h. */
struct cni_masquerade_part {
	bool wanted; /* DEL and GC remove it in any case */
	struct cni_bridge_vlan_link
		link;	  /* vlan 0: packets come through the bridge, or the host's end */
	bool by_iptables; /* as the Go plugins do (nat.h), instead of nf_tables */
	/* Packets to these keep the container's address; freed with the plan. The network's, for all of its
	 * attachments, from this ADD on. MEND and CHECK use what the network has kept. */
	struct cni_destinations destinations;
	/* by this run's add */
	bool changed;
	struct cni_destinations before;
};
extern const struct cni_part_ops cni_masquerade_part_ops;
#define cni_plan_masquerade(plan, ...)                                                             \
	cni_plan_push(plan, &cni_masquerade_part_ops, &(struct cni_masquerade_part){__VA_ARGS__})

/* The words of `ipMasqBackend`; the number is true for iptables. */
extern const struct cni_word cni_masquerade_backends[];

/* Reads the key `ipMasqBackend` for `by_iptables`; NULL: not given. Fails with CNI_ECONFIG. */
int cni_masquerade_choose(const char *backend, bool *ret_by_iptables, struct cni_error *err);
/* Reads the key `nonMasqueradeCIDRs`; NULL: not given. DEL, GC and SWEEP need none and read none. The caller clears,
 * or gives them to the part. Fails with CNI_ECONFIG. */
int cni_masquerade_read_destinations(const struct cni_call *call, const cJSON *list,
				     struct cni_destinations *ret_destinations,
				     struct cni_error *err);

/* Published ports: see portmap.h. UDP connections to them that the kernel has kept from before are
 * forgotten, by ADD and by DEL, after the rules have changed. */
struct cni_portmap_part {
	struct cni_port_mapping *mappings; /* freed with the plan; DEL and GC need none */
	size_t count;
	bool snat;
	bool masq_all;
	/* by iptables, as the Go plugin does (nat.h), instead of nf_tables */
	bool by_iptables;
	uint32_t mark_bit;	    /* of iptables; 0 to 31 */
	const char *set_mark_chain; /* of iptables; NULL or "": ours */
	/* Words of iptables for IPv4 and IPv6, end with NULL; NULL: none. The arrays are freed with the
	 * plan. */
	const char **conditions[2];
};
extern const struct cni_part_ops cni_portmap_part_ops;
#define cni_plan_portmap(plan, ...)                                                                \
	cni_plan_push(plan, &cni_portmap_part_ops, &(struct cni_portmap_part){__VA_ARGS__})

/* Which forwarded packets are accepted and dropped: the policy is in nf_tables (firewall.h), and
 * who accepts is chosen (firewall_choice.h) by ADD, and remembered (firewall_record.h). DEL and GC
 * use what is remembered; where nothing is, DEL looks into every place it could be in, with the
 * prevResult's addresses. */
struct cni_firewall_part {
	enum cni_firewall_backend backend;
	enum cni_firewall_policy policy;
	const char *zone;	 /* of firewalld */
	const char *admin_chain; /* of iptables */
};
extern const struct cni_part_ops cni_firewall_part_ops;
#define cni_plan_firewall(plan, ...)                                                               \
	cni_plan_push(plan, &cni_firewall_part_ops, &(struct cni_firewall_part){__VA_ARGS__})

/* Limits of what comes to the container and of what goes from it, for a veth that another plugin
 * has made: see shaper.h. The first is a qdisc on the host's end and dies with it. For the second,
 * what comes in through the host's end is redirected to an ifb, which has the owner's name and
 * alias. A rate of 0 makes nothing; DEL and GC remove what there is in any case. */
struct cni_ingress_part {
	struct cni_limit limit;
};
extern const struct cni_part_ops cni_ingress_part_ops;
#define cni_plan_ingress(plan, ...)                                                                \
	cni_plan_push(plan, &cni_ingress_part_ops, &(struct cni_ingress_part){__VA_ARGS__})

/* The limit of what goes from the container. */
struct cni_egress_part {
	struct cni_limit limit;
};
extern const struct cni_part_ops cni_egress_part_ops;
#define cni_plan_egress(plan, ...)                                                                 \
	cni_plan_push(plan, &cni_egress_part_ops, &(struct cni_egress_part){__VA_ARGS__})

/* Settings of CNI_IFNAME and sysctls of its network. The values that there were before stand in a file
 * (tuning_backup.h), which is written before anything is changed, and from which DEL puts them back. The
 * result gets the new MAC and MTU. The process enters the container's namespace for sysctls only. */
struct cni_tuning_part {
	struct cni_tuning_conf
		conf; /* freed with the plan; DEL and GC need the data directory alone */
	/* by this run's add */
	bool made;
	struct cni_tuning_place place;
	struct cni_tuning before;
	char *text; /* of the file, before; NULL: there was none */
};
extern const struct cni_part_ops cni_tuning_part_ops;
#define cni_plan_tuning(plan, ...)                                                                 \
	cni_plan_push(plan, &cni_tuning_part_ops, &(struct cni_tuning_part){__VA_ARGS__})

/* The container's "lo" up. ADD gives it the owner's alias in the message that sets it up. DEL sets it
 * down only if it has that alias: the path of a namespace may lead to another container's by now, and a
 * "lo" that was up before ADD was set up by another program. The result is the prevResult, or without
 * one "lo" and its addresses. */
struct cni_loopback_part {
	struct cni_link before; /* this run's add set it up; index 0: it did not */
};
extern const struct cni_part_ops cni_loopback_part_ops;
#define cni_plan_loopback(plan)                                                                    \
	cni_plan_push(plan, &cni_loopback_part_ops,                                                \
		      &(struct cni_loopback_part){.before = {.index = 0}})

/* The record of an attachment's namespace (netns_record.h), for an interface without an end on the host, which is made
 * after it. GC, and DEL without CNI_NETNS, delete the interface as long as the recorded path leads to the namespace of
 * ADD: its addresses would be given to others while it still has them. */
struct cni_netns_part {
	const char *kind; /* of the interface: "macvlan" */
	char *before;	  /* by this run's add: the text of an earlier ADD's record; NULL: none */
};
extern const struct cni_part_ops cni_netns_part_ops;
#define cni_plan_netns(plan, ...)                                                                  \
	cni_plan_push(plan, &cni_netns_part_ops, &(struct cni_netns_part){__VA_ARGS__})

/* CNI_IFNAME as a tap (tap.h), for a virtual machine in the container. ADD keeps its descriptor until the end:
 * a step that fails takes back this very tap, whichever name and index the container has given it. A tap that
 * is attached has carrier, so the parts behind find it as one that is in use; without a virtual machine the
 * carrier goes when ADD ends. It dies with its namespace, so GC has nothing to do. */
struct cni_tap_part {
	const char *mac; /* NULL or "": random */
	uint32_t mtu;	 /* bytes; 0: the kernel's. In the result from 1.1.0 on */
	bool multi_queue;
	bool has_owner;
	bool has_group;
	uint32_t owner;
	uint32_t group;
	const char *context; /* SELinux's; NULL or "": the plugin's own */
	const char *bridge;  /* in the container; the tap becomes a port of it. NULL or "": none */
};
extern const struct cni_part_ops cni_tap_part_ops;
#define cni_plan_tap(plan, ...)                                                                    \
	cni_plan_push(plan, &cni_tap_part_ops, &(struct cni_tap_part){__VA_ARGS__})

/* CNI_IFNAME is a device of the host, which moves into the container, with its name on the host as its alias
 * (as the Go plugin has it). A file, written before the move, tells what it was on the host
 * (moved_link_record.h): a failed ADD, DEL and GC give it back under its name, with alias, MAC, MTU, state,
 * addresses and routes. It is known again by what the container cannot change (device.h), also under
 * another name, and on the host if its namespace is gone. Refused: a device that another attachment has, and
 * one that has the host's default route or is a port, unless the request is for its name. */
struct cni_moved_link_part {
	struct cni_device_request device; /* for ADD and STATUS */
	bool in_userspace; /* a program has the device: no link, and nothing but an interface of the result */
	struct cni_moved_link_record *record; /* by this run's add */
};
extern const struct cni_part_ops cni_moved_link_part_ops;
#define cni_plan_moved_link(plan, ...)                                                             \
	cni_plan_push(plan, &cni_moved_link_part_ops, &(struct cni_moved_link_part){__VA_ARGS__})

/* Packets from the addresses of CNI_IFNAME use a table of their own (source based routing). The routes of
 * CNI_IFNAME move there from the main table: those through a gateway in the address's subnet, and those
 * without source and gateway. A table that is given has its routes already, of the IPAM plugin or a VRF: only
 * rules are made. Everything is in the container, for a plugin that is `inside`. */
struct cni_source_routes_part {
	uint32_t table;		   /* 0: a free one for each address, from 100 on */
	struct cni_ip gateways[2]; /* IPv4, IPv6; set: overrides the addresses' own */
	bool hints; /* the subnets' routes stay in the main table, with the addresses as sources */
	/* by this run's add */
	struct cni_source_route *made;
	size_t made_count;
	struct cni_route_list moved; /* out of the main table */
};
extern const struct cni_part_ops cni_source_routes_part_ops;
#define cni_plan_source_routes(plan, ...)                                                          \
	cni_plan_push(plan, &cni_source_routes_part_ops,                                           \
		      &(struct cni_source_routes_part){__VA_ARGS__})

/* CNI_IFNAME becomes a slave of a VRF in the container, which its interfaces share: made if absent, gone
 * with its last slave. The kernel takes the routes of a new slave away, and its IPv6 addresses unless a setting
 * keeps them: both are put back, routes of the main table in the VRF's. Everything is in the container, for a
 * plugin that is `inside`. */
struct cni_vrf_part {
	const char *name; /* NULL: DEL takes the VRF that CNI_IFNAME is in */
	uint32_t table;	  /* 0: that of the VRF, or the lowest that is free */
	/* by this run's add */
	bool made;
	bool enslaved;
	struct cni_net *addresses; /* before: all but link-local ones, of IPv6 */
	size_t address_count;
	struct cni_route_list routes; /* before: all but those that the kernel makes */
};
extern const struct cni_part_ops cni_vrf_part_ops;
#define cni_plan_vrf(plan, ...)                                                                    \
	cni_plan_push(plan, &cni_vrf_part_ops, &(struct cni_vrf_part){__VA_ARGS__})

CNI_END_DECLS

#endif
