/* SPDX-License-Identifier: Apache-2.0 */
/* MEND of a list, and reconcile, also with plugins of other suites and lists that have no CHECK. */
#include "chain_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "reconcile.h"

#include <stdlib.h>

#define UNKNOWN(command) "{\"code\":4,\"msg\":\"unknown CNI_COMMAND: " command "\"}"
#define GONE		 "{\"code\":102,\"msg\":\"it is gone\"}"

static void chain_mend__asks_all(void **state)
{
	struct chain_scene *scene = *state;

	chain_adds(scene);
	assert_int_equal(cni_chain_mend(&scene->chain, &scene->err), 0);
	fake_assert_asked(&scene->fake, "MEND one\nMEND two\nMEND three\n");
	chain_assert_input(scene, "three.MEND", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
}

/* As Go's plugins, and as a script, answer a verb that they do not know. */
static void chain_mend__goes_on_behind_a_plugin_of_others(void **state)
{
	static const char *const answers[] = {UNKNOWN("MEND"), "what is MEND?\n", ""};
	struct chain_scene *scene = *state;

	chain_adds(scene);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		fake_write(&scene->fake, "one.MEND.fails", answers[i]);
		if (cni_chain_mend(&scene->chain, &scene->err) < 0)
			fail_msg("%s", scene->err.msg);
		fake_assert_asked(&scene->fake, "MEND one\nCHECK one\nMEND two\nMEND three\n");
	}
	chain_assert_input(scene, "one.CHECK", "prevResult",
			   "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
}

/* Behind a container without its address no rule is put back. */
static void chain_mend__stops_where_a_plugin_of_others_finds_a_fault(void **state)
{
	struct chain_scene *scene = *state;

	chain_adds(scene);
	fake_write(&scene->fake, "one.MEND.fails", UNKNOWN("MEND"));
	fake_write(&scene->fake, "one.CHECK.fails", GONE);
	assert_int_equal(cni_chain_mend(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 102);
	assert_string_equal(scene->err.msg, "plugin 'one' failed CHECK: it is gone");
	fake_assert_asked(&scene->fake, "MEND one\nCHECK one\n");
}

static void chain_mend__says_what_cannot_be_put_back(void **state)
{
	struct chain_scene *scene = *state;

	chain_adds(scene);
	fake_write(&scene->fake, "two.MEND.fails", "{\"code\":105,\"msg\":\"another's\"}");
	fake_write(&scene->fake, "two.CHECK.fails", GONE);
	assert_int_equal(cni_chain_mend(&scene->chain, &scene->err), -1);
	assert_int_equal(scene->err.code, 105);
	assert_string_equal(scene->err.msg, "plugin 'two' failed MEND: another's");
	fake_assert_asked(&scene->fake, "MEND one\nMEND two\nCHECK two\n");
}

/* ---- reconcile ---- */

struct seen {
	enum cni_reconciled state;
	char *message;
	size_t count;
};

static void see(const struct cni_owner *owner, enum cni_reconciled state, const char *message,
		void *data)
{
	struct seen *seen = data;

	assert_string_equal(owner->container, "c1");
	free(seen->message);
	*seen = (struct seen){state, cni_strdup(message), seen->count + 1};
}

static void reconciles(struct chain_scene *scene, bool dry_run, enum cni_reconciled state,
		       const char *message)
{
	struct seen seen = {.count = 0};
	const struct cni_reconcile reconcile = {
		.path = scene->path,
		.cache_dir = scene->fake.dir,
		.dry_run = dry_run,
		.report = see,
		.data = &seen,
	};
	size_t wrong;

	assert_int_equal(cni_reconcile(&reconcile, &wrong, &scene->err), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.state, state);
	assert_string_equal(seen.message, message);
	assert_int_equal(wrong, state == CNI_RECONCILED_WRONG);
	free(seen.message);
}

static void adds_in_our_namespace(struct chain_scene *scene)
{
	scene->chain.netns = "/proc/self/ns/net";
	chain_adds(scene);
}

static void reconcile__mends_behind_a_plugin_of_others(void **state)
{
	struct chain_scene *scene = *state;

	adds_in_our_namespace(scene);
	fake_write(&scene->fake, "one.MEND.fails", UNKNOWN("MEND"));
	fake_write(&scene->fake, "three.CHECK.fails", GONE);
	reconciles(scene, true, CNI_RECONCILED_WRONG, "plugin 'three' failed CHECK: it is gone");
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\nCHECK three\n");
	reconciles(scene, false, CNI_RECONCILED_WRONG, "plugin 'three' failed CHECK: it is gone");
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\nCHECK three\n"
					"MEND one\nCHECK one\nMEND two\nMEND three\n"
					"CHECK one\nCHECK two\nCHECK three\n");
}

/* containerd keeps a loopback of 0.3.1 for each pod. */
static void reconcile__skips_what_has_no_check(void **state)
{
	static const struct {
		const char *version;
		const char *keys;
		const char *message;
	} cases[] = {
		{"0.3.1", "", "its cniVersion is 0.3.1, and CHECK came with 0.4.0"},
		{"0.2.0", "", "its cniVersion is 0.2.0, and CHECK came with 0.4.0"},
		{"1.0.0", "\"disableCheck\":true,", "its configuration has 'disableCheck'"},
		{"0.4.0", "\"disableCheck\":\"true\",", "its configuration has 'disableCheck'"},
	};
	struct chain_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		chain_load(scene, cases[i].version, cases[i].keys, "");
		adds_in_our_namespace(scene);
		reconciles(scene, false, CNI_RECONCILED_SKIPPED, cases[i].message);
		reconciles(scene, true, CNI_RECONCILED_SKIPPED, cases[i].message);
		fake_assert_asked(&scene->fake, "");
		fake_remove(&scene->fake, CHAIN_CACHED);
	}
}

/* A runtime deletes the container while a plugin is looking. */
static void reconcile__finds_no_fault_in_what_is_deleted_meanwhile(void **state)
{
	struct chain_scene *scene = *state;
	freeing char *script = NULL;

	for (int dry_run = 0; dry_run < 2; dry_run++) {
		adds_in_our_namespace(scene);
		free(script);
		script = cni_format("#!/bin/sh\nrm -f %s/" CHAIN_CACHED "\n"
				    "echo '{\"code\":102,\"msg\":\"it is gone\"}'\nexit 1\n",
				    scene->fake.dir);
		fake_write(&scene->fake, "bin/two", script);
		reconciles(scene, dry_run, CNI_RECONCILED_SKIPPED, "it was deleted meanwhile");
		fake_add_plugin(&scene->fake, "two");
		fake_remove(&scene->fake, "log");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(chain_mend__asks_all),
		chain_test(chain_mend__goes_on_behind_a_plugin_of_others),
		chain_test(chain_mend__stops_where_a_plugin_of_others_finds_a_fault),
		chain_test(chain_mend__says_what_cannot_be_put_back),
		chain_test(reconcile__mends_behind_a_plugin_of_others),
		chain_test(reconcile__skips_what_has_no_check),
		chain_test(reconcile__finds_no_fault_in_what_is_deleted_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
