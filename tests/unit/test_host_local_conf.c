/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of host-local: ranges, requested addresses, and errors. */
#include "host_local_conf.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* Reads {"cniVersion": …, "name": "blue", <members>} with CNI_ARGS. */
static int read_conf(const char *version, const char *members, const char *args,
		     struct cni_call *call, struct host_local_conf *conf, struct cni_error *err)
{
	freeing char *text =
		cni_format("{\"cniVersion\":\"%s\",\"name\":\"blue\",%s}", version, members);

	*call = (struct cni_call){.env = {.args = args}};
	*conf = (struct host_local_conf){0};
	if (cni_conf_read(text, strlen(text), CNI_ADD, CNI_0_1_0, &call->conf, err) < 0)
		return -1;
	return host_local_conf_read(call, conf, err);
}

static void clear(struct cni_call *call, struct host_local_conf *conf)
{
	host_local_conf_clear(conf);
	cni_conf_clear(&call->conf);
}

/* The configuration in one line: the sets, then the requested addresses. */
static char *describe(const struct host_local_conf *conf)
{
	char *text = cni_strdup("");

	for (size_t i = 0; i < conf->sets.count; i++) {
		freeing char *before = text;
		freeing char *set = range_set_format(&conf->sets.items[i]);

		text = cni_format("%s[%s]", before, set);
	}
	for (size_t i = 0; i < conf->requested_count; i++) {
		freeing char *before = text;
		char ip[CNI_IP_TEXT_SIZE];

		text = cni_format("%s %s", before, cni_ip_format(&conf->requested[i], ip));
	}
	return text;
}

static void assert_described(const char *members, const char *args, const char *expected)
{
	struct host_local_conf conf;
	freeing char *text = NULL;
	struct cni_error err = {0};
	struct cni_call call;

	if (read_conf("1.0.0", members, args, &call, &conf, &err) < 0)
		fail_msg("%s: %s", members, err.msg);
	text = describe(&conf);
	assert_string_equal(text, expected);
	clear(&call, &conf);
}

static void assert_refused_at(const char *version, const char *members, const char *args,
			      const char *message)
{
	struct host_local_conf conf;
	struct cni_error err = {0};
	struct cni_call call;

	if (read_conf(version, members, args, &call, &conf, &err) == 0)
		fail_msg("%s was accepted", members);
	assert_int_equal(err.code, CNI_ECONFIG);
	if (!strstr(err.msg, message))
		fail_msg("%s: \"%s\" does not say \"%s\"", members, err.msg, message);
	clear(&call, &conf);
}

static void assert_refused(const char *members, const char *message)
{
	assert_refused_at("1.0.0", members, "", message);
}

#define RANGES "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]"

static void host_local_conf__reads_ranges(void **state)
{
	(void)state;
	assert_described("\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},"
			 "{\"subnet\":\"10.2.0.0/24\",\"rangeStart\":\"10.2.0.9\","
			 "\"rangeEnd\":\"10.2.0.19\",\"gateway\":\"10.2.0.254\"}],"
			 "[{\"subnet\":\"fd00::/120\"}]]}",
			 "", "[10.1.0.1-10.1.0.254,10.2.0.9-10.2.0.19][fd00::1-fd00::ff]");
}

static void host_local_conf__reads_the_flat_form_before_ranges(void **state)
{
	(void)state;
	assert_described("\"ipam\":{\"subnet\":\"10.3.0.0/24\",\"rangeStart\":\"10.3.0.5\","
			 "\"rangeEnd\":\"10.3.0.6\",\"gateway\":\"10.3.0.9\"," RANGES "}",
			 "", "[10.3.0.5-10.3.0.6][10.1.0.1-10.1.0.254]");
}

static void host_local_conf__reads_ip_ranges_before_everything(void **state)
{
	(void)state;
	assert_described("\"ipam\":{\"subnet\":\"10.3.0.0/30\"," RANGES "},\"runtimeConfig\":"
			 "{\"ipRanges\":[[{\"Subnet\":\"10.4.0.0/30\"}],"
			 "[{\"subnet\":\"fd00::/126\",\"RangeStart\":\"fd00::2\"}]]}",
			 "",
			 "[10.4.0.1-10.4.0.2][fd00::2-fd00::3][10.3.0.1-10.3.0.2]"
			 "[10.1.0.1-10.1.0.254]");
	assert_described("\"ipam\":{},\"runtimeConfig\":"
			 "{\"ipRanges\":[[{\"subnet\":\"10.4.0.0/30\"}]]}",
			 "", "[10.4.0.1-10.4.0.2]");
}

static void host_local_conf__reads_a_file_of_ranges_last(void **state)
{
	static const char ranges[] = "{\"ranges\":[[{\"subnet\":\"10.7.0.0/30\"}]]}";
	char path[] = "/tmp/ranges.XXXXXX";
	closing int fd = mkstemp(path);
	freeing char *both = cni_format("\"ipam\":{" RANGES ",\"rangesFile\":\"%s\"}", path);
	freeing char *alone = cni_format("\"ipam\":{\"rangesFile\":\"%s\"}", path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, ranges, strlen(ranges)), (ssize_t)strlen(ranges));
	assert_described(both, "", "[10.1.0.1-10.1.0.254][10.7.0.1-10.7.0.2]");
	assert_described(alone, "", "[10.7.0.1-10.7.0.2]");
	unlink(path);
}

static void host_local_conf__takes_null_and_empty_as_absent(void **state)
{
	(void)state;
	assert_described("\"ipam\":{" RANGES
			 ",\"routes\":null,\"resolvConf\":\"\",\"dataDir\":null,"
			 "\"subnet\":null,\"rangeStart\":\"\",\"gateway\":\"\"},"
			 "\"runtimeConfig\":null,\"args\":{\"cni\":null}",
			 "", "[10.1.0.1-10.1.0.254]");
	assert_described("\"ipam\":{" RANGES
			 ",\"routes\":[null]},\"args\":{\"cni\":{\"ips\":[null]}},"
			 "\"runtimeConfig\":{\"ips\":null,\"ipRanges\":null}",
			 "IP=", "[10.1.0.1-10.1.0.254]");
}

static void host_local_conf__collects_requested_addresses(void **state)
{
	(void)state;
	assert_described(
		"\"ipam\":{" RANGES "},\"args\":{\"cni\":{\"ips\":[\"10.1.0.6/24\","
		"\"10.1.0.5\"]}},\"runtimeConfig\":{\"ips\":[\"fd00::7/64\",\"10.1.0.6\"]}",
		"IgnoreUnknown=1;IP=10.1.0.5;K8S_POD_NAME=web",
		"[10.1.0.1-10.1.0.254] 10.1.0.5 10.1.0.6 fd00::7");
}

static void host_local_conf__has_defaults(void **state)
{
	struct host_local_conf conf;
	struct cni_error err = {0};
	struct cni_call call;

	(void)state;
	assert_int_equal(read_conf("1.0.0", "\"ipam\":{" RANGES "}", "", &call, &conf, &err), 0);
	assert_string_equal(conf.place.data_dir, "/var/lib/cni/networks");
	assert_null(conf.resolv_conf);
	assert_int_equal(conf.route_count, 0);
	clear(&call, &conf);
	assert_int_equal(read_conf("1.0.0",
				   "\"ipam\":{" RANGES ",\"dataDir\":\"/run/x\",\"resolvConf\":"
				   "\"/etc/resolv.conf\",\"routes\":[{\"dst\":\"0.0.0.0/0\"},"
				   "{\"dst\":\"10.9.0.0/16\",\"gw\":\"10.1.0.9\",\"mtu\":1400,"
				   "\"table\":5}]}",
				   "", &call, &conf, &err),
			 0);
	assert_string_equal(conf.place.data_dir, "/run/x");
	assert_string_equal(conf.resolv_conf, "/etc/resolv.conf");
	assert_int_equal(conf.route_count, 2);
	assert_int_equal(conf.routes[1].mtu, 1400);
	assert_int_equal(conf.routes[1].table, 5);
	clear(&call, &conf);
}

static const struct {
	const char *members, *message;
} wrong_values[] = {
	{"\"x\":1", "IPAM config missing 'ipam' key"},
	{"\"ipam\":null", "IPAM config missing 'ipam' key"},
	{"\"ipam\":{}", "no IP ranges specified"},
	{"\"ipam\":{\"ranges\":[]}", "no IP ranges specified"},
	{"\"ipam\":{\"ranges\":{}}", "'ipam.ranges' is {}, expected a list"},
	{"\"ipam\":{\"ranges\":5}", "'ipam.ranges' is 5"},
	{"\"ipam\":{\"ranges\":[[]]}", "invalid range set 0: empty range set"},
	{"\"ipam\":{\"ranges\":[{\"subnet\":\"10.1.0.0/24\"}]}",
	 "'ipam.ranges[0]': a range set is {\"subnet\":\"10.1.0.0/24\"}, expected a list"},
	{"\"ipam\":{\"ranges\":[null]}", "'ipam.ranges[0]': a range set is null"},
	{"\"ipam\":{\"ranges\":[[5]]}", "'ipam.ranges[0]': a range is 5"},
	{"\"ipam\":{\"ranges\":[[{}]]}", "invalid range set 0: 'subnet' is missing"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0\"}]]}",
	 "'ipam.ranges[0]': 'subnet' is \"10.1.0.0\", expected a prefix in CIDR"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/33\"}]]}", "\"10.1.0.0/33\""},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":5}]]}", "'subnet' is 5"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"x\"}]]}",
	 "'gateway' is \"x\", expected an IP address"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":[]}]]}",
	 "'rangeStart' is []"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.1.0\"}]]}",
	 "'rangeEnd' is \"10.1.0\""},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	 "[{\"subnet\":\"10.2.0.0/31\"}]]}",
	 "invalid range set 1: Network 10.2.0.0/31 too small"},
	{"\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	 "[{\"subnet\":\"fd00::/64\"}],[{\"subnet\":\"10.1.0.0/16\"}]]}",
	 "range set 0 overlaps with 2"},
	{"\"ipam\":{\"subnet\":\"10.1.0.0/16\"," RANGES "}", "range set 0 overlaps with 1"},
	{"\"ipam\":{\"subnet\":\"10.1.0.0\"}", "'ipam.subnet' is \"10.1.0.0\""},
	{"\"ipam\":{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"y\"}",
	 "'ipam.rangeStart' is \"y\""},
	{"\"ipam\":{" RANGES ",\"routes\":{}}", "'ipam.routes' is {}"},
	{"\"ipam\":{" RANGES ",\"routes\":[5]}", "'ipam.routes' holds 5"},
	{"\"ipam\":{" RANGES ",\"routes\":[{\"dst\":\"10.0.0.0\"}]}",
	 "'ipam.routes': 'dst' is \"10.0.0.0\""},
	{"\"ipam\":{" RANGES ",\"dataDir\":5}", "'ipam.dataDir' is 5, expected a string"},
	{"\"ipam\":{" RANGES ",\"dataDir\":\"run/x\"}",
	 "'ipam.dataDir' is \"run/x\", expected an absolute path"},
	{"\"ipam\":{" RANGES ",\"resolvConf\":true}", "'ipam.resolvConf' is true"},
	{"\"ipam\":{" RANGES "},\"args\":5", "'args' is 5, expected an object"},
	{"\"ipam\":{" RANGES "},\"args\":{\"cni\":{\"ips\":\"10.1.0.5\"}}",
	 "'args.cni.ips' is \"10.1.0.5\""},
	{"\"ipam\":{" RANGES "},\"args\":{\"cni\":{\"ips\":[5]}}",
	 "an entry of 'args.cni.ips' is 5"},
	{"\"ipam\":{" RANGES "},\"args\":{\"cni\":{\"ips\":[\"\"]}}",
	 "an entry of 'args.cni.ips' is \"\", expected an IP address"},
	{"\"ipam\":{" RANGES "},\"runtimeConfig\":{\"ips\":[\"10.1.0.5/99\"]}",
	 "an entry of 'runtimeConfig.ips' is \"10.1.0.5/99\""},
	{"\"ipam\":{" RANGES "},\"runtimeConfig\":{\"ipRanges\":[[{\"subnet\":7}]]}",
	 "'runtimeConfig.ipRanges[0]': 'subnet' is 7"},
	{"\"ipam\":{" RANGES "},\"runtimeConfig\":7", "'runtimeConfig' is 7"},
};

static void host_local_conf__refuses_wrong_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_values) / sizeof(*wrong_values); i++)
		assert_refused(wrong_values[i].members, wrong_values[i].message);
}

static void host_local_conf__refuses_wrong_args(void **state)
{
	(void)state;
	assert_refused_at("1.0.0", "\"ipam\":{" RANGES "}", "IP=10.1", "ARGS: IP is \"10.1\"");
	assert_refused_at("1.0.0", "\"ipam\":{" RANGES "}", "FOO=BAR",
			  "ARGS: unknown args [\"FOO=BAR\"]");
}

static void host_local_conf__refuses_two_of_a_family_before_0_3_0(void **state)
{
	static const char two[] = "\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
				  "[{\"subnet\":\"10.2.0.0/24\"}]]}";
	static const char dual[] = "\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
				   "[{\"subnet\":\"fd00::/64\"}]]}";
	struct host_local_conf conf;
	struct cni_error err = {0};
	struct cni_call call;

	(void)state;
	assert_refused_at("0.1.0", two, "", "does not support more than 1 address per family");
	assert_refused_at("0.2.0", two, "",
			  "CNI version 0.2.0 does not support more than 1 address per family");
	assert_int_equal(read_conf("0.2.0", dual, "", &call, &conf, &err), 0);
	clear(&call, &conf);
	assert_int_equal(read_conf("0.3.0", two, "", &call, &conf, &err), 0);
	clear(&call, &conf);
}

static void host_local_conf__finds_the_directory_in_any_rubble(void **state)
{
	static const struct {
		const char *ipam, *expected;
		unsigned int lock_ms;
	} cases[] = {
		{"{\"dataDir\":\"/run/x\",\"ranges\":\"what\"}", "/run/x", 10000},
		{"{\"DATADIR\":\"/run/x\"}", "/run/x", 10000},
		{"{\"dataDir\":5}", "/var/lib/cni/networks", 10000},
		{"{\"dataDir\":\"\"}", "/var/lib/cni/networks", 10000},
		{"{\"dataDir\":\"run/x\"}", "/var/lib/cni/networks", 10000},
		{"{}", "/var/lib/cni/networks", 10000},
		{"null", "/var/lib/cni/networks", 10000},
		{"[1]", "/var/lib/cni/networks", 10000},
		{"{\"lockTimeout\":3,\"cooldown\":-1}", "/var/lib/cni/networks", 3000},
		{"{\"lockTimeout\":0}", "/var/lib/cni/networks", 10000},
		{"{\"lockTimeout\":\"3\"}", "/var/lib/cni/networks", 10000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = cni_format("{\"name\":\"blue\",\"ipam\":%s}", cases[i].ipam);
		struct cni_call call = {0};
		struct cni_error err;

		assert_int_equal(
			cni_conf_read(text, strlen(text), CNI_DEL, CNI_0_1_0, &call.conf, &err), 0);
		assert_string_equal(host_local_conf_place(&call).data_dir, cases[i].expected);
		assert_int_equal(host_local_conf_place(&call).lock_ms, cases[i].lock_ms);
		cni_conf_clear(&call.conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_local_conf__reads_ranges),
		cmocka_unit_test(host_local_conf__reads_the_flat_form_before_ranges),
		cmocka_unit_test(host_local_conf__reads_ip_ranges_before_everything),
		cmocka_unit_test(host_local_conf__reads_a_file_of_ranges_last),
		cmocka_unit_test(host_local_conf__takes_null_and_empty_as_absent),
		cmocka_unit_test(host_local_conf__collects_requested_addresses),
		cmocka_unit_test(host_local_conf__has_defaults),
		cmocka_unit_test(host_local_conf__refuses_wrong_values),
		cmocka_unit_test(host_local_conf__refuses_wrong_args),
		cmocka_unit_test(host_local_conf__refuses_two_of_a_family_before_0_3_0),
		cmocka_unit_test(host_local_conf__finds_the_directory_in_any_rubble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
