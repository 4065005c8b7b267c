/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration on stdin, its checks, and its lenient reading for DEL. */
#include "conf.h"

#include "cleanup.h"
#include "json_text.h"
#include "test.h"

#include <string.h>

static int read_as(enum cni_command command, const char *text, struct cni_conf *conf,
		   struct cni_error *err)
{
	freeing char *quoted = json_text(text);

	return cni_conf_read(quoted, strlen(quoted), command, CNI_0_1_0, conf, err);
}

static void assert_refused(enum cni_command command, const char *text, int code,
			   const char *message)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	if (read_as(command, text, &conf, &err) == 0)
		fail_msg("%s was taken", text);
	assert_int_equal(err.code, code);
	assert_string_equal(err.msg, message);
	cni_conf_clear(&conf);
}

static void assert_taken(enum cni_command command, const char *text)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	if (read_as(command, text, &conf, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	cni_conf_clear(&conf);
}

static void conf__is_read(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_int_equal(read_as(CNI_ADD,
				 "{'CNIVersion': '1.0.0', 'Name': 'blue', 'type': 'bridge',"
				 " 'IPAM': {'Type': 'host-local', 'x': 5}, 'dns': {'nameservers': "
				 "['10.1.0.1']},"
				 " 'prevResult': {'ips': [{'address': '10.1.0.7/16'}]}}",
				 &conf, &err),
			 0);
	assert_int_equal(conf.version, CNI_1_0_0);
	assert_string_equal(conf.name, "blue");
	assert_string_equal(conf.ipam_type, "host-local");
	json_text_assert(conf.ipam, "{'Type': 'host-local', 'x': 5}");
	assert_true(conf.has_dns);
	assert_string_equal(conf.dns.nameservers[0], "10.1.0.1");
	assert_true(conf.has_prev_result);
	assert_int_equal(conf.prev_result.ip_count, 1);
	cni_conf_clear(&conf);
}

static void conf__needs_no_more_than_a_name(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_int_equal(read_as(CNI_ADD,
				 "{'name': 'blue', 'ipam': {}, 'dns': {}, 'prevResult': null}",
				 &conf, &err),
			 0);
	assert_int_equal(conf.version, CNI_0_1_0);
	assert_null(conf.ipam_type);
	assert_false(conf.has_dns);
	assert_false(conf.has_prev_result);
	cni_conf_clear(&conf);
	assert_taken(CNI_ADD, "{'name': 'blue', 'ipam': {'type': ''}}");
	assert_taken(CNI_ADD, "{'name': 'blue', 'ipam': null, 'dns': null, 'cniVersion': null}");
}

static void conf__says_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{"", CNI_EDECODE,
		 "the network configuration on stdin is empty, expected a JSON object"},
		{"{}", CNI_ECONFIG, "missing network name"},
		{"{'name': ''}", CNI_ECONFIG, "missing network name"},
		{"{'name': null}", CNI_ECONFIG, "missing network name"},
		{"{'name': 5}", CNI_ECONFIG, "'name' is 5, expected a string"},
		{"{'name': '../x'}", CNI_ECONFIG,
		 "'name' '../x' must start with a letter or digit and hold only letters, digits, "
		 "'_', '.' and '-'"},
		{"{'name': 'blue', 'cniVersion': 1}", CNI_EDECODE,
		 "'cniVersion' is 1, expected a string"},
		{"{'name': 'blue', 'cniVersion': 'x'}", CNI_EDECODE,
		 "cniVersion 'x' is not a version such as \"1.0.0\""},
		{"{'name': 'blue', 'cniVersion': '9.0.0'}", CNI_EVERSION,
		 "incompatible CNI versions"},
		{"{'name': 'blue', 'ipam': 'x'}", CNI_ECONFIG,
		 "'ipam' is \"x\", expected an object"},
		{"{'name': 'blue', 'ipam': {'type': 5}}", CNI_ECONFIG,
		 "'ipam.type' is 5, expected a string"},
		{"{'name': 'blue', 'ipam': {'type': '../sh'}}", CNI_ECONFIG,
		 "'ipam.type' '../sh' must be the name of an executable on CNI_PATH, without '/'"},
		{"{'name': 'blue', 'dns': []}", CNI_ECONFIG, "'dns' is [], expected an object"},
		{"{'name': 'blue', 'dns': {'search': 'x'}}", CNI_ECONFIG,
		 "'dns.search' is \"x\", expected a list of strings"},
		{"{'name': 'blue', 'dns': {'options': [1]}}", CNI_ECONFIG,
		 "'dns.options' holds 1, expected strings"},
		{"{'name': 'blue', 'dns': {'domain': 1}}", CNI_ECONFIG,
		 "'dns.domain' is 1, expected a string"},
		{"{'name': 'blue', 'prevResult': 'x'}", CNI_EDECODE,
		 "'prevResult' is \"x\", expected an object"},
		{"{'name': 'blue', 'prevResult': {'cniVersion': '9.0.0'}}", CNI_EVERSION,
		 "'prevResult': incompatible CNI versions"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(CNI_ADD, cases[i].text, cases[i].code, cases[i].message);
}

/* So that the error itself can be printed in it. */
static void conf__knows_its_version_when_another_key_is_wrong(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_int_equal(read_as(CNI_ADD, "{'cniVersion': '0.3.1', 'name': 'blue', 'dns': 5}",
				 &conf, &err),
			 -1);
	assert_int_equal(conf.version, CNI_0_3_1);
	cni_conf_clear(&conf);
	assert_int_equal(read_as(CNI_ADD, "{", &conf, &err), -1);
	assert_int_equal(conf.version, CNI_1_1_0);
	cni_conf_clear(&conf);
}

static void conf__is_too_old_for_some_commands(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_refused(CNI_CHECK, "{'cniVersion': '0.3.1', 'name': 'blue'}", CNI_EVERSION,
		       "config version does not allow CHECK");
	assert_refused(CNI_STATUS, "{'cniVersion': '1.0.0', 'name': 'blue'}", CNI_EVERSION,
		       "config version does not allow STATUS");
	assert_int_equal(read_as(CNI_GC, "{'cniVersion': '1.0.0', 'name': 'blue'}", &conf, &err),
			 -1);
	assert_string_equal(err.msg, "config version does not allow GC");
	assert_string_equal(err.details, "cniVersion is 1.0.0, GC came with 1.1.0");
	cni_conf_clear(&conf);
	assert_taken(CNI_CHECK, "{'cniVersion': '0.4.0', 'name': 'blue'}");
	assert_taken(CNI_STATUS, "{'cniVersion': '1.1.0', 'name': 'blue'}");
}

/* DEL must work whatever became of the configuration; but never run a program that is not on
 * CNI_PATH. */
static void conf__is_read_leniently_for_del(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_taken(CNI_DEL, "{'name': 'blue', 'ipam': 5}");
	assert_taken(CNI_DEL, "{'name': 'blue', 'ipam': {'type': 5}}");
	assert_taken(CNI_DEL, "{'name': 'blue', 'dns': {'search': ['x'], 'options': 5}}");
	assert_int_equal(
		read_as(CNI_DEL,
			"{'cniVersion': '1.0.0', 'name': 'blue', 'prevResult': {'ips': 5}}", &conf,
			&err),
		0);
	assert_false(conf.has_prev_result);
	cni_conf_clear(&conf);
	assert_refused(CNI_DEL, "{}", CNI_ECONFIG, "missing network name");
	assert_refused(CNI_DEL, "{'name': 'blue', 'ipam': {'type': '../sh'}}", CNI_ECONFIG,
		       "'ipam.type' '../sh' must be the name of an executable on CNI_PATH, without "
		       "'/'");
}

#define GC_CONF "{'cniVersion': '1.1.0', 'name': 'blue', "

static void conf__lists_valid_attachments(void **state)
{
	struct cni_error err = {0};
	struct cni_conf conf;

	(void)state;
	assert_int_equal(read_as(CNI_GC,
				 GC_CONF "'cni.dev/valid-attachments': ["
					 "{'containerID': 'c2', 'ifname': 'eth0'},"
					 "{'containerID': 'c1', 'ifname': 'eth0'}]}",
				 &conf, &err),
			 0);
	assert_int_equal(conf.valid.count, 2);
	assert_string_equal(conf.valid.items[0].network, "blue");
	assert_true(cni_owners_has(&conf.valid, "c1", "eth0"));
	assert_false(cni_owners_has(&conf.valid, "c1", "eth1"));
	cni_conf_clear(&conf);
	/* libcni has sent this key besides (containernetworking/cni#1101). */
	assert_int_equal(read_as(CNI_GC,
				 GC_CONF "'cni.dev/attachments': "
					 "[{'containerID': 'c1', 'ifname': 'eth0'}]}",
				 &conf, &err),
			 0);
	assert_int_equal(conf.valid.count, 1);
	cni_conf_clear(&conf);
	assert_int_equal(read_as(CNI_GC, GC_CONF "'cni.dev/valid-attachments': []}", &conf, &err),
			 0);
	assert_int_equal(conf.valid.count, 0);
	cni_conf_clear(&conf);
	/* libcni's way of writing that. */
	assert_int_equal(read_as(CNI_GC,
				 GC_CONF "'cni.dev/valid-attachments': null, "
					 "'cni.dev/attachments': null}",
				 &conf, &err),
			 0);
	assert_int_equal(conf.valid.count, 0);
	cni_conf_clear(&conf);
}

/* A list that is not understood must not pass for an empty one: everything would go. */
static void conf__without_valid_attachments_is_no_gc(void **state)
{
	(void)state;
	assert_refused(CNI_GC, GC_CONF "'x': 1}", CNI_ECONFIG,
		       "'cni.dev/valid-attachments' is missing, expected the list of attachments "
		       "that are still valid");
	assert_refused(CNI_GC, GC_CONF "'cni.dev/valid-attachments': {}}", CNI_ECONFIG,
		       "'cni.dev/valid-attachments' is {}, expected a list");
	assert_refused(CNI_GC, GC_CONF "'cni.dev/valid-attachments': [{'containerID': 'c1'}]}",
		       CNI_ECONFIG,
		       "'cni.dev/valid-attachments' holds an entry without 'containerID' or "
		       "'ifname'");
	assert_refused(CNI_GC, GC_CONF "'cni.dev/valid-attachments': [5]}", CNI_ECONFIG,
		       "'cni.dev/valid-attachments' holds an entry without 'containerID' or "
		       "'ifname'");
}

#define C1 "{'containerID': 'c1', 'ifname': 'eth0'}"
#define C2 "{'containerID': 'c2', 'ifname': 'eth0'}"

/* Two spellings of the key, or the key twice, in any case. */
static void conf__lists_of_valid_attachments_agree(void **state)
{
	static const char *const equal[] = {
		GC_CONF "'cni.dev/valid-attachments': [" C1 "," C2 "], 'cni.dev/attachments': [" C2
			"," C1 "," C1 "]}",
		GC_CONF "'cni.dev/valid-attachments': [" C1 "," C2
			"], 'CNI.dev/Valid-Attachments': [" C1 "," C2 "]}",
		GC_CONF "'cni.dev/valid-attachments': null, 'cni.dev/attachments': []}",
	};
	static const char *const different[] = {
		GC_CONF "'cni.dev/valid-attachments': [" C1 "], 'cni.dev/attachments': null}",
		GC_CONF "'cni.dev/valid-attachments': null, 'cni.dev/attachments': [" C1 "]}",
		GC_CONF "'cni.dev/valid-attachments': [" C1 "], 'CNI.DEV/VALID-ATTACHMENTS': null}",
		GC_CONF "'cni.dev/valid-attachments': [" C1 "], 'cni.dev/valid-attachments': []}",
		GC_CONF "'cni.dev/valid-attachments': [" C1 "], 'cni.dev/attachments': [" C2 "]}",
		GC_CONF "'cni.dev/attachments': [" C1 "," C2 "], 'cni.dev/valid-attachments': [" C1
			"]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(equal) / sizeof(*equal); i++)
		assert_taken(CNI_GC, equal[i]);
	for (size_t i = 0; i < sizeof(different) / sizeof(*different); i++) {
		struct cni_error err = {0};
		struct cni_conf conf;

		if (read_as(CNI_GC, different[i], &conf, &err) == 0)
			fail_msg("%s was taken", different[i]);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_non_null(strstr(err.msg, "expected the same attachments"));
		cni_conf_clear(&conf);
	}
	assert_refused(CNI_GC,
		       GC_CONF "'cni.dev/valid-attachments': [" C1 "], 'cni.dev/attachments': 5}",
		       CNI_ECONFIG, "'cni.dev/attachments' is 5, expected a list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf__is_read),
		cmocka_unit_test(conf__needs_no_more_than_a_name),
		cmocka_unit_test(conf__says_what_is_wrong),
		cmocka_unit_test(conf__knows_its_version_when_another_key_is_wrong),
		cmocka_unit_test(conf__is_too_old_for_some_commands),
		cmocka_unit_test(conf__is_read_leniently_for_del),
		cmocka_unit_test(conf__lists_valid_attachments),
		cmocka_unit_test(conf__without_valid_attachments_is_no_gc),
		cmocka_unit_test(conf__lists_of_valid_attachments_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
