/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* tuning behind bridge, behind itself, and beside the Go plugin, each undoing what the other has
 * done. */
#include "tuning_scene.h"

#include "cleanup.h"
#include "error.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

#define skip_unless_installed()                                                                    \
	do {                                                                                       \
		if (access(GO_TUNING, X_OK) != 0)                                                  \
			skip_because("the Go plugins are not installed in /usr/lib/cni");          \
	} while (0)

/* ---- behind bridge ---- */

/* Not with macspoofchk: who changes a MAC that is guarded is not heard, and CHECK says so. */
#define PLAIN GATEWAY ",'ipMasq':true," IPAM46

/* `more` for tuning, with the result of the list so far. The caller frees. */
static char *behind(const struct pod *pod, const char *version, const char *more)
{
	freeing char *text = tuning_config(version, more);
	freeing_json cJSON *json = cJSON_Parse(text);

	cni_json_set(json, "prevResult", pod->result ? cni_json_copy(pod->result) : NULL);
	return cni_json_print(json);
}

static void run_behind(struct pod *pod, const char *command, const char *version, const char *more)
{
	freeing char *config = behind(pod, version, more);
	struct plugin_call call = pod_call(pod, command, config);
	struct plugin_answer answer;

	call.plugin = TUNING;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	if (!strcmp(command, "ADD")) {
		cJSON_Delete(pod->result);
		pod->result = cni_json_copy(answer.json);
	}
	plugin_answer_clear(&answer);
}

static void tuning__stands_behind_bridge(void **state)
{
	static const char *const versions[] = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"};
	freeing char *first = bridge_config("1.1.0", PLAIN);
	freeing char *before = NULL;
	struct pod blue;

	(void)state;
	pod_open(&blue, "blue");
	pod_add(&blue, first);
	pod_del(&blue, first);
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *bridge = bridge_config(versions[i], PLAIN);

		pod_add(&blue, bridge);
		run_behind(&blue, "ADD", versions[i], TUNING_ALL);
		assert_json(blue.result, "interfaces.2.mac", "0a:58:0a:01:00:05");
		assert_shown("0a:58:0a:01:00:05", "0.address", "ip -n blue -j link show eth0");
		assert_shown("1400", "0.mtu", "ip -n blue -j link show eth0");
		/* CRI-O asks all of the list, with the result of all of it. */
		if (strcmp(versions[i], "0.4.0") >= 0) {
			run_behind(&blue, "CHECK", versions[i], TUNING_ALL);
			pod_check(&blue, bridge);
		}
		run_behind(&blue, "DEL", versions[i], TUNING_ALL);
		assert_shown("1500", "0.mtu", "ip -n blue -j link show eth0");
		pod_del(&blue, bridge);
		run_behind(&blue, "DEL", versions[i], TUNING_ALL);
		bridge_assert_unchanged(before);
	}
	pod_close(&blue);
}

/* ---- behind itself ---- */

static void tuning__may_stand_in_a_list_twice(void **state)
{
	static const char one[] = "'mtu':1400,'sysctl':{'net.core.somaxconn':'321'}";
	static const char two[] = "'mtu':1300,'txQLen':5,'sysctl':{'net.core.somaxconn':'322',"
				  "'net.ipv4.conf.IFNAME.arp_filter':'1'}";
	freeing char *inside = pod_snapshot("red");
	freeing char *files = NULL;

	(void)state;
	tuning_succeeds("ADD", one);
	tuning_succeeds("ADD", two);
	tuning_succeeds("CHECK", two);
	tuning_succeeds("DEL", two);
	tuning_succeeds("DEL", one);
	pod_assert_unchanged("red", inside, "both");
	/* The second one fails, and the runtime sends both a DEL. */
	tuning_succeeds("ADD", one);
	tuning_fails("ADD", "'txQLen':5,'sysctl':{'net.core.somaxconn':'322'},'mtu':70000",
		     CNI_EKERNEL, "MTU");
	tuning_assert_shown("mac 02:00:00:00:00:05 mtu 1400 flags  txqlen 1000 somaxconn 321 "
			    "arp_filter 0");
	tuning_succeeds("CHECK", one);
	tuning_succeeds("DEL", two);
	tuning_succeeds("DEL", one);
	pod_assert_unchanged("red", inside, "a failure");
	files = tuning_files();
	assert_string_equal(files, "");
}

/* ---- beside the Go plugin ---- */

/* The settings that both suites have: 1.1.1 has no txQLen, and cannot undo sysctls. */
#define LINK "'mac':'0a:58:0a:01:00:05','mtu':1400,'promisc':true,'allmulti':true"
#define LINK_TUNED                                                                                 \
	"mac 0a:58:0a:01:00:05 mtu 1400 flags ALLMULTI,PROMISC txqlen 1000 somaxconn 4096 "        \
	"arp_filter 0"

static void ask(const char *plugin, const char *command, const char *more)
{
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call call = tuning_call(command, config);

	call.plugin = plugin;
	plugin_succeeds(&call);
}

static void assert_handed_over(const char *adds, const char *deletes)
{
	freeing char *before = sandbox_snapshot();
	freeing char *inside = pod_snapshot("red");
	freeing char *files = NULL;

	ask(adds, "ADD", LINK);
	tuning_assert_shown(LINK_TUNED);
	files = tuning_files();
	assert_string_equal(files, "red_eth0.json\n");
	ask(adds, "CHECK", LINK);
	ask(deletes, "CHECK", LINK);
	ask(deletes, "DEL", LINK);
	pod_assert_unchanged("red", inside, deletes);
	sandbox_assert_unchanged(before);
	ask(deletes, "DEL", LINK);
	ask(adds, "DEL", LINK);
	sandbox_assert_unchanged(before);
}

static void cross__go_undoes_what_we_have_done(void **state)
{
	(void)state;
	skip_unless_installed();
	assert_handed_over(TUNING, GO_TUNING);
}

static void cross__we_undo_what_go_has_done(void **state)
{
	(void)state;
	skip_unless_installed();
	assert_handed_over(GO_TUNING, TUNING);
}

/* Some that were on before, some not changed at all. */
static void cross__each_undoes_what_was_otherwise_before(void **state)
{
	static const char *const pairs[][2] = {{TUNING, GO_TUNING}, {GO_TUNING, TUNING}};

	(void)state;
	skip_unless_installed();
	for (size_t i = 0; i < 2; i++) {
		tuning_renew_red();
		sandbox_must("ip -n red link set eth0 promisc on allmulticast on mtu 1350");
		ask(pairs[i][0], "ADD", "'promisc':true,'allmulti':false,'mtu':1400");
		sandbox_must("ip -n red link set eth0 address 02:00:00:00:00:77");
		ask(pairs[i][1], "DEL", "");
		tuning_assert_shown("mac 02:00:00:00:00:77 mtu 1350 flags ALLMULTI,PROMISC txqlen "
				    "1000 somaxconn 4096 arp_filter 0");
	}
}

/* Our file holds more than theirs; of sysctls theirs undoes nothing. */
static void cross__go_passes_over_what_it_does_not_know(void **state)
{
	freeing char *files = NULL;

	(void)state;
	skip_unless_installed();
	ask(TUNING, "ADD", TUNING_ALL);
	tuning_assert_shown(TUNING_TUNED);
	ask(GO_TUNING, "CHECK", LINK);
	ask(GO_TUNING, "DEL", TUNING_ALL);
	files = tuning_files();
	assert_string_equal(files, "");
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth0");
	assert_shown("02:00:00:00:00:05", "0.address", "ip -n red -j link show eth0");
}

static void assert_answers_alike(const char *version, const char *more, const char *args)
{
	freeing char *config = tuning_config(version, more);
	struct plugin_call call = tuning_call("ADD", config);
	struct plugin_answer ours;
	struct plugin_answer theirs;
	freeing char *ours_shown = NULL;
	freeing char *theirs_shown = NULL;
	const cJSON *dns;

	call.args = args;
	ours = plugin_run(&call);
	ours_shown = tuning_shown();
	tuning_renew_red();
	sandbox_must("rm -f " TUNING_FILE);
	call.plugin = GO_TUNING;
	theirs = plugin_run(&call);
	theirs_shown = tuning_shown();
	tuning_renew_red();
	sandbox_must("rm -f " TUNING_FILE);
	if (ours.exit_code != theirs.exit_code)
		fail_msg("%s %s\nours: %s\ntheirs: %s", config, args, ours.out, theirs.out);
	if (ours.exit_code == 0) {
		dns = cni_json_get(theirs.json, "dns");
		if (!cni_json_get(ours.json, "dns") && dns && !dns->child)
			cni_json_set(theirs.json, "dns", NULL);
		json_text_assert_equal(ours.json, theirs.json);
		assert_string_equal(ours_shown, theirs_shown);
	}
	plugin_answer_clear(&ours);
	plugin_answer_clear(&theirs);
}

static void cross__answers_and_settings_are_the_same(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.1", "0.4.0", "1.0.0"};
	static const struct {
		const char *more, *args;
	} cases[] = {
		{LINK ",'sysctl':{'net.core.somaxconn':'321',"
		      "'net.ipv4.conf.IFNAME.arp_filter':'1'}",
		 ""},
		{"'mac':'0a:58:0a:01:00:05','runtimeConfig':{'mac':'0a:58:0a:01:00:06'}",
		 "MAC=0a:58:0a:01:00:07"},
		{"'mac':'0a:58:0a:01:00:05','args':{'cni':{'mac':''}},"
		 "'runtimeConfig':{'mac':'0a:58:0a:01:00:06'}",
		 ""},
		{"'mac':'0a:58:0a:01:00:05'", "MAC=0a:58:0a:01:00:07"},
		{"'mtu':1400,'sysctl':{},'args':{'cni':{'mtu':0,'promisc':true,'sysctl':"
		 "{'net.core.somaxconn':'7'}}}",
		 ""},
		{"'sysctl':{'net..core/somaxconn':'9'}", ""},
		/* errors */
		{"'sysctl':{'kernel.hostname':'x'}", ""},
		{"'sysctl':{'net.core.nothing':'x'}", ""},
		{"'sysctl':{'net.core.somaxconn':'x'}", ""},
		{"'mac':'nonsense'", ""},
		{"'mtu':70000", ""},
		{"'mtu':'x'", ""},
		{"'prevResult':null", ""},
		{"", "FOO=BAR"},
	};

	(void)state;
	skip_unless_installed();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_answers_alike(versions[i % 5], cases[i].more, cases[i].args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__stands_behind_bridge),
		tuning_test(tuning__may_stand_in_a_list_twice),
		tuning_test(cross__go_undoes_what_we_have_done),
		tuning_test(cross__we_undo_what_go_has_done),
		tuning_test(cross__each_undoes_what_was_otherwise_before),
		tuning_test(cross__go_passes_over_what_it_does_not_know),
		tuning_test(cross__answers_and_settings_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
