/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool metrics: its text, its file, and the counters that plugins keep. promtool(1) is the witness. */
#include "cleanup.h"
#include "doctor_scene.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define CNITOOL	 CNI_C_BINARY_DIR "/cnitool/cnitool"
#define SETTINGS "/etc/cni/cni-c.conf"
#define RUN                                                                                        \
	"NETCONFPATH=" DOCTOR_CONF " CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR      \
	"/ipam " CNITOOL " "
#define COUNTING "CNI_C_COUNTERS=yes " RUN

static void assert_metric(const char *line)
{
	sandbox_must(RUN "metrics > /run/metrics 2>/run/err && test ! -s /run/err");
	if (sandbox_run("grep -qxF '%s' /run/metrics", line) != 0)
		fail_msg("'%s' is not in %s", line, sandbox_read("cat /run/metrics"));
}

static bool has_promtool(void)
{
	return sandbox_run("promtool --version >/run/out 2>&1") == 0;
}

/* ---- text ---- */

static void metrics__count_attachments_and_addresses(void **state)
{
	(void)state;
	sandbox_must("test ! -e /run/cni/counters");
	assert_metric("cni_attachments{network=\"blue\",namespace=\"alive\"} 2");
	assert_metric("cni_attachments{network=\"blue\",namespace=\"gone\"} 0");
	assert_metric("cni_ipam_addresses{network=\"blue\",plugin=\"bridge\",set=\"0\","
		      "ranges=\"10.1.0.1-10.1.0.254\"} 253");
	assert_metric("cni_ipam_used_addresses{network=\"blue\",plugin=\"bridge\",set=\"0\","
		      "ranges=\"10.1.0.1-10.1.0.254\"} 2");
	sandbox_must("[ \"$(tail -n 1 /run/metrics)\" = '# EOF' ] && ! grep cni_calls_total "
		     "/run/metrics");
	sandbox_add_netns("lost");
	doctor_must("add blue lost");
	sandbox_del_netns("lost");
	assert_metric("cni_attachments{network=\"blue\",namespace=\"gone\"} 1");
	assert_metric("cni_ipam_gone_addresses{network=\"blue\",plugin=\"bridge\",set=\"0\","
		      "ranges=\"10.1.0.1-10.1.0.254\"} 1");
	doctor_must("gc blue");
}

static void metrics__are_what_their_formats_say(void **state)
{
	(void)state;
	if (!has_promtool())
		skip_because("promtool is not installed");
	doctor_write_network("odd", "{'type':'bridge','bridge':'br1','ipam':{'type':'host-local',"
				    "'subnet':'10.9.0.0/29'}}");
	sandbox_must(COUNTING "status blue; " COUNTING "check blue nowhere 2>/dev/null; "
			      "nft flush ruleset; ! " COUNTING "check blue red 2>/dev/null");
	sandbox_must(RUN
		     "metrics --textfile /run/cni.prom && promtool check metrics < /run/cni.prom "
		     ">/run/out 2>&1 && test ! -s /run/out");
	/* OpenMetrics is read only to be stored, which needs times. */
	sandbox_must(RUN "metrics | sed '/^[^#]/s/$/ 1700000000/' > /run/metrics && "
			 "promtool tsdb create-blocks-from openmetrics /run/metrics /run/tsdb > "
			 "/run/out 2>&1 && grep -q cni_calls_total /run/metrics && "
			 "promtool tsdb list /run/tsdb | grep -q 1700000000");
	sandbox_must("rm -r /run/tsdb /run/cni/counters; " RUN "reconcile blue >/run/out; "
		     "rm " DOCTOR_CONF "/odd.conflist");
}

static void metrics__of_a_broken_network_are_left_out(void **state)
{
	(void)state;
	doctor_write_network("odd", "{'type':'bridge','ipam':{'type':'host-local','subnet':'x'}}");
	sandbox_must(RUN
		     "metrics > /run/metrics 2> /run/err && grep -q \"network 'odd'\" /run/err && "
		     "grep -q blue /run/metrics && tail -n 1 /run/metrics | grep -q EOF");
	sandbox_must("rm " DOCTOR_CONF "/odd.conflist");
}

/* ---- the file ---- */

static void metrics__replace_a_file_or_leave_it(void **state)
{
	(void)state;
	sandbox_must("mkdir /run/to && echo old > /run/to/old && ln -s old /run/to/m.prom && " RUN
		     "metrics --textfile /run/to/m.prom && [ \"$(cat /run/to/old)\" = old ] && "
		     "[ \"$(stat -c '%%F %%a' /run/to/m.prom)\" = 'regular file 644' ] && "
		     "! grep EOF /run/to/m.prom && [ $(ls /run/to | wc -l) = 2 ]");
	sandbox_must("mkdir /run/to/dir.prom && ! " RUN
		     "metrics --textfile /run/to/dir.prom 2> /run/err && "
		     "grep -q \"write '/run/to/dir.prom': Is a directory\" /run/err && "
		     "[ $(ls /run/to | wc -l) = 3 ]");
	sandbox_must("! " RUN "metrics --textfile /run/none/m.prom 2> /run/err && "
		     "grep -q 'No such file or directory' /run/err");
	sandbox_must("mount -t tmpfs -o size=4k none /run/to/dir.prom && "
		     "head -c 4096 /dev/zero > /run/to/dir.prom/full && ! " RUN
		     "metrics --textfile /run/to/dir.prom/m.prom 2> /run/err && "
		     "grep -q 'No space left on device' /run/err && "
		     "[ \"$(ls /run/to/dir.prom)\" = full ]; umount /run/to/dir.prom");
	sandbox_must("rm -r /run/to");
}

/* ---- counters ---- */

static void counters__are_on_by_file_or_environment(void **state)
{
	(void)state;
	sandbox_must(RUN "check blue red && test ! -e /run/cni/counters");
	sandbox_must("mkdir -p /etc/cni && printf '# x\\n\\n counters = yes \\nother = 1\\n=\\n' "
		     "> " SETTINGS " && " RUN "check blue red && CNI_C_COUNTERS=no " RUN
		     "check blue red");
	assert_metric("cni_calls_total{plugin=\"portmap\",command=\"CHECK\"} 1");
	assert_metric("cni_call_duration_seconds_count{plugin=\"bridge\",command=\"CHECK\"} 1");
	sandbox_must("echo 'counters = no' > " SETTINGS " && " RUN "check blue red && " COUNTING
		     "check blue red");
	assert_metric("cni_calls_total{plugin=\"portmap\",command=\"CHECK\"} 2");
	/* No file is one that may be read. */
	sandbox_must("rm " SETTINGS " && mkdir " SETTINGS " && " RUN
		     "check blue red && rmdir " SETTINGS " && mkfifo " SETTINGS " && " RUN
		     "check blue red && rm " SETTINGS);
	assert_metric("cni_calls_total{plugin=\"portmap\",command=\"CHECK\"} 2");
	sandbox_must("rm -r /run/cni/counters");
}

static void counters__have_codes_and_lose_no_call(void **state)
{
	(void)state;
	sandbox_must("for i in $(seq 40); do " COUNTING "status blue & done; wait; "
		     "nft flush ruleset; ! " COUNTING "check blue red 2>/run/err");
	assert_metric("cni_calls_total{plugin=\"firewall\",command=\"STATUS\"} 40");
	assert_metric("cni_call_duration_seconds_bucket{plugin=\"firewall\",command=\"STATUS\","
		      "le=\"+Inf\"} 40");
	assert_metric(
		"cni_call_failures_total{plugin=\"bridge\",command=\"CHECK\",code=\"102\"} 1");
	doctor_must("reconcile --all");
	/* Doctor does not count. */
	sandbox_must("before=$(cat /run/cni/counters/firewall | md5sum) && " COUNTING
		     "doctor > /run/out; [ \"$(cat /run/cni/counters/firewall | md5sum)\" = "
		     "\"$before\" ]");
	sandbox_must("rm -r /run/cni/counters");
}

static void counters__never_make_a_call_fail(void **state)
{
	static const char *const obstacles[][2] = {
		{"echo x > /run/cni/counters", "rm /run/cni/counters"},
		{"ln -s /run/victim /run/cni/counters", "rm /run/cni/counters"},
		{"mkdir -p /run/cni/counters/bridge", "rm -r /run/cni/counters"},
		{"mkdir /run/cni/counters && ln -s /run/victim /run/cni/counters/bridge",
		 "rm -r /run/cni/counters"},
		{"mkdir /run/cni/counters && mkfifo /run/cni/counters/bridge",
		 "rm -r /run/cni/counters"},
		{"mkdir /run/cni/counters && head -c 99999 /dev/urandom > /run/cni/counters/bridge",
		 "rm -r /run/cni/counters"},
		{"mkdir /run/cni/counters && mount -t tmpfs -o size=4k none /run/cni/counters",
		 "umount /run/cni/counters; rmdir /run/cni/counters"},
		{"mkdir /run/cni/counters && mount -t tmpfs -o ro none /run/cni/counters",
		 "umount /run/cni/counters; rmdir /run/cni/counters"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		print_message("# %s\n", obstacles[i][0]);
		sandbox_must("echo precious > /run/victim; %s", obstacles[i][0]);
		sandbox_must(COUNTING
			     "check blue red > /run/out 2>&1 && test ! -s /run/out && " COUNTING
			     "check blue green && [ \"$(cat /run/victim)\" = precious ]");
		sandbox_must("%s", obstacles[i][1]);
	}
}

static void counters__cost_one_open_when_they_are_off(void **state)
{
	(void)state;
	if (sandbox_run("strace -V >/run/out 2>&1") != 0)
		skip_because("strace is not installed");
	sandbox_must(
		"export ASAN_OPTIONS=detect_leaks=0 CNI_COMMAND=STATUS CNI_PATH=" CNI_C_BINARY_DIR
		"/ipam; tr \"'\" '\"' > /run/in <<'E'\n"
		"{'cniVersion':'1.1.0','name':'x','type':'loopback'}\nE\n"
		"strace -o /run/log " CNI_C_BINARY_DIR "/plugins/loopback < /run/in && "
		"[ $(grep -c cni-c.conf /run/log) = 1 ] && ! grep counters /run/log && "
		"CNI_C_COUNTERS=no CNI_C_LOG= strace -o /run/log " CNI_C_BINARY_DIR
		"/plugins/loopback < /run/in && ! grep 'cni-c.conf\\|counters' /run/log");
}

/* ---- the dashboard ---- */

static void dashboard__shows_metrics_that_there_are(void **state)
{
	(void)state;
	sandbox_must("jq -r '.panels[].targets[].expr' " CNI_C_SOURCE_DIR
		     "/conf/monitoring/grafana-dashboard.json | grep -o 'cni_[a-z_]*' | sed "
		     "'s/_bucket$//' | "
		     "sort -u "
		     "> /run/used && [ $(wc -l < /run/used) = 8 ] && "
		     "grep -o '^| `cni_[a-z_]*' " CNI_C_SOURCE_DIR
		     "/docs/metrics.md | grep -o 'cni_[a-z_]*' | sort > /run/known && "
		     "[ -z \"$(comm -23 /run/used /run/known)\" ] && " RUN
		     "metrics | grep -o '^# TYPE [a-z_]*' | cut -d' ' -f3 | sort > /run/there && "
		     "sed 's/_total$//' /run/known | sort | diff - /run/there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics__count_attachments_and_addresses),
		cmocka_unit_test(metrics__are_what_their_formats_say),
		cmocka_unit_test(metrics__of_a_broken_network_are_left_out),
		cmocka_unit_test(metrics__replace_a_file_or_leave_it),
		cmocka_unit_test(counters__are_on_by_file_or_environment),
		cmocka_unit_test(counters__have_codes_and_lose_no_call),
		cmocka_unit_test(counters__never_make_a_call_fail),
		cmocka_unit_test(counters__cost_one_open_when_they_are_off),
		cmocka_unit_test(dashboard__shows_metrics_that_there_are),
	};

	return cmocka_run_group_tests(tests, doctor_setup, NULL);
}
