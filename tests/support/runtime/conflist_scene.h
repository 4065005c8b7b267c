/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of container runtimes, each as the runtime writes it, on a node that forwards
 * already. Another one, "outside", knows the way back to all containers:
 *
 *	red, blue … ─ the network's bridge ─ host 192.0.2.1 ───── 192.0.2.2 outside
 *	                                     2001:db8:1::1   2001:db8:1::2
 *
 * cnitool is the caller, except that it knows no namespace without a path: a DEL with an empty
 * CNI_NETNS is asked for by our own chain. Failures fail the test. */
#ifndef CONFLIST_SCENE_H
#define CONFLIST_SCENE_H

#include "plugin.h"

#include <stdbool.h>

#define CONFLIST_DIR	  "/run/conflists" /* is not part of the snapshot */
#define CONFLIST_BIN	  CONFLIST_DIR "/bin"
#define CONFLIST_PLUGINS  CNI_C_BINARY_DIR "/plugins"
#define CONFLIST_IPAM	  CNI_C_BINARY_DIR "/ipam"
#define CONFLIST_FIXTURES CNI_C_SOURCE_DIR "/tests/fixtures/conflists"
#define CONFLIST_SHIPPED  CNI_C_SOURCE_DIR "/conf"

/* The first container's published port, and its port there. */
#define CONFLIST_HOST_PORT	8080
#define CONFLIST_CONTAINER_PORT 80

/* Pieces of a row. Ports as go-cni spells them, which has no names for JSON, and as the conventions
 * have them. */
#define GO_PORTS                                                                                   \
	"\"portMappings\":[{\"HostPort\":8080,\"ContainerPort\":80,\"Protocol\":\"tcp\","          \
	"\"HostIP\":\"\"}]"
#define PORTS "\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\"}]"

#define EVERY                                                                                      \
	{                                                                                          \
		"0.3.1", "0.4.0", "1.0.0", "1.1.0"                                                 \
	}

#define HAIRPIN	    "[ $(bridge -d link show | grep -c 'hairpin on') = 2 ]"
#define LO_IS_UP    "ip -n red link show lo | grep -q ',UP'"
#define HAS_MAC(of) "ip -n red link show eth0 | grep -q 'ether " of " '"

struct conflist {
	const char *runtime;	  /* "CRI-O's conflist, dual stack" */
	const char *file;	  /* in tests/fixtures/conflists */
	bool is_shipped;	  /* `file` is in conf/, and keeps its versions */
	const char *versions[5];  /* of the specification, ending in NULL, in order */
	const char *network;	  /* its name in the file */
	const char *bridge;	  /* likewise; NULL: none, each veth has the gateways */
	const char *gateways_on;  /* the bridge's VLAN that has them; NULL: the bridge */
	const char *addresses[2]; /* of the first container, "10.1.0.2/24": IPv4, IPv6 or NULL */
	const char *gateways[2];  /* of its default routes, and the bridge's */
	bool internal;		  /* there are neither, but the plugins report them */
	bool routes_ipv4_alone;	  /* the list has no default route of IPv6 */
	bool shows_packets;	  /* `shows` sends them: the routes are not in the main table */
	bool has_uplink;	  /* the gateways are behind a link of the host, in LAN */
	const char *ifname;	  /* CNI_IFNAME; NULL: "eth0" */
	bool publishes;		  /* the list has portmap */
	bool masquerades;
	bool isolated; /* the containers from each other, if br_netfilter is there */

	/* The runtime's environment for cnitool. */
	const char *args;	  /* CNI_ARGS */
	const char *wishes;	  /* more of them, for the first container */
	const char *capabilities; /* CAP_ARGS of the first container */
	const char *capabilities_of_others;
	const char *path; /* CNI_PATH; NULL: where the plugins were built */

	const char *loopback;	      /* the file of a list that is run at the same time, for lo */
	const char *loopback_network; /* its name */
	const struct conflist *neighbour; /* a network whose containers are kept apart from these */

	/* Shell commands. NULL: none. */
	const char *prepares; /* what the runtime does before */
	const char *shows;    /* what holds while two containers are attached */
	const char *removes; /* what stays on purpose, besides the bridge; fails if there is more */
};

const char *conflist_ifname(const struct conflist *list);

/* For `prepares`: the host's link, and at its other end the namespace "lan" with these addresses. */
#define LAN_ON(link, addresses)                                                                    \
	"ip netns add lan && ip link add " link " type veth peer name in netns lan && "            \
	"ip link set " link " up && ip -n lan link set in up && for a in " addresses               \
	"; do ip -n lan addr add $a dev in nodad 2>/dev/null || exit 1; done"
#define LAN(addresses) LAN_ON("eth1", addresses)

struct conflist_pod {
	const char *name;	  /* and its namespace's */
	char netns[32];		  /* the path of that */
	char id[32];		  /* as cnitool calls it */
	char *addresses[2];	  /* without length, as ADD answered; NULL: none */
	char *args;		  /* CNI_ARGS of its calls */
	const char *capabilities; /* CAP_ARGS */
};

/* A test's setup, and its teardown, which also ends the row of runtimes.h. */
int conflist_setup(void **state);
int conflist_teardown(void **state);

/* Runs `prepares`, and starts the server of LAN. */
void conflist_prepare_host(const struct conflist *list);

/* Does the same, and the runtime's first step. Fails unless each plugin of the list reports all the versions: runtimes
 * ask, too. */
void conflist_prepare(const struct conflist *list);

/* Writes the lists to where cnitool looks for them, with `version` in the place of theirs; the one
 * of the loopback and those in conf/ keep their own. */
void conflist_install(const struct conflist *list, const char *version);

/* Makes a namespace. `first` gets the wishes and the capabilities. */
void conflist_pod_open(const struct conflist *list, struct conflist_pod *pod, const char *name,
		       bool first);
/* Removes it. Does not call DEL. */
void conflist_pod_close(struct conflist_pod *pod);

/* ADD, at the same time as that of the loopback if there is one. The caller clears the answer. */
struct plugin_answer conflist_add(const struct conflist *list, struct conflist_pod *pod);

/* "cnitool <command> <network> <namespace>" succeeds and has nothing to say. */
void conflist_succeeds(const struct conflist *list, const struct conflist_pod *pod,
		       const char *command);

/* DEL with an empty CNI_NETNS: with prevResult if cnitool has not deleted it before. */
void conflist_del_without_netns(const struct conflist *list, const struct conflist_pod *pod);

/* The cache forgets the attachment, as if the runtime had never called DEL. */
void conflist_lose(const struct conflist *list, const struct conflist_pod *pod);

/* GC with these two as the valid ones. */
void conflist_gc(const struct conflist *list, const struct conflist_pod *one,
		 const struct conflist_pod *other);

/* No link, rule, or file has its id. */
void conflist_assert_gone(const struct conflist_pod *pod);

/* The usual leftovers of plugins: rules, veths, files. The comparison ignores deliberate ones: the
 * chains that `removes` names, and host-local's lock and last address. The caller frees. */
char *conflist_rest(void);
void conflist_assert_rest(const struct conflist *list, const char *before);

/* And all that they could leave, which takes longer; without the bridges. */
char *conflist_snapshot(void);
void conflist_assert_unchanged(const struct conflist *list, const char *before);

#endif
