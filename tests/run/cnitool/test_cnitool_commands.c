/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of cnitool: their calls of the plugins, and their output. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void cnitool_add__prints_the_result(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer = cnitool_run(scene, "add blue " RED);

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "{\n    \"cniVersion\": \"1.1.0\",\n    \"ips\": [\n"
					"        {\n            \"address\": \"10.1.0.2/16\"\n"
					"        }\n    ]\n}\n");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\n");
	cnitool_assert_line(scene, "one.ADD.env", "CNI_CONTAINERID=" RED_ID "\n");
	cnitool_assert_line(scene, "one.ADD.env", "CNI_NETNS=" RED "\n");
	cnitool_assert_line(scene, "one.ADD.env", "CNI_IFNAME=eth0\n");
	assert_true(fake_has(&scene->fake, RED_CACHED));
}

static void cnitool__remembers_arguments_and_capabilities(void **state)
{
	struct cnitool_scene *scene = *state;

	scene->extra[0] = "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7";
	scene->extra[1] = "CAP_ARGS={\"portMappings\":[{\"hostPort\":8080}],\"mac\":\"x\"}";
	cnitool_succeeds(scene, "add blue " RED);
	cnitool_assert_line(scene, "one.ADD.env", "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7\n");
	cnitool_assert_line(scene, "one.ADD",
			    "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	cnitool_assert_line(scene, RED_CACHED,
			    "\"cniArgs\":[[\"IgnoreUnknown\",\"1\"],[\"IP\",\"10.1.0.7\"]]");
	scene->extra[0] = scene->extra[1] = NULL;
	cnitool_succeeds(scene, "check blue " RED);
	cnitool_assert_line(scene, "one.CHECK",
			    "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	cnitool_succeeds(scene, "del blue " RED);
	cnitool_assert_line(scene, "one.DEL.env", "CNI_ARGS=IgnoreUnknown=1;IP=10.1.0.7\n");
	cnitool_assert_line(scene, "one.DEL",
			    "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080}]}");
	assert_false(fake_has(&scene->fake, RED_CACHED));
}

static void cnitool_add__says_what_failed_and_undoes_it(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "two.ADD.fails",
		   "{\"code\":104,\"msg\":\"no address left\",\"details\":\"of 10.1.0.0/30\"}");
	cnitool_fails(
		scene, "add blue " RED,
		"cnitool: plugin 'two' failed ADD: no address left (of 10.1.0.0/30) [code 104]\n");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nDEL two\nDEL one\n");
	answer = cnitool_run(scene, "add blue " RED " --json");
	plugin_assert_error(&answer, 104, "of 10.1.0.0/30");
	assert_string_equal(cni_json_get_string(answer.json, "cniVersion"), "1.1.0");
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void cnitool_del__survives_a_damaged_cache(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, RED_CACHED, "{\"kind\":");
	answer = cnitool_run(scene, "del blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: deleting without the cached result"));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
	assert_false(fake_has(&scene->fake, RED_CACHED));
}

static void cnitool_del__remembers_a_network_that_is_gone(void **state)
{
	const struct cnitool_scene *scene = *state;

	cnitool_succeeds(scene, "add blue " RED);
	fake_write(&scene->fake, "net.d/10-blue.conflist", "{");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\n");
	cnitool_succeeds(scene, "del blue " RED);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
	/* Now nothing is remembered either. */
	cnitool_fails(scene, "del blue " RED, "no network 'blue'");
}

/* The folder may be gone before the container is. */
static void cnitool_del__remembers_drop_ins(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/20-drop.conflist",
		   "{\"cniVersion\":\"1.1.0\",\"name\":\"drop\",\"plugins\":[{\"type\":\"one\"}]}");
	fake_write(&scene->fake, "net.d/drop/10.conf", "{\"type\":\"two\"}");
	cnitool_succeeds(scene, "add drop " RED);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\n");
	fake_write(&scene->fake, "net.d/20-drop.conflist", "{");
	fake_remove(&scene->fake, "net.d/drop/10.conf");
	answer = cnitool_run(scene, "del drop " RED);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
}

/* As a cache has it that was written without them. "config" is {"cniVersion":"1.1.0",
 * "name":"drop"}. */
#define DIGITS                                                                                     \
	"[9007199254740993,18446744073709551615,1e400,0.1,1.0,-0.0,{\"k\":1E2}],\"k\":1.50,\"K\":" \
	"2.0"

/* "unknown fields are passed unchanged": by each way in which a configuration comes to a plugin. */
static void cnitool__numbers_keep_their_digits(void **state)
{
	static const char *const ways[][2] = {
		{"net.d/20-n.conflist",
		 "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"plugins\":[{\"type\":\"one\","
		 "\"capabilities\":{\"x\":true},\"args\":{\"big\":" DIGITS "},\"big\":" DIGITS
		 "}]}"},
		{"net.d/20-n.conf",
		 "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"type\":\"one\","
		 "\"capabilities\":{\"x\":true},\"args\":{\"big\":" DIGITS "},\"big\":" DIGITS "}"},
		{"net.d/n/10.conf", "{\"type\":\"one\",\"capabilities\":{\"x\":true},"
				    "\"args\":{\"big\":" DIGITS "},\"big\":" DIGITS "}"},
	};
	static const char *const calls[] = {"ADD", "CHECK", "DEL", "GC"};
	static const char *const lines[] = {"add n " RED, "check n " RED, "del n " RED, "gc n"};
	struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < 3; i++) {
		if (i == 2)
			fake_write(&scene->fake, "net.d/20-n.conflist",
				   "{\"cniVersion\":\"1.1.0\",\"name\":\"n\"}");
		fake_write(&scene->fake, ways[i][0], ways[i][1]);
		scene->extra[0] = "CAP_ARGS={\"x\":{\"big\":" DIGITS "}}";
		for (size_t c = 0; c < 4; c++) {
			freeing char *file = cni_format("one.%s", calls[c]);
			struct plugin_answer answer;

			/* With what the cache has. */
			if (c)
				scene->extra[0] = NULL;
			answer = cnitool_run(scene, lines[c]);
			plugin_assert_success(&answer);
			plugin_answer_clear(&answer);
			cnitool_assert_line(scene, file, "\"args\":{\"big\":" DIGITS "},");
			cnitool_assert_line(scene, file, "\"big\":" DIGITS);
			if (c != 3)
				cnitool_assert_line(scene, file,
						    "\"runtimeConfig\":{\"x\":{\"big\":" DIGITS
						    "}}");
		}
		fake_remove(&scene->fake, ways[i][0]);
	}
}

static void cnitool_del__of_no_plugins_is_no_success(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, "cache/results/drop-" RED_ID "-eth0",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"" RED_ID "\",\"config\":"
		   "\"eyJjbmlWZXJzaW9uIjoiMS4xLjAiLCJuYW1lIjoiZHJvcCJ9\",\"ifName\":\"eth0\","
		   "\"networkName\":\"drop\",\"netns\":\"" RED "\"}");
	cnitool_fails(scene, "del drop " RED, "no network 'drop'");
	assert_true(fake_has(&scene->fake, "cache/results/drop-" RED_ID "-eth0"));
}

static void cnitool__says_that_it_could_not_say_it(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *conf_dir = cni_format("NETCONFPATH=%s/net.d", scene->fake.dir);
	const char *const environment[] = {conf_dir, NULL};
	const char *const arguments[] = {"-c",
					 "exec " CNI_C_BINARY_DIR "/cnitool/cnitool list "
					 ">/dev/full",
					 NULL};
	struct plugin_answer answer = plugin_run(&(struct plugin_call){
		.plugin = "/bin/sh", .environment = environment, .arguments = arguments});

	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.err, "write to standard output: No space left on device"));
	plugin_answer_clear(&answer);
}

static void cnitool_del__reads_what_go_added(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, RED_CACHED,
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"" RED_ID "\",\"config\":\"e30=\","
		   "\"ifName\":\"eth0\",\"networkName\":\"blue\",\"netns\":\"" RED "\","
		   "\"cniArgs\":[[\"A\",\"b\"]],\"result\":{\"cniVersion\":\"1.1.0\",\"dns\":{},"
		   "\"ips\":[{\"address\":\"10.1.0.8/16\"}]}}");
	cnitool_succeeds(scene, "del blue " RED);
	cnitool_assert_line(scene, "one.DEL.env", "CNI_ARGS=A=b\n");
	cnitool_assert_line(scene, "one.DEL", "\"ips\":[{\"address\":\"10.1.0.8/16\"}]");
}

static void cnitool_gc__keeps_what_it_is_told(void **state)
{
	const struct cnitool_scene *scene = *state;

	cnitool_succeeds(scene, "add blue " RED);
	cnitool_succeeds(scene, "add blue /var/run/netns/green");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD one\nADD two\n");
	cnitool_succeeds(scene, "gc blue --keep " RED_ID "/eth0");
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\nGC one\nGC two\n");
	cnitool_assert_line(scene, "one.DEL.env", "CNI_NETNS=/var/run/netns/green\n");
	cnitool_assert_line(scene, "one.GC",
			    "\"cni.dev/valid-attachments\":[{\"containerID\":\"" RED_ID
			    "\",\"ifname\":\"eth0\"}]");
	cnitool_succeeds(scene, "gc blue " RED);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\nGC one\nGC two\n");
	cnitool_assert_line(scene, "one.GC", "\"cni.dev/valid-attachments\":[]");
	assert_false(fake_has(&scene->fake, RED_CACHED));
}

static void cnitool_status__is_silent_or_says_why(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer = cnitool_run(scene, "status blue");

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "");
	plugin_answer_clear(&answer);
	fake_write(&scene->fake, "one.STATUS.fails", "{\"code\":50,\"msg\":\"not ready\"}");
	cnitool_fails(scene, "status blue " RED,
		      "cnitool: plugin 'one' failed STATUS: not ready [code 50]\n");
	answer = cnitool_run(scene, "status --json blue");
	plugin_assert_error(&answer, 50, "not ready");
	plugin_answer_clear(&answer);
}

static void cnitool_list__shows_the_networks(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/20.conf", "{\"name\":\"red\",\"type\":\"one\"}");
	answer = cnitool_run(scene, "list");
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "NETWORK  VERSION  PLUGINS\n"
					"blue     1.1.0    one, two\n"
					"red      0.1.0    one\n");
	plugin_answer_clear(&answer);
}

static void cnitool__passes_over_a_broken_neighbour(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/05-red.conflist", "{");
	answer = cnitool_run(scene, "add blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: passed over"));
	assert_non_null(strstr(answer.err, "05-red.conflist"));
	plugin_answer_clear(&answer);
}

/* It needs no kernel to give an address: host-local as the only plugin of a network. */
static void run_host_local(const struct cnitool_scene *scene)
{
	freeing char *conf = cni_format(
		"{\"cniVersion\":\"1.0.0\",\"name\":\"real\",\"plugins\":[{\"type\":\"host-local\","
		"\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s/leases\",\"ranges\":[[{"
		"\"subnet\":\"10.77.0.0/24\"}]]}}]}",
		scene->fake.dir);
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/real.conflist", conf);
	answer = cnitool_run(scene, "add real " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "\"address\": \"10.77.0.2/24\""));
	plugin_answer_clear(&answer);
	assert_true(fake_has(&scene->fake, "leases/real/10.77.0.2"));
	cnitool_succeeds(scene, "check real " RED);
	cnitool_succeeds(scene, "del real " RED);
	assert_false(fake_has(&scene->fake, "leases/real/10.77.0.2"));
}

static void cnitool__runs_a_real_plugin(void **state)
{
	struct cnitool_scene *scene = *state;

	if (access(CNI_C_BINARY_DIR "/ipam/host-local", X_OK) < 0)
		skip_because("ipam/host-local is not built");
	free(scene->path);
	scene->path = cni_strdup(CNI_C_BINARY_DIR "/ipam");
	run_host_local(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool_add__prints_the_result),
		cnitool_test(cnitool__remembers_arguments_and_capabilities),
		cnitool_test(cnitool_add__says_what_failed_and_undoes_it),
		cnitool_test(cnitool_del__survives_a_damaged_cache),
		cnitool_test(cnitool_del__remembers_a_network_that_is_gone),
		cnitool_test(cnitool_del__remembers_drop_ins),
		cnitool_test(cnitool__numbers_keep_their_digits),
		cnitool_test(cnitool_del__of_no_plugins_is_no_success),
		cnitool_test(cnitool__says_that_it_could_not_say_it),
		cnitool_test(cnitool_del__reads_what_go_added),
		cnitool_test(cnitool_gc__keeps_what_it_is_told),
		cnitool_test(cnitool_status__is_silent_or_says_why),
		cnitool_test(cnitool_list__shows_the_networks),
		cnitool_test(cnitool__passes_over_a_broken_neighbour),
		cnitool_test(cnitool__runs_a_real_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
