/* SPDX-License-Identifier: Apache-2.0 */
/* host-device, on a host of its own for each test, with the containers "red" and "green". The device is
 * "v0", one end of a veth whose other end "v1" stays, with all that it may lose: an alias, a small MTU, addresses
 * with a label, routes with a metric and in a table, and it is up. JSON is written with single quotes.
 * Failures fail the test. */
#ifndef HOST_DEVICE_SCENE_H
#define HOST_DEVICE_SCENE_H

#include "bridge.h"
#include "plugin.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#define HOST_DEVICE    CNI_C_BINARY_DIR "/plugins/host-device"
#define GO_HOST_DEVICE "/usr/lib/cni/host-device"
#define HD_MAC	       "02:00:00:00:00:05"
#define HD_V0	       "'device':'v0'"

int hd_setup(void **state);
#define hd_test(name) cmocka_unit_test_setup_teardown(name, hd_setup, bridge_teardown)

/* {"cniVersion": "1.0.0", "name": "blue", "type": "host-device", <more>}; the last of two keys wins. The
 * caller frees. */
char *hd_config(const char *more);

/* For the container's eth0. */
struct plugin_call hd_call(const char *command, const char *container, const char *config);

/* Calls for red's eth0. */
void hd_add(const char *more);
void hd_del(const char *more);
void hd_fails(const char *command, const char *more, int code, const char *text);

/* The host, and the records. The caller frees. */
char *hd_snapshot(void);
/* Fails the test unless the host is as before, and there is no record. */
void hd_assert_as_before(const char *before);

/* /sys/bus has the PCI device 0000:03:00.0 and the auxiliary device mlx5_core.sf.4, both with the link v0, and
 * 0000:04:00.0, whose driver is vfio-pci; /sys/devices/virtual/misc/card has the link v0 as well. */
void hd_fake_sysfs(void);

#endif
