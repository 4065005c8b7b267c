/* SPDX-License-Identifier: Apache-2.0 */
#include "host_device_scene.h"

#include "json_text.h"

int hd_setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	sandbox_must("ip link add v0 address " HD_MAC " mtu 1400 type veth peer name v1");
	sandbox_must("ip link set v1 up");
	sandbox_must("ip link property add dev v0 altname first-card");
	sandbox_must("ip link set v0 alias 'rack 7' txqueuelen 77 allmulticast on up");
	sandbox_must("ip addr add 10.9.0.1/24 dev v0 label v0:a brd +");
	sandbox_must("ip addr add 10.9.0.2/24 dev v0");
	sandbox_must("ip addr add fd09::1/64 dev v0 nodad");
	sandbox_must("ip route add 10.10.0.0/16 via 10.9.0.9 dev v0 metric 7");
	sandbox_must("ip route add 10.11.0.0/16 via 10.10.0.9 dev v0 onlink");
	sandbox_must("ip route add default via 10.9.0.8 dev v0 table 100");
	sandbox_must("ip -6 route add fd10::/64 via fd09::9 dev v0");
	return 0;
}

char *hd_config(const char *more)
{
	freeing char *text =
		cni_format("{'cniVersion':'1.0.0','name':'blue','type':'host-device'%s%s}",
			   *more ? "," : "", more);

	return json_text(text);
}

struct plugin_call hd_call(const char *command, const char *container, const char *config)
{
	static char netns[2][64];
	static unsigned int next;
	char *path = netns[next++ % 2];

	snprintf(path, sizeof(netns[0]), "/run/netns/%s", container);
	return (struct plugin_call){.plugin = HOST_DEVICE,
				    .command = command,
				    .container = container,
				    .netns = path,
				    .ifname = "eth0",
				    .path = BRIDGE_PATH,
				    .config = config};
}

void hd_add(const char *more)
{
	freeing char *config = hd_config(more);
	struct plugin_call call = hd_call("ADD", "red", config);

	plugin_succeeds(&call);
}

void hd_del(const char *more)
{
	freeing char *config = hd_config(more);
	struct plugin_call call = hd_call("DEL", "red", config);

	plugin_succeeds(&call);
}

void hd_fails(const char *command, const char *more, int code, const char *text)
{
	freeing char *config = hd_config(more);
	struct plugin_call call = hd_call(command, "red", config);

	plugin_fails(&call, code, text);
}

static char *records(void)
{
	return sandbox_read("find /run/cni/host-device -mindepth 1 2>/dev/null | sort");
}

char *hd_snapshot(void)
{
	return bridge_snapshot();
}

void hd_assert_as_before(const char *before)
{
	freeing char *left = records();

	bridge_assert_unchanged(before);
	assert_string_equal(left, "");
}

void hd_fake_sysfs(void)
{
	sandbox_must("mount -t tmpfs fake /sys/bus");
	sandbox_must("mkdir -p /sys/bus/pci/drivers/mlx5_core /sys/bus/pci/drivers/vfio-pci "
		     "/sys/bus/pci/devices/0000:03:00.0/net/v0 /sys/bus/pci/devices/0000:04:00.0 "
		     "/sys/bus/auxiliary/devices/mlx5_core.sf.4/net/v0");
	sandbox_must("ln -s ../../drivers/mlx5_core /sys/bus/pci/devices/0000:03:00.0/driver");
	sandbox_must("ln -s ../../drivers/vfio-pci /sys/bus/pci/devices/0000:04:00.0/driver");
	sandbox_must("mount -t tmpfs fake /sys/devices/virtual/misc");
	sandbox_must("mkdir -p /sys/devices/virtual/misc/card/net/v0");
}
