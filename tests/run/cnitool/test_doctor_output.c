/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool doctor: what it prints, its options and exit codes, and what it does without rights. */
#include "cleanup.h"
#include "doctor_scene.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"
#define MACS	"[0-9a-f]\\{2\\}\\(:[0-9a-f]\\{2\\}\\)\\{5\\}"

static void assert_prints(const char *line, int code, const char *out, const char *err)
{
	struct plugin_answer answer = doctor_cnitool(line);

	if (answer.exit_code != code || !strstr(answer.out, out) || !strstr(answer.err, err))
		fail_msg("'cnitool %s' exits with %d and prints \"%s\", \"%s\"", line,
			 answer.exit_code, answer.out, answer.err);
	plugin_answer_clear(&answer);
}

static void doctor__prints_a_line_for_each_group(void **state)
{
	static const char *const groups[] = {"\nhost",	 "\nfirewall", "\nplugins",	"\nconfig",
					     "\nledger", "\ncluster",  "\nattachments", "\nstatus"};
	struct plugin_answer answer = doctor_cnitool("doctor");
	freeing char *out = cni_format("\n%s", answer.out);

	(void)state;
	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		assert_non_null(strstr(out, groups[i]));
	assert_non_null(strstr(out, "\nfailures: 0, warnings: 0, notes: 0, networks: 1, "
				    "attachments: 2\n"));
	plugin_answer_clear(&answer);
}

static void doctor__prints_equal_findings_once_and_causes_first(void **state)
{
	struct plugin_answer answer;
	const char *cause;
	const char *symptom;

	(void)state;
	sandbox_must("sysctl -qw net.ipv4.ip_forward=0");
	answer = doctor_cnitool("doctor");
	assert_int_equal(answer.exit_code, 1);
	cause = strstr(answer.out, "the host does not forward packets");
	symptom = strstr(answer.out, "failed CHECK: sysctl 'net/ipv4/ip_forward' is 0");
	assert_non_null(cause);
	assert_non_null(symptom);
	assert_true(cause < symptom);
	assert_null(strstr(cause + 1, "the host does not forward packets"));
	assert_null(strstr(symptom + 1, "failed CHECK"));
	assert_non_null(strstr(cause, "2 attachments: blue/cnitool-"));
	assert_non_null(strstr(cause, "try: cnitool reconcile blue\n"));
	assert_non_null(strstr(symptom, "because of host.forwarding, see above"));
	assert_non_null(strstr(answer.out, "failures: 1, "));
	plugin_answer_clear(&answer);
	sandbox_must("sysctl -qw net.ipv4.ip_forward=1");
}

static void doctor__counts_attachments_as_json(void **state)
{
	freeing_json cJSON *json = NULL;
	const cJSON *finding;
	int code;

	(void)state;
	sandbox_must("nft flush ruleset");
	json = doctor_findings("--only attachments", &code);
	finding = cJSON_GetArrayItem(cni_json_get(json, "findings"), 0);
	assert_int_equal(code, 1);
	assert_int_equal(cni_json_get(json, "version")->valueint, 1);
	assert_int_equal(cni_json_get(cni_json_get(json, "summary"), "failures")->valueint, 1);
	assert_string_equal(cni_json_get_string(finding, "check"), "attachments.check");
	assert_int_equal(cni_json_get(finding, "count")->valueint, 2);
	assert_int_equal(cJSON_GetArraySize(cni_json_get(finding, "attachments")), 2);
	doctor_must("reconcile --all");
}

static void doctor__names_each_chain_that_drops(void **state)
{
	(void)state;
	sandbox_must(
		"for t in one two; do nft \"table inet $t { chain f { type filter hook forward "
		"priority 0; policy drop; }; }\"; done; iptables-nft -P FORWARD DROP");
	assert_prints("doctor --only firewall", 1, "policy of chain 'FORWARD' of table 'ip filter'",
		      "");
	assert_prints("doctor --only firewall", 1, "policy of chain 'f' of table 'inet one'", "");
	assert_prints("doctor --only firewall", 1, "policy of chain 'f' of table 'inet two'", "");
	sandbox_must("nft delete table inet one; nft delete table inet two; "
		     "nft delete table ip filter");
}

/* ---- STATUS ---- */

/* "alien" is made with a library from before STATUS, as most plugins of others are; it speaks `versions`. */
static void write_alien(const char *versions)
{
	sandbox_must(
		"cat > " DOCTOR_BIN "/alien <<'E'\n#!/bin/sh\ncase $CNI_COMMAND in\n"
		"VERSION) echo '{\"cniVersion\":\"0.4.0\",\"supportedVersions\":[%s]}' ;;\n"
		"STATUS) echo '{\"code\":4,\"msg\":\"unknown CNI_COMMAND: STATUS\"}'; exit 1 ;;\n"
		"esac\nE\nchmod 755 " DOCTOR_BIN "/alien",
		versions);
}

static void write_list(const char *version, const char *plugins)
{
	sandbox_must("tr \"'\" '\"' > " DOCTOR_CONF "/strange.conflist <<'E'\n"
		     "{'cniVersion':'%s','name':'strange','plugins':[%s]}\nE",
		     version, plugins);
}

static void doctor__asks_status_of_plugins_that_have_it(void **state)
{
	static const char *const healthy[][2] = {
		{"0.3.1", "{'type':'alien'}"},
		{"0.4.0", "{'type':'alien','ipam':{'type':'alien'}},{'type':'portmap',"
			  "'capabilities':{'portMappings':true}}"},
		{"0.4.0", "{'type':'bridge','bridge':'br7','ipam':{'type':'alien'}}"},
	};
	/* Not a bridge, so ADD would fail. */
	static const char *const broken[][2] = {
		{"0.4.0", "{'type':'alien'},{'type':'bridge','bridge':'flat'}"},
		{"1.1.0", "{'type':'bridge','bridge':'flat'},{'type':'alien'}"},
	};

	(void)state;
	sandbox_must("ip link add flat type veth peer name flat1");
	write_alien("\"0.3.1\",\"0.4.0\"");
	for (size_t i = 0; i < sizeof(healthy) / sizeof(*healthy); i++) {
		write_list(healthy[i][0], healthy[i][1]);
		assert_prints("doctor strange --only status", 0, "status       ok", "");
	}
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		write_list(broken[i][0], broken[i][1]);
		assert_prints("doctor strange --only status", 1, "'bridge' failed STATUS", "");
	}
	write_alien("\"0.4.0\",\"1.1.0\"");
	write_list("1.1.0", "{'type':'alien'}");
	assert_prints("doctor strange --only status", 1, "'alien' failed STATUS", "");
	sandbox_must("rm " DOCTOR_BIN "/alien " DOCTOR_CONF "/strange.conflist; ip link del flat");
}

/* ---- options ---- */

static void doctor__looks_at_what_is_asked_for(void **state)
{
	(void)state;
	sandbox_must("echo 1 > /run/docker.pid && echo '{' > " DOCTOR_CONF "/bad.conflist && "
		     "sysctl -qw net.ipv6.conf.all.forwarding=0");
	assert_prints("doctor --only config", 0, "warn", "");
	assert_prints("doctor --only config --strict", 1, "warn", "");
	assert_prints("doctor --only firewall --strict", 0, "note", "");
	assert_prints("doctor --only firewall.others", 0, "Docker is active", "");
	assert_prints("doctor --only host.forwarding", 1, "FAIL", "");
	assert_prints("doctor --only ledger", 0, "ok", "");
	assert_prints("doctor --only ledger --list", 0, "ledger.full", "");
	assert_prints("doctor blue", 1, "networks: 1, attachments: 2", "");
	assert_prints("doctor nowhere", 1, "no network 'nowhere' in", "");
	assert_prints("doctor --only ledge", 2, "", "--only 'ledge': expected host, firewall,");
	assert_prints("list --strict", 2, "", "--strict is for doctor, not for list");
	sandbox_must("rm /run/docker.pid " DOCTOR_CONF "/bad.conflist && "
		     "sysctl -qw net.ipv6.conf.all.forwarding=1");
}

static void doctor__finds_a_template_that_waits_for_its_pod_cidr(void **state)
{
	(void)state;
	sandbox_must("mkdir -p /etc/containerd " SANDBOX_DIR "/none && printf "
		     "'conf_template = \"/etc/cni/t.conflist\"\\nbin_dir = \"%s/plugins\"\\n' > "
		     "/etc/containerd/config.toml",
		     CNI_C_BINARY_DIR);
	sandbox_must("NETCONFPATH=" SANDBOX_DIR "/none " CNITOOL
		     " doctor --only cluster > /run/out; "
		     "[ $? = 1 ] && grep -q 'the node has no podCIDR yet' /run/out");
	assert_prints("doctor --only cluster", 0, "ok", "");
	sandbox_must("rm -r /etc/containerd");
}

/* The manual has the table that --list prints. */
static void doctor__has_each_check_in_the_manual(void **state)
{
	(void)state;
	sandbox_must(CNITOOL
		     " doctor --list | tail -n +2 | sed 's/^\\([^ ]*\\) *\\(.*\\)$/| `\\1` | "
		     "\\2 |/' > /run/list && "
		     "grep -o '^| `[a-z]*\\.[^|]*| [^|]*|' " CNI_C_SOURCE_DIR
		     "/docs/doctor.md | diff /run/list -");
}

/* ---- rights, kernel ---- */

static void doctor__says_that_it_cannot_look(void **state)
{
	static const char *const dropped[] = {"-net_admin", "-sys_admin"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sandbox_must("NETCONFPATH=" DOCTOR_CONF " CNI_PATH=" CNI_C_BINARY_DIR
			     "/plugins:" CNI_C_BINARY_DIR "/ipam setpriv --bounding-set %s "
			     "--inh-caps %s " CNITOOL " doctor > /run/out; [ $? = 2 ]",
			     dropped[i], dropped[i]);
		sandbox_must("grep -q 'has not both CAP_NET_ADMIN and CAP_SYS_ADMIN' /run/out && "
			     "grep -q 'try: run cnitool doctor as root' /run/out && "
			     "grep -q '^status  *unseen' /run/out && ! grep FAIL /run/out");
	}
	/* A failure that can be seen without rights is a failure. */
	sandbox_must("sysctl -qw net.ipv4.ip_forward=0; "
		     "NETCONFPATH=" DOCTOR_CONF " setpriv --bounding-set -sys_admin " CNITOOL
		     " doctor --only host -j > /run/out; [ $? = 1 ]; "
		     "sysctl -qw net.ipv4.ip_forward=1; grep -q '\"unseen\": 1' /run/out");
}

static void doctor__says_that_the_kernel_lacks_a_kind(void **state)
{
	(void)state;
	if (sandbox_run("strace -V >/run/out 2>&1") != 0)
		skip_because("strace is not installed");
	sandbox_must("export ASAN_OPTIONS=detect_leaks=0; NETCONFPATH=" DOCTOR_CONF
		     " strace -o /run/log -e trace=recvmmsg -e "
		     "inject=recvmmsg:error=EOPNOTSUPP:when=1 " CNITOOL
		     " doctor --only host.kernel > /run/out; [ $? = 1 ] && "
		     "grep -q \"this kernel has no links of kind 'bridge'\" /run/out && "
		     "grep -q 'try: modprobe bridge' /run/out");
}

/* ---- a plugin that hangs ---- */

static void doctor__waits_for_no_plugin_for_long(void **state)
{
	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("only with --slow");
	sandbox_must("printf '#!/bin/sh\n[ \"$CNI_COMMAND\" != CHECK ] || exec sleep 1000\n' "
		     "> " DOCTOR_BIN "/portmap && chmod +x " DOCTOR_BIN "/portmap");
	assert_prints("doctor --only attachments.check", 2, "CHECK did not end within 10 seconds",
		      "");
	sandbox_must("rm " DOCTOR_BIN "/portmap");
}

/* ---- the report ---- */

static void report__has_no_secrets(void **state)
{
	(void)state;
	sandbox_add_netns("pod");
	doctor_write_network("odd", "{'type':'bridge','bridge':'br1','password':'sesame','password'"
				    ":'sesame2','args':{'cni':"
				    "{'x':'sesame'}},'mac':'02:00:00:00:00:07'}");
	sandbox_must("NETCONFPATH=" DOCTOR_CONF " CNI_PATH=" CNI_C_BINARY_DIR
		     "/plugins:" CNI_C_BINARY_DIR
		     "/ipam CNI_ARGS='IgnoreUnknown=1;K8S_POD_NAME=web;TOKEN=sesame;"
		     "K8S_POD_NAMESPACE=shop' " CNITOOL " add blue pod > /run/out");
	/* A CHECK that names a MAC. */
	sandbox_must("ip -n pod link set eth0 address 02:00:00:00:00:09");
	sandbox_must("NETCONFPATH=" DOCTOR_CONF " CNI_PATH=" CNI_C_BINARY_DIR
		     "/plugins:" CNI_C_BINARY_DIR "/ipam " CNITOOL
		     " doctor --report > /run/report; "
		     "[ $? = 1 ]");
	sandbox_must("! grep -n 'sesame\\|TOKEN\\|" MACS "' /run/report");
	sandbox_must("grep -q 'K8S_POD_NAMESPACE=shop K8S_POD_NAME=web' /run/report && "
		     "grep -q '^cnitool  ' /run/report && grep -q '^kernel   Linux' /run/report && "
		     "grep -q 'CNI bridge plugin v.*cni-c' /run/report && "
		     "grep -q '\"subnet\":\"10.1.0.0/24\"' /run/report && "
		     "grep -q '\"password\":\"(not shown)\"' /run/report && "
		     "grep -q 'xxxxxxxxxxxxxxxxx' /run/report && grep -q ^FINDINGS /run/report");
	doctor_must("del blue pod");
	sandbox_must("rm " DOCTOR_CONF "/odd.conflist");
	sandbox_del_netns("pod");
}

/* ---- many attachments ---- */

/* Plugins that do nothing: what is left is doctor's own work, and the start of 1,500 processes. With the sanitizers
 * it takes three times as long. */
#define CPU_SECONDS (test_is_sanitized() ? 6 : 2)

static double cpu_of_children(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void doctor__looks_at_500_attachments_in_two_seconds(void **state)
{
	double before;

	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("only with --slow");
	sandbox_must(
		"mkdir /run/idle && cd /var/lib/cni/results && set -- * && "
		"id=${1#blue-} && id=${id%%-eth0} && for i in $(seq 1000 1497); do "
		"sed \"s/$id/cnitool-aaaaaaaaaaaaaaaa$i/g\" $1 > "
		"blue-cnitool-aaaaaaaaaaaaaaaa$i-eth0; done && "
		"for p in bridge firewall portmap host-local; do cp /bin/true /run/idle/$p; done");
	before = cpu_of_children();
	sandbox_must("NETCONFPATH=" DOCTOR_CONF " CNI_PATH=/run/idle " CNITOOL
		     " doctor > /run/out; grep -q 'attachments: 500' /run/out");
	print_message("# %.2f s of CPU\n", cpu_of_children() - before);
	assert_true(cpu_of_children() - before < CPU_SECONDS);
	sandbox_must("rm -r /run/idle /var/lib/cni/results/*aaaaaaaaaaaaaaaa*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doctor__prints_a_line_for_each_group),
		cmocka_unit_test(doctor__prints_equal_findings_once_and_causes_first),
		cmocka_unit_test(doctor__counts_attachments_as_json),
		cmocka_unit_test(doctor__names_each_chain_that_drops),
		cmocka_unit_test(doctor__asks_status_of_plugins_that_have_it),
		cmocka_unit_test(doctor__looks_at_what_is_asked_for),
		cmocka_unit_test(doctor__waits_for_no_plugin_for_long),
		cmocka_unit_test(doctor__finds_a_template_that_waits_for_its_pod_cidr),
		cmocka_unit_test(doctor__has_each_check_in_the_manual),
		cmocka_unit_test(doctor__says_that_it_cannot_look),
		cmocka_unit_test(doctor__says_that_the_kernel_lacks_a_kind),
		cmocka_unit_test(report__has_no_secrets),
		cmocka_unit_test(doctor__looks_at_500_attachments_in_two_seconds),
	};

	return cmocka_run_group_tests(tests, doctor_setup, NULL);
}
