/* SPDX-License-Identifier: Apache-2.0 */
/* containerd with its CRI plugin, on the host of runtimes.h, and one beyond it that knows no way to
 * the pods. A pod is nothing but its sandbox, whose image serves at POD_PORT with the pod's name
 * and the address that it sees: "red 192.0.2.2".
 *
 *	pods 10.88.0.0/24, fd88::/64 ── cni0   host   192.0.2.1 ── 192.0.2.2   outside
 *	                                        2001:db8:1::1 ── 2001:db8:1::2
 *
 * At HTTP_PORT (http.h) outside says whom it sees.
 *
 * Failures fail the test. */
#ifndef CONTAINERD_H
#define CONTAINERD_H

#include "cri.h"
#include "runtimes.h"

#define POD_PORT 80
#define POD_TEXT "/cgi-bin/who"

#define CONTAINERD_CTR "ctr -a " CRI_SOCKET
#define POD_IMAGE      "docker.io/library/pod:1"

/* Where containerd looks for networks, and what it makes one of if there is none. */
#define CONTAINERD_NETWORKS RUNTIMES_DIR "/net.d"
#define CONTAINERD_TEMPLATE                                                                        \
	CNI_C_SOURCE_DIR "/conf/kubernetes/containerd-template/10-cni-c.conflist.template"

/* A group setup. Starts nothing where containerd_lacks() something. */
int containerd_setup(void **state);

/* A command that is missing; NULL: none. */
const char *containerd_lacks(void);
#define skip_without_containerd()                                                                  \
	do {                                                                                       \
		if (containerd_lacks())                                                            \
			skip_because("%s is missing", containerd_lacks());                         \
	} while (0)

/* As containerd itself says it; runtimes_begin() for it. */
void containerd_begin(const char *runtime, const char *exercised);

/* The daemon alone: what it has started stays, as on a node. */
void containerd_start(void);
void containerd_kill(void);

/* The network as it is without pods, to be compared later; the caller frees. */
char *containerd_snapshot(void);
/* The same after the last pod has gone, when only the bridge stays, without ports. It is removed.
 */
void containerd_assert_nothing_left(const char *before);

/* The network's list, in force when this returns: JSON with ' in place of ". */
void containerd_set_network(const char *list);
/* bridge, portmap, firewall, bandwidth; both families; and more plugins, "" or ",{...}". */
#define CONTAINERD_NETWORK(more)                                                                   \
	"{'cniVersion':'1.0.0','name':'pods','plugins':["                                          \
	"{'type':'bridge','bridge':'cni0','isGateway':true,'ipMasq':true,'hairpinMode':true,"      \
	"'ipam':{'type':'host-local','ranges':[[{'subnet':'10.88.0.0/24'}],"                       \
	"[{'subnet':'fd88::/64'}]],'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]}},"               \
	"{'type':'portmap','capabilities':{'portMappings':true}},{'type':'firewall'},"             \
	"{'type':'bandwidth','capabilities':{'bandwidth':true}}" more "]}"

/* Collects, as an operator does, the attachments that containerd has forgotten while there is no
 * pod: `cnitool gc --all`, for the network and for containerd's own one, in the version of the
 * specification that has GC. */
void containerd_collect_garbage(void);

/* The name of its namespace, which the caller frees. */
char *containerd_netns(const struct cri_pod *pod);

/* Fails the test unless who asks at this address from the namespace of this name (NULL: the host)
 * gets this answer; NULL: none. */
void containerd_assert_answer(const char *netns, const char *address, unsigned int port,
			      const char *expected);

#endif
