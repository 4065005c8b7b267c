/* SPDX-License-Identifier: Apache-2.0 */
/* The command as an operator types it, with plugins that are shell scripts, and with real ones
 * where they are built. */
#include "test.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"

/* "cnitool-" and the beginning of what sha512sum(1) says of "/var/run/netns/red", which is how Go's
 * cnitool calls it. */
#define RED    "/var/run/netns/red"
#define RED_ID "cnitool-2ba50707955d35b5a8f3"
#define CACHED "cache/results/blue-" RED_ID "-eth0"

struct scene {
	struct fake fake;
	char *path;	      /* CNI_PATH */
	const char *extra[4]; /* more "NAME=value" */
};

#define NAMED "/run/netns/cni-c-test-named"

static int remove_named(void)
{
	return umount2(NAMED, MNT_DETACH) < 0 ? -1 : unlink(NAMED);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	fake_open(&scene->fake);
	fake_add_plugin(&scene->fake, "one");
	fake_add_plugin(&scene->fake, "two");
	fake_write(&scene->fake, "net.d/10-blue.conflist",
		   "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"one\","
		   "\"capabilities\":{\"portMappings\":true}},{\"type\":\"two\"}]}");
	scene->path = fake_path(&scene->fake, "bin");
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	/* If a test failed before it could. */
	remove_named();
	fake_close(&scene->fake);
	free(scene->path);
	free(scene);
	return 0;
}

/* Runs "cnitool <line>"; words are separated by single spaces. */
static struct plugin_answer run(const struct scene *scene, const char *line)
{
	freeing char *conf_dir = cni_format("NETCONFPATH=%s/net.d", scene->fake.dir);
	freeing char *cache_dir = cni_format("CNI_CACHE_DIR=%s/cache", scene->fake.dir);
	const char *environment[8] = {conf_dir, cache_dir};
	freeing char *words = cni_strdup(line);
	const char *arguments[16] = {NULL};
	size_t count = 0;
	char *rest = words;

	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		arguments[count++] = word;
	for (size_t i = 0; scene->extra[i]; i++)
		environment[2 + i] = scene->extra[i];
	return plugin_run(&(struct plugin_call){.plugin = CNITOOL,
						.path = scene->path,
						.environment = environment,
						.arguments = arguments});
}

/* It exits with 0 and says nothing on stderr. */
static void succeeds(const struct scene *scene, const char *line)
{
	struct plugin_answer answer = run(scene, line);

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

/* It exits with 1, prints nothing on stdout, and stderr holds `text`. */
static void fails(const struct scene *scene, const char *line, const char *text)
{
	struct plugin_answer answer = run(scene, line);

	if (answer.exit_code != 1 || *answer.out || !strstr(answer.err, text))
		fail_msg("%s: exit code %d, stdout %s, stderr %s", line, answer.exit_code,
			 answer.out, answer.err);
	plugin_answer_clear(&answer);
}

static void assert_line(const struct scene *scene, const char *file, const char *line)
{
	freeing char *text = fake_read(&scene->fake, file);

	assert_non_null(text);
	if (!strstr(text, line))
		fail_msg("'%s' is not in %s: %s", line, file, text);
}

static void cnitool_add__prints_the_result(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer = run(scene, "add blue " RED);

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "{\n    \"cniVersion\": \"1.1.0\",\n    \"ips\": [\n"
					"        {\n            \"address\": \"10.1.0.2/16\"\n"
					"        }\n    ]\n}\n");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\n");
	assert_line(scene, "one.ADD.env", "CNI_CONTAINERID=" RED_ID "\n");
	assert_line(scene, "one.ADD.env", "CNI_NETNS=" RED "\n");
	assert_line(scene, "one.ADD.env", "CNI_IFNAME=eth0\n");
	assert_true(fake_has(&scene->fake, CACHED));
}

static void cnitool__names_the_container_as_go_does(void **state)
{
	static const char *const same[] = {RED, "/var/run//netns/./red/", "/var/x/../run/netns/red",
					   "/../var/run/netns/red"};
	const struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		freeing char *line = cni_format("del blue %s", same[i]);

		succeeds(scene, line);
		assert_line(scene, "one.DEL.env", "CNI_CONTAINERID=" RED_ID "\n");
		assert_line(scene, "one.DEL.env", "CNI_NETNS=" RED "\n");
	}
}

static void cnitool__makes_a_relative_path_absolute(void **state)
{
	const struct scene *scene = *state;
	freeing char *here = get_current_dir_name();
	freeing char *expected = cni_format("CNI_NETNS=%s/ns/red\n", here);

	succeeds(scene, "del blue ./ns/x/../red");
	assert_line(scene, "one.DEL.env", expected);
}

static void cnitool__finds_a_named_namespace(void **state)
{
	const struct scene *scene = *state;

	if (geteuid() != 0)
		skip_because("needs root to name a namespace");
	assert_int_equal(system("ip netns add cni-c-test-named"), 0);
	succeeds(scene, "add blue cni-c-test-named --json --ifname eth7");
	assert_line(scene, "one.ADD.env", "CNI_NETNS=" NAMED "\n");
	assert_int_equal(remove_named(), 0);
	/* It is gone, and what was attached to it can still be named. */
	succeeds(scene, "del blue cni-c-test-named -i eth7");
	assert_line(scene, "one.DEL.env", "CNI_NETNS=" NAMED "\n");
	assert_line(scene, "one.DEL", "\"prevResult\"");
}

static void cnitool__takes_the_interface_from_anywhere(void **state)
{
	struct scene *scene = *state;

	scene->extra[0] = "CNI_IFNAME=net1";
	succeeds(scene, "del blue " RED);
	assert_line(scene, "one.DEL.env", "CNI_IFNAME=net1\n");
	succeeds(scene, "-i net2 del blue " RED);
	assert_line(scene, "one.DEL.env", "CNI_IFNAME=net2\n");
	succeeds(scene, "del blue --ifname=net3 " RED);
	assert_line(scene, "one.DEL.env", "CNI_IFNAME=net3\n");
	succeeds(scene, "del blue " RED " --ifname net4");
	assert_line(scene, "one.DEL.env", "CNI_IFNAME=net4\n");
}

static void cnitool__remembers_arguments_and_capabilities(void **state)
{
	struct scene *scene = *state;

	scene->extra[0] = "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7";
	scene->extra[1] = "CAP_ARGS={\"portMappings\":[{\"hostPort\":8080}],\"mac\":\"x\"}";
	succeeds(scene, "add blue " RED);
	assert_line(scene, "one.ADD.env", "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7\n");
	assert_line(scene, "one.ADD", "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	assert_line(scene, CACHED, "\"cniArgs\":[[\"IgnoreUnknown\",\"1\"],[\"IP\",\"10.1.0.7\"]]");
	scene->extra[0] = scene->extra[1] = NULL;
	succeeds(scene, "check blue " RED);
	assert_line(scene, "one.CHECK",
		    "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	succeeds(scene, "del blue " RED);
	assert_line(scene, "one.DEL.env", "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7\n");
	assert_line(scene, "one.DEL", "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	assert_false(fake_has(&scene->fake, CACHED));
}

static void cnitool_add__says_what_failed_and_undoes_it(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "two.ADD.fails",
		   "{\"code\":104,\"msg\":\"no address left\",\"details\":\"of 10.1.0.0/30\"}");
	fails(scene, "add blue " RED,
	      "cnitool: plugin 'two' failed ADD: no address left (of 10.1.0.0/30)\n");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nDEL two\nDEL one\n");
	answer = run(scene, "add blue " RED " --json");
	plugin_assert_error(&answer, 104, "of 10.1.0.0/30");
	assert_string_equal(cni_json_get_string(answer.json, "cniVersion"), "1.1.0");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void cnitool_del__survives_a_damaged_cache(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, CACHED, "{\"kind\":");
	answer = run(scene, "del blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: deleting without the cached result"));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
	assert_false(fake_has(&scene->fake, CACHED));
}

static void cnitool_del__remembers_a_network_that_is_gone(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer;

	succeeds(scene, "add blue " RED);
	fake_write(&scene->fake, "net.d/10-blue.conflist", "{");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\n");
	answer = run(scene, "del blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "the configuration of the time of add"));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
	/* Now nothing is remembered either. */
	fails(scene, "del blue " RED, "no network 'blue'");
}

static void cnitool_del__reads_what_go_added(void **state)
{
	const struct scene *scene = *state;

	fake_write(&scene->fake, CACHED,
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"" RED_ID "\",\"config\":\"e30=\","
		   "\"ifName\":\"eth0\",\"networkName\":\"blue\",\"netns\":\"" RED "\","
		   "\"cniArgs\":[[\"A\",\"b\"]],\"result\":{\"cniVersion\":\"1.1.0\",\"dns\":{},"
		   "\"ips\":[{\"address\":\"10.1.0.8/16\"}]}}");
	succeeds(scene, "del blue " RED);
	assert_line(scene, "one.DEL.env", "CNI_ARGS=A=b\n");
	assert_line(scene, "one.DEL", "\"ips\":[{\"address\":\"10.1.0.8/16\"}]");
}

static void cnitool_gc__keeps_what_it_is_told(void **state)
{
	const struct scene *scene = *state;

	succeeds(scene, "add blue " RED);
	succeeds(scene, "add blue /var/run/netns/green");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD one\nADD two\n");
	succeeds(scene, "gc blue --keep " RED_ID "/eth0");
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\nGC one\nGC two\n");
	assert_line(scene, "one.DEL.env", "CNI_NETNS=/var/run/netns/green\n");
	assert_line(scene, "one.GC",
		    "\"cni.dev/valid-attachments\":[{\"containerID\":\"" RED_ID
		    "\",\"ifname\":\"eth0\"}]");
	succeeds(scene, "gc blue " RED);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\nGC one\nGC two\n");
	assert_line(scene, "one.GC", "\"cni.dev/valid-attachments\":[]");
	assert_false(fake_has(&scene->fake, CACHED));
}

static void cnitool_status__is_silent_or_says_why(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer = run(scene, "status blue");

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "");
	plugin_answer_clear(&answer);
	fake_write(&scene->fake, "one.STATUS.fails", "{\"code\":50,\"msg\":\"not ready\"}");
	fails(scene, "status blue " RED, "cnitool: plugin 'one' failed STATUS: not ready\n");
	answer = run(scene, "status --json blue");
	plugin_assert_error(&answer, 50, "not ready");
	plugin_answer_clear(&answer);
}

static void cnitool_version__is_a_table(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer = run(scene, "version blue");

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "PLUGIN  VERSION                PROTOCOL\n"
					"one     CNI one plugin v0.0.7  0.4.0, 1.0.0\n"
					"two     CNI two plugin v0.0.7  0.4.0, 1.0.0\n");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
	answer = run(scene, "version blue --json");
	plugin_assert_success(&answer);
	assert_true(cJSON_IsArray(answer.json));
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(answer.json, 1), "about"),
			    "CNI two plugin v0.0.7");
	plugin_answer_clear(&answer);
	/* What is there is shown all the same. */
	fake_remove(&scene->fake, "bin/one");
	answer = run(scene, "version blue");
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "two     CNI two plugin v0.0.7"));
	assert_non_null(strstr(answer.err, "failed to find plugin \"one\""));
	plugin_answer_clear(&answer);
}

static void cnitool_list__shows_the_networks(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/20.conf", "{\"name\":\"red\",\"type\":\"one\"}");
	answer = run(scene, "list");
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "NETWORK  VERSION  PLUGINS\n"
					"blue     1.1.0    one, two\n"
					"red      0.1.0    one\n");
	plugin_answer_clear(&answer);
}

static void cnitool__refuses_what_it_cannot_use(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"dance blue " RED, "unknown command 'dance'"},
		{"add", "expected 'cnitool add NETWORK NETNS', got 0 operands"},
		{"add blue", "got 1 operands"},
		{"add blue " RED " more", "got 3 operands"},
		{"gc", "expected 'cnitool gc NETWORK [NETNS]'"},
		{"list blue", "expected 'cnitool list', got 1"},
		{"add blue " RED " --ifname", "option '--ifname' needs a value"},
		{"add blue " RED " --nonsense", "'--nonsense' is unknown"},
		{"add blue " RED " -x", "unknown option '-x'"},
		{"add blue " RED " --keep a/b", "--keep is for gc"},
		{"gc blue --keep a", "--keep 'a': expected"},
		{"gc blue --keep a/b/c", "--keep"},
		{"gc blue --keep ../b", "--keep"},
		{"add green " RED, "no network 'green'"},
		{"add ../blue " RED, "'name' '../blue' must start with"},
		{"add blue ", "the namespace is empty"},
		{"add blue " RED " -i sixteen-letters-", "is too long"},
		{"add blue " RED " -i ../x", "the interface '../x'"},
	};
	const struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(scene, cases[i].line, cases[i].says);
	fake_assert_asked(&scene->fake, "");
	assert_false(fake_has(&scene->fake, "cache"));
}

static void cnitool__refuses_an_environment_it_cannot_use(void **state)
{
	static const struct {
		const char *variable;
		const char *says;
	} cases[] = {
		{"CNI_ARGS=IP", "CNI_ARGS holds \"IP\", expected KEY=VALUE"},
		{"CNI_ARGS=A=b;", "CNI_ARGS holds \"\""},
		{"CNI_ARGS=A=b=c", "CNI_ARGS holds \"A=b=c\""},
		{"CNI_ARGS==b", "CNI_ARGS holds \"=b\""},
		{"CAP_ARGS=[]", "CAP_ARGS is a list, expected a JSON object"},
		{"CAP_ARGS={", "CAP_ARGS is not valid JSON"},
		{"CNI_IFNAME=a/b", "the interface 'a/b'"},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		scene->extra[0] = cases[i].variable;
		fails(scene, "add blue " RED, cases[i].says);
	}
	fake_assert_asked(&scene->fake, "");
}

static void cnitool__prints_usage_errors_as_json_too(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer = run(scene, "add --nonsense --json");

	plugin_assert_error(&answer, 4, "'--nonsense' is unknown");
	plugin_answer_clear(&answer);
}

static void cnitool__passes_over_a_broken_neighbour(void **state)
{
	const struct scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/05-red.conflist", "{");
	answer = run(scene, "add blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: passed over"));
	assert_non_null(strstr(answer.err, "05-red.conflist"));
	plugin_answer_clear(&answer);
}

static void cnitool__helps(void **state)
{
	static const char *const commands[] = {"add",	 "check",   "del", "gc",
					       "status", "version", "list"};
	const struct scene *scene = *state;
	struct plugin_answer answer = run(scene, "--help");

	plugin_assert_success(&answer);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		freeing char *row = cni_format("\n  %s ", commands[i]);
		freeing char *line = cni_format("%s -h", commands[i]);
		freeing char *usage = cni_format("Usage: cnitool %s ", commands[i]);
		struct plugin_answer more = run(scene, line);

		if (!strstr(answer.out, row))
			fail_msg("%s is not in the help", commands[i]);
		plugin_assert_success(&more);
		assert_non_null(strstr(more.out, usage));
		plugin_answer_clear(&more);
	}
	plugin_answer_clear(&answer);
	answer = run(scene, "--version");
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "cnitool " CNI_C_VERSION "\n");
	plugin_answer_clear(&answer);
}

/* It needs no kernel to give an address: host-local as the only plugin of a network. */
static void run_host_local(const struct scene *scene)
{
	freeing char *conf = cni_format(
		"{\"cniVersion\":\"1.0.0\",\"name\":\"real\",\"plugins\":[{\"type\":\"host-local\","
		"\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s/leases\",\"ranges\":[[{"
		"\"subnet\":\"10.77.0.0/24\"}]]}}]}",
		scene->fake.dir);
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/real.conflist", conf);
	answer = run(scene, "add real " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "\"address\": \"10.77.0.2/24\""));
	plugin_answer_clear(&answer);
	assert_true(fake_has(&scene->fake, "leases/real/10.77.0.2"));
	succeeds(scene, "check real " RED);
	succeeds(scene, "del real " RED);
	assert_false(fake_has(&scene->fake, "leases/real/10.77.0.2"));
}

static void cnitool__runs_a_real_plugin(void **state)
{
	struct scene *scene = *state;

	if (access(CNI_C_BINARY_DIR "/ipam/host-local", X_OK) < 0)
		skip_because("ipam/host-local is not built");
	free(scene->path);
	scene->path = cni_strdup(CNI_C_BINARY_DIR "/ipam");
	run_host_local(scene);
}

#define in_scene(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_scene(cnitool_add__prints_the_result),
		in_scene(cnitool__names_the_container_as_go_does),
		in_scene(cnitool__makes_a_relative_path_absolute),
		in_scene(cnitool__finds_a_named_namespace),
		in_scene(cnitool__takes_the_interface_from_anywhere),
		in_scene(cnitool__remembers_arguments_and_capabilities),
		in_scene(cnitool_add__says_what_failed_and_undoes_it),
		in_scene(cnitool_del__survives_a_damaged_cache),
		in_scene(cnitool_del__remembers_a_network_that_is_gone),
		in_scene(cnitool_del__reads_what_go_added),
		in_scene(cnitool_gc__keeps_what_it_is_told),
		in_scene(cnitool_status__is_silent_or_says_why),
		in_scene(cnitool_version__is_a_table),
		in_scene(cnitool_list__shows_the_networks),
		in_scene(cnitool__refuses_what_it_cannot_use),
		in_scene(cnitool__refuses_an_environment_it_cannot_use),
		in_scene(cnitool__prints_usage_errors_as_json_too),
		in_scene(cnitool__passes_over_a_broken_neighbour),
		in_scene(cnitool__helps),
		in_scene(cnitool__runs_a_real_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
