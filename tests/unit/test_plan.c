/* SPDX-License-Identifier: Apache-2.0 */
/* The walks, with parts that only say that they were called. This executable is also the plugin:
 * called with an argument it ends in cni_plan_main(). */
#include "plan.h"

#include "cleanup.h"
#include "mem.h"
#include "plugin.h"
#include "test.h"

#include <string.h>
#include <unistd.h>

/* Which of them fail: "add b" does if the configuration's "fails" holds it. */
struct part {
	char name;
	const char *fails;
};

static int say(const char *verb, const struct part *part, struct cni_error *err)
{
	freeing char *step = cni_format("%s %c", verb, part->name);

	fprintf(stderr, "%s\n", step);
	return strstr(part->fails, step) ? cni_fail(err, 200 + part->name, "%s failed", step) : 0;
}

static int add(struct cni_attachment *at, void *spec, struct cni_error *err)
{
	const struct part *part = spec;
	const char name[] = {part->name, '\0'};

	cni_result_add_interface(at->result, name, NULL, NULL);
	return say("add", spec, err);
}

static int undo(struct cni_attachment *at, void *spec, struct cni_error *err)
{
	(void)at;
	return say("undo", spec, err);
}

static int check(struct cni_attachment *at, const void *spec, struct cni_error *err)
{
	if (at->result->interface_count != 1)
		return cni_fail(err, CNI_EIO, "this is not the prevResult");
	return say("check", spec, err);
}

static int mend(struct cni_attachment *at, void *spec, struct cni_error *err)
{
	(void)at;
	return say("mend", spec, err);
}

static int del(struct cni_attachment *at, const void *spec, struct cni_error *err)
{
	(void)at;
	return say("del", spec, err);
}

static int gc(struct cni_attachment *at, const void *spec, struct cni_error *err)
{
	(void)at;
	return say("gc", spec, err);
}

static int sweep(struct cni_attachment *at, const void *spec, struct cni_error *err)
{
	(void)at;
	return say("sweep", spec, err);
}

static int status(struct cni_attachment *at, const void *spec, struct cni_error *err)
{
	(void)at;
	return say("status", spec, err);
}

static void print(FILE *out, const void *spec)
{
	fprintf(out, " called %c", ((const struct part *)spec)->name);
}

static unsigned int cleared;

static void clear(void *spec)
{
	(void)spec;
	cleared++;
}

static const struct cni_part_ops full = {.name = "full",
					 .size = sizeof(struct part),
					 .add = add,
					 .undo = undo,
					 .check = check,
					 .del = del,
					 .gc = gc,
					 .sweep = sweep,
					 .status = status,
					 .mend = mend,
					 .print = print,
					 .clear = clear};
static const struct cni_part_ops rigid = {
	.name = "rigid", .size = sizeof(struct part), .check = check};
static const struct cni_part_ops lasting = {.name = "lasting",
					    .size = sizeof(struct part),
					    .last = "z stays",
					    .add = add,
					    .undo = undo,
					    .del = del,
					    .gc = gc};
static const struct cni_part_ops bare = {.name = "bare", .size = sizeof(struct part)};

struct conf {
	const char *fails;
	bool invalid;
	bool lasts;
};

static const struct conf defaults = {.fails = ""};

static const struct cni_field fields[] = {
	CNI_MEMBER(struct conf, "fails", fails),
	CNI_MEMBER(struct conf, "invalid", invalid),
	CNI_MEMBER(struct conf, "lasts", lasts),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	const struct conf *conf = data;

	(void)call;
	return conf->invalid ? cni_fail(err, CNI_ECONFIG, "'invalid' is true") : 0;
}

static void make_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct conf *conf = data;

	if (conf->lasts)
		cni_plan_push(plan, &lasting, &(struct part){'z', conf->fails});
	for (char name = 'a'; name <= 'c'; name++) {
		struct part part = {name, conf->fails};

		cni_plan_push(plan, &full, &part);
		cni_plan_push(plan, &bare, &part);
	}
	if (call->env.command == CNI_MEND)
		cni_plan_push(plan, &rigid, &(struct part){'d', conf->fails});
}

static const struct cni_plugin plugin = {.type = "test",
					 .oldest = CNI_0_1_0,
					 .conf_size = sizeof(struct conf),
					 .defaults = &defaults,
					 .fields = fields,
					 .validate = validate,
					 .plan = make_plan};

static const char *const as_plugin[] = {"plugin", NULL};

/* Asks for `command` and compares what the parts have said; `message` NULL is success. */
static void assert_walk(const char *command, const char *more, const char *said, int code,
			const char *message)
{
	static const char *const own_netns[] = {"CNI_NETNS_OVERRIDE=1", NULL};
	freeing char *config = cni_format("{\"cniVersion\":\"1.1.0\",\"name\":\"blue\","
					  "\"cni.dev/valid-attachments\":[],"
					  "\"prevResult\":{\"interfaces\":[{\"name\":\"x\"}]}%s%s}",
					  *more ? "," : "", more);
	struct plugin_call call = {.plugin = "/proc/self/exe",
				   .arguments = as_plugin,
				   .environment = own_netns,
				   .command = command,
				   .container = "c1",
				   .netns = "/proc/self/ns/net",
				   .ifname = "eth0",
				   .config = config};
	struct plugin_answer answer = plugin_run(&call);

	assert_string_equal(answer.err, said);
	if (message)
		plugin_assert_error(&answer, code, message);
	else
		plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

/* Opening a socket in a namespace, even in one's own, is root's. */
static bool is_root(void)
{
	return geteuid() == 0;
}

static void plan__add_walks_down(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: cannot enter a network namespace");
	assert_walk("ADD", "", "add a\nadd b\nadd c\n", 0, NULL);
}

static void plan__add_undoes_what_it_did_upwards(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: cannot enter a network namespace");
	assert_walk("ADD", "\"fails\":\"add c\"", "add a\nadd b\nadd c\nundo b\nundo a\n",
		    200 + 'c', "add c failed");
	assert_walk("ADD", "\"fails\":\"add a\"", "add a\n", 200 + 'a', "add a failed");
	/* The first failure is what counts, and the rest is undone anyway. */
	assert_walk("ADD", "\"fails\":\"add c undo b\"", "add a\nadd b\nadd c\nundo b\nundo a\n",
		    200 + 'c', "add c failed");
	assert_walk("ADD", "\"fails\":\"add c undo b undo a\"",
		    "add a\nadd b\nadd c\nundo b\nundo a\n", 200 + 'c',
		    "rollback of full: undo b failed; rollback of full: undo a failed");
}

/* The plan's first part goes last. */
static void plan__keeps_what_goes_last_if_anything_else_stays(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: cannot enter a network namespace");
	assert_walk("DEL", "\"lasts\":true", "del c\ndel b\ndel a\ndel z\n", 0, NULL);
	assert_walk("DEL", "\"lasts\":true,\"fails\":\"del b\"", "del c\ndel b\ndel a\n", 200 + 'b',
		    "z stays: del b failed");
	assert_walk("DEL", "\"lasts\":true,\"fails\":\"del z\"", "del c\ndel b\ndel a\ndel z\n",
		    200 + 'z', "del z failed");
	assert_walk("GC", "\"lasts\":true", "gc c\ngc b\ngc a\ngc z\n", 0, NULL);
	assert_walk("GC", "\"lasts\":true,\"fails\":\"gc c gc a\"", "gc c\ngc b\ngc a\n", 200 + 'c',
		    "z stays: gc c failed");
	assert_walk("ADD", "\"lasts\":true,\"fails\":\"add c\"",
		    "add z\nadd a\nadd b\nadd c\nundo b\nundo a\nundo z\n", 200 + 'c',
		    "add c failed");
	assert_walk("ADD", "\"lasts\":true,\"fails\":\"add c undo a\"",
		    "add z\nadd a\nadd b\nadd c\nundo b\nundo a\n", 200 + 'c',
		    "rollback of full: undo a failed; rollback of lasting: z stays");
}

static void plan__check_walks_down_and_stops(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: cannot enter a network namespace");
	assert_walk("CHECK", "", "check a\ncheck b\ncheck c\n", 0, NULL);
	assert_walk("CHECK", "\"fails\":\"check b\"", "check a\ncheck b\n", 200 + 'b',
		    "check b failed");
}

static void plan__mends_what_is_not_as_check_wants_it(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: cannot enter a network namespace");
	assert_walk("MEND", "", "check a\ncheck b\ncheck c\ncheck d\n", 0, NULL);
	assert_walk("MEND", "\"fails\":\"check b\"", "check a\ncheck b\nmend b\ncheck c\ncheck d\n",
		    0, NULL);
	assert_walk("MEND", "\"fails\":\"check b mend b\"", "check a\ncheck b\nmend b\n", 200 + 'b',
		    "mend b failed");
	/* It has no way to mend. */
	assert_walk("MEND", "\"fails\":\"check d\"", "check a\ncheck b\ncheck c\ncheck d\n",
		    200 + 'd', "check d failed");
}

static void plan__check_needs_a_previous_result(void **state)
{
	(void)state;
	assert_walk("CHECK", "\"prevResult\":null", "", CNI_ECONFIG, "Required prevResult missing");
}

static void plan__del_walks_up_and_does_not_stop(void **state)
{
	(void)state;
	assert_walk("DEL", "", "del c\ndel b\ndel a\n", 0, NULL);
	assert_walk("DEL", "\"fails\":\"del c del b\"", "del c\ndel b\ndel a\n", 200 + 'c',
		    "del c failed");
}

static void plan__gc_and_sweep_walk_up_and_do_not_stop(void **state)
{
	(void)state;
	assert_walk("GC", "", "gc c\ngc b\ngc a\n", 0, NULL);
	assert_walk("GC", "\"fails\":\"gc b gc a\"", "gc c\ngc b\ngc a\n", 200 + 'b',
		    "gc b failed");
	assert_walk("SWEEP", "", "sweep c\nsweep b\nsweep a\n", 0, NULL);
	assert_walk("SWEEP", "\"invalid\":true,\"fails\":\"sweep b\"",
		    "sweep c\nsweep b\nsweep a\n", 200 + 'b', "sweep b failed");
}

static void plan__status_walks_down_and_stops(void **state)
{
	(void)state;
	if (!is_root())
		skip_because("not root: STATUS says that ADD would not work");
	assert_walk("STATUS", "", "status a\nstatus b\nstatus c\n", 0, NULL);
	assert_walk("STATUS", "\"fails\":\"status b\"", "status a\nstatus b\n", 200 + 'b',
		    "status b failed");
}

/* The configuration is judged before anything is done, but never stands in the way of a DEL. */
static void plan__judges_its_configuration_but_not_for_del(void **state)
{
	(void)state;
	assert_walk("ADD", "\"invalid\":true", "", CNI_ECONFIG, "'invalid' is true");
	assert_walk("ADD", "\"fails\":5", "", CNI_ECONFIG, "'fails' is 5, expected a string");
	assert_walk("STATUS", "\"invalid\":true", "", CNI_ECONFIG, "'invalid' is true");
	assert_walk("DEL", "\"invalid\":true,\"fails\":5", "del c\ndel b\ndel a\n", 0, NULL);
	assert_walk("GC", "\"invalid\":true", "gc c\ngc b\ngc a\n", 0, NULL);
}

static void plan__needs_a_namespace_to_add(void **state)
{
	struct plugin_call call = {.plugin = "/proc/self/exe",
				   .arguments = as_plugin,
				   .command = "ADD",
				   .container = "c1",
				   .netns = "/none",
				   .ifname = "eth0",
				   .config = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"};

	(void)state;
	plugin_fails(&call, CNI_EENV, "failed to open netns '/none': No such file or directory");
	call.netns = "/dev/null";
	plugin_fails(&call, CNI_EENV, "'/dev/null' is not a network namespace");
	call.command = "DEL";
	plugin_succeeds(&call);
}

static void plan__is_traced_when_asked(void **state)
{
	static const char *const traced[] = {"CNI_C_TRACE=1", NULL};
	struct plugin_call call = {.plugin = "/proc/self/exe",
				   .arguments = as_plugin,
				   .environment = traced,
				   .command = "DEL",
				   .container = "c1",
				   .ifname = "eth0",
				   .config = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"};
	struct plugin_answer answer = plugin_run(&call);

	(void)state;
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "");
	assert_string_equal(answer.err, "del    full       called c\ndel c\n"
					"del    full       called b\ndel b\n"
					"del    full       called a\ndel a\n");
	plugin_answer_clear(&answer);
}

static void plan__is_printed_in_order(void **state)
{
	struct cni_plan plan = {.count = 0};
	struct part part = {'x', ""};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	cni_plan_push(&plan, &full, &part);
	/* It has a copy. */
	part.name = 'y';
	cni_plan_push(&plan, &bare, &part);
	cni_plan_print(&plan, out);
	fclose(out);
	assert_string_equal(text, "full       called x\nbare      \n");
	free(text);
	cni_plan_clear(&plan);
	assert_int_equal(plan.count, 0);
	assert_int_equal(cleared, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__add_walks_down),
		cmocka_unit_test(plan__add_undoes_what_it_did_upwards),
		cmocka_unit_test(plan__keeps_what_goes_last_if_anything_else_stays),
		cmocka_unit_test(plan__check_walks_down_and_stops),
		cmocka_unit_test(plan__mends_what_is_not_as_check_wants_it),
		cmocka_unit_test(plan__check_needs_a_previous_result),
		cmocka_unit_test(plan__del_walks_up_and_does_not_stop),
		cmocka_unit_test(plan__gc_and_sweep_walk_up_and_do_not_stop),
		cmocka_unit_test(plan__status_walks_down_and_stops),
		cmocka_unit_test(plan__judges_its_configuration_but_not_for_del),
		cmocka_unit_test(plan__needs_a_namespace_to_add),
		cmocka_unit_test(plan__is_traced_when_asked),
		cmocka_unit_test(plan__is_printed_in_order),
	};

	(void)argv;
	if (argc > 1)
		return cni_plan_main(&plugin);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
