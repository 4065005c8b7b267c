/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of tuning as text, and its refusals before it opens anything. Called with an argument this
 * executable is the plugin. */
#include "test.h"

int tuning_main(void);
#define main tuning_main
#include "../../plugins/tuning.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "json_text.h"
#include "plugin.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static char *config_of(const char *more)
{
	freeing char *quoted = cni_format(
		"{'cniVersion':'1.1.0','name':'blue','cni.dev/valid-attachments':[]%s%s}",
		*more ? "," : "", more);

	return json_text(quoted);
}

static int configure(const char *more, enum cni_command command, struct cni_call *call,
		     struct cni_tuning_conf *conf, struct cni_error *err)
{
	freeing char *text = config_of(more);

	*conf = (struct cni_tuning_conf){.data_dir = NULL};
	*call = (struct cni_call){.env = {.command = command, .ifname = "eth0", .args = ""}};
	if (cni_conf_read(text, strlen(text), command, CNI_0_1_0, &call->conf, err) < 0)
		return -1;
	return cni_plugin_configure(&tuning, call, conf, err);
}

static char *plan_of(const char *more, enum cni_command command, const char *data_dir)
{
	struct cni_plan plan = {.count = 0};
	struct cni_error err = {.msg = ""};
	struct cni_tuning_conf conf;
	struct cni_call call;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (configure(more, command, &call, &conf, &err) < 0)
		fail_msg("%s: %s", more, err.msg);
	assert_string_equal(conf.data_dir, data_dir);
	tuning.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return text;
}

#define DIR "/run/cni/tuning"
#define MAC "0a:58:0a:01:00:05"

static void tuning_plan__shows_what_is_asked_for(void **state)
{
	static const struct {
		const char *more;
		const char *expected;
		const char *data_dir;
	} cases[] = {
		{"", "tuning     nothing\n", DIR},
		{"'mtu':0,'promisc':false,'sysctl':{}", "tuning     nothing\n", DIR},
		{"'mtu':1400", "tuning     container mtu 1400\n", DIR},
		{"'dataDir':'/var/x','mac':'" MAC "'", "tuning     container mac " MAC "\n",
		 "/var/x"},
		{"'mtu':1400,'args':{'cni':{'mtu':1300}},'promisc':true,'allmulti':false,'txQLen':"
		 "0,"
		 "'runtimeConfig':{'mac':'" MAC "'}",
		 "tuning     container mac " MAC " promisc true allmulti false txqlen 0 mtu 1300\n",
		 DIR},
		{"'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1','net.core.somaxconn':'5\\n6 7'}",
		 "tuning     container net/ipv4/conf/eth0/arp_filter=1 net/core/somaxconn=5?6 7\n",
		 DIR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = plan_of(cases[i].more, CNI_ADD, cases[i].data_dir);

		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s\n%s\nexpected\n%s", cases[i].more, text, cases[i].expected);
	}
}

/* DEL and GC need the data directory, and have it. */
static void tuning_plan__of_nonsense_for_del(void **state)
{
	static const struct {
		const char *more;
		const char *data_dir;
	} cases[] = {
		{"'dataDir':'/var/x','mtu':'much'", "/var/x"},
		{"'dataDir':'var/x'", DIR},
		{"'dataDir':5,'mtu':1400", DIR},
		{"'mtu':1400,'dataDir':'/var/x','sysctl':{'net.core.somaxconn':'1','kernel.x':'1'}",
		 "/var/x"},
		{"'mac':'x','args':5,'runtimeConfig':[]", DIR},
	};
	static const enum cni_command commands[] = {CNI_DEL, CNI_GC, CNI_SWEEP};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t j = 0; j < sizeof(commands) / sizeof(*commands); j++) {
			freeing char *text = plan_of(cases[i].more, commands[j], cases[i].data_dir);

			assert_string_equal(text, "tuning     nothing\n");
		}
}

static void tuning_plan__refuses_by_name(void **state)
{
	static const char *const cases[][2] = {
		{"'mtu':-1", "'mtu' is -1, expected a whole number from 0 to 2147483647"},
		{"'dataDir':'var/x'", "'dataDir' is \"var/x\", expected an absolute path"},
		{"'sysctl':{'kernel.x':'1'}",
		 "'sysctl': invalid net sysctl key: \"kernel.x\", expected one such as "
		 "\"net.ipv4.conf.IFNAME.arp_filter\""},
	};
	static const enum cni_command commands[] = {CNI_ADD, CNI_CHECK, CNI_STATUS, CNI_MEND};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t j = 0; j < sizeof(commands) / sizeof(*commands); j++) {
			struct cni_error err = {.msg = ""};
			struct cni_tuning_conf conf;
			struct cni_call call;

			if (configure(cases[i][0], commands[j], &call, &conf, &err) == 0)
				fail_msg("%s was taken", cases[i][0]);
			assert_int_equal(err.code, CNI_ECONFIG);
			assert_string_equal(err.msg, cases[i][1]);
			cni_conf_clear(&call.conf);
		}
}

static void assert_says(const char *command, const char *netns, const char *more, const char *said,
			int code, const char *message)
{
	static const char *const traced[] = {"CNI_C_TRACE=1", NULL};
	static const char *const as_plugin[] = {"plugin", NULL};
	freeing char *config = config_of(more);
	struct plugin_call call = {.plugin = "/proc/self/exe",
				   .arguments = as_plugin,
				   .environment = traced,
				   .command = command,
				   .container = "c1",
				   .netns = netns,
				   .ifname = "eth0",
				   .config = config};
	struct plugin_answer answer = plugin_run(&call);

	assert_string_equal(answer.err, said);
	if (message)
		plugin_assert_error(&answer, code, message);
	else
		plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

#define PREV	 ",'prevResult':{'cniVersion':'1.1.0','interfaces':[{'name':'eth0'}]}"
#define NO_PREV	 "Required prevResult missing: tuning must be called as chained plugin"
#define NO_NETNS "failed to open netns '/none'"
#define NOWHERE	 "'dataDir':'/none'"

/* The configuration is judged first, then the prevResult, then the namespace. */
static void tuning_plan__is_traced(void **state)
{
	(void)state;
	assert_says("ADD", "/none", "'mtu':-1" PREV, "", CNI_ECONFIG, "'mtu' is -1");
	assert_says("ADD", "/none", "'mtu':-1", "", CNI_ECONFIG, "'mtu' is -1");
	assert_says("ADD", "/none", "'mtu':1400", "add    tuning     container mtu 1400\n",
		    CNI_ECONFIG, NO_PREV);
	assert_says("ADD", "/none", "'mtu':1400" PREV, "add    tuning     container mtu 1400\n",
		    CNI_EENV, NO_NETNS);
	assert_says("CHECK", "/none", "'mtu':1400", "check  tuning     container mtu 1400\n",
		    CNI_ECONFIG, NO_PREV);
	assert_says("CHECK", "/none", "'mtu':1400" PREV, "check  tuning     container mtu 1400\n",
		    CNI_EENV, NO_NETNS);
	assert_says("MEND", "/none", "'mtu':1400" PREV, "mend   tuning     container mtu 1400\n",
		    CNI_EENV, NO_NETNS);
	assert_says("DEL", NULL, NOWHERE, "del    tuning     nothing\n", 0, NULL);
	assert_says("GC", NULL, NOWHERE, "gc     tuning     nothing\n", 0, NULL);
	assert_says("SWEEP", NULL, NOWHERE, "", 0, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tuning_plan__shows_what_is_asked_for),
		cmocka_unit_test(tuning_plan__of_nonsense_for_del),
		cmocka_unit_test(tuning_plan__refuses_by_name),
		cmocka_unit_test(tuning_plan__is_traced),
	};

	(void)argv;
	if (argc > 1)
		return tuning_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
