/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Which device an ADD moves, the result, and CHECK and STATUS. */
#include "host_device_scene.h"
#include "json_text.h"

#include <unistd.h>

static void assert_in_red(const char *name)
{
	assert_shown(name, "0.ifname", "ip -n red -j link show eth0");
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
	assert_shown(HD_MAC, "0.address", "ip -n red -j link show eth0");
	sandbox_must("ip -n red link show eth0 | grep -q '[<,]UP[,>]'");
	assert_int_not_equal(sandbox_run("ip link show v0 2>/dev/null"), 0);
}

/* ---- keys ---- */

static void add__takes_the_device_by_each_key(void **state)
{
	static const char *const keys[] = {
		"'device':'v0'",
		"'hwaddr':'" HD_MAC "'",
		"'HWaddr':'02-00-00-00-00-05','device':''",
		"'hwaddr':'0200.0000.0005'",
		"'kernelpath':'/sys/devices/virtual/misc/card'",
		"'pciBusID':'0000:03:00.0'",
		"'runtimeConfig':{'deviceID':'0000:03:00.0'}",
		"'runtimeConfig':{'deviceID':'mlx5_core.sf.4'}",
		"'pciBusID':'0000:04:00.0','runtimeConfig':{'deviceID':'0000:03:00.0'}",
		"'dpdkMode':true,'pciBusID':'0000:03:00.0'",
		/* As multus writes the device of a resource into a configuration. */
		"'pciBusID':'0000:03:00.0','deviceID':'0000:03:00.0'",
		"'device':'v0','pciBusID':'0000:03:00.0','deviceID':'0000:03:00.0'",
		"'pciBusID':'mlx5_core.sf.4','deviceID':'mlx5_core.sf.4',"
		"'runtimeConfig':{'deviceID':'mlx5_core.sf.4'}",
	};
	freeing char *before = NULL;

	(void)state;
	hd_fake_sysfs();
	before = hd_snapshot();
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		hd_add(keys[i]);
		assert_in_red("eth0");
		hd_del(keys[i]);
		hd_assert_as_before(before);
	}
}

/* systemd gives a card a second name where its first choice is longer than 15 characters. */
static void add__takes_the_device_by_a_second_name(void **state)
{
	static const char *const names[] = {"card0", "enp130s0f1np1d2", "enp130s0f1np1d2v17"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *more = cni_format("'device':'%s'", names[i]);
		freeing char *before = NULL;

		hd_fails("ADD", more, 7, "there is no such link on the host");
		sandbox_must("ip link property add dev v0 altname %s", names[i]);
		before = hd_snapshot();
		hd_add(more);
		assert_in_red("eth0");
		hd_del(more);
		hd_assert_as_before(before);
	}
}

static void add__refuses_by_name(void **state)
{
	static const struct {
		const char *more;
		int code;
		const char *text;
	} cases[] = {
		{"", 7, "specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\""},
		{"'device':''", 7, "specify either"},
		{"'device':'v0','hwaddr':'" HD_MAC "'", 7,
		 "'device' is \"v0\" and 'hwaddr' is \"" HD_MAC "\", expected one of them"},
		{"'kernelpath':'/sys/devices/x','runtimeConfig':{'deviceID':'0000:03:00.0'}", 7,
		 "expected one of them"},
		{"'device':'v7'", 7,
		 "'device' is \"v7\", and there is no such link on the host, expected one of: lo, "
		 "v1, v0"},
		{"'device':'a/b'", 7, "'device'"},
		{"'device':7", 7, "'device' is 7"},
		{"'device':'lo'", 7, "loopback"},
		{"'hwaddr':'x'", 7, "'hwaddr' is \"x\", expected a MAC address"},
		{"'hwaddr':'02:00:00:00:00:99'", 7, "there is no such link"},
		{"'kernelpath':'/sys/class/net'", 7, "must be absolute and begin with"},
		{"'kernelpath':'/sys/devices/../class'", 7, "must be absolute and begin with"},
		{"'kernelpath':'/sys/devices/none'", 7, "there is no such link"},
		{"'pciBusID':'0000:09:00.0'", 7, "PCI device '0000:09:00.0' is not there"},
		{"'pciBusID':'../0000:03:00.0'", 7, "'pciBusID' is"},
		{"'runtimeConfig':{'deviceID':'none'}", 7,
		 "runtime config DeviceID none not found or unsupported"},
		{"'cniVersion':'0.2.0','device':'v0'", 1, "needs an address"},
	};
	freeing char *before = NULL;

	(void)state;
	hd_fake_sysfs();
	before = hd_snapshot();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		hd_fails("ADD", cases[i].more, cases[i].code, cases[i].text);
	hd_assert_as_before(before);
}

/* The names are at most twenty. */
static void add__names_some_of_many_links(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		sandbox_must("ip link add a%d type veth peer name b%d", i, i);
	hd_fails("ADD", "'device':'v7'", 7, ", …");
}

/* ---- what the host uses ---- */

static void add__takes_what_the_host_uses_by_its_name_only(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must("ip route add default via 10.9.0.7 dev v0");
	before = hd_snapshot();
	hd_fails("ADD", "'hwaddr':'" HD_MAC "'", 7,
		 "which the default route of the host goes through");
	hd_assert_as_before(before);
	hd_add(HD_V0);
	hd_del(HD_V0);
	hd_assert_as_before(before);
}

static void add__gives_a_port_back_to_its_bridge(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must("ip link add br7 type bridge && ip link set br7 up && "
		     "ip link set v0 master br7");
	before = hd_snapshot();
	hd_fails("ADD", "'hwaddr':'" HD_MAC "'", 7, "a port of another link, br7");
	hd_assert_as_before(before);
	hd_add(HD_V0);
	hd_del(HD_V0);
	hd_assert_as_before(before);
}

/* ---- who has it ---- */

static void add__names_the_owner_of_a_device_that_is_elsewhere(void **state)
{
	static const char *const keys[] = {"'device':'v0'", "'hwaddr':'" HD_MAC "'",
					   "'pciBusID':'0000:03:00.0'"};
	freeing char *before = NULL;

	(void)state;
	hd_fake_sysfs();
	before = hd_snapshot();
	hd_add("'pciBusID':'0000:03:00.0'");
	sandbox_must("rmdir /sys/bus/pci/devices/0000:03:00.0/net/v0");
	for (size_t i = 0; i < 3; i++) {
		freeing char *more = cni_format("'name':'other',%s", keys[i]);
		freeing char *config = hd_config(more);
		struct plugin_call call = hd_call("ADD", "green", config);

		plugin_fails(&call, 105, "blue/red/eth0");
	}
	hd_fails("ADD", HD_V0, 105, "CNI_IFNAME 'eth0' already exists in the container");
	hd_del(HD_V0);
	sandbox_must("mkdir /sys/bus/pci/devices/0000:03:00.0/net/v0");
	hd_assert_as_before(before);
}

static void add__leaves_a_link_under_cni_ifname_alone(void **state)
{
	freeing char *before = hd_snapshot();

	(void)state;
	sandbox_must("ip -n red link add eth0 type bridge");
	hd_fails("ADD", HD_V0, 105, "CNI_IFNAME 'eth0' already exists in the container");
	hd_assert_as_before(before);
	hd_del(HD_V0);
	assert_shown("bridge", "0.linkinfo.info_kind", "ip -n red -j -d link show eth0");
	hd_assert_as_before(before);
}

/* ---- the result ---- */

#define RED_NETNS "'sandbox':'/run/netns/red'"

static void add__answers_in_each_version(void **state)
{
	static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *more = cni_format("'cniVersion':'%s'," HD_V0, versions[i]);
		freeing char *config = hd_config(more);
		struct plugin_call call = hd_call("ADD", "red", config);
		struct plugin_answer answer = plugin_run(&call);

		plugin_assert_success(&answer);
		assert_json(answer.json, "interfaces",
			    "[{'name':'eth0','mac':'" HD_MAC "'," RED_NETNS "}]");
		assert_json(answer.json, "ips", NULL);
		plugin_answer_clear(&answer);
		hd_del(more);
	}
}

static void add__gives_the_addresses_of_ipam(void **state)
{
	freeing char *config = hd_config(HD_V0 ",'dns':{'nameservers':['10.1.0.53']}," IPAM46);
	freeing char *before = hd_snapshot();
	struct plugin_call call = hd_call("ADD", "red", config);
	struct plugin_answer answer = plugin_run(&call);

	(void)state;
	plugin_assert_success(&answer);
	assert_json(answer.json, "ips.0",
		    "{'interface':0,'address':'10.1.0.2/24','gateway':"
		    "'10.1.0.1'}");
	assert_json(answer.json, "ips.1.address", "fd01::2/64");
	assert_json(answer.json, "dns.nameservers.0", "10.1.0.53");
	assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("fd01::1", "0.gateway", "ip -n red -j -6 route show default");
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	hd_assert_as_before(before);
}

/* The Go plugin prints the interface, although there is none. */
static void add__of_a_device_that_a_program_has(void **state)
{
	static const char *const keys[] = {"'pciBusID':'0000:04:00.0'",
					   "'runtimeConfig':{'deviceID':'0000:04:00.0'}",
					   "'dpdkMode':true,'device':'v0'"};
	freeing char *before = NULL;

	(void)state;
	hd_fake_sysfs();
	before = hd_snapshot();
	for (size_t i = 0; i < 3; i++) {
		freeing char *more = cni_format("%s," IPAM4, keys[i]);
		freeing char *config = hd_config(more);
		struct plugin_call call = hd_call("ADD", "red", config);
		struct plugin_answer answer = plugin_run(&call);

		plugin_assert_success(&answer);
		assert_json(answer.json, "interfaces", "[{'name':'eth0'," RED_NETNS "}]");
		assert_json(answer.json, "ips.0.address", "10.1.0.2/24");
		assert_shown(NULL, "1", "ip -n red -j link show");
		plugin_answer_clear(&answer);
		call.command = "DEL";
		plugin_succeeds(&call);
		hd_assert_as_before(before);
	}
}

/* ---- CHECK, STATUS ---- */

static void check_with(const char *more, const char *text)
{
	freeing char *all = cni_format(
		HD_V0
		",'prevResult':{'cniVersion':'1.0.0','interfaces':[{'name':'eth0','mac':'" HD_MAC
		"'," RED_NETNS "}]}%s",
		more);
	freeing char *config = hd_config(all);
	struct plugin_call call = hd_call("CHECK", "red", config);

	if (text)
		plugin_fails(&call, 102, text);
	else
		plugin_succeeds(&call);
}

static void check__names_what_is_wrong(void **state)
{
	(void)state;
	hd_add(HD_V0);
	check_with("", NULL);
	sandbox_must("ip -n red link set eth0 down");
	check_with("", "'eth0' in the container is down");
	sandbox_must("ip -n red link set eth0 address 02:00:00:00:00:66 up");
	check_with("", "MAC 02:00:00:00:00:66, expected " HD_MAC);
	sandbox_must("ip -n red link set eth0 down && ip -n red link set eth0 name other "
		     "address " HD_MAC);
	check_with("", "'eth0' is missing in the container");
	sandbox_must("ip -n red link add eth0 address " HD_MAC " type veth peer name p && "
		     "ip -n red link set eth0 up");
	check_with("", "'eth0' in the container is another link, expected device 'v0' of the host");
	hd_del(HD_V0);
}

static void status__tells_whether_there_is_a_device(void **state)
{
	static const char v11[] = "'cniVersion':'1.1.0'";
	freeing char *there = hd_config("'cniVersion':'1.1.0'," HD_V0);
	freeing char *missing = hd_config("'cniVersion':'1.1.0','device':'v7'");
	freeing char *none = hd_config(v11);
	struct plugin_call call = bridge_call("STATUS", there);

	(void)state;
	call.plugin = HOST_DEVICE;
	plugin_succeeds(&call);
	hd_add(HD_V0);
	plugin_succeeds(&call);
	hd_del(HD_V0);
	call.config = none;
	plugin_succeeds(&call);
	call.config = missing;
	plugin_fails(&call, 50, "'device' is \"v7\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hd_test(add__takes_the_device_by_each_key),
		hd_test(add__takes_the_device_by_a_second_name),
		hd_test(add__refuses_by_name),
		hd_test(add__names_some_of_many_links),
		hd_test(add__takes_what_the_host_uses_by_its_name_only),
		hd_test(add__gives_a_port_back_to_its_bridge),
		hd_test(add__names_the_owner_of_a_device_that_is_elsewhere),
		hd_test(add__leaves_a_link_under_cni_ifname_alone),
		hd_test(add__answers_in_each_version),
		hd_test(add__gives_the_addresses_of_ipam),
		hd_test(add__of_a_device_that_a_program_has),
		hd_test(check__names_what_is_wrong),
		hd_test(status__tells_whether_there_is_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
