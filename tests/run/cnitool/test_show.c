/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool show: the picture of what is attached, by each printer. Witnesses are ip(8) and the names that the
 * test has given. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define CACHE "/var/lib/cni/results/"

#define CNITOOL                                                                                    \
	"NETCONFPATH=" SANDBOX_DIR "/net.d CNI_PATH=" CNI_C_BINARY_DIR                             \
	"/plugins:" CNI_C_BINARY_DIR "/ipam " CNI_C_BINARY_DIR "/cnitool/cnitool "

static const char pods[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"pods\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\","
	"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}},"
	"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}},"
	"{\"type\":\"bandwidth\",\"capabilities\":{\"bandwidth\":true}}]}";

static const char far[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"far\",\"plugins\":[{\"type\":\"ptp\",\"ipam\":{"
	"\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.2.0.0/24\"}]]}}]}";

/* The arguments of a runtime for web-0. */
#define AS_WEB                                                                                     \
	"CNI_ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0' "                 \
	"CAP_ARGS='{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"                    \
	"\"protocol\":\"tcp\"}],\"bandwidth\":{\"ingressRate\":10000000,"                          \
	"\"ingressBurst\":1000000}}' "

/* red and green on "pods", blue on "far", whose file is gone then, as is the namespace green. */
static int setup(void **state)
{
	static const char *const names[] = {"red", "green", "blue"};

	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir " SANDBOX_DIR "/net.d");
	sandbox_must("cat > " SANDBOX_DIR "/net.d/10-pods.conflist <<'E'\n%s\nE", pods);
	sandbox_must("cat > " SANDBOX_DIR "/net.d/20-far.conflist <<'E'\n%s\nE", far);
	for (size_t i = 0; i < 3; i++)
		sandbox_add_netns(names[i]);
	sandbox_must(AS_WEB CNITOOL "add pods red >/dev/null");
	sandbox_must(CNITOOL "add pods green >/dev/null");
	sandbox_must(
		"CAP_ARGS='{\"portMappings\":[{\"hostPort\":8081,\"containerPort\":81}]}' " CNITOOL
		"add far blue >/dev/null");
	sandbox_must("rm " SANDBOX_DIR "/net.d/20-far.conflist");
	sandbox_del_netns("green");
	/* The kernel deletes its links some time later. */
	sandbox_await("[ $(ip -o link show master br0 | wc -l) = 1 ]");
	return 0;
}

/* The shortened id of the container of a namespace. */
static char *id_of(const char *name)
{
	return sandbox_read(
		"printf %%s cnitool-$(printf %%s /run/netns/%s | sha512sum | cut -c1-8)", name);
}

/* The link on this host of the only container of a network that lives. */
static char *port_of(const char *network)
{
	return sandbox_read("printf %%s $(ip -j link | jq -r '.[] | select((.ifalias // \"\") | "
			    "startswith(\"%s/\")) | .ifname')",
			    network);
}

static void show__draws_a_tree(void **state)
{
	freeing char *red = id_of("red");
	freeing char *green = id_of("green");
	freeing char *blue = id_of("blue");
	freeing char *red_port = port_of("pods");
	freeing char *blue_port = port_of("far");
	freeing char *gone_port =
		sandbox_read("printf %%s $(jq -r '.result.interfaces[] | "
			     "select(.sandbox == null and .name != \"br0\").name' " CACHE
			     "pods-%s*)",
			     green);
	freeing char *before = sandbox_snapshot();
	freeing char *shown = sandbox_read("LC_ALL=C.UTF-8 " CNITOOL "show");
	freeing char *expected = cni_format(
		"pods  bridge → portmap → bandwidth  1.1.0  " SANDBOX_DIR
		"/net.d/10-pods.conflist\n"
		"│  2 attachments, 1 gone\n"
		"└─ br0  bridge  up  mtu 1500  10.1.0.1/24  masquerade\n"
		"   ├─ %s  up  in 10 Mbit/s\n"
		"   │  └─ eth0  10.1.0.2/24  →  default/web-0 (%s)  red  alive\n"
		"   │     ⇐ tcp *:8080 → 80\n"
		"   └─ %s  gone\n"
		"      └─ eth0  10.1.0.3/24  →  %s  green  gone\n"
		"\n"
		"far  ptp  1.1.0  (its configuration is gone)\n"
		"│  1 attachment\n"
		"└─ (no link in common)  ptp\n"
		"   └─ %s  up\n"
		"      └─ eth0  10.2.0.2/24  →  %s  blue  alive\n"
		"         ⇐ tcp *:8081 → 81  not published: no plugin has the capability "
		"'portMappings'\n",
		red_port, red, gone_port, green, blue_port, blue);

	(void)state;
	/* The order is that of the ids. */
	if (strcmp(red, green) > 0)
		skip_because("the ids of red and green have changed places");
	assert_string_equal(shown, expected);
	sandbox_assert_unchanged(before);
}

static void show__is_of_one_network(void **state)
{
	freeing char *shown = sandbox_read("LC_ALL=C.UTF-8 " CNITOOL "show far");

	(void)state;
	assert_non_null(strstr(shown, "far  ptp"));
	assert_null(strstr(shown, "pods"));
	sandbox_must("! " CNITOOL "show nowhere 2> " SANDBOX_DIR "/err");
	sandbox_must("grep -q \"no network 'nowhere': neither '" SANDBOX_DIR
		     "/net.d' nor '/var/lib/cni/results' has it\" " SANDBOX_DIR "/err");
}

static void show__has_other_letters(void **state)
{
	freeing char *ascii = sandbox_read("LC_ALL=C " CNITOOL "show -a far");
	freeing char *stats = sandbox_read(CNITOOL "show --stats far");

	(void)state;
	for (const char *at = ascii; *at; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	assert_non_null(strstr(ascii, "`- (no link in common)  ptp\n   `- veth"));
	assert_non_null(strstr(ascii, "  ->  cnitool-"));
	assert_non_null(strstr(ascii, "  /run/netns/blue  alive\n"));
	assert_non_null(strstr(stats, "  received "));
}

/* On a terminal of script(1). */
static void show__has_colours_on_a_terminal(void **state)
{
	static const char command[] = "cd " SANDBOX_DIR " && %s LC_ALL=C.UTF-8 TERM=%s "
				      "script -qec '" CNITOOL "show' /dev/null </dev/null";
	freeing char *coloured = sandbox_read(command, "", "xterm");
	freeing char *plain = sandbox_read(command, "NO_COLOR=1", "xterm");
	freeing char *dumb = sandbox_read(command, "", "dumb");

	(void)state;
	assert_non_null(strstr(coloured, "\033[32malive\033[0m"));
	assert_non_null(strstr(coloured, "\033[31mgone\033[0m"));
	assert_null(strchr(plain, '\033'));
	assert_null(strchr(dumb, '\033'));
}

static void show__is_json(void **state)
{
	freeing_json cJSON *json = sandbox_json(CNITOOL "show -j");
	const cJSON *network = cJSON_GetArrayItem(json, 0);
	const cJSON *master = cJSON_GetArrayItem(cni_json_get(network, "masters"), 0);
	const cJSON *red = cJSON_GetArrayItem(cni_json_get(master, "attachments"), 0);
	freeing char *port = port_of("pods");

	(void)state;
	assert_string_equal(cni_json_get_string(network, "name"), "pods");
	assert_string_equal(cni_json_get_string(master, "name"), "br0");
	assert_string_equal(cni_json_get_string(master, "state"), "up");
	assert_string_equal(cni_json_get_string(red, "podName"), "web-0");
	assert_string_equal(cni_json_get_string(red, "netns"), "/run/netns/red");
	assert_string_equal(cni_json_get_string(red, "state"), "alive");
	assert_string_equal(cni_json_get_string(cni_json_get(red, "port"), "name"), port);
	assert_int_equal(cni_json_get(cni_json_get(red, "limits"), "ingressRate")->valueint,
			 10000000);
	assert_null(cni_json_get(cJSON_GetArrayItem(json, 1), "file"));
}

/* mermaid has no checker in Debian: the edges are compared. dot(1) is asked if it is there. */
static void show__is_a_graph(void **state)
{
	freeing char *mermaid = sandbox_read(CNITOOL "show --mermaid pods");
	freeing char *dot = sandbox_read(CNITOOL "show --dot pods");
	freeing char *port = port_of("pods");
	freeing char *edge = cni_format("  n0m0 ---|\"%s\"| n0m0a0\n", port);
	freeing char *same = cni_format("  n0m0 -> n0m0a0 [label=\"%s\"];\n", port);

	(void)state;
	assert_memory_equal(mermaid, "graph LR\n", strlen("graph LR\n"));
	assert_non_null(strstr(mermaid, "    n0m0[\"br0<br>10.1.0.1/24\"]\n"));
	assert_non_null(strstr(mermaid, edge));
	assert_non_null(strstr(mermaid, "  outside -->|\"tcp *:8080\"| n0m0a0\n"));
	assert_non_null(strstr(mermaid, "  n0m0 -->|\"masquerade\"| outside\n"));
	assert_non_null(strstr(dot, same));
	sandbox_must("command -v dot >/dev/null || exit 0; " CNITOOL "show --dot | dot -Tsvg | "
		     "grep -q br0");
	sandbox_must(CNITOOL "show --dot --json >/dev/null 2>&1; [ $? = 2 ]");
}

/* A link that a plugin has made without any cache, and one that took the name of another. */
static void show__looks_at_links(void **state)
{
	freeing char *port = port_of("far");
	freeing char *shown = NULL;
	freeing char *another = NULL;

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1 && ip link set v0 master br0 alias "
		     "pods/stranger/net3 && ip link set br0 down");
	sandbox_must("ip link set %s alias far/other/eth0", port);
	shown = sandbox_read("LC_ALL=C.UTF-8 " CNITOOL "show");
	sandbox_must("ip link set br0 up && ip link del v0 && ip link set %s alias %s", port, "''");
	another = cni_format("%s  another's\n", port);
	assert_non_null(strstr(shown, "  br0  bridge  down  mtu")
				?: strstr(shown, "br0  bridge  down"));
	assert_non_null(strstr(shown, "v0  down\n"));
	assert_non_null(strstr(shown, "net3  →  stranger  unknown  (in no cache: only its link "
				      "tells of it)\n"));
	assert_non_null(strstr(shown, another));
}

/* A record may hold anything: what it holds has no effect on a terminal. */
static void show__escapes_what_it_shows(void **state)
{
	static const char *const harms[] = {"\033", "\x7f", "\xc2\x9b", "\xe2\x80\xae"};
	static const char *const forms[] = {"show", "show -a", "show --json", "show --mermaid",
					    "show --dot"};

	(void)state;
	sandbox_must(
		"cat > '" CACHE "evil-abc-eth0' <<'E'\n"
		"{\"kind\":\"cniCacheV1\",\"containerId\":\"abc\",\"ifName\":\"eth0\","
		"\"networkName\":\"evil\",\"netns\":\"/tmp/\\u001b[31m\\u007f\\u009b\\u202e\\n\","
		"\"cniArgs\":[[\"K8S_POD_NAME\",\"a\\u001b]0,x\\u0007\\\"|<b>\\u009b\"]],"
		"\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":\"x\",\"protocol\":"
		"\"\\u001bc\",\"hostIP\":\"\\r\\n\"}]},"
		"\"config\":"
		"\"eyJjbmlWZXJzaW9uIjoiMS4xLjAiLCJuYW1lIjoiZXZpbCIsInBsdWdpbnMiOlt7InR5cGUiOiJicmlk"
		"Z2UiLCJicmlkZ2UiOiJcdTAwMWIvLi4vXG4ifV19\",\"result\":{\"cniVersion\":\"\\u001b\","
		"\"ips\":7}}\nE");
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		freeing char *shown = sandbox_read("LC_ALL=C.UTF-8 " CNITOOL "%s evil", forms[i]);

		for (size_t j = 0; j < (i == 2 ? 3 : 4); j++)
			if (strstr(shown, harms[j]))
				fail_msg("%s: %s", forms[i], shown);
		if (i < 2 && !strstr(shown, "a\\x1b]0,x\\x07\"|<b>\\xc2\\x9b"))
			fail_msg("%s: %s", forms[i], shown);
	}
	sandbox_must("rm '" CACHE "evil-abc-eth0'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show__draws_a_tree),
		cmocka_unit_test(show__is_of_one_network),
		cmocka_unit_test(show__has_other_letters),
		cmocka_unit_test(show__has_colours_on_a_terminal),
		cmocka_unit_test(show__is_json),
		cmocka_unit_test(show__is_a_graph),
		cmocka_unit_test(show__looks_at_links),
		cmocka_unit_test(show__escapes_what_it_shows),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
