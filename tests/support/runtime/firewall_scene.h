/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall plugin on a router of its own for each test: two bridges with a gateway in both
 * families, namespaces on them as if other plugins had attached them, and one outside.
 *
 *	a1 10.1.0.11 fd01::11 \
 *	a2 10.1.0.12 fd01::12 - br0 - host - out0 - outside 192.0.2.2 2001:db8::2
 *	b1 10.2.0.11 fd02::11 - br1 /
 *
 * JSON in tests is written with single quotes. Failures fail the test. */
#ifndef FIREWALL_SCENE_H
#define FIREWALL_SCENE_H

#include "bridge.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#define FIREWALL    CNI_C_BINARY_DIR "/plugins/firewall"
#define GO_FIREWALL "/usr/lib/cni/firewall"
#define OUTSIDE4    "192.0.2.2"
#define OUTSIDE6    "2001:db8::2"

int firewall_setup(void **state);
int firewall_teardown(void **state);
#define firewall_test(name) cmocka_unit_test_setup_teardown(name, firewall_setup, firewall_teardown)

/* A namespace, and its data for ADD. */
struct host_pod {
	const char *name; /* CNI_CONTAINERID, and the namespace's name */
	const char *bridge;
	const char *ip4;
	const char *ip6;
};
extern const struct host_pod a1;
extern const struct host_pod a2;
extern const struct host_pod b1;

/* {"cniVersion": "1.1.0", "name": "blue", "type": "firewall", <more>, "prevResult": …}; the last of
 * two equal keys wins. Without a pod there is no prevResult. The caller frees. */
char *firewall_config(const struct host_pod *pod, const char *more);

/* A call for the pod's eth0; NULL: for none, as GC and STATUS. */
struct plugin_call firewall_call(const struct host_pod *pod, const char *command,
				 const char *config);

void firewall_succeeds(const char *command, const struct host_pod *pod, const char *more);
void firewall_fails(const char *command, const struct host_pod *pod, const char *more, int code,
		    const char *text);
/* DEL as after a reboot of the runtime: no namespace, no prevResult, nothing but the name. */
void firewall_bare_del(const struct host_pod *pod);

/* Which of the two ("nft", "legacy") `iptables` is from now on, in this test, for plugins and
 * sandbox_run() alike; "none": there is no such command. */
void firewall_use_iptables(const char *which);

/* Links, rules and files: what the plugin could leave. The caller frees. */
char *firewall_snapshot(void);
void firewall_assert_unchanged(const char *before);

/* Fails the test unless pings from the namespace `from` come back, of each address (NULL: none is
 * sent). */
void assert_forwarded(const char *from, const char *ip4, const char *ip6);
/* Or none of them. An answer takes less than a millisecond; the wait is 200 times as long. */
void assert_dropped(const char *from, const char *ip4, const char *ip6);

/* Asserts the number of lines of a command's output that hold the text. */
void assert_lines(int expected, const char *text, const char *command);

/* A test for each of the two iptables; its state is which ("nft", "legacy"). */
int firewall_setup_nft(void **state);
int firewall_setup_legacy(void **state);
#define firewall_both_tests(name)                                                                  \
	{#name " (nft)", name, firewall_setup_nft, firewall_teardown, NULL},                       \
	{                                                                                          \
#name " (legacy)", name, firewall_setup_legacy, firewall_teardown, NULL            \
	}

/* True if the kernel has both families of the iptables in use. */
bool firewall_has_iptables(void);
#define firewall_skip_unless_it_works()                                                            \
	do {                                                                                       \
		if (!firewall_has_iptables())                                                      \
			skip_because("this kernel has no iptables-%s", (const char *)*state);      \
	} while (0)

#endif
