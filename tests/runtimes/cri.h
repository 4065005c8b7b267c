/* SPDX-License-Identifier: Apache-2.0 */
/* Pods as kubelet asks containerd for them: the Container Runtime Interface, of which these are the
 * calls about pods ("sandboxes"). Requests for several pods are sent at once. Failures
 * fail the test. */
#ifndef CRI_H
#define CRI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where containerd listens: see containerd.h. */
#define CRI_SOCKET "/run/runtimes/containerd.sock"

struct cri_port {
	bool udp;
	uint16_t host;
	uint16_t container;
	const char *host_ip; /* NULL: all */
};

#define CRI_PORTS_MAX	  2
#define CRI_ADDRESSES_MAX 2

struct cri_pod {
	char name[16];
	struct cri_port ports[CRI_PORTS_MAX]; /* those whose container port is not 0 */
	const char *ingress;		      /* "10M", the bits of a second; NULL: no limit */
	const char *egress;
	char id[72];			       /* "": it does not exist */
	char addresses[CRI_ADDRESSES_MAX][48]; /* "": none */
	double seconds;			       /* that its start took */
};

/* True if the runtime and its network are ready; false otherwise, also without an answer. */
bool cri_is_ready(void);
bool cri_has_image(const char *reference);

/* Gives the runtime the node's podCIDRs ("10.244.1.0/24,fd00:10:244:1::/64"), as kubelet does. */
void cri_set_pod_cidrs(const char *cidrs);

/* Starts them, and takes note of their ids and addresses. */
void cri_start(struct cri_pod *pods, size_t count);
/* Asks for them in a child, without an answer: containerd is about to be killed. */
pid_t cri_ask_to_start(const struct cri_pod *pods, size_t count);
/* It is refused, with `text` in the words. */
void cri_start_fails(struct cri_pod *pod, const char *text);

/* Takes note of the addresses again. Fails the test unless all pods are ready. */
void cri_look(struct cri_pod *pods, size_t count);

/* Stopping twice is fine: kubelet does it. */
void cri_stop(const struct cri_pod *pods, size_t count);
void cri_remove(struct cri_pod *pods, size_t count);

/* Stops and removes all that are there. */
void cri_remove_all(void);

/* How many pods there are, whatever their state. */
size_t cri_count(void);

#endif
