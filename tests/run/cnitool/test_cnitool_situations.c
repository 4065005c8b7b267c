/* SPDX-License-Identifier: Apache-2.0 */
/* Situations that a new user gets into, and what cnitool prints: what is wrong, where, and what to do. */
#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define PLUGINS CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam"
#define NETS	SANDBOX_DIR "/net.d"

/* Six addresses, of which the gateway has one. `more` stands in the bridge's configuration, `behind` behind it. */
#define PODS_IN(version, more, ipam, behind)                                                       \
	"cat > " NETS "/10-pods.conflist <<'E'\n{\"cniVersion\":\"" version "\",\"name\":\"pods\"" \
	",\"plugins\":[{\"type\":\"bridge\",\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":"     \
	"true," more "\"ipam\":{\"type\":\"host-local\"," ipam                                     \
	"\"ranges\":[[{\"subnet\":\"10.1.0.0/29\"}]]}}" behind "]}\nE\n"
#define PODS PODS_IN("1.1.0", "", "", "")
#define PODS_PORTS                                                                                 \
	PODS_IN("1.1.0", "", "", ",{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}")

#define ADD(name) "ip netns add " name " && cnitool add pods " name " >/dev/null\n"
#define ADD_PORT(name)                                                                             \
	"CAP_ARGS='{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":"       \
	"\"tcp\"}]}'\n"                                                                            \
	"export CAP_ARGS\n" ADD(name)
#define PLUGIN(text)                                                                               \
	"printf '%b' '" text "' > " SANDBOX_DIR "/bin/odd; chmod 755 " SANDBOX_DIR "/bin/odd\n"    \
	"cat > " NETS "/20-odd.conflist <<'E'\n{\"cniVersion\":\"1.1.0\",\"name\":\"odd\","        \
	"\"plugins\":[{\"type\":\"odd\"}]}\nE\n"

/* Shell commands, the last of which is the one that is looked at; what it prints on both outputs, in this order;
 * and what it does not print. */
static const struct situation {
	const char *name;
	const char *script;
	int code;
	const char *prints[4];
	const char * not ;
} situations[] = {
	{"pool full",
	 PODS ADD("r1") ADD("r2") ADD("r3") ADD("r4")
		 ADD("r5") "ip netns add r6\ncnitool add pods r6",
	 1,
	 {"no IP addresses available in range set: 10.1.0.1-10.1.0.6 [code 104]\n",
	  "  try: cnitool ipam usage pods, then cnitool gc pods --gone"}},
	{"pool full of the dead",
	 PODS ADD("r1") ADD("r2") ADD("r3") ADD("r4")
		 ADD("r5") "ip netns del r2\n"
			   "while ip link | grep -q $(cnitool show -j | jq -r "
			   "'.[].masters[].attachments[] | select(.netns == "
			   "\"/run/netns/r2\").port.name'); do sleep 0.05; done\n"
			   "ip netns add r6\nfor i in 1 2 3 4 5 6 7 8 9; do cnitool add pods r6 "
			   "2>/dev/null && exit; sleep 0.2; done",
	 0,
	 {"\"address\": \"10.1.0.3/29\""}},
	{"rules flushed",
	 PODS ADD("r1") "nft flush ruleset\ncnitool check pods r1",
	 1,
	 {"plugin 'bridge' failed CHECK: masquerade: ", "[code 102]\n",
	  "  try: cnitool reconcile pods"},
	 "map "},
	{"forwarding off, for many",
	 PODS ADD("r1") ADD("r2") ADD("r3") "sysctl -qw net.ipv4.ip_forward=0\ncnitool check pods",
	 1,
	 {"pods: 3 attachments: wrong: plugin 'bridge' failed CHECK: sysctl "
	  "'net/ipv4/ip_forward' "
	  "is 0, expected 1\n",
	  "/eth0, cnitool-", "3 attachments: 3 wrong\n", "  try: cnitool reconcile pods"}},
	{"bridge down",
	 PODS ADD("r1") "ip link set br0 down\ncnitool check pods r1",
	 1,
	 {"bridge 'br0' is down, expected it up [code 102]\n", "  try: ip link set br0 up"}},
	{"bridge gone",
	 PODS ADD("r1") "ip link del br0\ncnitool reconcile pods",
	 1,
	 {"failed: plugin 'bridge' failed to put it back while the container runs: bridge "
	  "'br0' is "
	  "missing\n",
	  "1 attachment: 1 failed\n", "  try: stop and start the containers"},
	 "MEND"},
	{"bridge gone, with words from inside",
	 PODS ADD("r1") "ip link del br0\ncnitool reconcile pods -v",
	 1,
	 {"failed MEND: bridge 'br0' is missing\n"}},
	{"rules flushed behind another suite's plugin",
	 "cat > " SANDBOX_DIR "/bin/odd <<'E'\n#!/bin/sh\ncase $CNI_COMMAND in ADD) echo "
	 "'{\"ips\":[{\"address\":\"10.1.0.2/24\",\"interface\":0}],\"interfaces\":[{\"name\":"
	 "\"eth0\",\"sandbox\":\"/run/netns/r1\"}]}' ;; DEL|CHECK) ;; *) echo "
	 "'{\"code\":4,\"msg\":\"unknown CNI_COMMAND: \'$CNI_COMMAND'\"}'; exit 1; esac\nE\n"
	 "chmod 755 " SANDBOX_DIR "/bin/odd\ncat > " NETS
	 "/20-odd.conflist <<'E'\n{\"cniVersion\":\"1.0.0\",\"name\":\"odd\",\"plugins\":[{"
	 "\"type\":\"odd\"},{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}\nE\n"
	 "ip netns add "
	 "r1\nCAP_ARGS='{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":"
	 "\"tcp\"}]}' "
	 "cnitool add odd r1 >/dev/null && nft flush ruleset && cnitool reconcile odd && "
	 "nft list table inet cni_portmap | grep -o 'tcp . 8080'",
	 0,
	 {"mended: plugin 'portmap' failed CHECK: ", "1 attachment: 1 mended\n", "tcp . 8080\n"}},
	{"containerd's loopback, which has no CHECK",
	 "mkdir -p /var/lib/cni/results\nip netns add r1\nconfig=$(printf "
	 "'{\"cniVersion\":\"0.3.1\",\"name\":\"cni-loopback\",\"plugins\":[{\"type\":"
	 "\"loopback\"}]}' | base64 -w0)\nfor i in 1 2; do echo "
	 "'{\"kind\":\"cniCacheV1\",\"containerId\":\"c'$i'\",\"config\":\"'$config'\",\"ifName\":"
	 "\"lo\",\"networkName\":\"cni-loopback\",\"netns\":\"/run/netns/r1\",\"result\":{"
	 "\"cniVersion\":\"0.3.1\"}}' > /var/lib/cni/results/cni-loopback-c$i-lo; done\n"
	 "cnitool reconcile --all && cnitool check",
	 0,
	 {"cni-loopback: 2 attachments: skipped: its cniVersion is 0.3.1, and CHECK came with "
	  "0.4.0\n",
	  "2 attachments: 2 skipped\n", "2 attachments: 2 skipped\n"},
	 "try:"},
	{"plugins in a directory that is not searched",
	 PODS ADD("r1") "CNI_PATH=/nowhere cnitool reconcile --all",
	 1,
	 {"failed to find plugin \"bridge\" in path [/nowhere]", "1 attachment: 1 failed\n",
	  "  try: CNI_PATH=/", " cnitool …: the plugin is there\n"},
	 "stop and start"},
	{"plugins in no directory, for many",
	 PODS ADD("r1")
		 ADD("r2") "cd "
			   "/var/lib/cni/results; for f in *; do config=$(jq -r .config $f | "
			   "base64 -d | sed 's/\"type\":\"bridge\"/\"type\":\"nonesuch\"/' | "
			   "base64 -w0); jq -c \".config = \\\"$config\\\"\" $f > /run/f && cat "
			   "/run/f > $f; done; cnitool check pods",
	 1,
	 {"failed to find plugin \"nonesuch\"", "2 attachments: 2 wrong\n",
	  "  try: install it to one of "},
	 "cnitool reconcile"},
	{"a fault, and a plugin that is not there",
	 PODS ADD(
		 "r1") "echo '{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"config\":\"'$(echo "
		       "'{\"cniVersion\":\"1.0.0\",\"name\":\"odd\",\"plugins\":[{\"type\":"
		       "\"nonesuch\"}]}' | base64 -w0)'\",\"ifName\":\"eth0\",\"networkName\":"
		       "\"odd\",\"netns\":\"/run/netns/r1\",\"result\":{\"cniVersion\":"
		       "\"1.0.0\"}}' > /var/lib/cni/results/odd-c1-eth0; ip link del br0; cnitool "
		       "reconcile --all",
	 1,
	 {"2 attachments: 2 failed\n", "  try: install it to one of ",
	  "  try: stop and start the containers"}},
	{"standard input is closed",
	 PODS "ip netns add r1\ncnitool add pods r1 <&- && cnitool check pods r1 <&- && cnitool "
	      "status pods <&-",
	 0,
	 {"\"address\": \"10.1.0.2/29\""}},
	{"standard output is closed",
	 PODS "ip netns add r1\ncnitool add pods r1 <&- >&-",
	 1,
	 {"write to standard output: Bad file descriptor; what was done stays\n"}},
	{"disableGC",
	 "cat > " NETS "/10-pods.conflist <<'E'\n{\"cniVersion\":\"1.1.0\",\"name\":"
	 "\"pods\",\"disableGC\":true,\"plugins\":[{\"type\":\"bridge\",\"bridge\":\"br0\"}]}"
	 "\nE\n" ADD("r1") "ip netns del r1\ncnitool gc pods",
	 0,
	 {"0 attachments deleted\n", "cnitool: warning: network 'pods' has 'disableGC': no "}},
	{"a warning beside a table",
	 PODS "echo { > " NETS "/20-bad.conflist\ncnitool list",
	 0,
	 {"NETWORK  VERSION  PLUGINS\npods     1.1.0    bridge\n",
	  "cnitool: warning: passed over: '" NETS "/20-bad.conflist'"}},
	{"a warning behind a long table",
	 PODS "echo { > " NETS "/20-bad.conflist\nfor i in $(seq 99); do sed s/pods/net-$i/ " NETS
	      "/10-pods.conflist > " NETS "/30-$i.conflist; done\ncnitool list",
	 0,
	 {"net-98", "net-99   1.1.0    bridge\ncnitool: warning: passed over"}},
	{"policy drop",
	 PODS_IN("1.1.0", "", "",
		 ",{\"type\":\"firewall\",\"backend\":\"nftables\"}") "nft add table inet "
								      "my\n"
								      "nft add chain inet "
								      "my "
								      "forward '{ type "
								      "filter hook "
								      "forward priority 0; "
								      "policy "
								      "drop; }'\n"
								      "cnitool status pods",
	 1,
	 {"[code 51]\n", "  try: nft list ruleset, then accept there, or \"backend\": \"iptables\" "
			 "for firewall in " NETS "/10-pods.conflist"}},
	{"plugin missing",
	 "cat > " NETS "/10-x.conflist "
	 "<<'E'\n{\"cniVersion\":\"1.1.0\",\"name\":\"x\",\"plugins\":[{\"type\":"
	 "\"nonesuch\"}]}\nE\n"
	 "ip netns add r1\ncnitool add x r1",
	 1,
	 {"failed to find plugin \"nonesuch\"", "[code 107]\n",
	  "  try: install it to one of " CNI_C_BINARY_DIR}},
	{"plugin elsewhere",
	 PODS "ip netns add r1\nCNI_PATH=/nowhere cnitool add pods r1",
	 1,
	 {"failed to find plugin \"bridge\" in path [/nowhere]", "  try: CNI_PATH=/",
	  " cnitool …: the plugin is there\n"}},
	{"broken file",
	 "echo '{\"name\": \"pods\",' > " NETS
	 "/10-pods.conflist\nip netns add r1\ncnitool add pods r1",
	 1,
	 {"no network 'pods' in '" NETS "', which has none (it may be in what could not be read: "
	  "'10-pods.conflist') [code 107]\n",
	  "  try: put a file into the directory",
	  "warning: passed over: '" NETS "/10-pods.conflist' is not valid JSON"}},
	{"wrong value of a key",
	 PODS_IN("1.1.0", "\"mtu\":\"1500\",", "", "") "ip netns add r1\ncnitool add pods r1",
	 1,
	 {"plugin 'bridge' failed ADD: 'mtu' is \"1500\", expected a whole number from 0 "
	  "to 65535 "
	  "[code 7]\n",
	  "  file: " NETS "/10-pods.conflist\n",
	  "  try: cnitool validate " NETS "/10-pods.conflist"}},
	{"namespace gone",
	 PODS ADD("r1") "ip netns del r1\ncnitool check pods",
	 0,
	 {"/eth0: gone: its namespace is gone: 'cnitool gc pods --gone' removes what is "
	  "left\n",
	  "1 attachment: 1 gone\n"}},
	{"no such namespace",
	 PODS "ip netns add blue\nip netns add green\ncnitool add pods red",
	 1,
	 {"failed to open netns '", "/red'",
	  "  try: a path, or a name of ip-netns(8), which has blue, green\n"}},
	{"no namespace at all",
	 PODS "cnitool add pods red",
	 1,
	 {"failed to open netns '", "  try: ip netns add NAME"}},
	{"lock held",
	 PODS_IN("1.1.0", "", "\"lockTimeout\":1,", "")
		 ADD("r1") "ip netns add r2\n"
			   "flock /var/lib/cni/networks/pods/lock sh -c '>/run/held; until [ -e "
			   "/run/go ]; do sleep 0.1; done' >/dev/null 2>&1 &\n"
			   "until [ -e /run/held ]; do sleep 0.01; done\n"
			   "cnitool add pods r2\ncode=$?\n>/run/go\nwait\nexit $code",
	 1,
	 {"not free within 1000 ms: held by process ", "[code 106]\n",
	  "  try: again later, or end the process that holds the lock: process ", " (flock)\n"}},
	{"disk full",
	 PODS "mkdir -p /var/lib/cni/networks && mount -t tmpfs -o nr_inodes=4 full "
	      "/var/lib/cni/networks\nip netns add r1\ncnitool add pods r1",
	 1,
	 {"No space left on device", "  try: df -h /var/lib/cni /run, and df -i"}},
	{"not root",
	 PODS "ip netns add r1\nsetpriv --bounding-set=-all --inh-caps=-all --reuid=65534 "
	      "--clear-groups " CNI_C_BINARY_DIR "/cnitool/cnitool add pods r1",
	 1,
	 {"cnitool: 'cnitool add' needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN: nothing "
	  "was done",
	  "  try: sudo cnitool …\n"},
	 "warning"},
	{"not root, and no plugin runs",
	 PODS ADD("r1") "chmod 755 /var/lib/cni /var/lib/cni/networks "
			"/var/lib/cni/networks/*\n"
			"setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 "
			"--clear-groups " CNI_C_BINARY_DIR "/cnitool/cnitool ipam list pods",
	 1,
	 {"read the reservations in '/var/lib/cni/networks/pods': Permission denied",
	  "  try: sudo cnitool"}},
	{"attached already",
	 PODS ADD("r1") "cnitool add pods r1",
	 1,
	 {"is attached to 'pods' as 'eth0' already", "[code 105]\n",
	  "  try: cnitool del pods r1 first\n"}},
	{"port taken",
	 PODS_PORTS ADD_PORT("r1") "ip netns add r2\ncnitool add pods r2",
	 1,
	 {"port tcp :8080 is already published by 'pods/cnitool-", "[code 105]\n",
	  "  try: cnitool show, and cnitool gc pods --gone"}},
	{"unknown network",
	 PODS "cnitool status pod",
	 1,
	 {"no network 'pod' in '" NETS "', which has 'pods' [code 107]\n",
	  "  try: cnitool list\n"}},
	{"no configuration",
	 "cnitool status pods",
	 1,
	 {"which has none [code 107]\n", "  try: put a file into the directory"}},
	{"not attached",
	 PODS "ip netns add r1\ncnitool check pods r1",
	 1,
	 {"is not attached to 'pods' as 'eth0'", "[code 3]\n", "  try: cnitool show pods"}},
	{"no program",
	 PLUGIN("\\\\001\\\\002") "ip netns add r1\ncnitool add odd r1",
	 1,
	 {"Exec format error", "  try: file on the executable"}},
	{"plugin dies",
	 PLUGIN("#!/bin/sh\nkill -SEGV $$\n") "ip netns add r1\ncnitool add odd r1",
	 1,
	 {"was ended by signal 11", "[code 103]\n", "  try: CNI_C_TRACE=1 cnitool",
	  "cnitool: warning: plugin 'odd' failed DEL"}},
	{"version too old",
	 PODS ADD("r1") PODS_IN("0.3.1", "", "",
				"") "cnitool del pods r1 && "
				    "cnitool add pods r1 >/dev/null && cnitool check pods r1",
	 1,
	 {"does not support the CHECK command [code 1]\n",
	  "  try: \"cniVersion\": \"1.0.0\" in the network's file"}},
	{"an error as JSON",
	 PODS ADD("r1") "nft flush ruleset\ncnitool check pods r1 -j | jq -r '.msg, .code, "
			".try' && exit 1",
	 1,
	 {"plugin 'bridge' failed CHECK: masquerade: ",
	  "\n102\ncnitool reconcile pods: puts back"}},
	{"the same warning twice",
	 PLUGIN("#!/bin/sh\necho {\\\\\"code\\\\\":7,\\\\\"msg\\\\\":\\\\\"no\\\\\"}\nexit "
		"1\n") "sed -i 's/{\"type\":\"odd\"}/&,&/' " NETS
		       "/20-odd.conflist\nip netns add r1\ncnitool add odd r1",
	 1,
	 {"cnitool: plugin 'odd' failed ADD: no [code 7]\n", "  file: " NETS "/20-odd.conflist\n",
	  "cnitool: warning: plugin 'odd' failed DEL: no (2 times)\n"}},
	{"many, on a terminal",
	 "mkdir -p /var/lib/cni/results\nfor i in $(seq 12); do echo "
	 "'{\"kind\":\"cniCacheV1\",\"containerId\":\"c'$i'\",\"ifName\":"
	 "\"eth0\",\"networkName\":\"pods\",\"netns\":\"/nowhere\"}' > "
	 "/var/lib/cni/results/pods-c$i-eth0; done\n"
	 "script -qec '" CNI_C_BINARY_DIR "/cnitool/cnitool check pods' /dev/null </dev/null",
	 0,
	 {"\r7 of 12", "\r\033[K", "pods: 12 attachments: gone: ", "12 attachments: 12 gone"}},
	{"misspelt command",
	 "cnitool chekc pods r1",
	 2,
	 {"unknown command 'chekc': the nearest one is 'check', see 'cnitool --help'\n"},
	 "[code"},
};

/* Nothing is left of the situation before. */
static int clean(void **state)
{
	(void)state;
	sandbox_must("umount /var/lib/cni/networks 2>/dev/null; for n in $(ip netns | cut -d' ' "
		     "-f1); do ip netns del $n; done; "
		     "ip link del br0 2>/dev/null; nft flush ruleset; rm -rf /run/cni "
		     "/var/lib/cni/* " NETS "/* " SANDBOX_DIR "/bin/*");
	return 0;
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir " NETS " " SANDBOX_DIR "/bin");
	return 0;
}

static void situation(void **state)
{
	const struct situation *row = *state;
	freeing char *out = NULL;
	const char *at;
	int code;

	sandbox_must("cat > " SANDBOX_DIR "/script <<'SCRIPT'\n"
		     "export LC_ALL=C.UTF-8 NETCONFPATH=" NETS " CNI_PATH=" PLUGINS ":" SANDBOX_DIR
		     "/bin\n"
		     "cnitool() { " CNI_C_BINARY_DIR "/cnitool/cnitool \"$@\"; }\n%s\nSCRIPT",
		     row->script);
	code = sandbox_run("sh " SANDBOX_DIR "/script > " SANDBOX_DIR "/out 2>&1");
	out = sandbox_read("cat " SANDBOX_DIR "/out");
	if (code != row->code)
		fail_msg("exit code %d: %s", code, out);
	at = out;
	for (size_t i = 0; i < 4 && row->prints[i]; i++) {
		at = strstr(at, row->prints[i]);
		if (!at)
			fail_msg("'%s' is not where it should be in: %s", row->prints[i], out);
		at += strlen(row->prints[i]);
	}
	if (row->not &&strstr(out, row->not ))
		fail_msg("'%s' is in: %s", row->not, out);
}

#define COUNT (sizeof(situations) / sizeof(*situations))

int main(void)
{
	struct CMUnitTest tests[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		tests[i] = (struct CMUnitTest){
			.name = situations[i].name,
			.test_func = situation,
			.teardown_func = clean,
			.initial_state = (void *)&situations[i],
		};
	return cmocka_run_group_tests(tests, setup, NULL);
}
