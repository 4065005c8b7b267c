/* SPDX-License-Identifier: Apache-2.0 */
/* tuning, on a host of its own for each test, with the container "red": its eth0 is one end of a
 * veth with the address 10.1.0.5/24, and up. The earlier values are kept in TUNING_DIR, which is
 * there. JSON is written with single quotes. Failures fail the test. */
#ifndef TUNING_SCENE_H
#define TUNING_SCENE_H

#include "bridge.h"
#include "plugin.h"
#include "pod_snapshot.h"

#define TUNING	   CNI_C_BINARY_DIR "/plugins/tuning"
#define GO_TUNING  "/usr/lib/cni/tuning"
#define TUNING_DIR SANDBOX_DIR "/tuning"
#define TUNING_RED "/run/netns/red"

/* Its file. */
#define TUNING_FILE TUNING_DIR "/red_eth0.json"

int tuning_setup(void **state);
#define tuning_test(name) cmocka_unit_test_setup_teardown(name, tuning_setup, bridge_teardown)

/* Makes the container anew, as it was. */
void tuning_renew_red(void);

/* All settings there are, with other values than eth0 has. */
#define TUNING_ALL                                                                                 \
	"'mac':'0a:58:0a:01:00:05','mtu':1400,'promisc':true,'allmulti':true,'txQLen':77,"         \
	"'sysctl':{'net.core.somaxconn':'321','net.ipv4.conf.IFNAME.arp_filter':'1'}"

/* {"cniVersion": <version>, "name": "blue", "type": "tuning", "dataDir": TUNING_DIR, "prevResult":
 * of eth0, <more>}; of two keys the last one wins. The caller frees. */
char *tuning_config(const char *version, const char *more);

/* For red's eth0. */
struct plugin_call tuning_call(const char *command, const char *config);

/* A call for red's eth0, in 1.0.0, that succeeds, or fails as plugin_fails(). */
void tuning_succeeds(const char *command, const char *more);
void tuning_fails(const char *command, const char *more, int code, const char *text);

/* The settings of red's eth0 as ip(8) and sysctl(8) show them: "mac 0a:58:0a:01:00:05 mtu 1400
 * flags PROMISC,ALLMULTI txqlen 77 somaxconn 321 arp_filter 1". The caller frees. */
char *tuning_shown(void);
void tuning_assert_shown(const char *expected);
#define TUNING_UNTUNED                                                                             \
	"mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 4096 arp_filter 0"
#define TUNING_TUNED                                                                               \
	"mac 0a:58:0a:01:00:05 mtu 1400 flags ALLMULTI,PROMISC txqlen 77 somaxconn 321 "           \
	"arp_filter 1"

/* The files in TUNING_DIR: "red_eth0.json\n". The caller frees. */
char *tuning_files(void);

#endif
