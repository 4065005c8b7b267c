/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's ADD as a runtime calls it: its answer, its address, and no leftovers of a failed
 * one. */
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_answers(const char *version, const char *ipam, const char *expected)
{
	freeing char *text = host_local_config(version, ipam, "");
	struct plugin_call asked = host_local_call("ADD", "c1", text);
	struct plugin_answer answer = plugin_run(&asked);
	freeing_json cJSON *wanted = cJSON_Parse(expected);
	freeing char *printed = NULL;

	plugin_assert_success(&answer);
	assert_non_null(wanted);
	printed = cni_json_print_compact(answer.json);
	if (!cJSON_Compare(answer.json, wanted, true))
		fail_msg("%s instead of %s", printed, expected);
	plugin_answer_clear(&answer);
	host_local_succeeds("DEL", "c1", text);
}

static void host_local__answers_in_each_version(void **state)
{
	static const char routed[] =
		"\"ranges\":[[{\"subnet\":\"10.1.0.0/29\",\"rangeStart\":\"10.1.0.5\",\"rangeEnd\":"
		"\"10.1.0.5\"}],[{\"subnet\":\"fd00::/64\",\"rangeEnd\":\"fd00::2\"}]],"
		"\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\",\"gw\":\"fd00::9\",\"mtu\":"
		"1400,\"advmss\":1300,\"priority\":7,\"table\":0,\"scope\":253}]";
	static const char old[] =
		"{\"cniVersion\":\"%s\",\"ip4\":{\"ip\":\"10.1.0.5/29\",\"gateway\":\"10.1.0.1\","
		"\"routes\":[{\"dst\":\"0.0.0.0/0\"}]},\"ip6\":{\"ip\":\"fd00::2/64\",\"gateway\":"
		"\"fd00::1\",\"routes\":[{\"dst\":\"::/0\",\"gw\":\"fd00::9\"}]},\"dns\":{}}";
	static const char middle[] =
		"{\"cniVersion\":\"%s\",\"ips\":[{\"version\":\"4\",\"address\":\"10.1.0.5/29\","
		"\"gateway\":\"10.1.0.1\"},{\"version\":\"6\",\"address\":\"fd00::2/64\","
		"\"gateway\":\"fd00::1\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\","
		"\"gw\":\"fd00::9\",\"mtu\":1400,\"advmss\":1300,\"priority\":7,\"table\":0,"
		"\"scope\":"
		"253}],\"dns\":{}}";
	static const char one[] =
		"{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.5/29\",\"gateway\":"
		"\"10.1.0.1\"},{\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\"}],\"routes\":"
		"[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\",\"gw\":\"fd00::9\",\"mtu\":1400,"
		"\"advmss\":1300,\"priority\":7,\"table\":0,\"scope\":253}]}";
	static const struct {
		const char *version, *expected;
	} cases[] = {
		{"0.1.0", old},	   {"0.2.0", old}, {"0.3.0", middle}, {"0.3.1", middle},
		{"0.4.0", middle}, {"1.0.0", one}, {"1.1.0", one},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *expected = cJSON_Parse(cases[i].expected);
		freeing char *text = NULL;

		cni_json_set(expected, "cniVersion", cJSON_CreateString(cases[i].version));
		text = cni_json_print_compact(expected);
		assert_answers(cases[i].version, routed, text);
	}
}

static void host_local__answers_with_the_resolver(void **state)
{
	freeing char *path = cni_format("%s/resolv.conf", host_local_data_dir);
	freeing char *ipam = cni_format(POOL ",\"resolvConf\":\"%s\"", path);
	freeing char *text = host_local_config("1.0.0", ipam, "");
	closing int fd = open(path, O_WRONLY | O_CREAT, 0600);
	static const char conf[] = "nameserver 9.9.9.9\nsearch a.example b.example\n"
				   "domain example.org\noptions ndots:5\nnameserver";

	(void)state;
	assert_int_equal(write(fd, conf, strlen(conf)), (ssize_t)strlen(conf));
	assert_answers(
		"1.0.0", ipam,
		"{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/29\",\"gateway\":"
		"\"10.1.0.1\"}],\"dns\":{\"nameservers\":[\"9.9.9.9\"],\"domain\":"
		"\"example.org\",\"search\":[\"a.example\",\"b.example\"],\"options\":"
		"[\"ndots:5\"]}}");
	assert_int_equal(unlink(path), 0);
	host_local_fails("ADD", "c1", text, CNI_EIO, "'ipam.resolvConf': open");
}

static void host_local__indents_by_four(void **state)
{
	freeing char *text = host_local_config("1.0.0", POOL, "");
	struct plugin_call asked = host_local_call("ADD", "c1", text);
	struct plugin_answer answer = plugin_run(&asked);

	(void)state;
	assert_string_equal(answer.out,
			    "{\n    \"cniVersion\": \"1.0.0\",\n    \"ips\": [\n"
			    "        {\n            \"address\": \"10.1.0.2/29\",\n"
			    "            \"gateway\": \"10.1.0.1\"\n        }\n    ]\n}\n");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

/* ---- which address ---- */

static void host_local__goes_round(void **state)
{
	freeing char *text = host_local_config("0.3.1", POOL, "");
	freeing char *full = NULL;

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	host_local_succeeds("DEL", "c1", text);
	host_local_assert_adds("c3", text, "10.1.0.4/29");
	host_local_assert_adds("c4", text, "10.1.0.5/29");
	host_local_assert_adds("c5", text, "10.1.0.6/29");
	host_local_assert_adds("c6", text, "10.1.0.2/29");
	full = host_local_snapshot();
	host_local_fails("ADD", "c7", text, CNI_EEXHAUSTED,
			 "failed to allocate for range 0: no IP addresses available in range set: "
			 "10.1.0.1-10.1.0.6");
	host_local_succeeds("DEL", "c7", text);
	{
		freeing char *after = host_local_snapshot();

		assert_string_equal(after, full);
	}
	host_local_succeeds("DEL", "c4", text);
	host_local_assert_adds("c7", text, "10.1.0.5/29");
}

static void host_local__goes_from_range_to_range(void **state)
{
	freeing char *text =
		host_local_config("1.0.0",
				  "\"ranges\":[[{\"subnet\":\"10.1.0.0/30\"},{\"subnet\":"
				  "\"10.2.0.0/30\",\"gateway\":\"10.2.0.2\"}]]",
				  "");
	struct plugin_call asked = host_local_call("ADD", "c2", text);
	struct plugin_answer answer;
	const cJSON *ips;

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/30");
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	ips = cni_json_get(answer.json, "ips");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address"),
			    "10.2.0.1/30");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(ips, 0), "gateway"), "10.2.0.2");
	plugin_answer_clear(&answer);
	host_local_fails("ADD", "c3", text, CNI_EEXHAUSTED, "10.1.0.1-10.1.0.2,10.2.0.1-10.2.0.2");
}

/* Three ways to ask for an address; each as text, so that they can be told apart when one fails. */
static void host_local__gives_what_was_requested(void **state)
{
	freeing char *by_args = host_local_config("0.4.0", POOL, "");
	freeing char *by_cni =
		host_local_config("0.4.0", POOL, "\"args\":{\"cni\":{\"ips\":[\"10.1.0.4\"]}}");
	freeing char *by_runtime =
		host_local_config("0.4.0", POOL, "\"runtimeConfig\":{\"ips\":[\"10.1.0.5/29\"]}");
	struct plugin_call asked = host_local_call("ADD", "c1", by_args);
	struct plugin_answer answer;
	const cJSON *ips;

	(void)state;
	asked.args = "IgnoreUnknown=1;IP=10.1.0.6;FOO=BAR";
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	ips = cni_json_get(answer.json, "ips");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address"),
			    "10.1.0.6/29");
	plugin_answer_clear(&answer);
	host_local_assert_adds("c2", by_cni, "10.1.0.4/29");
	host_local_assert_adds("c3", by_runtime, "10.1.0.5/29");
	/* The round goes on from there. */
	host_local_assert_file("last_reserved_ip.0", "10.1.0.5");
	host_local_assert_adds("c4", by_args, "10.1.0.2/29");
}

static void assert_request_fails(const char *ips, int code, const char *message)
{
	freeing char *more = cni_format("\"runtimeConfig\":{\"ips\":[%s]}", ips);
	freeing char *text = host_local_config("1.0.0", DUAL, more);
	freeing char *before = host_local_snapshot();
	freeing char *after = NULL;

	host_local_fails("ADD", "c2", text, code, message);
	after = host_local_snapshot();
	assert_string_equal(after, before);
}

static void host_local__refuses_requests_it_cannot_meet(void **state)
{
	freeing char *text = host_local_config("1.0.0", DUAL, "");

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/24");
	assert_request_fails("\"10.1.0.1\"", CNI_ECONFIG,
			     "failed to allocate for range 0: requested ip 10.1.0.1 is subnet's "
			     "gateway");
	assert_request_fails(
		"\"10.1.0.2\"", CNI_ETAKEN,
		"requested IP address 10.1.0.2 is not available in range set "
		"10.1.0.1-10.1.0.254: it is reserved for container c1, interface eth0");
	assert_request_fails("\"10.9.0.1\"", CNI_ECONFIG,
			     "failed to allocate all requested IPs: 10.9.0.1");
	assert_request_fails("\"10.1.0.7\",\"10.1.0.8\"", CNI_ECONFIG,
			     "failed to allocate all requested IPs: 10.1.0.8");
	/* The first set could be served, the second not. */
	assert_request_fails("\"10.1.0.7\",\"fd00::1\"", CNI_ECONFIG,
			     "failed to allocate for range 1: requested ip fd00::1 is subnet's");
	assert_request_fails("\"10.1.0.7\",\"fd00::2\"", CNI_ETAKEN,
			     "failed to allocate for range 1");
}

static void host_local__never_gives_network_and_broadcast(void **state)
{
	static const char wide[] =
		"\"ranges\":[[{\"subnet\":\"10.1.0.0/30\",\"rangeStart\":"
		"\"10.1.0.0\",\"rangeEnd\":\"10.1.0.3\",\"gateway\":\"10.1.0.2\"}]]";
	freeing char *text = host_local_config("1.0.0", wide, "");
	freeing char *network =
		host_local_config("1.0.0", wide, "\"runtimeConfig\":{\"ips\":[\"10.1.0.0\"]}");
	freeing char *broadcast =
		host_local_config("1.0.0", wide, "\"runtimeConfig\":{\"ips\":[\"10.1.0.3\"]}");

	(void)state;
	host_local_fails("ADD", "c1", network, CNI_ECONFIG, "is subnet's own address");
	host_local_fails("ADD", "c1", broadcast, CNI_ECONFIG, "is subnet's broadcast address");
	host_local_assert_adds("c1", text, "10.1.0.1/30");
	host_local_fails("ADD", "c2", text, CNI_EEXHAUSTED, NULL);
}

static void host_local__refuses_a_second_add(void **state)
{
	freeing char *text = host_local_config("1.0.0", DUAL, "");
	struct plugin_call other = host_local_call("ADD", "c1", text);
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	before = host_local_snapshot();
	host_local_fails(
		"ADD", "c1", text, CNI_ETAKEN,
		"failed to allocate for range 0: 10.1.0.2 has been allocated to c1, duplicate "
		"allocation is not allowed");
	after = host_local_snapshot();
	assert_string_equal(after, before);
	/* Another interface of the same container is another attachment. */
	other.ifname = "net1";
	plugin_succeeds(&other);
	host_local_assert_file("10.1.0.3", "c1\r\nnet1");
}

static void host_local__releases_what_a_failed_add_took(void **state)
{
	freeing char *text = host_local_config("1.0.0", DUAL, "");
	freeing char *blocker = host_local_path("last_reserved_ip.1");
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	assert_int_equal(unlink(blocker), 0);
	assert_int_equal(mkdir(blocker, 0700), 0);
	before = host_local_snapshot();
	host_local_fails("ADD", "c2", text, CNI_EIO, "write 'last_reserved_ip.1'");
	after = host_local_snapshot();
	assert_string_equal(after, before);
}

/* As much room as the directories and the lock take, but no block for a lease. */
static void host_local__leaves_nothing_on_a_full_disk(void **state)
{
	freeing char *text = host_local_config("1.0.0", DUAL, "");
	freeing char *filler = cni_format("%s/filler", host_local_data_dir);
	freeing char *network = host_local_path("");
	char block[4096] = {0};
	struct stat st;

	(void)state;
	if (mount("tmpfs", host_local_data_dir, "tmpfs", 0, "size=64k") < 0)
		skip_because("mount: %s", strerror(errno));
	{
		closing int fd = open(filler, O_WRONLY | O_CREAT, 0600);

		while (write(fd, block, sizeof(block)) > 0)
			;
		assert_int_equal(errno, ENOSPC);
	}
	host_local_fails("ADD", "c1", text, CNI_EIO, "No space left on device");
	assert_int_equal(stat(network, &st), -1);
	assert_int_equal(unlink(filler), 0);
	host_local_succeeds("ADD", "c1", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(host_local__answers_in_each_version),
		host_local_test(host_local__answers_with_the_resolver),
		host_local_test(host_local__indents_by_four),
		host_local_test(host_local__goes_round),
		host_local_test(host_local__goes_from_range_to_range),
		host_local_test(host_local__gives_what_was_requested),
		host_local_test(host_local__refuses_requests_it_cannot_meet),
		host_local_test(host_local__never_gives_network_and_broadcast),
		host_local_test(host_local__refuses_a_second_add),
		host_local_test(host_local__releases_what_a_failed_add_took),
		host_local_test(host_local__leaves_nothing_on_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
