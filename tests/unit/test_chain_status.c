/* SPDX-License-Identifier: Apache-2.0 */
/* STATUS of a list. */
#include "chain_scene.h"

static void chain_status__returns_the_first_code(void **state)
{
	struct chain_scene *scene = *state;

	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "STATUS one\nSTATUS two\nSTATUS three\n");
	chain_assert_input(scene, "one.STATUS", "cniVersion", "\"1.1.0\"");
	fake_write(&scene->fake, "two.STATUS.fails", "{\"code\":50,\"msg\":\"pool is full\"}");
	fake_write(&scene->fake, "three.STATUS.fails", "{\"code\":51,\"msg\":\"later\"}");
	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 50);
	fake_assert_asked(&scene->fake, "STATUS one\nSTATUS two\n");
}

static void chain_status__asks_no_plugin_before_1_1_0(void **state)
{
	struct chain_scene *scene = *state;

	chain_load(scene, "1.0.0", "", "");
	assert_int_equal(cni_chain_status(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "");
	assert_int_equal(scene->warnings.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_status__returns_the_first_code),
		chain_test(chain_status__asks_no_plugin_before_1_1_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
