/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool doctor: each check is made to fail alone, and is silent before and after. */
#include "cleanup.h"
#include "doctor_scene.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define WRITE_NETWORK(name, plugins)                                                               \
	"tr \"'\" '\"' > " DOCTOR_CONF "/" name ".conflist <<'E'\n"                                \
	"{'cniVersion':'1.1.0','name':'" name "','plugins':[" plugins "]}\nE\n"
#define NO_NETWORK(name) "rm " DOCTOR_CONF "/" name ".conflist"

#define UPLINK                                                                                     \
	"ip link add up0 type veth peer name up1 && ip link set up1 up && sysctl -qw "             \
	"net.ipv6.conf.up0.accept_ra=1 && "                                                        \
	"ip link set up0 up && ip addr add 192.0.2.9/24 dev up0 && "
#define NO_UPLINK "ip link del up0"

/* A runtime's directory with another bridge. */
#define OTHER_BRIDGE                                                                               \
	"mkdir -p /etc/containerd /etc/crio/crio.conf.d /etc/containers /etc/nerdctl && "          \
	"mkdir -p /run/other && cp /run/strange /run/other/bridge && "
#define NO_RUNTIMES "rm -r /run/other /etc/containerd /etc/crio /etc/containers /etc/nerdctl"

#define GHOST "blue/ghost/eth0"

struct seed {
	const char *check;
	const char *level;
	const char *what; /* in the text */
	const char *damage;
	const char *undo;
	const char *also;      /* other checks that see it */
	void (*prepare)(void); /* after the damage; NULL: nothing */
	void (*restore)(void); /* where `undo` is NULL */
};

static void make_anew(void)
{
	doctor_must("del blue red");
	doctor_must("del blue green");
	doctor_must("add blue red");
	doctor_must("add blue green");
}

static void fill(void)
{
	doctor_must("add tiny red -i eth1");
	doctor_must("add tiny green -i eth1");
}

static void empty(void)
{
	doctor_must("del tiny red -i eth1");
	doctor_must("del tiny green -i eth1");
	sandbox_must(NO_NETWORK("tiny") "; ip link del br6");
}

/* blue has the address as well. */
static void attach_twin(void)
{
	doctor_must("add twin red -i eth1");
}

static void detach_twin(void)
{
	doctor_must("del twin red -i eth1");
	sandbox_must(NO_NETWORK("twin") "; ip link del br3");
}

/* blue/…/eth0 of a third container, whose namespace goes. */
static void lose_container(void)
{
	sandbox_add_netns("lost");
	doctor_must("add blue lost");
	sandbox_del_netns("lost");
	sandbox_await("[ $(ip -o link show master br0 | wc -l) = 2 ]");
}

static void collect(void)
{
	doctor_must("gc blue");
}

/* ---- the groups ---- */

static const struct seed host[] = {
	{"host.forwarding", "failure", "'net/ipv4/ip_forward' is 0",
	 "sysctl -qw net.ipv4.ip_forward=0", "sysctl -qw net.ipv4.ip_forward=1"},
	{"host.forwarding", "failure", "'net/ipv6/conf/all/forwarding' is 0",
	 "sysctl -qw net.ipv6.conf.all.forwarding=0", "sysctl -qw net.ipv6.conf.all.forwarding=1",
	 NULL},
	{"host.rp-filter", "failure", "the host's route to 10.1.0.2 leads by 'up0'",
	 UPLINK "ip route add 10.1.0.2/32 dev up0 && sysctl -qw net.ipv4.conf.br0.rp_filter=1",
	 NO_UPLINK "; sysctl -qw net.ipv4.conf.br0.rp_filter=0"},
	{"host.bridge-netfilter", "warning", "\"isolated\", and bridge-nf-call-iptables is",
	 WRITE_NETWORK(
		 "iso",
		 "{'type':'bridge','bridge':'br9'},"
		 "{'type':'firewall','ingressPolicy':'isolated'}") "sysctl -qw "
								   "net.bridge.bridge-nf-call-"
								   "iptables=0 2>/dev/null; true",
	 NO_NETWORK("iso") "; sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null; true",
	 NULL},
	{"host.accept-ra", "warning", "the IPv6 default route by 'up0'",
	 UPLINK "ip addr add fd99::5/64 dev up0 nodad && "
		"ip -6 route add default via fd99::1 dev up0 proto ra",
	 NO_UPLINK},
	{"host.accept-ra", "warning", "the IPv6 default route by 'up0'",
	 UPLINK "ip addr add fd99::5/64 dev up0 nodad valid_lft 3600 preferred_lft 3600", NO_UPLINK,
	 NULL},
	{"host.space", "failure", "0 of",
	 "mkdir /run/full && mount -t tmpfs -o size=64k none /run/full && "
	 "{ head -c 64k /dev/zero > /run/full/a || true; } &&\n" WRITE_NETWORK(
		 "full", "{'type':'bridge','bridge':'br8','ipam':{'type':'host-local',"
			 "'dataDir':'/run/full','subnet':'10.8.0.0/24'}}"),
	 NO_NETWORK("full") "; umount /run/full; rmdir /run/full"},
	{"host.space", "failure", "read-only",
	 "mkdir /run/full && mount -t tmpfs -o ro none /run/full &&\n" WRITE_NETWORK(
		 "full", "{'type':'bridge','bridge':'br8','ipam':{'type':'host-local',"
			 "'dataDir':'/run/full','subnet':'10.8.0.0/24'}}"),
	 NO_NETWORK("full") "; umount /run/full; rmdir /run/full"},
	{"host.conntrack", "warning", "has 950 of 1000",
	 "echo 950 > /run/count && echo 1000 > /run/max && "
	 "mount --bind /run/count /proc/sys/net/netfilter/nf_conntrack_count && "
	 "mount --bind /run/max /proc/sys/net/netfilter/nf_conntrack_max",
	 "echo 1 > /run/count"},
	{"host.conntrack", "failure", "is full: 1000 of 1000", "echo 1000 > /run/count",
	 "umount /proc/sys/net/netfilter/nf_conntrack_count "
	 "/proc/sys/net/netfilter/nf_conntrack_max",
	 NULL},
	{.check = NULL},
};

static const struct seed firewall[] = {
	{"firewall.forward-drop", "failure", "policy of chain 'f' of table 'inet my' is drop",
	 WRITE_NETWORK(
		 "open",
		 "{'type':'bridge','bridge':'br7','isGateway':true,'ipam':{"
		 "'type':'host-local','subnet':'10.7.0.0/24'}}") "nft 'table inet my { chain f { "
								 "type filter hook forward "
								 "priority 0; policy drop; }; }'",
	 NO_NETWORK("open") "; nft delete table inet my", "firewall.backend"},
	{"firewall.backend", "failure", "policy of chain 'FORWARD' of table 'ip filter' is drop",
	 "iptables-nft -P FORWARD DROP", "nft delete table ip filter"},
	{"firewall.backend", "failure", "an unconditional reject",
	 "iptables-nft -A FORWARD -j REJECT", "nft delete table ip filter"},
	{"firewall.others", "note", "Docker is active", "echo 1 > /run/docker.pid",
	 "rm /run/docker.pid"},
	{"firewall.others", "note", "ufw is active",
	 "mkdir /etc/ufw && printf '# x\\nENABLED=yes\\n' > /etc/ufw/ufw.conf", "rm -r /etc/ufw",
	 NULL},
	{"firewall.others", "note", "firewalld is active", "echo 1 > /run/firewalld.pid",
	 "mkdir -p /etc/systemd/system/multi-user.target.wants && "
	 "ln -s x /etc/systemd/system/multi-user.target.wants/cni-reconcile.service",
	 NULL},
	{.check = NULL},
};

static const struct seed plugins[] = {
	{"plugins.missing", "failure", "failed to find plugin \"nowhere\"",
	 WRITE_NETWORK("lost", "{'type':'nowhere'}"), NO_NETWORK("lost")},
	{"plugins.missing", "failure", "does not speak 1.1.0",
	 "cp /run/old " DOCTOR_BIN "/old &&\n" WRITE_NETWORK("lost", "{'type':'old'}"),
	 NO_NETWORK("lost") "; rm " DOCTOR_BIN "/old"},
	{"plugins.missing", "failure", "run plugin 'broken'",
	 "echo x > " DOCTOR_BIN "/broken && chmod +x " DOCTOR_BIN
	 "/broken &&\n" WRITE_NETWORK("lost", "{'type':'broken'}"),
	 NO_NETWORK("lost") "; rm " DOCTOR_BIN "/broken"},
	{"plugins.build", "note", "is not of this suite: CNI strange plugin v9",
	 "cp /run/strange " DOCTOR_BIN "/tuning &&\n" WRITE_NETWORK("odd", "{'type':'tuning'}"),
	 NO_NETWORK("odd") "; rm " DOCTOR_BIN "/tuning"},
	{"plugins.build", "warning", "v1.9.1+cni-c.0.0.1', and cnitool is",
	 "cp /run/older " DOCTOR_BIN "/tuning &&\n" WRITE_NETWORK("odd", "{'type':'tuning'}"),
	 NO_NETWORK("odd") "; rm " DOCTOR_BIN "/tuning"},
	{"plugins.shadowed", "warning", "containerd finds other executables of bridge than",
	 OTHER_BRIDGE
	 "printf '[x.cni]\\nbin_dir = \"/run/other\"\\n[image-verifier]\\nbin_dir = \"/no\"\\n' > "
	 "/etc/containerd/config.toml",
	 NO_RUNTIMES},
	{"plugins.shadowed", "warning", "CRI-O finds other executables of bridge than",
	 OTHER_BRIDGE
	 "printf 'plugin_dirs = [\\n # \"/no\"\\n \"/run/none\",\\n \"/run/other/\",\\n]\\n' "
	 "> /etc/crio/crio.conf.d/10-x.conf",
	 NO_RUNTIMES},
	{"plugins.shadowed", "warning", "podman finds other executables of bridge than",
	 OTHER_BRIDGE "printf 'cni_plugin_dirs = [ \"/run/other\" ] # x\\n' > "
		      "/etc/containers/containers.conf",
	 NO_RUNTIMES},
	{"plugins.shadowed", "warning", "nerdctl finds other executables of bridge than",
	 OTHER_BRIDGE "printf \"cni_path = '/run/other'\\n\" > /etc/nerdctl/nerdctl.toml",
	 NO_RUNTIMES},
	{.check = NULL},
};

static const struct seed ledger[] = {
	{"config.files", "warning", "bad.conflist", "echo '{' > " DOCTOR_CONF "/bad.conflist",
	 NO_NETWORK("bad")},
	{"config.files", "failure", "'plugins' is [], expected", WRITE_NETWORK("none", ""),
	 NO_NETWORK("none")},
	{"config.validate", "warning", "isGatway",
	 WRITE_NETWORK("odd", "{'type':'bridge','bridge':'br2','isGatway':true}"),
	 NO_NETWORK("odd")},
	{"ledger.verify", "failure", "10.1.0.77", ": > /var/lib/cni/networks/blue/10.1.0.77",
	 "rm /var/lib/cni/networks/blue/10.1.0.77"},
	{"ledger.full", "failure", "has 0 of 2 addresses left",
	 WRITE_NETWORK("tiny", "{'type':'bridge','bridge':'br6','ipam':{'type':'host-local',"
			       "'subnet':'10.6.0.0/29','rangeStart':'10.6.0.2','rangeEnd':"
			       "'10.6.0.3'}}"),
	 NULL, NULL, fill, empty},
	{"ledger.gone", "warning", "network 'blue' has addresses of containers that are gone",
	 "true", NULL, "attachments.gone", lose_container, collect},
	{"ledger.twice", "warning", "networks 'blue' and 'twin' both have given out 10.1.0.2",
	 WRITE_NETWORK("twin", "{'type':'bridge','bridge':'br3','isGateway':true,'ipam':{'type':"
			       "'host-local','subnet':'10.1.0.0/24'}}"),
	 NULL, NULL, attach_twin, detach_twin},
	{"ledger.unattached", "warning", "network 'blue' has addresses of no attachment",
	 "printf 'ghost\\r\\neth0' > /var/lib/cni/networks/blue/10.1.0.99",
	 "rm /var/lib/cni/networks/blue/10.1.0.99", "ledger.verify"},
	{.check = NULL},
};

static const struct seed cluster[] = {
	{"cluster.pod-cidr", "failure", "network 'late' has no address ranges",
	 WRITE_NETWORK("late", "{'type':'bridge','bridge':'br5','ipam':{'type':'host-local',"
			       "'ranges':[]}}"),
	 NO_NETWORK("late")},
	{"cluster.pod-cidr", "failure", "a template that was not rendered",
	 "echo '{\"name\":\"late\",\"subnet\":\"{{.PodCIDR}}\",}' > " DOCTOR_CONF "/late.conflist",
	 NO_NETWORK("late"), "config.files"},
	{"cluster.mtu", "warning",
	 "have MTU 1500, and the route to 10.244.7.0/24 by 'up0' has 1400",
	 UPLINK "ip link set up0 mtu 1400 && ip route add 10.244.7.0/24 via 192.0.2.1 proto bird",
	 NO_UPLINK},
	{"cluster.mtu", "warning", "the route to 10.244.8.0/24",
	 UPLINK "ip link set up0 mtu 1400 && ip route add 10.244.8.0/24 via 192.0.2.1 proto static",
	 NO_UPLINK},
	{"cluster.destinations", "warning", "10.99.0.0/16 is routed by bird",
	 UPLINK "ip route add 10.99.0.0/16 via 192.0.2.1 proto bird", NO_UPLINK},
	{"cluster.destinations", "note", "10.98.0.0/16 has a route by a gateway",
	 UPLINK "ip route add 10.98.0.0/16 via 192.0.2.1 proto static", NO_UPLINK},
	{"cluster.twins", "warning", "'nonMasqueradeCIDRs' of network 'blue' is another one in",
	 "sed 's/10.244/10.245/' " DOCTOR_CONF "/blue.conflist > " DOCTOR_CONF "/z.conflist",
	 NO_NETWORK("z"), "config.files"},
	{"cluster.refresh", "warning", "was changed after the last ADD",
	 "sed -i 's/10.244/10.245/' " DOCTOR_CONF "/blue.conflist",
	 "sed -i 's/10.245/10.244/' " DOCTOR_CONF "/blue.conflist"},
	{"cluster.dhcp", "failure", "no socket at '/run/cni/dhcp.sock'",
	 WRITE_NETWORK("lease", "{'type':'bridge','bridge':'br4','ipam':{'type':'dhcp'}}"),
	 NO_NETWORK("lease")},
	{.check = NULL},
};

static const struct seed attachments[] = {
	{"attachments.strange-link", "warning", "links of network 'blue' without an attachment",
	 "ip link add ghost0 type bridge && ip link set ghost0 alias " GHOST, "ip link del ghost0",
	 NULL},
	{"attachments.rules", "warning", "elements in table 'inet cni_portmap' of network 'blue'",
	 "nft 'table inet cni_portmap { set s { type inet_service; elements = { 99 comment \"" GHOST
	 "\" }; }; }'",
	 "nft delete set inet cni_portmap s && { nft delete table inet cni_portmap || true; }",
	 NULL},
	{"attachments.files", "warning", "files in '/run/cni/firewall' of network 'blue'",
	 "touch /run/cni/firewall/blue/ghost:eth0", "rm /run/cni/firewall/blue/ghost:eth0"},
	{"attachments.check", "failure", "failed CHECK: masquerade: ", "nft flush ruleset", NULL,
	 NULL, NULL, make_anew},
	{"attachments.gone", "warning",
	 "attachments of network 'blue' have a namespace that is gone", "true", NULL, "ledger.gone",
	 lose_container, collect},
	{"attachments.link", "failure", "of the host is missing",
	 "ip link del $(ip -o link show master br0 | grep -o 'veth[0-9a-f]*' | head -1)", NULL,
	 NULL, NULL, make_anew},
	{"status.ready", "failure", "failed STATUS",
	 "ip link add nobridge type veth peer name nobridge1 &&\n" WRITE_NETWORK(
		 "flat", "{'type':'bridge','bridge':'nobridge'}"),
	 NO_NETWORK("flat") "; ip link del nobridge"},
	{.check = NULL},
};

/* ---- the walk ---- */

/* Doctor changes nothing: compared for the first fault of a group, and with CNI_C_SLOW for all. */
static void look(const struct seed *seed, bool is_first)
{
	bool has_clock = strstr(seed->damage, "valid_lft") != NULL;
	bool compares = is_first || (getenv("CNI_C_SLOW") && !has_clock);
	freeing char *before = compares ? sandbox_snapshot() : NULL;

	doctor_assert_finds(seed->check, seed->level, seed->what, seed->also);
	if (compares)
		sandbox_assert_unchanged(before);
}

static void fail_each(const struct seed *seeds)
{
	for (const struct seed *seed = seeds; seed->check; seed++) {
		print_message("# %s\n", seed->check);
		sandbox_must("%s", seed->damage);
		if (seed->prepare)
			seed->prepare();
		look(seed, seed == seeds);
		if (seed->undo)
			sandbox_must("%s", seed->undo);
		else
			seed->restore();
	}
	doctor_assert_silent();
}

static void doctor__finds_nothing_on_a_healthy_node(void **state)
{
	freeing char *before = sandbox_snapshot();

	(void)state;
	doctor_assert_silent();
	sandbox_assert_unchanged(before);
}

static void doctor__finds_each_fault_of_the_host(void **state)
{
	(void)state;
	fail_each(host);
}

static void doctor__finds_each_fault_of_the_firewall(void **state)
{
	(void)state;
	fail_each(firewall);
}

static void doctor__finds_each_fault_of_the_plugins(void **state)
{
	(void)state;
	doctor_write_plugin("/run/strange", "CNI strange plugin v9", "1.1.0");
	doctor_write_plugin("/run/older", "CNI tuning plugin v1.9.1+cni-c.0.0.1", "1.1.0");
	doctor_write_plugin("/run/old", "CNI old plugin v0", "0.4.0");
	fail_each(plugins);
}

static void doctor__finds_each_fault_of_configuration_and_ledger(void **state)
{
	(void)state;
	fail_each(ledger);
}

static void doctor__finds_each_fault_of_the_cluster(void **state)
{
	(void)state;
	fail_each(cluster);
}

static void doctor__finds_each_fault_of_attachments(void **state)
{
	(void)state;
	fail_each(attachments);
}

/* The rest is in test_doctor_output.c. */
static void each_check_has_a_fault_here(void **state)
{
	static const struct seed *const groups[] = {host,   firewall, plugins,
						    ledger, cluster,  attachments};
	freeing char *list = NULL;
	char *rest;

	(void)state;
	list = sandbox_read("%s/cnitool/cnitool doctor --list | tail -n +2 | cut -d' ' -f1 | "
			    "grep -vx 'host.rights\\|host.kernel'",
			    CNI_C_BINARY_DIR);
	rest = list;
	for (char *id = strsep(&rest, "\n"); id && *id; id = strsep(&rest, "\n")) {
		bool is_found = false;

		for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
			for (const struct seed *seed = groups[i]; seed->check; seed++)
				is_found |= !strcmp(seed->check, id);
		if (!is_found)
			fail_msg("no test makes %s fail", id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_has_a_fault_here),
		cmocka_unit_test(doctor__finds_nothing_on_a_healthy_node),
		cmocka_unit_test(doctor__finds_each_fault_of_the_host),
		cmocka_unit_test(doctor__finds_each_fault_of_the_firewall),
		cmocka_unit_test(doctor__finds_each_fault_of_the_plugins),
		cmocka_unit_test(doctor__finds_each_fault_of_configuration_and_ledger),
		cmocka_unit_test(doctor__finds_each_fault_of_the_cluster),
		cmocka_unit_test(doctor__finds_each_fault_of_attachments),
	};

	return cmocka_run_group_tests(tests, doctor_setup, NULL);
}
