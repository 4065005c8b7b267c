/* SPDX-License-Identifier: Apache-2.0 */
/* ADD of a list: what goes from plugin to plugin, what is kept, and what is undone. */
#include "chain_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void chain_add__hands_each_result_to_the_next(void **state)
{
	struct chain_scene *scene = *state;
	cJSON *result;

	fake_write(&scene->fake, "one.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	fake_write(&scene->fake, "two.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	fake_write(&scene->fake, "three.answer",
		   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.3/16\"}]}");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), 0);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD three\n");
	chain_assert_input(scene, "one.ADD", "prevResult", "-");
	chain_assert_input(scene, "two.ADD", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	chain_assert_input(scene, "three.ADD", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(cni_json_get(result, "ips"), 0),
						"address"),
			    "10.1.0.3/16");
	cJSON_Delete(result);
}

static void chain_add__injects_name_and_version(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.0.0", "",
		   "\"name\":\"mine\",\"cniVersion\":\"0.1.0\",\"mtu\":1400,\"prevResult\":{\"a\":"
		   "1},");
	chain_adds(scene);
	chain_assert_input(scene, "one.ADD", "name", "\"blue\"");
	chain_assert_input(scene, "one.ADD", "cniVersion", "\"1.0.0\"");
	chain_assert_input(scene, "one.ADD", "mtu", "1400");
	chain_assert_input(scene, "one.ADD", "prevResult", "-");
}

static void chain_add__passes_declared_capabilities_only(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.1.0", "",
		   "\"capabilities\":{\"portMappings\":true,\"bandwidth\":false,\"ips\":true},");
	chain_give_capabilities(scene, "{\"portMappings\":[1],\"bandwidth\":{},\"mac\":\"x\"}");
	chain_adds(scene);
	chain_assert_input(scene, "one.ADD", "runtimeConfig", "{\"portMappings\":[1]}");
	chain_assert_input(scene, "one.ADD", "capabilities", "-");
	chain_assert_input(scene, "two.ADD", "runtimeConfig", "-");
}

static void chain_add__replaces_the_protocols_variables(void **state)
{
	struct chain_scene *scene = *state;
	freeing char *text = NULL;

	setenv("CNI_CONTAINERID", "stale", 1);
	setenv("CNI_NETNS_OVERRIDE", "1", 1);
	scene->chain.args = "A=b;C=d";
	chain_adds(scene);
	unsetenv("CNI_CONTAINERID");
	unsetenv("CNI_NETNS_OVERRIDE");
	chain_assert_environment(scene, "two.ADD.env", "CNI_COMMAND=ADD");
	chain_assert_environment(scene, "two.ADD.env", "CNI_CONTAINERID=c1");
	chain_assert_environment(scene, "two.ADD.env", "CNI_NETNS=/run/netns/red");
	chain_assert_environment(scene, "two.ADD.env", "CNI_IFNAME=eth0");
	chain_assert_environment(scene, "two.ADD.env", "CNI_ARGS=A=b;C=d");
	chain_assert_environment(scene, "two.ADD.env", "CNI_NETNS_OVERRIDE=1");
	text = fake_read(&scene->fake, "two.ADD.env");
	assert_null(strstr(text, "stale"));
}

static void chain_add__converts_answers_to_the_lists_version(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.0.0", "", "");
	fake_write(&scene->fake, "one.answer",
		   "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":"
		   "\"10.1.0.1/16\"}],\"dns\":{}}");
	chain_adds(scene);
	chain_assert_input(scene, "two.ADD", "prevResult",
			   "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
}

static void chain_add__takes_an_answer_without_version_as_the_lists(void **state)
{
	struct chain_scene *scene = *state;

	fake_write(&scene->fake, "one.answer", "{\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
	chain_adds(scene);
	chain_assert_input(scene, "two.ADD", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.1/16\"}]}");
}

static void chain_add__undoes_what_failed(void **state)
{
	struct chain_scene *scene = *state;
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
	chain_assert_input(scene, "one.DEL", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_int_equal(scene->warnings.count, 1);
	assert_string_equal(scene->warnings.items[0], "plugin 'three' failed DEL: I never was");
	assert_false(fake_has(&scene->fake, CHAIN_CACHED));
}

static void chain_add__undoes_when_it_cannot_remember(void **state)
{
	struct chain_scene *scene = *state;
	freeing char *dir = fake_path(&scene->fake, "one.answer");
	cJSON *result;

	/* A file where the cache's directory should be. */
	scene->chain.cache_dir = dir;
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EIO);
	fake_assert_asked(&scene->fake,
			  "ADD one\nADD two\nADD three\nDEL three\nDEL two\nDEL one\n");
}

#define OWN_NETNS "/proc/self/ns/net"

static void assert_refused(struct chain_scene *scene)
{
	freeing char *before = fake_read(&scene->fake, CHAIN_CACHED);
	freeing char *after = NULL;
	cJSON *result;

	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_ETAKEN);
	assert_non_null(strstr(scene->err.msg, "container 'c1' is attached to 'blue' as 'eth0' "
					       "already"));
	fake_assert_asked(&scene->fake, "");
	after = fake_read(&scene->fake, CHAIN_CACHED);
	assert_string_equal(before, after);
}

static void chain_add__is_refused_without_a_del_before(void **state)
{
	struct chain_scene *scene = *state;
	freeing char *text = NULL;
	char *identity;

	scene->chain.netns = OWN_NETNS;
	chain_adds(scene);
	assert_refused(scene);
	assert_refused(scene);
	/* As libcni has it, of this boot. */
	text = fake_read(&scene->fake, CHAIN_CACHED);
	identity = strstr(text, "\"netnsIdentity\"");
	assert_non_null(identity);
	memcpy(identity, "\"otherIdentity\"", 15);
	fake_write(&scene->fake, CHAIN_CACHED, text);
	assert_refused(scene);
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
	chain_adds(scene);
}

/* The path has another namespace now: of another boot, another one of this, and of another number
 * where the kernel has no cookies. For libcni's file the times decide. */
static void chain_add__deletes_what_is_gone_first(void **state)
{
	static const char *const identities[] = {
		"boot=00000000-0000-0000-0000-000000000000 cookie=0 ino=1",
		"boot=- cookie=9223372036854775807 ino=1",
		"boot=- cookie=0 ino=1",
		NULL,
	};
	struct chain_scene *scene = *state;
	freeing char *file = fake_path(&scene->fake, CHAIN_CACHED);

	scene->chain.netns = OWN_NETNS;
	for (size_t i = 0; i < 4; i++) {
		const struct timespec long_ago[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
		freeing char *text = cni_format(
			"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
			"\"networkName\":\"blue\",\"netns\":\"" OWN_NETNS "\"%s%s%s}",
			identities[i] ? ",\"netnsIdentity\":\"" : "",
			identities[i] ? identities[i] : "", identities[i] ? "\"" : "");
		cJSON *result;

		fake_write(&scene->fake, CHAIN_CACHED, text);
		if (!identities[i])
			assert_int_equal(utimensat(AT_FDCWD, file, long_ago, 0), 0);
		if (cni_chain_add(&scene->chain, &result, &scene->err) < 0)
			fail_msg("%s: %s", text, scene->err.msg);
		cJSON_Delete(result);
		fake_assert_asked(&scene->fake,
				  "DEL three\nDEL two\nDEL one\nADD one\nADD two\nADD three\n");
		chain_assert_environment(scene, "one.DEL.env", "CNI_NETNS=");
		assert_int_equal(scene->warnings.count, i + 1);
	}
}

static void chain_add__goes_on_beside_a_damaged_cache(void **state)
{
	struct chain_scene *scene = *state;
	cJSON *result;

	fake_write(&scene->fake, CHAIN_CACHED, "");
	fake_write(&scene->fake, "one.ADD.fails", "{\"code\":105,\"msg\":\"eth0 is there\"}");
	assert_int_equal(cni_chain_add(&scene->chain, &result, &scene->err), -1);
	assert_int_equal(scene->err.code, 105);
	/* It may be of an ADD that is not this one. */
	fake_assert_asked(&scene->fake, "ADD one\n");
	assert_int_equal(scene->warnings.count, 2);
	assert_true(fake_has(&scene->fake, CHAIN_CACHED));
	fake_remove(&scene->fake, "one.ADD.fails");
	chain_adds(scene);
}

static void chain_add__begins_nothing_if_a_plugin_is_missing(void **state)
{
	struct chain_scene *scene = *state;
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
	struct chain_scene *scene = *state;

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
	struct chain_scene *scene = *state;
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

/* As a plugin answers that only changes something; the two versions before there were lists. */
static void chain_add__takes_a_result_without_addresses(void **state)
{
	static const struct {
		const char *version;
		const char *answer;
	} cases[] = {
		{"0.2.0", "{}"},
		{"0.1.0", "{}"},
		{"0.2.0", "{\"cniVersion\":\"0.2.0\",\"dns\":{}}"},
		{"0.2.0", "{\"cniVersion\":\"0.1.0\"}"},
		{"0.3.1", "{}"},
	};
	struct chain_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *result = NULL;
		freeing char *text = NULL;
		freeing char *expected =
			cni_format("{\"cniVersion\":\"%s\",\"dns\":{}}", cases[i].version);

		chain_load(scene, cases[i].version, "", "");
		fake_write(&scene->fake, "one.answer", cases[i].answer);
		fake_write(&scene->fake, "two.answer", cases[i].answer);
		fake_write(&scene->fake, "three.answer", cases[i].answer);
		if (cni_chain_add(&scene->chain, &result, &scene->err) < 0)
			fail_msg("%s: %s", cases[i].answer, scene->err.msg);
		text = cJSON_PrintUnformatted(result);
		assert_string_equal(text, expected);
		chain_assert_input(scene, "two.ADD", "prevResult", expected);
		assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	}
	/* A result of a later version has no such form. */
	fake_write(&scene->fake, "three.answer", "{\"cniVersion\":\"1.0.0\"}");
	chain_load(scene, "0.2.0", "", "");
	assert_int_equal(cni_chain_add(&scene->chain, NULL, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EVERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_add__hands_each_result_to_the_next),
		chain_test(chain_add__injects_name_and_version),
		chain_test(chain_add__passes_declared_capabilities_only),
		chain_test(chain_add__replaces_the_protocols_variables),
		chain_test(chain_add__converts_answers_to_the_lists_version),
		chain_test(chain_add__takes_an_answer_without_version_as_the_lists),
		chain_test(chain_add__undoes_what_failed),
		chain_test(chain_add__undoes_when_it_cannot_remember),
		chain_test(chain_add__is_refused_without_a_del_before),
		chain_test(chain_add__deletes_what_is_gone_first),
		chain_test(chain_add__goes_on_beside_a_damaged_cache),
		chain_test(chain_add__begins_nothing_if_a_plugin_is_missing),
		chain_test(chain_add__refuses_answers_that_are_none),
		chain_test(chain_add__refuses_hostile_names),
		chain_test(chain_add__takes_a_result_without_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
