/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that only this host-local has: exclude, cooldown, stickyKey, rangesFile, reclaim,
 * lockTimeout. */
#include "host_local_conf.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <string.h>

#define RANGES "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]"

/* Reads {"ipam": {<keys>}} with CNI_ARGS. */
static int read_conf(const char *keys, const char *args, struct cni_call *call,
		     struct host_local_conf *conf, struct cni_error *err)
{
	freeing char *text =
		cni_format("{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"ipam\":{%s}}", keys);

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

/* The values of these tests' keys. The caller frees. */
static char *describe(const struct host_local_conf *conf)
{
	char *text = cni_format("reclaim %u cooldown %u lock %u%s", conf->reclaim, conf->cooldown,
				conf->place.lock_ms, conf->key ? " key" : "");

	for (size_t i = 0; i < conf->excluded_count; i++) {
		freeing char *before = text;
		char net[CNI_NET_TEXT_SIZE];

		text = cni_format("%s %s", before, cni_net_format(&conf->excluded[i], net));
	}
	return text;
}

static void host_local_conf__reads_what_operators_add(void **state)
{
	static const struct {
		const char *keys, *args, *expected;
	} cases[] = {
		{"", "", "reclaim 0 cooldown 0 lock 10000"},
		{",\"reclaim\":\"lazy\",\"cooldown\":0,\"lockTimeout\":1", "",
		 "reclaim 0 cooldown 0 lock 1000"},
		{",\"reclaim\":\"eager\",\"cooldown\":2147483647,\"lockTimeout\":3600", "",
		 "reclaim 1 cooldown 2147483647 lock 3600000"},
		{",\"reclaim\":\"never\",\"cooldown\":1e2", "",
		 "reclaim 2 cooldown 100 lock 10000"},
		{",\"exclude\":[\"10.1.0.5\",null,\"10.1.0.128/25\",\"10.1.0.9/30\",\"fd00::/64\","
		 "\"fd00::7\",\"0.0.0.0/0\"]",
		 "",
		 "reclaim 0 cooldown 0 lock 10000 10.1.0.5/32 10.1.0.128/25 10.1.0.9/30 fd00::/64 "
		 "fd00::7/128 0.0.0.0/0"},
		{",\"exclude\":[],\"stickyKey\":\"\",\"rangesFile\":\"\"", "K8S_POD_NAME=web",
		 "reclaim 0 cooldown 0 lock 10000"},
		{",\"exclude\":null,\"stickyKey\":null,\"rangesFile\":null,\"reclaim\":null,"
		 "\"cooldown\":null,\"lockTimeout\":null",
		 "K8S_POD_NAME=web", "reclaim 0 cooldown 0 lock 10000"},
		{",\"stickyKey\":\"${K8S_POD_NAME}\"", "K8S_POD_NAME=web",
		 "reclaim 0 cooldown 0 lock 10000 key"},
		{",\"stickyKey\":\"${K8S_POD_NAME}\"", "", "reclaim 0 cooldown 0 lock 10000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *keys = cni_format(RANGES "%s", cases[i].keys);
		struct host_local_conf conf;
		freeing char *text = NULL;
		struct cni_error err = {0};
		struct cni_call call;

		if (read_conf(keys, cases[i].args, &call, &conf, &err) < 0)
			fail_msg("%s: %s", keys, err.msg);
		text = describe(&conf);
		assert_string_equal(text, cases[i].expected);
		clear(&call, &conf);
	}
}

static void assert_refused(const char *wish, const char *message)
{
	freeing char *keys = cni_format(RANGES ",%s", wish);
	struct host_local_conf conf;
	struct cni_error err = {0};
	struct cni_call call;

	if (read_conf(keys, "", &call, &conf, &err) == 0)
		fail_msg("%s was accepted", wish);
	assert_int_equal(err.code, CNI_ECONFIG);
	if (!strstr(err.msg, message))
		fail_msg("%s: \"%s\" does not say \"%s\"", wish, err.msg, message);
	clear(&call, &conf);
}

static void host_local_conf__refuses_what_operators_get_wrong(void **state)
{
	static const char *const cases[][2] = {
		{"\"exclude\":\"10.1.0.5\"", "'ipam.exclude' is \"10.1.0.5\", expected a list"},
		{"\"exclude\":[5]", "an entry of 'ipam.exclude' is 5, expected an address or a "
				    "prefix such as \"10.1.0.128/25\""},
		{"\"exclude\":[\"\"]", "an entry of 'ipam.exclude' is \"\""},
		{"\"exclude\":[\"10.1.0.5\",\"10.1.0.0/33\"]", "is \"10.1.0.0/33\""},
		{"\"exclude\":[\"10.1.0.5-10.1.0.9\"]", "is \"10.1.0.5-10.1.0.9\""},
		{"\"exclude\":[[\"10.1.0.5\"]]", "an entry of 'ipam.exclude' is [\"10.1.0.5\"]"},
		{"\"cooldown\":-1",
		 "'ipam.cooldown' is -1, expected a whole number from 0 to 2147483647"},
		{"\"cooldown\":0.5", "'ipam.cooldown' is 0.5"},
		{"\"cooldown\":2147483648", "'ipam.cooldown' is 2147483648"},
		{"\"cooldown\":\"60\"", "'ipam.cooldown' is \"60\", expected a whole number"},
		{"\"cooldown\":true", "'ipam.cooldown' is true"},
		{"\"lockTimeout\":0",
		 "'ipam.lockTimeout' is 0, expected a whole number from 1 to 3600"},
		{"\"lockTimeout\":3601", "'ipam.lockTimeout' is 3601"},
		{"\"lockTimeout\":-1", "'ipam.lockTimeout' is -1"},
		{"\"lockTimeout\":1.5", "'ipam.lockTimeout' is 1.5"},
		{"\"lockTimeout\":\"1s\"", "'ipam.lockTimeout' is \"1s\""},
		{"\"reclaim\":\"always\"",
		 "'ipam.reclaim' is \"always\", expected one of \"lazy\" \"eager\" \"never\""},
		{"\"reclaim\":\"\"", "'ipam.reclaim' is \"\""},
		{"\"reclaim\":\"Lazy\"", "'ipam.reclaim' is \"Lazy\""},
		{"\"reclaim\":true", "'ipam.reclaim' is true"},
		{"\"stickyKey\":5", "'ipam.stickyKey' is 5, expected a string"},
		{"\"stickyKey\":\"pod\"", "'ipam.stickyKey' is \"pod\": there is no \"${\""},
		{"\"stickyKey\":\"${K8S_POD_NAME\"", "without a name and a \"}\""},
		{"\"rangesFile\":5", "'ipam.rangesFile' is 5, expected a string"},
		{"\"rangesFile\":\"ranges.json\"",
		 "'ipam.rangesFile': \"ranges.json\" is not an absolute path"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(cases[i][0], cases[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_local_conf__reads_what_operators_add),
		cmocka_unit_test(host_local_conf__refuses_what_operators_get_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
