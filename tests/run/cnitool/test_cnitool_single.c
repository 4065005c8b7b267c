/* SPDX-License-Identifier: Apache-2.0 */
/* Attachments whose cached configuration is no list of plugins: a single one, as libcni's AddNetwork() caches it
 * (Multus calls it, and has a cache of its own), or a list whose plugins are drop-in files. The plugins are those of
 * fake.h. */
#include "cnitool_scene.h"

#include "base64.h"
#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define CACHED "cache/results/mv-c1-net1"

/* The cache's file of a container in our own namespace. `config` is what the runtime had read. */
static void write_cached(const struct cnitool_scene *scene, const char *version, const char *config)
{
	freeing char *encoded = cni_base64_encode(config, strlen(config));
	freeing char *text = cni_format(
		"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"config\":\"%s\",\"ifName\":"
		"\"net1\",\"networkName\":\"mv\",\"netns\":\"/proc/self/ns/"
		"net\",\"capabilityArgs\":{"
		"\"ips\":[\"10.3.0.2/"
		"24\"]},\"result\":{\"cniVersion\":\"%s\",\"ips\":[{\"version\":"
		"\"4\",\"address\":\"10.3.0.2/24\"}]}}",
		encoded, version);

	fake_write(&scene->fake, CACHED, text);
}

static const struct {
	const char *version;
	const char *config;
} configs[] = {
	{"1.0.0", "{\"cniVersion\":\"1.0.0\",\"name\":\"mv\",\"type\":\"one\",\"capabilities\":{"
		  "\"ips\":true},\"master\":\"up0\"}"},
	{"0.4.0", "{\"type\":\"one\",\"capabilities\":{\"ips\":true},\"name\":\"mv\",\"master\":"
		  "\"up0\",\"cniVersion\":\"0.4.0\"}"},
};

static void asks(const struct cnitool_scene *scene, const char *line, const char *asked)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, asked);
}

static void asks_nothing(const struct cnitool_scene *scene, const char *line, const char *prints)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, prints));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "");
}

static void cnitool__checks_and_deletes_what_is_no_list(void **state)
{
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		write_cached(scene, configs[i].version, configs[i].config);
		asks(scene, "check mv --container c1", "CHECK one\n");
		cnitool_assert_line(scene, "one.CHECK",
				    "\"runtimeConfig\":{\"ips\":[\"10.3.0.2/24\"]}");
		cnitool_assert_line(scene, "one.CHECK", "\"prevResult\":{");
		asks(scene, "reconcile --all", "CHECK one\n");
		asks(scene, "del mv --container c1", "DEL one\n");
		cnitool_assert_line(scene, "one.DEL", "\"master\":\"up0\"");
		assert_false(fake_has(&scene->fake, CACHED));
	}
}

static void cnitool__shows_what_is_no_list(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	write_cached(scene, configs[0].version, configs[0].config);
	answer = cnitool_run(scene, "show mv");
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "mv  one  1.0.0"));
	assert_non_null(strstr(answer.out, "up0"));
	plugin_answer_clear(&answer);
}

/* With the configuration of its ADD, and without today's plugins. */
static void cnitool_gc__deletes_what_is_no_list(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, "net.d/20-mv.conflist",
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"mv\",\"plugins\":[{\"type\":\"two\"}]}");
	write_cached(scene, configs[0].version, configs[0].config);
	asks(scene, "gc mv --all", "DEL one\n");
	assert_false(fake_has(&scene->fake, CACHED));
}

/* Neither a list nor a plugin: as before. */
static void cnitool__takes_the_network_of_today_otherwise(void **state)
{
	const struct cnitool_scene *scene = *state;

	write_cached(scene, "1.0.0", "{\"cniVersion\":\"1.0.0\",\"name\":\"mv\"}");
	cnitool_fails(scene, "del mv --container c1", "no network 'mv'");
	fake_write(&scene->fake, "net.d/20-mv.conflist",
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"mv\",\"plugins\":[{\"type\":\"two\"}]}");
	asks(scene, "del mv --container c1", "DEL two\n");
}

/* ---- drop-in files ---- */

/* libcni caches the list, and not the files. */
static void cnitool__checks_a_list_of_drop_ins(void **state)
{
	static const char *const lists[] = {
		"{\"cniVersion\":\"1.0.0\",\"name\":\"mv\"}",
		"{\"name\":\"mv\",\"loadOnlyInlinedPlugins\":false,\"cniVersion\":\"0.4.0\"}",
	};
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, "net.d/mv/10.conf", "{\"type\":\"two\"}");
	fake_write(&scene->fake, "net.d/mv/20.conf", "{\"type\":\"one\"}");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		fake_write(&scene->fake, "net.d/20-mv.conflist", lists[i]);
		write_cached(scene, "1.0.0", lists[i]);
		asks(scene, "reconcile mv", "CHECK two\nCHECK one\n");
		asks(scene, "check mv", "CHECK two\nCHECK one\n");
		asks(scene, "doctor mv --only attachments.check", "CHECK two\nCHECK one\n");
	}
	fake_remove(&scene->fake, "net.d/20-mv.conflist");
	asks_nothing(scene, "check mv", "the cached configuration has no plugins");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool__checks_and_deletes_what_is_no_list),
		cnitool_test(cnitool__shows_what_is_no_list),
		cnitool_test(cnitool_gc__deletes_what_is_no_list),
		cnitool_test(cnitool__takes_the_network_of_today_otherwise),
		cnitool_test(cnitool__checks_a_list_of_drop_ins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
