/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* A device comes back as it was, whatever the container has done and whatever DEL does not get. */
#include "host_device_scene.h"

#include <string.h>

/* ---- what the container has done ---- */

/* Everything that root in the container can change. */
static const char *const doings[] = {
	"ip -n red link set eth0 down",
	"ip -n red link set eth0 down; ip -n red link set eth0 name foo",
	"ip -n red link set eth0 alias eth5",
	"ip -n red link set eth0 alias ''",
	"ip -n red link set eth0 alias ../../etc/passwd",
	"ip -n red link set eth0 address 02:00:00:00:00:99",
	"ip -n red link set eth0 mtu 1300 txqueuelen 5 promisc on allmulticast off",
	"ip -n red addr add 10.77.0.1/24 dev eth0; ip -n red route add 10.78.0.0/16 dev eth0",
	"ip -n red link add br9 type bridge; ip -n red link set eth0 master br9",
	"ip -n red link add m9 link eth0 type macvlan",
	/* A second name that a link of the host has, and none of the device's own. */
	"ip -n red link property add dev eth0 altname v1; "
	"ip -n red link property del dev eth0 altname first-card",
	"ip -n red link set eth0 down; ip -n red link set eth0 name foo; "
	"ip -n red link property add dev foo altname eth0",
	/* Its name on the host is taken in the container. */
	"ip -n red link add v0 type bridge",
	/* Another device under its name, with all its traits. */
	"ip -n red link set eth0 down; ip -n red link set eth0 name foo address 02:00:00:00:00:98; "
	"ip -n red link add eth0 address " HD_MAC " type veth peer name q0; "
	"ip -n red link set eth0 alias v0 up",
	/* The other end has the index of v1. */
	"ip -n red link set eth0 down; ip -n red link set eth0 name foo; "
	"ip -n red link add eth0 type veth peer name q0 index $(cat /sys/class/net/v1/ifindex); "
	"ip -n red link set eth0 alias v0",
};

static void del__gives_the_device_back_whatever_the_container_did(void **state)
{
	freeing char *before = hd_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(doings) / sizeof(*doings); i++) {
		hd_add(HD_V0 "," IPAM4);
		sandbox_must("%s", doings[i]);
		hd_del(HD_V0 "," IPAM4);
		hd_assert_as_before(before);
		hd_del(HD_V0 "," IPAM4);
		hd_assert_as_before(before);
		sandbox_must("ip netns del red && ip netns add red");
	}
}

/* The namespace that it was moved on to is one of the container's own, and the device ends with it. */
static void del__succeeds_if_the_device_is_gone(void **state)
{
	freeing char *before = NULL;

	(void)state;
	hd_add(HD_V0 "," IPAM4);
	sandbox_must("ip -n red link del eth0");
	before = hd_snapshot();
	hd_del(HD_V0 "," IPAM4);
	assert_int_not_equal(sandbox_run("grep -rq red /var/lib/cni/networks/blue 2>/dev/null"), 0);
	assert_int_equal(sandbox_run("test -e /run/cni/host-device/blue"), 1);
}

/* An interface that a DEL without a record finds: the container has made it. */
static void del__takes_nothing_that_the_container_made(void **state)
{
	static const char *const made[] = {
		"ip -n red link add eth0 type veth peer name q0",
		"ip -n red link add eth0 type bridge",
		"ip -n red tuntap add eth0 mode tap",
		"ip -n red link add p0 type veth peer name p1; ip -n red link add eth0 link p0 "
		"type macvlan",
		"ip -n red link add eth0 type veth peer name q0; ip -n red link set q0 netns green",
	};
	freeing char *before = hd_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		sandbox_must("%s", made[i]);
		sandbox_must("ip -n red link set eth0 alias evil");
		hd_del(HD_V0);
		hd_assert_as_before(before);
		sandbox_must("ip -n red link show eth0 >/run/out");
		sandbox_must("ip -n red link del eth0");
	}
}

/* ---- what DEL does not get ---- */

enum { NO_NETNS = 1, NO_PREV = 2, BROKEN = 4 };

static char *config_of(unsigned int lacks)
{
	freeing char *more = cni_format(
		"%s,%s%s", lacks & BROKEN ? "'device':[],'hwaddr':7,'dpdkMode':'x'" : HD_V0, IPAM4,
		lacks & NO_PREV ? ""
				: ",'prevResult':{'cniVersion':'1.0.0','interfaces':[{'name':"
				  "'eth0','sandbox':'/run/netns/red'}]}");

	return hd_config(more);
}

static void del__works_with_little(void **state)
{
	freeing char *before = hd_snapshot();

	(void)state;
	for (unsigned int lacks = 0; lacks < 8; lacks++) {
		freeing char *config = config_of(lacks);
		struct plugin_call call = hd_call("DEL", "red", config);

		hd_add(HD_V0 "," IPAM4);
		if (lacks & NO_NETNS)
			call.netns = "";
		/* Without the path the record leads to the namespace. */
		plugin_succeeds(&call);
		hd_assert_as_before(before);
		plugin_succeeds(&call);
		hd_assert_as_before(before);
	}
}

/* A veth ends with its namespace; what there is of it goes, and the lease. */
static void del__releases_without_the_namespace(void **state)
{
	(void)state;
	for (unsigned int lacks = 0; lacks < 8; lacks++) {
		freeing char *config = config_of(lacks);
		struct plugin_call call = hd_call("DEL", "red", config);
		freeing char *before = NULL;

		sandbox_run("ip link add v0 type veth peer name v1 2>/dev/null");
		hd_add(HD_V0 "," IPAM4);
		sandbox_del_netns("red");
		while (sandbox_run("ip link show v1 >/run/out 2>&1") == 0)
			;
		before = hd_snapshot();
		if (lacks & NO_NETNS)
			call.netns = "";
		plugin_succeeds(&call);
		assert_int_equal(sandbox_run("test -e /run/cni/host-device/blue"), 1);
		assert_int_not_equal(sandbox_run("ls /var/lib/cni/networks/blue | grep '^10'"), 0);
		sandbox_add_netns("red");
	}
}

/* The path leads to another container's namespace by now. */
static void del__believes_no_path_that_leads_elsewhere(void **state)
{
	freeing char *before = hd_snapshot();
	freeing char *config = hd_config(HD_V0);
	struct plugin_call call = hd_call("DEL", "red", config);

	(void)state;
	hd_add(HD_V0);
	sandbox_must("ip -n green link add eth0 type bridge && ip -n green link set eth0 alias v0");
	call.netns = "/run/netns/green";
	plugin_succeeds(&call);
	hd_assert_as_before(before);
	sandbox_must("ip -n green link show eth0 >/run/out");
}

static void del__of_another_attachment_takes_nothing(void **state)
{
	freeing char *other = hd_config("'name':'other'," HD_V0);
	freeing char *config = hd_config(HD_V0);
	struct plugin_call call = hd_call("DEL", "green", config);

	(void)state;
	hd_add(HD_V0);
	plugin_succeeds(&call);
	call.netns = "";
	plugin_succeeds(&call);
	call = hd_call("DEL", "green", other);
	plugin_succeeds(&call);
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
}

/* A record that is damaged is none: alias and the other end on the host lead back, as with the Go plugin. */
static void del__without_its_record_goes_by_the_alias(void **state)
{
	static const char *const damages[] = {"rm", "truncate -s 20", "sed -i s/v0/v9/"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		hd_add(HD_V0);
		sandbox_must("%s /run/cni/host-device/blue/red:eth0", damages[i]);
		hd_del(HD_V0);
		assert_shown(HD_MAC, "0.address", "ip -j link show v0");
		assert_shown(NULL, "0.ifalias", "ip -j link show v0");
		assert_int_equal(sandbox_run("test -e /run/cni/host-device/blue"), 1);
	}
}

/* ---- the host ---- */

/* Its name is taken: it comes back under another one. */
static void del__gives_back_under_a_free_name(void **state)
{
	(void)state;
	hd_add(HD_V0);
	sandbox_must("ip link add v0 type bridge");
	hd_del(HD_V0);
	assert_shown("bridge", "0.linkinfo.info_kind", "ip -j -d link show v0");
	sandbox_must("ip -o link | grep -q 'dev[01]@v1.*" HD_MAC "'");
	sandbox_must("ip addr | grep -q 10.9.0.1/24");
	sandbox_must("ip -o link | grep -q 'alias rack 7'");
}

static void del__brings_addresses_back_that_the_host_gave_away(void **state)
{
	(void)state;
	hd_add(HD_V0);
	sandbox_must("ip addr add 10.9.0.9/24 dev v1");
	hd_del(HD_V0);
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show v0");
}

/* ---- GC ---- */

static void gc_with(const char *valid)
{
	freeing char *more = cni_format(
		"'cniVersion':'1.1.0'," HD_V0 "," IPAM4 ",'cni.dev/valid-attachments':[%s]", valid);
	freeing char *config = hd_config(more);
	struct plugin_call call = bridge_call("GC", config);

	call.plugin = HOST_DEVICE;
	plugin_succeeds(&call);
}

static void gc__gives_back_what_no_valid_attachment_has(void **state)
{
	freeing char *before = hd_snapshot();

	(void)state;
	hd_add(HD_V0 "," IPAM4);
	gc_with("{'containerID':'red','ifname':'eth0'}");
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
	gc_with("{'containerID':'red','ifname':'eth1'},{'containerID':'green','ifname':'eth0'}");
	hd_assert_as_before(before);
	/* And one of another network stays. */
	hd_add("'name':'other'," HD_V0);
	gc_with("");
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
	hd_del("'name':'other'," HD_V0);
	sandbox_must("rmdir /run/cni/host-device/* 2>/dev/null || true");
	hd_assert_as_before(before);
}

/* Want of descriptors says nothing about the namespace. */
static void gc__keeps_the_lease_if_it_cannot_look(void **state)
{
	static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	static const char *const arguments[] = {"-qq",
						"-o",
						"/dev/null",
						"-P",
						"/run/netns/red",
						"-e",
						"inject=openat,open:error=EMFILE",
						HOST_DEVICE,
						NULL};
	freeing char *config = hd_config("'cniVersion':'1.1.0'," HD_V0 "," IPAM4
					 ",'cni.dev/valid-attachments':[]");
	struct plugin_call call = bridge_call("GC", config);
	struct plugin_answer answer;

	(void)state;
	hd_add(HD_V0 "," IPAM4);
	call.plugin = "/usr/bin/strace";
	call.environment = environment;
	call.arguments = arguments;
	answer = plugin_run(&call);
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "Too many open files"));
	plugin_answer_clear(&answer);
	sandbox_must("ip -n red link show eth0 >/dev/null && ls /var/lib/cni/networks/*/10.1.0.2");
	gc_with("");
	sandbox_must(
		"ip link show v0 >/dev/null && ! ls /var/lib/cni/networks/*/10.1.0.2 2>/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hd_test(del__gives_the_device_back_whatever_the_container_did),
		hd_test(del__succeeds_if_the_device_is_gone),
		hd_test(del__takes_nothing_that_the_container_made),
		hd_test(del__works_with_little),
		hd_test(del__releases_without_the_namespace),
		hd_test(del__believes_no_path_that_leads_elsewhere),
		hd_test(del__of_another_attachment_takes_nothing),
		hd_test(del__without_its_record_goes_by_the_alias),
		hd_test(del__gives_back_under_a_free_name),
		hd_test(del__brings_addresses_back_that_the_host_gave_away),
		hd_test(gc__gives_back_what_no_valid_attachment_has),
		hd_test(gc__keeps_the_lease_if_it_cannot_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
