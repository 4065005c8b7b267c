/* SPDX-License-Identifier: Apache-2.0 */
/* The bandwidth plugin, chained behind bridge (bridge.h): pods that are attached by bridge to
 * "br0", on which bandwidth is then called. Failures fail the test.
 *
 *	struct limited red;
 *
 *	limited_open(&red, "red");
 *	limited_add(&red, BOTH);
 *	assert_shown("1250000", "0.options.rate", "tc -j qdisc show dev %s root", red.pod.host);
 *	limited_del(&red, BOTH);
 *	limited_close(&red); */
#ifndef TEST_BANDWIDTH_H
#define TEST_BANDWIDTH_H

#include "bridge.h"

#define BANDWIDTH    CNI_C_BINARY_DIR "/plugins/bandwidth"
#define GO_BANDWIDTH "/usr/lib/cni/bandwidth"

/* Pieces of a configuration: 10 Mbit/s to the container, 20 from it, as containerd sends them. */
#define INGRESS "'ingressRate':10000000,'ingressBurst':4294967295"
#define EGRESS	"'egressRate':20000000,'egressBurst':4294967295"
#define BOTH	INGRESS "," EGRESS

struct limited {
	struct pod pod; /* its result is bridge's */
	cJSON *result;	/* what bandwidth's ADD answered; NULL without a successful one */
	char ifb[16];	/* the name of its ifb; "": none */
};

/* Makes the namespace and attaches it. Setup and teardown are bridge_test(). */
void limited_open(struct limited *limited, const char *name);
/* Calls DEL of bridge, but not of bandwidth, and removes the namespace. */
void limited_close(struct limited *limited);

/* {"cniVersion": <version>, "name": "blue", "type": "bandwidth", <more>, "prevResult": <prev>},
 * which the caller frees. `prev` NULL: without. */
char *bandwidth_config(const char *version, const char *more, const cJSON *prev);

/* A call of the plugin for the pod's eth0. */
struct plugin_call limited_call(const struct limited *limited, const char *command,
				const char *config);

void limited_add(struct limited *limited, const char *more);
void limited_add_fails(const struct limited *limited, const char *more, int code, const char *text);
/* These get what ADD answered, or bridge's result, as prevResult. */
void limited_check(const struct limited *limited, const char *more);
void limited_check_fails(const struct limited *limited, const char *more, const char *text);
void limited_del(struct limited *limited, const char *more);

/* Takes note of a successful answer, of a call that the test has made itself. */
void limited_take(struct limited *limited, const struct plugin_answer *answer);

/* The limits on this host: "" if none. The caller frees. */
char *limits(void);

#endif
