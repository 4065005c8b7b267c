/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side, with plugins that are shell scripts and tell what they were asked. */
#include "test.h"

#include "cache.h"
#include "chain.h"
#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

struct scene {
	struct fake fake;
	struct cni_conflist list;
	struct cni_warnings warnings;
	struct cni_chain chain;
	struct cni_error err;
	char *path;
	cJSON *capability_args;
};

#define CACHED "results/blue-c1-eth0"

/* A list of the version, with more keys for it, and for the plugin "one". */
static void load(struct scene *scene, const char *version, const char *keys, const char *one)
{
	freeing char *text = cni_format("{\"cniVersion\":\"%s\",\"name\":\"blue\",%s\"plugins\":["
					"{%s\"type\":\"one\"},{\"type\":\"two\"},"
					"{\"type\":\"three\"}]}",
					version, keys, one);

	cni_conflist_clear(&scene->list);
	if (cni_conflist_parse(text, strlen(text), "the list", &scene->list, &scene->err) < 0)
		fail_msg("%s", scene->err.msg);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	fake_open(&scene->fake);
	fake_add_plugin(&scene->fake, "one");
	fake_add_plugin(&scene->fake, "two");
	fake_add_plugin(&scene->fake, "three");
	scene->path = fake_path(&scene->fake, "bin");
	scene->chain = (struct cni_chain){
		.list = &scene->list,
		.path = scene->path,
		.cache_dir = scene->fake.dir,
		.container = "c1",
		.netns = "/run/netns/red",
		.ifname = "eth0",
		.warnings = &scene->warnings,
	};
	load(scene, "1.1.0", "", "");
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	fake_close(&scene->fake);
	cni_conflist_clear(&scene->list);
	cni_warnings_clear(&scene->warnings);
	cJSON_Delete(scene->capability_args);
	free(scene->path);
	free(scene);
	return 0;
}

static void give_capabilities(struct scene *scene, const char *json)
{
	cJSON_Delete(scene->capability_args);
	scene->capability_args = cJSON_Parse(json);
	assert_non_null(scene->capability_args);
	scene->chain.capability_args = scene->capability_args;
}

static void add(struct scene *scene)
{
	cJSON *result;

	if (cni_chain_add(&scene->chain, &result, &scene->err) < 0)
		fail_msg("%s", scene->err.msg);
	cJSON_Delete(result);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD three\n");
}

/* The member of what a plugin got on stdin, as text; "-" if it is not there. */
static void assert_input(const struct scene *scene, const char *file, const char *key,
			 const char *expected)
{
	freeing_json cJSON *json = fake_read_json(&scene->fake, file);
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, key);
	freeing char *text = member ? cJSON_PrintUnformatted(member) : cni_strdup("-");

	assert_string_equal(text, expected);
}

static void assert_environment(const struct scene *scene, const char *file, const char *line)
{
	freeing char *text = fake_read(&scene->fake, file);
	freeing char *wanted = cni_format("\n%s\n", line);
	freeing char *all = cni_format("\n%s", text);

	if (!strstr(all, wanted))
		fail_msg("%s is not in %s", line, text);
}

static void request__derives_what_containerd_was_seen_to_send(void **state)
{
	/* portmap, asked by containerd 1.6.20, through libcni; without the key capabilities, which
	 * libcni leaves and the specification removes. */
	static const char expected[] =
		"{\"cniVersion\":\"1.0.0\",\"name\":\"net-default\",\"prevResult\":{\"cniVersion\":"
		"\"1.0.0\",\"ips\":[{\"address\":\"10.231.0.2/24\",\"gateway\":\"10.231.0.1\"}]},"
		"\"runtimeConfig\":{\"portMappings\":[{\"HostPort\":8099,\"ContainerPort\":80,"
		"\"Protocol\":\"tcp\",\"HostIP\":\"\"}]},\"type\":\"portmap\"}";
	static const char text[] =
		"{\"cniVersion\":\"1.0.0\",\"name\":\"net-default\",\"plugins\":[{\"type\":"
		"\"portmap\",\"capabilities\":{\"portMappings\":true}}]}";
	freeing_json cJSON *prev = cJSON_Parse("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":"
					       "\"10.231.0.2/24\",\"gateway\":\"10.231.0.1\"}]}");
	freeing_json cJSON *args = cJSON_Parse(
		"{\"portMappings\":[{\"HostPort\":8099,\"ContainerPort\":80,\"Protocol\":\"tcp\","
		"\"HostIP\":\"\"}],\"bandwidth\":{\"IngressRate\":1,\"IngressBurst\":4294967295},"
		"\"io.kubernetes.cri.pod-annotations\":{}}");
	freeing_json cJSON *wanted = cJSON_Parse(expected);
	freeing_json cJSON *config = NULL;
	struct cni_request request = {
		.command = CNI_ADD, .capability_args = args, .prev_result = prev};
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_parse(text, strlen(text), "list", &list, &err), 0);
	config = cni_request_config(&request, &list, list.plugins->child);
	assert_true(cJSON_Compare(config, wanted, true));
	cni_conflist_clear(&list);
}

static void request__keeps_a_burst_beyond_32_bits_signed(void **state)
{
	static const char text[] = "{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\","
				   "\"capabilities\":{\"bandwidth\":true}}]}";
	freeing_json cJSON *args = cJSON_Parse("{\"bandwidth\":{\"IngressBurst\":4294967295}}");
	struct cni_request request = {.command = CNI_ADD, .capability_args = args};
	freeing_json cJSON *config = NULL;
	freeing char *printed = NULL;
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_parse(text, strlen(text), "list", &list, &err), 0);
	config = cni_request_config(&request, &list, list.plugins->child);
	printed = cJSON_PrintUnformatted(config);
	assert_non_null(strstr(printed, "{\"IngressBurst\":4294967295}"));
	cni_conflist_clear(&list);
}

static void chain_add__hands_each_result_to_the_next(void **state)
{
	struct scene *scene = *state;
	cJSON *result;

	fake_write(&scene->fake, "one.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	fake_write(&scene->fake, "two.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	fake_write(&scene->fake, "three.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.3/16\"}]}");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), 0);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD three\n");
	assert_input(scene, "one.ADD", "prevResult", "-");
	assert_input(scene, "two.ADD", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	assert_input(scene, "three.ADD", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(cni_json_get(result, "ips"), 0),
						"address"),
			    "10.1.0.3/16");
	cJSON_Delete(result);
}

static void chain_add__injects_name_and_version(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.0.0", "",
	     "\"name\":\"mine\",\"cniVersion\":\"0.1.0\",\"mtu\":1400,\"prevResult\":{\"a\":1},");
	add(scene);
	assert_input(scene, "one.ADD", "name", "\"blue\"");
	assert_input(scene, "one.ADD", "cniVersion", "\"1.0.0\"");
	assert_input(scene, "one.ADD", "mtu", "1400");
	assert_input(scene, "one.ADD", "prevResult", "-");
}

static void chain_add__passes_declared_capabilities_only(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.1.0", "",
	     "\"capabilities\":{\"portMappings\":true,\"bandwidth\":false,\"ips\":true},");
	give_capabilities(scene, "{\"portMappings\":[1],\"bandwidth\":{},\"mac\":\"x\"}");
	add(scene);
	assert_input(scene, "one.ADD", "runtimeConfig", "{\"portMappings\":[1]}");
	assert_input(scene, "one.ADD", "capabilities", "-");
	assert_input(scene, "two.ADD", "runtimeConfig", "-");
}

static void chain_add__replaces_the_protocols_variables(void **state)
{
	struct scene *scene = *state;
	freeing char *text = NULL;

	setenv("CNI_CONTAINERID", "stale", 1);
	setenv("CNI_NETNS_OVERRIDE", "1", 1);
	scene->chain.args = "A=b;C=d";
	add(scene);
	unsetenv("CNI_CONTAINERID");
	unsetenv("CNI_NETNS_OVERRIDE");
	assert_environment(scene, "two.ADD.env", "CNI_COMMAND=ADD");
	assert_environment(scene, "two.ADD.env", "CNI_CONTAINERID=c1");
	assert_environment(scene, "two.ADD.env", "CNI_NETNS=/run/netns/red");
	assert_environment(scene, "two.ADD.env", "CNI_IFNAME=eth0");
	assert_environment(scene, "two.ADD.env", "CNI_ARGS=A=b;C=d");
	assert_environment(scene, "two.ADD.env", "CNI_NETNS_OVERRIDE=1");
	text = fake_read(&scene->fake, "two.ADD.env");
	assert_null(strstr(text, "stale"));
}

static void chain_add__converts_answers_to_the_lists_version(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.0.0", "", "");
	fake_write(&scene->fake, "one.answer",
		   "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":"
		   "\"10.1.0.1/16\"}],\"dns\":{}}");
	add(scene);
	assert_input(scene, "two.ADD", "prevResult",
		     "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
}

static void chain_add__takes_an_answer_without_version_as_the_lists(void **state)
{
	struct scene *scene = *state;

	fake_write(&scene->fake, "one.answer", "{\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	add(scene);
	assert_input(scene, "two.ADD", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
}

static void chain_add__undoes_what_failed(void **state)
{
	struct scene *scene = *state;
	cJSON *result;

	fake_write(&scene->fake, "two.ADD.fails",
		   "{\"code\":11,\"msg\":\"not yet\",\"details\":\"wait\"}");
	fake_write(&scene->fake, "three.DEL.fails", "{\"code\":5,\"msg\":\"I never was\"}");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, 11);
	assert_string_equal(scene->err.msg, "plugin 'two' failed ADD: not yet");
	assert_string_equal(scene->err.details, "wait");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nDEL three\nDEL two\nDEL one\n");
	/* The result so far, for plugins that find by it what they made. */
	assert_input(scene, "one.DEL", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_int_equal(scene->warnings.count, 1);
	assert_string_equal(scene->warnings.items[0], "plugin 'three' failed DEL: I never was");
	assert_false(fake_has(&scene->fake, CACHED));
}

static void chain_add__undoes_when_it_cannot_remember(void **state)
{
	struct scene *scene = *state;
	freeing char *dir = fake_path(&scene->fake, "one.answer");
	cJSON *result;

	/* A file where the cache's directory should be. */
	scene->chain.cache_dir = dir;
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EIO);
	fake_assert_asked(&scene->fake,
			  "ADD one\nADD two\nADD three\nDEL three\nDEL two\nDEL one\n");
}

static void chain_add__leaves_an_earlier_attachment(void **state)
{
	struct scene *scene = *state;
	cJSON *result;

	add(scene);
	fake_write(&scene->fake, "one.ADD.fails", "{\"code\":105,\"msg\":\"eth0 is there\"}");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, 105);
	fake_assert_asked(&scene->fake, "ADD one\n");
	assert_int_equal(scene->warnings.count, 1);
	assert_true(fake_has(&scene->fake, CACHED));
}

static void chain_add__begins_nothing_if_a_plugin_is_missing(void **state)
{
	struct scene *scene = *state;
	cJSON *result;

	fake_remove(&scene->fake, "bin/three");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EMISSING);
	assert_non_null(strstr(scene->err.msg, "failed to find plugin \"three\""));
	fake_assert_asked(&scene->fake, "");
}

static void chain_add__refuses_answers_that_are_none(void **state)
{
	static const char *const answers[] = {"", "done", "[]",
					      "{\"ips\":[{\"address\":\"here\"}]}",
					      "{\"cniVersion\":\"9.0.0\"}"};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		cJSON *result;

		fake_write(&scene->fake, "one.answer", answers[i]);
		if (cni_chain_add(&scene->chain, &result, &scene->err) == 0)
			fail_msg("accepted: '%s'", answers[i]);
		if (!strstr(scene->err.msg, "plugin 'one' failed ADD: its answer"))
			fail_msg("'%s': %s", answers[i], scene->err.msg);
		fake_assert_asked(&scene->fake, "ADD one\nDEL three\nDEL two\nDEL one\n");
	}
}

static void chain_add__refuses_hostile_names(void **state)
{
	struct scene *scene = *state;
	cJSON *result;

	scene->chain.container = "../c1";
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EENV);
	scene->chain.container = "c1";
	scene->chain.ifname = "a/b";
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EENV);
	fake_assert_asked(&scene->fake, "");
}

static void chain_del__goes_backwards_with_what_add_had(void **state)
{
	struct scene *scene = *state;

	load(scene, "0.4.0", "", "\"capabilities\":{\"portMappings\":true},");
	scene->chain.args = "IP=10.1.0.7";
	give_capabilities(scene, "{\"portMappings\":[1]}");
	add(scene);
	scene->chain.args = "IP=10.9.9.9";
	give_capabilities(scene, "{\"portMappings\":[2]}");
	scene->chain.netns = "";
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
	assert_environment(scene, "one.DEL.env", "CNI_ARGS=IP=10.1.0.7");
	assert_environment(scene, "one.DEL.env", "CNI_NETNS=");
	assert_input(scene, "one.DEL", "runtimeConfig", "{\"portMappings\":[1]}");
	assert_input(scene, "one.DEL", "prevResult",
		     "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":"
		     "\"10.1.0.2/16\"}],\"dns\":{}}");
	assert_false(fake_has(&scene->fake, CACHED));
	/* Again, and nothing is remembered. */
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
	assert_environment(scene, "one.DEL.env", "CNI_ARGS=IP=10.9.9.9");
	assert_input(scene, "one.DEL", "prevResult", "-");
	assert_int_equal(scene->warnings.count, 0);
}

static void chain_del__has_no_result_before_0_4_0(void **state)
{
	struct scene *scene = *state;

	load(scene, "0.3.1", "", "");
	add(scene);
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	assert_input(scene, "one.DEL", "prevResult", "-");
	assert_false(fake_has(&scene->fake, CACHED));
}

static void chain_del__is_not_held_up_by_a_damaged_cache(void **state)
{
	static const char *const damages[] = {
		"",
		"{\"kind\":\"cniCacheV1\"",
		"{\"kind\":\"other\"}",
		"\x01\x02",
		"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
		"\"networkName\":"
		"\"blue\",\"result\":{\"cniVersion\":\"1.0.0\",\"ips\":7}}",
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		fake_write(&scene->fake, CACHED, damages[i]);
		if (cni_chain_del(&scene->chain, &scene->err) < 0)
			fail_msg("%s: %s", damages[i], scene->err.msg);
		fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
		assert_input(scene, "one.DEL", "prevResult", "-");
		assert_int_equal(scene->warnings.count, i + 1);
		assert_false(fake_has(&scene->fake, CACHED));
	}
}

static void chain_del__uses_a_bare_result(void **state)
{
	struct scene *scene = *state;

	fake_write(&scene->fake, CACHED,
		   "{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\",\"address\":"
		   "\"10.1.0.9/16\"}],\"dns\":{}}");
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	assert_input(scene, "two.DEL", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.9/16\"}]}");
	assert_int_equal(scene->warnings.count, 0);
}

static void chain_del__keeps_the_cache_for_another_try(void **state)
{
	struct scene *scene = *state;

	add(scene);
	fake_write(&scene->fake, "two.DEL.fails", "{\"code\":11,\"msg\":\"busy\"}");
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 11);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\n");
	assert_true(fake_has(&scene->fake, CACHED));
}

static void chain_check__gives_all_the_last_result(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.1.0", "", "\"capabilities\":{\"portMappings\":true},");
	give_capabilities(scene, "{\"portMappings\":[1]}");
	add(scene);
	give_capabilities(scene, "{}");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\nCHECK three\n");
	assert_input(scene, "one.CHECK", "prevResult",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_input(scene, "one.CHECK", "runtimeConfig", "{\"portMappings\":[1]}");
}

static void chain_check__stops_at_the_first_failure(void **state)
{
	struct scene *scene = *state;

	add(scene);
	fake_write(&scene->fake, "two.CHECK.fails", "{\"code\":102,\"msg\":\"it is gone\"}");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 102);
	assert_string_equal(scene->err.msg, "plugin 'two' failed CHECK: it is gone");
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\n");
}

static void chain_check__came_with_0_4_0(void **state)
{
	struct scene *scene = *state;

	load(scene, "0.3.1", "\"disableCheck\":true,", "");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EVERSION);
	assert_string_equal(scene->err.msg,
			    "configuration version \"0.3.1\" does not support the CHECK command");
}

static void chain_check__can_be_disabled(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.0.0", "\"disableCheck\":true,", "");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "");
}

static void chain_check__needs_the_result_of_an_add(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_ECONTAINER);
	fake_write(&scene->fake, CACHED, "damaged");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EDECODE);
	fake_assert_asked(&scene->fake, "");
}

static void add_as(struct scene *scene, const char *container, const char *args)
{
	scene->chain.container = container;
	scene->chain.args = args;
	add(scene);
	scene->chain.container = NULL;
	scene->chain.args = NULL;
}

static void chain_gc__deletes_the_stale_and_asks_the_plugins(void **state)
{
	struct scene *scene = *state;
	struct cni_owner kept = {.container = "c2", .ifname = "eth0"};
	struct cni_owners valid = {.items = &kept, .count = 1};

	add_as(scene, "c1", "A=1");
	add_as(scene, "c2", NULL);
	fake_write(&scene->fake, "results/red-c1-eth0",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
		   "\"networkName\":\"red\"}");
	assert_int_equal(cni_chain_gc(&scene->chain, &valid, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\nGC one\nGC two\nGC three\n");
	assert_environment(scene, "one.DEL.env", "CNI_CONTAINERID=c1");
	assert_environment(scene, "one.DEL.env", "CNI_NETNS=/run/netns/red");
	assert_environment(scene, "one.DEL.env", "CNI_ARGS=A=1");
	assert_input(scene, "one.GC", "cni.dev/valid-attachments",
		     "[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]");
	assert_input(scene, "one.GC", "cni.dev/attachments",
		     "[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]");
	assert_input(scene, "one.GC", "name", "\"blue\"");
	assert_input(scene, "one.GC", "prevResult", "-");
	assert_environment(scene, "one.GC.env", "CNI_CONTAINERID=");
	assert_false(fake_has(&scene->fake, CACHED));
	assert_true(fake_has(&scene->fake, "results/blue-c2-eth0"));
	assert_true(fake_has(&scene->fake, "results/red-c1-eth0"));
}

static void chain_gc__says_that_none_is_valid(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(cni_chain_gc(&scene->chain, NULL, &scene->err), 0);
	assert_input(scene, "one.GC", "cni.dev/valid-attachments", "[]");
	assert_input(scene, "one.GC", "cni.dev/attachments", "[]");
}

static void chain_gc__goes_on_and_tells_all(void **state)
{
	struct scene *scene = *state;

	add_as(scene, "c1", NULL);
	add_as(scene, "c2", NULL);
	fake_write(&scene->fake, "results/blue-c3-eth0", "damaged");
	fake_write(&scene->fake, "two.DEL.fails", "{\"code\":7,\"msg\":\"no\"}");
	fake_write(&scene->fake, "one.GC.fails", "{\"code\":8,\"msg\":\"neither\"}");
	assert_int_equal(cni_chain_gc(&scene->chain, NULL, &scene->err), -1);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL three\nDEL two\n"
					"GC one\nGC two\nGC three\n");
	assert_int_equal(scene->err.code, 7);
	assert_string_equal(scene->err.msg,
			    "delete stale attachment c1/eth0: plugin 'two' failed DEL: no");
	assert_int_equal(scene->warnings.count, 3);
	assert_non_null(strstr(scene->warnings.items[0], "blue-c3-eth0"));
	assert_string_equal(scene->warnings.items[1],
			    "delete stale attachment c2/eth0: plugin 'two' failed DEL: no");
	assert_string_equal(scene->warnings.items[2], "plugin 'one' failed GC: neither");
}

static void chain_gc__only_deletes_before_1_1_0(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.0.0", "", "");
	add_as(scene, "c1", NULL);
	assert_int_equal(cni_chain_gc(&scene->chain, NULL, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
}

static void chain_gc__can_be_disabled(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.1.0", "\"disableGC\":true,", "");
	add_as(scene, "c1", NULL);
	assert_int_equal(cni_chain_gc(&scene->chain, NULL, &scene->err), 0);
	fake_assert_asked(&scene->fake, "");
	assert_true(fake_has(&scene->fake, CACHED));
}

static void chain_status__returns_the_first_code(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "STATUS one\nSTATUS two\nSTATUS three\n");
	assert_input(scene, "one.STATUS", "cniVersion", "\"1.1.0\"");
	fake_write(&scene->fake, "two.STATUS.fails", "{\"code\":50,\"msg\":\"pool is full\"}");
	fake_write(&scene->fake, "three.STATUS.fails", "{\"code\":51,\"msg\":\"later\"}");
	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 50);
	fake_assert_asked(&scene->fake, "STATUS one\nSTATUS two\n");
}

static void chain_status__asks_nobody_before_1_1_0(void **state)
{
	struct scene *scene = *state;

	load(scene, "1.0.0", "", "");
	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "");
	assert_int_equal(scene->warnings.count, 1);
}

static void request_versions__reads_the_answer(void **state)
{
	struct scene *scene = *state;
	freeing_json cJSON *versions = NULL;
	freeing char *text = NULL;

	assert_int_equal(cni_request_versions("one", scene->path, &versions, &scene->err), 0);
	text = cJSON_PrintUnformatted(versions);
	assert_string_equal(text, "[\"0.4.0\",\"1.0.0\"]");
	assert_environment(scene, "one.VERSION.env", "CNI_NETNS=dummy");
	assert_input(scene, "one.VERSION", "cniVersion", "\"1.1.0\"");
}

static void request_versions__knows_plugins_from_before(void **state)
{
	struct scene *scene = *state;
	freeing_json cJSON *versions = NULL;
	freeing char *text = NULL;

	fake_write(&scene->fake, "one.VERSION.fails",
		   "{\"code\":4,\"msg\":\"unknown CNI_COMMAND: VERSION\"}");
	assert_int_equal(cni_request_versions("one", scene->path, &versions, &scene->err), 0);
	text = cJSON_PrintUnformatted(versions);
	assert_string_equal(text, "[\"0.1.0\"]");
}

#define in_scene(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request__derives_what_containerd_was_seen_to_send),
		cmocka_unit_test(request__keeps_a_burst_beyond_32_bits_signed),
		in_scene(chain_add__hands_each_result_to_the_next),
		in_scene(chain_add__injects_name_and_version),
		in_scene(chain_add__passes_declared_capabilities_only),
		in_scene(chain_add__replaces_the_protocols_variables),
		in_scene(chain_add__converts_answers_to_the_lists_version),
		in_scene(chain_add__takes_an_answer_without_version_as_the_lists),
		in_scene(chain_add__undoes_what_failed),
		in_scene(chain_add__undoes_when_it_cannot_remember),
		in_scene(chain_add__leaves_an_earlier_attachment),
		in_scene(chain_add__begins_nothing_if_a_plugin_is_missing),
		in_scene(chain_add__refuses_answers_that_are_none),
		in_scene(chain_add__refuses_hostile_names),
		in_scene(chain_del__goes_backwards_with_what_add_had),
		in_scene(chain_del__has_no_result_before_0_4_0),
		in_scene(chain_del__is_not_held_up_by_a_damaged_cache),
		in_scene(chain_del__uses_a_bare_result),
		in_scene(chain_del__keeps_the_cache_for_another_try),
		in_scene(chain_check__gives_all_the_last_result),
		in_scene(chain_check__stops_at_the_first_failure),
		in_scene(chain_check__came_with_0_4_0),
		in_scene(chain_check__can_be_disabled),
		in_scene(chain_check__needs_the_result_of_an_add),
		in_scene(chain_gc__deletes_the_stale_and_asks_the_plugins),
		in_scene(chain_gc__says_that_none_is_valid),
		in_scene(chain_gc__goes_on_and_tells_all),
		in_scene(chain_gc__only_deletes_before_1_1_0),
		in_scene(chain_gc__can_be_disabled),
		in_scene(chain_status__returns_the_first_code),
		in_scene(chain_status__asks_nobody_before_1_1_0),
		in_scene(request_versions__reads_the_answer),
		in_scene(request_versions__knows_plugins_from_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
