/* SPDX-License-Identifier: Apache-2.0 */
/* GC of a list: what is not valid is deleted, and then the plugins are asked. */
#include "chain_scene.h"

#include <string.h>

static void add_as(struct chain_scene *scene, const char *container, const char *args)
{
	scene->chain.container = container;
	scene->chain.args = args;
	chain_adds(scene);
	scene->chain.container = NULL;
	scene->chain.args = NULL;
}

static int collect(struct chain_scene *scene, const struct cni_gc *gc)
{
	return cni_chain_gc(&scene->chain, gc, &scene->err);
}

static void chain_gc__deletes_the_stale_and_asks_the_plugins(void **state)
{
	struct chain_scene *scene = *state;
	struct cni_owner kept = {.container = "c2", .ifname = "eth0"};
	struct cni_owners valid = {.items = &kept, .count = 1};

	add_as(scene, "c1", "A=1");
	add_as(scene, "c2", NULL);
	fake_write(&scene->fake, "results/red-c1-eth0",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
		   "\"networkName\":\"red\"}");
	assert_int_equal(collect(scene, &(struct cni_gc){.all = true, .keep = &valid}), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\nGC one\nGC two\nGC three\n");
	chain_assert_environment(scene, "one.DEL.env", "CNI_CONTAINERID=c1");
	chain_assert_environment(scene, "one.DEL.env", "CNI_NETNS=/run/netns/red");
	chain_assert_environment(scene, "one.DEL.env", "CNI_ARGS=A=1");
	chain_assert_input(scene, "one.GC", "cni.dev/valid-attachments",
			   "[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]");
	chain_assert_input(scene, "one.GC", "cni.dev/attachments",
			   "[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]");
	chain_assert_input(scene, "one.GC", "name", "\"blue\"");
	chain_assert_input(scene, "one.GC", "prevResult", "-");
	chain_assert_environment(scene, "one.GC.env", "CNI_CONTAINERID=");
	assert_false(fake_has(&scene->fake, CHAIN_CACHED));
	assert_true(fake_has(&scene->fake, "results/blue-c2-eth0"));
	assert_true(fake_has(&scene->fake, "results/red-c1-eth0"));
}

static void chain_gc__says_that_none_is_valid(void **state)
{
	struct chain_scene *scene = *state;

	assert_int_equal(collect(scene, &(struct cni_gc){.all = true}), 0);
	chain_assert_input(scene, "one.GC", "cni.dev/valid-attachments", "[]");
	chain_assert_input(scene, "one.GC", "cni.dev/attachments", "[]");
}

static void chain_gc__goes_on_and_tells_all(void **state)
{
	struct chain_scene *scene = *state;

	add_as(scene, "c1", NULL);
	add_as(scene, "c2", NULL);
	fake_write(&scene->fake, "results/blue-c3-eth0", "damaged");
	fake_write(&scene->fake, "two.DEL.fails", "{\"code\":7,\"msg\":\"no\"}");
	fake_write(&scene->fake, "one.GC.fails", "{\"code\":8,\"msg\":\"neither\"}");
	assert_int_equal(collect(scene, &(struct cni_gc){.all = true}), -1);
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
	struct chain_scene *scene = *state;

	chain_load(scene, "1.0.0", "", "");
	add_as(scene, "c1", NULL);
	assert_int_equal(collect(scene, &(struct cni_gc){.all = true}), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
}

static void chain_gc__can_be_disabled(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.1.0", "\"disableGC\":true,", "");
	add_as(scene, "c1", NULL);
	assert_int_equal(collect(scene, &(struct cni_gc){.all = true}), 0);
	fake_assert_asked(&scene->fake, "");
	assert_true(fake_has(&scene->fake, CHAIN_CACHED));
	assert_int_equal(scene->warnings.count, 1);
	assert_string_equal(scene->warnings.items[0],
			    "network 'blue' has 'disableGC': no attachment was deleted, and no "
			    "plugin was asked");
	chain_load(scene, "1.0.0", "\"disableGC\":\"TRUE\",", "");
	assert_int_equal(collect(scene, &(struct cni_gc){.dry_run = true}), 0);
	assert_int_equal(scene->warnings.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_gc__deletes_the_stale_and_asks_the_plugins),
		chain_test(chain_gc__says_that_none_is_valid),
		chain_test(chain_gc__goes_on_and_tells_all),
		chain_test(chain_gc__only_deletes_before_1_1_0),
		chain_test(chain_gc__can_be_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
