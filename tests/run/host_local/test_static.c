/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* static as a runtime's plugins call it: its result in each version, beside the Go plugin's; DEL,
 * GC and STATUS. */
#include "bridge.h"
#include "trace.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

#define STATIC	  CNI_C_BINARY_DIR "/ipam/static"
#define GO_STATIC "/usr/lib/cni/static"

#define BOTH                                                                                       \
	"'addresses':[{'address':'10.1.0.5/24','gateway':'10.1.0.1'},{'address':'fd01::5/64'}],"   \
	"'routes':[{'dst':'0.0.0.0/0'},{'dst':'fd00::/8','gw':'fd01::1'}],"                        \
	"'dns':{'nameservers':['10.1.0.1'],'search':['x.y']}"

/* The whole configuration, as main plugins hand it on. The caller frees. */
static char *static_config(const char *version, const char *ipam, const char *more)
{
	freeing char *text = cni_format("{'cniVersion':'%s','name':'blue','type':'macvlan',"
					"'ipam':{'type':'static'%s%s}%s%s}",
					version, *ipam ? "," : "", ipam, *more ? "," : "", more);

	return json_text(text);
}

static struct plugin_call static_call(const char *command, const char *config)
{
	return (struct plugin_call){.plugin = STATIC,
				    .command = command,
				    .container = "c1",
				    .netns = "/run/netns/c1",
				    .ifname = "eth0",
				    .path = "/opt/cni/bin",
				    .config = config};
}

/* ---- the answer ---- */

static void static__answers_in_each_version(void **state)
{
	static const char ip4_ip6[] =
		"{'cniVersion':'%s','ip4':{'ip':'10.1.0.5/24','gateway':'10.1.0.1','routes':"
		"[{'dst':'0.0.0.0/0'}]},'ip6':{'ip':'fd01::5/64','routes':[{'dst':'fd00::/8',"
		"'gw':'fd01::1'}]},'dns':{'nameservers':['10.1.0.1'],'search':['x.y']}}";
	static const char numbered[] =
		"{'cniVersion':'%s','ips':[{'version':'4','address':'10.1.0.5/24','gateway':"
		"'10.1.0.1'},{'version':'6','address':'fd01::5/64'}],'routes':[{'dst':'0.0.0.0/0'},"
		"{'dst':'fd00::/8','gw':'fd01::1'}],'dns':{'nameservers':['10.1.0.1'],'search':"
		"['x.y']}}";
	static const char plain[] =
		"{'cniVersion':'%s','ips':[{'address':'10.1.0.5/24','gateway':'10.1.0.1'},"
		"{'address':'fd01::5/64'}],'routes':[{'dst':'0.0.0.0/0'},{'dst':'fd00::/8',"
		"'gw':'fd01::1'}],'dns':{'nameservers':['10.1.0.1'],'search':['x.y']}}";
	static const struct {
		const char *version, *expected;
	} cases[] = {{"0.1.0", ip4_ip6},  {"0.2.0", ip4_ip6},  {"0.3.0", numbered},
		     {"0.3.1", numbered}, {"0.4.0", numbered}, {"1.0.0", plain},
		     {"1.1.0", plain}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = static_config(cases[i].version, BOTH, "");
		struct plugin_call call = static_call("ADD", config);
		struct plugin_answer answer = plugin_run(&call);
		freeing char *expected = NULL;
		char *text = cni_strdup(cases[i].expected);
		char *percent = strstr(text, "%s");

		*percent = '\0';
		expected = cni_format("%s%s%s", text, cases[i].version, percent + 2);
		free(text);
		plugin_assert_success(&answer);
		json_text_assert(answer.json, expected);
		plugin_answer_clear(&answer);
	}
}

/* Without an address there is nothing that an old version could say. */
static void static__answers_without_addresses_where_it_can(void **state)
{
	static const char *const news[] = {"0.3.0", "0.4.0", "1.0.0", "1.1.0"};
	static const char *const olds[] = {"0.1.0", "0.2.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(news) / sizeof(*news); i++) {
		freeing char *config = static_config(news[i], "", "");
		struct plugin_call call = static_call("ADD", config);
		struct plugin_answer answer = plugin_run(&call);

		plugin_assert_success(&answer);
		assert_null(cni_json_get(answer.json, "ips"));
		plugin_answer_clear(&answer);
	}
	for (size_t i = 0; i < sizeof(olds) / sizeof(*olds); i++) {
		freeing char *config = static_config(olds[i], "", "");
		struct plugin_call call = static_call("ADD", config);

		plugin_fails(&call, CNI_EVERSION, NULL);
	}
}

/* ---- beside the Go plugin ---- */

/* The empty "dns" that the Go plugins left out of 1.x later on. */
static void drop_empty_dns(cJSON *json)
{
	const cJSON *dns = cni_json_get(json, "dns");

	if (dns && !dns->child)
		cni_json_set(json, "dns", NULL);
}

static void assert_answers_alike(const char *version, const char *ipam, const char *more,
				 const char *args)
{
	freeing char *config = static_config(version, ipam, more);
	struct plugin_call call = static_call("ADD", config);
	struct plugin_answer ours;
	struct plugin_answer theirs;

	call.args = args;
	ours = plugin_run(&call);
	call.plugin = GO_STATIC;
	theirs = plugin_run(&call);
	if (ours.exit_code != theirs.exit_code)
		fail_msg("%s '%s'\nours: %s\ntheirs: %s", config, args, ours.out, theirs.out);
	if (ours.exit_code == 0) {
		drop_empty_dns(ours.json);
		drop_empty_dns(theirs.json);
		json_text_assert_equal(ours.json, theirs.json);
	} else {
		const char *text = cni_json_get_string(theirs.json, "msg");

		/* Our message contains theirs. */
		if (!strstr(cni_json_get_string(ours.json, "msg"), text))
			fail_msg("ours: %s\ntheirs: %s", ours.out, theirs.out);
	}
	plugin_answer_clear(&ours);
	plugin_answer_clear(&theirs);
}

static void static__answers_as_the_go_plugin(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.1", "0.4.0", "1.0.0"};
	static const struct {
		const char *ipam, *more, *args;
	} cases[] = {
		{BOTH, "", ""},
		{BOTH, "'args':{'cni':{'ips':['10.3.0.5/24']}}", ""},
		{BOTH, "'runtimeConfig':{'ips':['10.4.0.5/16','fd04::5/64']}", ""},
		{BOTH,
		 "'args':{'cni':{'ips':['10.3.0.5/24']}},'runtimeConfig':{'ips':['10.4.0.5/16']}",
		 "IP=10.2.0.5/24;GATEWAY=10.2.0.1"},
		{"", "", "IP=10.2.0.5/24;GATEWAY=10.2.0.1"},
		{"", "", "IP=10.2.0.5/24, fd02::5/64;GATEWAY=10.2.0.1, fd02::1"},
		{"'routes':null,'dns':null", "", "IP=10.2.0.5/24;GATEWAY=10.9.0.1"},
		/* Here an old version has no room. */
		{BOTH, "", "IP=10.2.0.5/24"},
		{"", "'runtimeConfig':{'ips':['10.4.0.5/16','10.4.0.6/16']}", ""},
		/* errors */
		{"'addresses':[{'address':'10.1.0.5'}]", "", ""},
		{"'addresses':[{}]", "", ""},
		{"", "", "IP=10.2.0.5"},
		{"", "", "IP=10.2.0.5/24;GATEWAY=x"},
		{"", "'args':{'cni':{'ips':['10.3.0.5']}}", ""},
		{"", "'runtimeConfig':{'ips':['x']}", ""},
		{BOTH, "", "FOO=BAR"},
		{BOTH, "'ipam':null", ""},
	};

	(void)state;
	if (access(GO_STATIC, X_OK) != 0)
		skip_because("the Go plugins are not installed in /usr/lib/cni");
	for (size_t v = 0; v < sizeof(versions) / sizeof(*versions); v++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			assert_answers_alike(versions[v], cases[i].ipam, cases[i].more,
					     cases[i].args);
}

/* ---- CHECK, DEL, GC, STATUS ---- */

static void static__check_wants_a_prev_result(void **state)
{
	static const char *const versions[] = {"0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *without = static_config(versions[i], BOTH, "");
		freeing_json cJSON *json = cJSON_Parse(without);
		struct plugin_call call = static_call("ADD", without);
		struct plugin_answer answer = plugin_run(&call);
		freeing char *with = NULL;

		plugin_assert_success(&answer);
		cni_json_set(json, "prevResult", cni_json_copy(answer.json));
		with = cni_json_print(json);
		plugin_answer_clear(&answer);
		call.command = "CHECK";
		plugin_fails(&call, CNI_ECONFIG, "Required prevResult missing");
		call.config = with;
		plugin_succeeds(&call);
		call.args = "IP=10.7.0.5/24";
		plugin_fails(&call, CNI_EMISMATCH, "10.7.0.5/24 on interface eth0");
	}
}

static void static__check_came_with_0_4_0(void **state)
{
	freeing char *config = static_config("0.3.1", BOTH, "");
	struct plugin_call call = static_call("CHECK", config);

	(void)state;
	plugin_fails(&call, CNI_EVERSION, "config version does not allow CHECK");
}

/* Any configuration may come. */
static const char *const wrongs[] = {
	"",
	",'ipam':null",
	",'ipam':5",
	",'ipam':{'type':'static','addresses':5}",
	",'ipam':{'type':'static','addresses':[{'address':'x'}]}",
	",'ipam':{'type':'static','dns':5,'routes':5}",
	",'ipam':{'type':'static'},'args':5,'runtimeConfig':[]",
	",'ipam':{'type':'static'},'prevResult':'nonsense'",
	",'ipam':{'type':'static'},'dns':7",
};

/* The caller frees. */
static char *wrong_config(size_t i, const char *more)
{
	freeing char *text =
		cni_format("{'cniVersion':'1.1.0','name':'blue'%s%s}", wrongs[i], more);

	return json_text(text);
}

static void static__del_always_succeeds(void **state)
{
	static const char *const namespaces[] = {NULL, "", "/run/netns/gone", "/etc/passwd",
						 "/proc/self/ns/net"};
	freeing char *before = sandbox_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *config = wrong_config(i, "");
		struct plugin_call call = static_call("DEL", config);

		for (size_t n = 0; n < sizeof(namespaces) / sizeof(*namespaces); n++) {
			call.netns = namespaces[n];
			call.args = n % 2 ? "IP=nonsense;FOO=BAR" : "";
			plugin_succeeds(&call);
			plugin_succeeds(&call);
		}
	}
	sandbox_assert_unchanged(before);
}

static void static__gc_wants_a_list_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *with = wrong_config(i, ",'cni.dev/valid-attachments':"
						     "[{'containerID':'c1','ifname':'eth0'}]");
		freeing char *without = wrong_config(i, "");
		struct plugin_call call = {.plugin = STATIC, .command = "GC", .config = with};

		plugin_succeeds(&call);
		call.config = without;
		plugin_fails(&call, CNI_ECONFIG, "'cni.dev/valid-attachments' is missing");
	}
}

static void static__status_reads_the_configuration(void **state)
{
	freeing char *good = static_config("1.1.0", BOTH, "");
	/* The runtime will say which ones. */
	freeing char *none = static_config("1.1.0", "", "");
	freeing char *bad = static_config("1.1.0", "'addresses':[{'address':'x'}]", "");
	freeing char *old = static_config("1.0.0", BOTH, "");
	struct plugin_call call = {.plugin = STATIC,
				   .command = "STATUS",
				   .container = "",
				   .netns = "",
				   .ifname = "",
				   .args = "",
				   .config = good};

	(void)state;
	plugin_succeeds(&call);
	call.config = none;
	plugin_succeeds(&call);
	call.config = bad;
	plugin_fails(&call, CNI_ECONFIG, "expected to be in CIDR notation, got: 'x'");
	call.config = old;
	plugin_fails(&call, CNI_EVERSION, "config version does not allow STATUS");
}

static void static__says_what_it_is(void **state)
{
	struct plugin_answer answer;

	(void)state;
	answer = plugin_run(&(struct plugin_call){.plugin = STATIC, .command = "VERSION"});
	plugin_assert_success(&answer);
	json_text_assert(answer.json,
			 "{'cniVersion':'1.1.0','supportedVersions':['0.1.0','0.2.0','0.3.0',"
			 "'0.3.1','0.4.0','1.0.0','1.1.0']}");
	plugin_answer_clear(&answer);
	answer = plugin_run(&(struct plugin_call){.plugin = STATIC});
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "");
	assert_non_null(strstr(answer.err, "CNI static plugin v1.9.1"));
	plugin_answer_clear(&answer);
}

static void static__killed_anywhere_leaves_nothing(void **state)
{
	freeing char *config = static_config("1.1.0", BOTH, "");
	struct plugin_call call = static_call("ADD", config);
	freeing char *before = sandbox_snapshot();
	unsigned int step = 0;

	(void)state;
	for (; trace_kill(&call, step); step += trace_sparse_stride(3))
		;
	/* It reads twice, looks at the namespace, writes and ends. */
	assert_true(step > 4);
	sandbox_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(static__answers_in_each_version),
		bridge_test(static__answers_without_addresses_where_it_can),
		bridge_test(static__answers_as_the_go_plugin),
		bridge_test(static__check_wants_a_prev_result),
		bridge_test(static__check_came_with_0_4_0),
		bridge_test(static__del_always_succeeds),
		bridge_test(static__gc_wants_a_list_and_nothing_else),
		bridge_test(static__status_reads_the_configuration),
		bridge_test(static__says_what_it_is),
		bridge_test(static__killed_anywhere_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
