/* SPDX-License-Identifier: Apache-2.0 */
/* The tap plugin on a host of its own, and the virtual machine's side of taps. JSON is written with single
 * quotes; IPAM4 and the like are those of bridge.h. Failures fail the test. */
#ifndef TAP_SCENE_H
#define TAP_SCENE_H

#include "bridge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAP CNI_C_BINARY_DIR "/plugins/tap"

int tap_setup(void **state);
/* Skips where the kernel has no taps. */
#define tap_test(name) cmocka_unit_test_setup_teardown(name, tap_setup, bridge_teardown)
#define needs_taps()                                                                               \
	do {                                                                                       \
		if (!tap_is_possible())                                                            \
			skip_because("this kernel has no taps");                                   \
	} while (0)
bool tap_is_possible(void);

/* {"cniVersion": <version>, "name": "blue", "type": "tap", <more>}, which the caller frees. */
char *tap_config(const char *version, const char *more);

/* As the functions of bridge.h for a pod's eth0. */
struct plugin_call tap_call(const struct pod *pod, const char *command, const char *config);
void tap_add(struct pod *pod, const char *config);
void tap_add_fails(const struct pod *pod, const char *config, int code, const char *text);
void tap_check(const struct pod *pod, const char *config);
void tap_check_fails(const struct pod *pod, const char *config, const char *text);
void tap_del(struct pod *pod, const char *config);

/* A descriptor attached to the tap eth0 of the pod, for frames of Ethernet without a head, as an unprivileged
 * process of this user and group attaches; or a negative errno. The caller closes it. */
int tap_attach(const struct pod *pod, uid_t user, gid_t group, bool multi_queue);

/* Reads frames until one comes that is about `address` (ARP asking for it, or IPv4 to it), at most some
 * seconds; false if none comes. */
struct tap_frame {
	size_t size;
	uint8_t bytes[2048];
};
bool tap_read(int tap, uint16_t ether_type, const char *address, struct tap_frame *ret_frame);

/* Answers the ARP request with this MAC. */
void tap_answer_arp(int tap, const struct tap_frame *request, const char *mac);

#endif
