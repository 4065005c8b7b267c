/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge plugins of both suites, ours and the Go plugins', for attachments that one makes and the
 * other checks and deletes. Pods and configurations are those of bridge.h.
 *
 *	skip_without_go();
 *	pod_open(&red, "red");
 *	suite_add(&suite_go, &red, config);
 *	suite_succeeds(&suite_ours, &red, "CHECK", config);
 */
#ifndef SUITE_H
#define SUITE_H

#include "bridge.h"

#include <stdbool.h>

#define GO_DIR	  "/usr/lib/cni"
#define GO_BRIDGE GO_DIR "/bridge"
#define OUR_IPAM  CNI_C_BINARY_DIR "/ipam"

/* A bridge and where it looks for its IPAM. */
struct suite {
	const char *bridge;
	const char *path; /* CNI_PATH */
};

extern const struct suite suite_ours;
extern const struct suite suite_go;

bool suite_go_is_installed(void);
#define skip_without_go()                                                                          \
	do {                                                                                       \
		if (!suite_go_is_installed())                                                      \
			skip_because("the Go plugins are not installed in %s", GO_DIR);            \
	} while (0)

/* Runs its bridge, but for ADD with what the pod's ADD has answered as the prevResult. */
struct plugin_answer suite_ask(const struct suite *suite, const struct pod *pod,
			       const char *command, const char *config);

/* ADD, whose answer the pod keeps. */
void suite_add(const struct suite *suite, struct pod *pod, const char *config);

void suite_succeeds(const struct suite *suite, const struct pod *pod, const char *command,
		    const char *config);

/* The pod has the address, its host's end is a port of br0, and there is a reservation. */
void suite_assert_attached(const struct pod *pod, const char *address);
/* Neither end of the pair, and no reservation. */
void suite_assert_detached(const struct pod *pod, const char *address);

/* Removes the bridge and the address given last, so that the next network begins as the first. */
void suite_forget_network(void);

#endif
