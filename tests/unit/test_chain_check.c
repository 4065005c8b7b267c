/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK of a list, which needs the result of its ADD. */
#include "chain_scene.h"

static void chain_check__gives_all_the_last_result(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.1.0", "", "\"capabilities\":{\"portMappings\":true},");
	chain_give_capabilities(scene, "{\"portMappings\":[1]}");
	chain_adds(scene);
	chain_give_capabilities(scene, "{}");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\nCHECK three\n");
	chain_assert_input(scene, "one.CHECK", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	chain_assert_input(scene, "one.CHECK", "runtimeConfig", "{\"portMappings\":[1]}");
}

static void chain_check__stops_at_the_first_failure(void **state)
{
	struct chain_scene *scene = *state;

	chain_adds(scene);
	fake_write(&scene->fake, "two.CHECK.fails", "{\"code\":102,\"msg\":\"it is gone\"}");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 102);
	assert_string_equal(scene->err.msg, "plugin 'two' failed CHECK: it is gone");
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\n");
}

static void chain_check__came_with_0_4_0(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "0.3.1", "\"disableCheck\":true,", "");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EVERSION);
	assert_string_equal(scene->err.msg,
			    "configuration version \"0.3.1\" does not support the CHECK command");
}

static void chain_check__can_be_disabled(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.0.0", "\"disableCheck\":true,", "");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "");
}

static void chain_check__needs_the_result_of_an_add(void **state)
{
	struct chain_scene *scene = *state;

	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_ECONTAINER);
	fake_write(&scene->fake, CHAIN_CACHED, "damaged");
	assert_int_equal(cni_chain_check(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, CNI_EDECODE);
	fake_assert_asked(&scene->fake, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_check__gives_all_the_last_result),
		chain_test(chain_check__stops_at_the_first_failure),
		chain_test(chain_check__came_with_0_4_0),
		chain_test(chain_check__can_be_disabled),
		chain_test(chain_check__needs_the_result_of_an_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
