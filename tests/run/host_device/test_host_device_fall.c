/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* Hardware, which falls back to the host when its namespace ends: the network card of scripts/vm. It falls to
 * the machine's first network namespace, so these tests run there, and nowhere else. */
#include "host_device_scene.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NIC_MAC "02:00:00:00:0a:01"
#define NIC	"'device':'nic0'"

static bool has_card;

static int mount_empty(const char *path)
{
	mkdir(path, 0755);
	return mount("test", path, "tmpfs", 0, "mode=0755");
}

/* The card as it is at first. */
static void make_nic(void)
{
	sandbox_must("for n in /sys/class/net/*; do [ $(cat $n/address) != " NIC_MAC
		     " ] || { ip link set ${n##*/} down && ip link set ${n##*/} name nic0; }; done "
		     "2>/run/out; ip link set nic0 alias 'rack 7' mtu 1400 up");
	sandbox_must("ip addr add 10.9.0.1/24 dev nic0 && ip addr add fd09::1/64 dev nic0 nodad && "
		     "ip route add 10.10.0.0/16 via 10.9.0.9 dev nic0 metric 7");
}

static int fall_setup(void **state)
{
	(void)state;
	if (access("/run/vm/command", F_OK) != 0 || sandbox_run("modprobe virtio_net") != 0)
		return 0;
	has_card = true;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount_empty("/run") < 0 || mount_empty("/var/lib/cni") < 0)
		return -1;
	mkdir(SANDBOX_DIR, 0755);
	mkdir(SANDBOX_BIN, 0755);
	make_nic();
	return 0;
}

static void end(void)
{
	sandbox_run("ip netns del red 2>/run/out; ip netns del green 2>/run/out");
}

static void begin(void)
{
	if (!has_card)
		skip_because("there is no network card to spare: scripts/vm has one");
	end(); /* that of a test that has failed */
	sandbox_must("ip netns add red && ip netns add green");
}

/* Without the link-local address: duplicate address detection gives it its route a second later. */
static char *nic_shown(void)
{
	return sandbox_read("ip -o link show nic0 | sed 's/^[0-9]*: //'; "
			    "ip -o addr show nic0 | grep -v fe80 | sed 's/^[0-9]*: //'; "
			    "ip route show table all dev nic0 | grep -v fe80; "
			    "ip -6 route show dev nic0 | grep -v fe80");
}

static void assert_nic(const char *before)
{
	freeing char *after = nic_shown();

	sandbox_assert_same(before, after);
	assert_int_not_equal(sandbox_run("test -e /run/cni/host-device/blue/*"), 0);
}

/* Its MAC may be another one. */
static bool is_on_host(void)
{
	return sandbox_run("ls -d /sys/class/net/*/device >/run/out 2>&1") == 0;
}

static void await_fall(void)
{
	while (!is_on_host())
		;
}

static void del_with(const char *netns)
{
	freeing char *config = hd_config(NIC);
	struct plugin_call call = hd_call("DEL", "red", config);

	call.netns = netns;
	plugin_succeeds(&call);
}

/* ---- tests ---- */

static void add__by_each_key(void **state)
{
	freeing char *before = NULL;
	freeing char *pci = NULL;
	freeing char *path = NULL;
	const char *keys[4] = {NIC, "'hwaddr':'" NIC_MAC "'"};

	(void)state;
	begin();
	before = nic_shown();
	pci = sandbox_read("realpath /sys/class/net/nic0/device | sed 's|/virtio.*||; s|.*/||' | "
			   "tr -d '\\n'");
	path = sandbox_read("realpath /sys/class/net/nic0/device | tr -d '\\n'");
	keys[2] = cni_format("'pciBusID':'%s'", pci);
	keys[3] = cni_format("'kernelpath':'%s'", path);
	for (int i = 0; i < 4; i++) {
		hd_add(keys[i]);
		assert_shown(NIC_MAC, "0.address", "ip -n red -j link show eth0");
		hd_fails("STATUS", "'cniVersion':'1.1.0','device':'nic7'", 50, "nic7");
		hd_del(keys[i]);
		assert_nic(before);
	}
	free((char *)(uintptr_t)keys[2]);
	free((char *)(uintptr_t)keys[3]);
	end();
}

/* Changes by root in the container. */
static const char *const doings[] = {
	"true",
	"ip -n red link set eth0 down; ip -n red link set eth0 name foo",
	"ip -n red link set eth0 alias eth5 mtu 1300 promisc on",
	"ip -n red link set eth0 down; ip -n red link set eth0 address 02:00:00:00:00:99",
	"ip -n red link set eth0 down; ip -n red link set eth0 name lo7; ip -n red link add eth0 "
	"address " NIC_MAC " type veth peer name q0; ip -n red link set eth0 alias nic0",
};

static void del__gives_back_hardware_in_the_container(void **state)
{
	freeing char *before = NULL;

	(void)state;
	begin();
	before = nic_shown();
	for (size_t i = 0; i < sizeof(doings) / sizeof(*doings); i++) {
		hd_add(NIC);
		sandbox_must("%s", doings[i]);
		hd_del(NIC);
		assert_nic(before);
		sandbox_must("ip netns del red && ip netns add red");
	}
	end();
}

static void del__finds_hardware_that_has_fallen(void **state)
{
	freeing char *before = NULL;

	(void)state;
	begin();
	before = nic_shown();
	for (size_t i = 0; i < sizeof(doings) / sizeof(*doings); i++) {
		hd_add(NIC);
		sandbox_must("%s", doings[i]);
		sandbox_del_netns("red");
		/* With a wait, and without: DEL waits itself. */
		if (i % 2)
			await_fall();
		del_with(i % 3 ? "" : "/run/netns/red");
		assert_nic(before);
		del_with("");
		assert_nic(before);
		sandbox_add_netns("red");
	}
	end();
}

/* There was no DEL. */
static void add__takes_hardware_that_has_fallen(void **state)
{
	freeing char *config = NULL;
	freeing char *before = NULL;

	(void)state;
	begin();
	config = hd_config(NIC);
	before = nic_shown();
	for (size_t i = 0; i < sizeof(doings) / sizeof(*doings); i++) {
		freeing char *by_mac = hd_config("'hwaddr':'" NIC_MAC "'");
		struct plugin_call green = hd_call("ADD", "green", i == 1 ? by_mac : config);

		hd_add(NIC);
		sandbox_must("%s", doings[i]);
		plugin_fails(&green, 105, "blue/red/eth0");
		sandbox_del_netns("red");
		await_fall();
		plugin_succeeds(&green);
		assert_shown("nic0", "0.ifalias", "ip -n green -j link show eth0");
		/* The late one has nothing to say any more. */
		del_with("");
		assert_shown("nic0", "0.ifalias", "ip -n green -j link show eth0");
		green.command = "DEL";
		plugin_succeeds(&green);
		assert_nic(before);
		sandbox_add_netns("red");
	}
	end();
}

static int outcome_of(struct plugin_process *process)
{
	struct plugin_answer answer = plugin_finish(process);
	int code = answer.exit_code;

	if (code)
		plugin_assert_error(&answer, 105, "of another attachment, blue/");
	plugin_answer_clear(&answer);
	return code;
}

/* The one whose record the other one finds keeps the card. */
static void add__of_two_at_once_gives_hardware_to_one(void **state)
{
	freeing char *config = NULL;
	freeing char *before = NULL;

	(void)state;
	begin();
	config = hd_config(NIC);
	before = nic_shown();
	for (int i = 0; i < 8; i++) {
		struct plugin_call calls[] = {hd_call("ADD", "red", config),
					      hd_call("ADD", "green", config)};
		struct plugin_process running[] = {plugin_start(&calls[0]),
						   plugin_start(&calls[1])};
		int first = outcome_of(&running[0]);
		int second = outcome_of(&running[1]);

		assert_int_equal(first + second, 1);
		sandbox_must("ip -n %s link show eth0 >/run/out", first ? "green" : "red");
		for (int j = 0; j < 2; j++) {
			calls[j].command = "DEL";
			plugin_succeeds(&calls[j]);
		}
		assert_nic(before);
	}
	end();
}

static void gc__gives_back_hardware_that_has_fallen(void **state)
{
	freeing char *config = NULL;
	freeing char *before = NULL;
	struct plugin_call call;

	(void)state;
	begin();
	before = nic_shown();
	hd_add(NIC);
	sandbox_del_netns("red");
	await_fall();
	config = hd_config("'cniVersion':'1.1.0'," NIC ",'cni.dev/valid-attachments':[]");
	call = bridge_call("GC", config);
	call.plugin = HOST_DEVICE;
	plugin_succeeds(&call);
	assert_nic(before);
	end();
}

/* The container has moved it into a namespace of its own. */
static void del__keeps_in_mind_what_it_does_not_find(void **state)
{
	freeing char *before = NULL;

	(void)state;
	begin();
	before = nic_shown();
	hd_add(NIC "," IPAM4);
	sandbox_must("ip -n red link set eth0 netns green");
	hd_del(NIC "," IPAM4);
	assert_int_not_equal(sandbox_run("ls /var/lib/cni/networks/blue | grep '^10'"), 0);
	hd_del(NIC "," IPAM4);
	sandbox_del_netns("green");
	await_fall();
	hd_del(NIC "," IPAM4);
	assert_nic(before);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add__by_each_key),
		cmocka_unit_test(del__gives_back_hardware_in_the_container),
		cmocka_unit_test(del__finds_hardware_that_has_fallen),
		cmocka_unit_test(add__takes_hardware_that_has_fallen),
		cmocka_unit_test(add__of_two_at_once_gives_hardware_to_one),
		cmocka_unit_test(gc__gives_back_hardware_that_has_fallen),
		cmocka_unit_test(del__keeps_in_mind_what_it_does_not_find),
	};

	return cmocka_run_group_tests(tests, fall_setup, NULL);
}
