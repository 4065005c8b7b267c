/* SPDX-License-Identifier: Apache-2.0 */
/* DEL of a list: by what the ADD had, as far as it is remembered. */
#include "chain_scene.h"

static void chain_del__goes_backwards_with_what_add_had(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "0.4.0", "", "\"capabilities\":{\"portMappings\":true},");
	scene->chain.args = "IP=10.1.0.7";
	chain_give_capabilities(scene, "{\"portMappings\":[1]}");
	chain_adds(scene);
	scene->chain.args = "IP=10.9.9.9";
	chain_give_capabilities(scene, "{\"portMappings\":[2]}");
	scene->chain.netns = "";
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
	chain_assert_environment(scene, "one.DEL.env", "CNI_ARGS=IP=10.1.0.7");
	chain_assert_environment(scene, "one.DEL.env", "CNI_NETNS=");
	chain_assert_input(scene, "one.DEL", "runtimeConfig", "{\"portMappings\":[1]}");
	chain_assert_input(scene, "one.DEL", "prevResult",
			   "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":"
			   "\"10.1.0.2/16\"}],\"dns\":{}}");
	assert_false(fake_has(&scene->fake, CHAIN_CACHED));
	/* Again, and nothing is remembered. */
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
	chain_assert_environment(scene, "one.DEL.env", "CNI_ARGS=IP=10.9.9.9");
	chain_assert_input(scene, "one.DEL", "prevResult", "-");
	assert_int_equal(scene->warnings.count, 0);
}

static void chain_del__has_no_result_before_0_4_0(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "0.3.1", "", "");
	chain_adds(scene);
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	chain_assert_input(scene, "one.DEL", "prevResult", "-");
	assert_false(fake_has(&scene->fake, CHAIN_CACHED));
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
	struct chain_scene *scene = *state;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		fake_write(&scene->fake, CHAIN_CACHED, damages[i]);
		if (cni_chain_del(&scene->chain, &scene->err) < 0)
			fail_msg("%s: %s", damages[i], scene->err.msg);
		fake_assert_asked(&scene->fake, "DEL three\nDEL two\nDEL one\n");
		chain_assert_input(scene, "one.DEL", "prevResult", "-");
		assert_int_equal(scene->warnings.count, i + 1);
		assert_false(fake_has(&scene->fake, CHAIN_CACHED));
	}
}

static void chain_del__uses_a_bare_result(void **state)
{
	struct chain_scene *scene = *state;

	fake_write(&scene->fake, CHAIN_CACHED,
		   "{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\",\"address\":"
		   "\"10.1.0.9/16\"}],\"dns\":{}}");
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), 0);
	chain_assert_input(scene, "two.DEL", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.9/16\"}]}");
	assert_int_equal(scene->warnings.count, 0);
}

static void chain_del__keeps_the_cache_for_another_try(void **state)
{
	struct chain_scene *scene = *state;

	chain_adds(scene);
	fake_write(&scene->fake, "two.DEL.fails", "{\"code\":11,\"msg\":\"busy\"}");
	assert_int_equal(cni_chain_del(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 11);
	fake_assert_asked(&scene->fake, "DEL three\nDEL two\n");
	assert_true(fake_has(&scene->fake, CHAIN_CACHED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_del__goes_backwards_with_what_add_had),
		chain_test(chain_del__has_no_result_before_0_4_0),
		chain_test(chain_del__is_not_held_up_by_a_damaged_cache),
		chain_test(chain_del__uses_a_bare_result),
		chain_test(chain_del__keeps_the_cache_for_another_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
