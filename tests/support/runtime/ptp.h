/* SPDX-License-Identifier: Apache-2.0 */
/* The ptp plugin on the host of bridge.h, with its pods.
 *
 *	freeing char *config = ptp_config("1.0.0", "'ipMasq':true," IPAM46);
 *
 *	pod_open(&red, "red");
 *	ptp_add(&red, config);
 *	ptp_check(&red, config);
 *	ptp_del(&red, config);
 *
 * Failures fail the test. */
#ifndef TEST_PTP_H
#define TEST_PTP_H

#include "bridge.h"

#define PTP    CNI_C_BINARY_DIR "/plugins/ptp"
#define GO_PTP "/usr/lib/cni/ptp"

/* {"cniVersion": <version>, "name": "green", "type": "ptp", <more>}, which the caller frees. */
char *ptp_config(const char *version, const char *more);

/* A call of the plugin for the pod's eth0, or without a pod (NULL: GC and STATUS). Its texts belong
 * to `pod` and `config`. */
struct plugin_call ptp_call(const struct pod *pod, const char *command, const char *config);

void ptp_add(struct pod *pod, const char *config);
/* ADD of the plugin `file`, with `path` as CNI_PATH: the Go plugin's. */
void ptp_add_by(const char *file, const char *path, struct pod *pod, const char *config);
void ptp_add_fails(const struct pod *pod, const char *config, int code, const char *text);
/* CHECK and DEL get the prevResult, if there is one. */
void ptp_check(const struct pod *pod, const char *config);
void ptp_check_fails(const struct pod *pod, const char *config, const char *text);
void ptp_mend(const struct pod *pod, const char *config);
void ptp_del(struct pod *pod, const char *config);

/* The namespace "outside", 192.0.2.2 and 2001:db8:1::2, on a link of its own to 192.0.2.1 and
 * 2001:db8:1::1 of this host. It knows no way to the pods. */
void ptp_add_outside(void);

#endif
