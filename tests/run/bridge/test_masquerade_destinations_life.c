/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* nonMasqueradeCIDRs of a network with attachments: an ADD that fails, is killed, or has company leaves one
 * list as a whole. The quick run tries some of the system calls, with CNI_C_SLOW in the environment all of
 * them. */
#include "bridge.h"
#include "cleanup.h"
#include "faults.h"
#include "mem.h"
#include "suite.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define LOG  "/run/strace.log"
#define OLD  "192.0.2.0/25,198.18.0.0/15,fd00:1::/32"
#define NEW  "10.244.0.0/16,fd00:2::/32,fd00:3::/32"
#define FILE "/run/cni/masquerade/blue/destinations"

/* The prefixes have commas between them. */
static char *config_of(const char *prefixes)
{
	freeing char *list = cni_strdup("");
	freeing char *copy = cni_strdup(prefixes);
	freeing char *keys = NULL;
	char *rest = copy;

	for (const char *one = strsep(&rest, ","); one && *one; one = strsep(&rest, ",")) {
		char *longer = cni_format("%s%s'%s'", list, *list ? "," : "", one);

		free(list);
		list = longer;
	}
	keys = cni_format("'macspoofchk':true," GATEWAY
			  ",'ipMasq':true,'nonMasqueradeCIDRs':[%s]," IPAM46,
			  list);
	return bridge_config("1.1.0", keys);
}

/* All prefixes of the network's sets, by nft(8). The caller frees. */
static char *prefixes_in_kernel(void)
{
	char *text = sandbox_read(
		"nft list table inet cni 2>/dev/null | awk '"
		"$1 == \"set\" { family = $2 ~ /^keep[46]-/ ? substr($2, 5, 1) : 0 } "
		"$1 == \"}\" { family = 0 } "
		"{ for (i = 1; family && i <= NF; i++) if ($i ~ /^[0-9a-f:.]+\\/[0-9]+,?$/) "
		"{ sub(\",\", \"\", $i); all[family] = all[family] \",\" $i } } "
		"END { print substr(all[4] all[6], 2) }'");

	text[strcspn(text, "\n")] = '\0';
	return text;
}

static char *prefixes_in_file(void)
{
	char *text = sandbox_read("sed -n '/^#/d; H; ${ x; s/^\\n//; s/\\n/,/g; p }' " FILE
				  " 2>/dev/null; true");

	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void assert_prefixes(const char *expected)
{
	freeing char *kernel = prefixes_in_kernel();
	freeing char *file = prefixes_in_file();

	assert_string_equal(kernel, expected);
	assert_string_equal(file, expected);
}

/* ---- failures ---- */

static void set_again(const char *config)
{
	struct pod green;

	pod_open(&green, "green");
	pod_add(&green, config);
	pod_del(&green, config);
	pod_close(&green);
}

static void inject(struct pod *red, const struct pod *blue, const char *before, const char *config,
		   const struct fault_step *step, const char *error)
{
	struct plugin_call add = pod_call(red, "ADD", config);
	struct plugin_answer answer = faults_inject(&add, LOG, step, error);
	freeing char *old = config_of(before);

	if (answer.exit_code == 0) {
		pod_take(red, &answer);
		assert_prefixes(NEW);
		pod_check(blue, old);
		pod_check(red, config);
		pod_del(red, config);
		set_again(old);
	} else if (faults_hit_answer(LOG)) {
		/* All was done but to say so. */
		set_again(old);
	}
	plugin_answer_clear(&answer);
	assert_prefixes(before);
	pod_check(blue, old);
}

static void inject_everywhere(const char *before)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	struct fault_steps *steps = cni_alloc(sizeof(*steps));
	unsigned int stride = trace_fault_stride(4);
	freeing char *config = config_of(NEW);
	freeing char *old = config_of(before);
	struct plugin_answer answer;
	struct plugin_call add;
	struct pod blue;
	struct pod red;

	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&blue, old);
	add = pod_call(&red, "ADD", config);
	answer = faults_learn(&add, LOG, steps);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	pod_del(&red, config);
	pod_add(&red, old);
	pod_del(&red, old);
	assert_prefixes(before);
	for (size_t i = 0; i < steps->count; i += stride)
		inject(&red, &blue, before, config, &steps->items[i], errors[i / stride % 3]);
	pod_del(&blue, old);
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e " FILE);
	pod_close(&red);
	pod_close(&blue);
	free(steps);
}

static void add__that_fails_leaves_the_earlier_destinations(void **state)
{
	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	inject_everywhere(OLD);
}

static void add__that_fails_leaves_none(void **state)
{
	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	inject_everywhere("");
}

/* ---- kills ---- */

static void add__killed_anywhere_leaves_one_list(void **state)
{
	freeing char *config = config_of(NEW);
	freeing char *old = config_of(OLD);
	unsigned int stride = trace_sparse_stride(5);
	struct plugin_call add;
	bool was_killed = true;
	unsigned int step = 0;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&blue, old);
	add = pod_call(&red, "ADD", config);
	for (; was_killed; step += stride) {
		freeing char *kernel = NULL;

		was_killed = trace_kill(&add, step);
		kernel = prefixes_in_kernel();
		if (strcmp(kernel, OLD) != 0 && strcmp(kernel, NEW) != 0)
			fail_msg("killed at %u: '%s'", step, kernel);
		pod_del(&red, config);
		/* Whichever it is: the file and the sets agree. */
		pod_check(&blue, old);
		pod_add(&red, old);
		pod_del(&red, old);
		assert_prefixes(OLD);
	}
	assert_true(step > 100);
	pod_del(&blue, old);
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e " FILE);
	pod_close(&red);
	pod_close(&blue);
}

/* The first of its network. */
static void add__killed_anywhere_leaves_nothing(void **state)
{
	freeing char *config = config_of(NEW);
	unsigned int stride = trace_sparse_stride(7);
	freeing char *before = NULL;
	struct plugin_call add;
	bool was_killed = true;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	add = pod_call(&red, "ADD", config);
	for (unsigned int step = 0; was_killed; step += stride) {
		was_killed = trace_kill(&add, step);
		pod_del(&red, config);
		bridge_assert_unchanged(before);
		sandbox_must("test ! -e " FILE);
	}
	pod_close(&red);
}

/* ---- company ---- */

static void add_all_at_once(struct pod pods[4], const char *one, const char *other)
{
	struct plugin_process processes[4];

	for (int i = 0; i < 4; i++) {
		const struct plugin_call add = pod_call(&pods[i], "ADD", i % 2 ? one : other);

		processes[i] = plugin_start(&add);
	}
	for (int i = 0; i < 4; i++) {
		struct plugin_answer answer = plugin_finish(&processes[i]);

		pod_take(&pods[i], &answer);
		plugin_answer_clear(&answer);
	}
}

static void del_beside_add(struct pod *leaving, const char *its, struct pod *coming,
			   const char *config)
{
	freeing char *with = pod_config(leaving, its);
	const struct plugin_call add = pod_call(coming, "ADD", config);
	const struct plugin_call del = pod_call(leaving, "DEL", with);
	struct plugin_process deleting = plugin_start(&del);
	struct plugin_process adding = plugin_start(&add);
	struct plugin_answer answer = plugin_finish(&adding);

	pod_take(coming, &answer);
	plugin_answer_clear(&answer);
	answer = plugin_finish(&deleting);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static void add__beside_another_ends_with_one_of_the_two(void **state)
{
	freeing char *one = config_of(OLD);
	freeing char *other = config_of(NEW);
	struct pod pods[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		freeing char *name = cni_format("pod%d", i);

		pod_open(&pods[i], name);
	}
	for (int round = 0; round < 15; round++) {
		freeing char *file = NULL;

		add_all_at_once(pods, one, other);
		file = prefixes_in_file();
		assert_true(!strcmp(file, OLD) || !strcmp(file, NEW));
		assert_prefixes(file);
		for (int i = 0; i < 4; i++)
			pod_check(&pods[i], one);
		/* The last one's DEL beside an ADD. */
		for (int i = 0; i < 3; i++)
			pod_del(&pods[i], one);
		del_beside_add(&pods[3], one, &pods[0], other);
		assert_prefixes(NEW);
		pod_check(&pods[0], other);
		pod_del(&pods[0], other);
		pod_del(&pods[3], one);
		sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e " FILE);
	}
	for (int i = 0; i < 4; i++)
		pod_close(&pods[i]);
}

/* The Go plugin ignores the key. */
static void add__of_go_takes_the_same_configuration(void **state)
{
	freeing char *newer = config_of(NEW);
	freeing char *config = sandbox_read(
		"sed 's/1\\.1\\.0/1.0.0/; s/\"macspoofchk\":true,//' <<'E'\n%s\nE", newer);
	struct pod red;

	(void)state;
	skip_without_go();
	pod_open(&red, "red");
	suite_add(&suite_go, &red, config);
	suite_succeeds(&suite_go, &red, "CHECK", config);
	suite_succeeds(&suite_ours, &red, "DEL", config);
	suite_forget_network();
	suite_add(&suite_ours, &red, config);
	assert_prefixes(NEW);
	suite_succeeds(&suite_ours, &red, "DEL", config);
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e " FILE);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__that_fails_leaves_the_earlier_destinations),
		bridge_test(add__that_fails_leaves_none),
		bridge_test(add__killed_anywhere_leaves_one_list),
		bridge_test(add__killed_anywhere_leaves_nothing),
		bridge_test(add__beside_another_ends_with_one_of_the_two),
		bridge_test(add__of_go_takes_the_same_configuration),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
