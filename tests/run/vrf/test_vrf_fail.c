/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Errors at the system calls of vrf's ADD, by strace(1): the quick run tries some of them, with CNI_C_SLOW
 * in the environment all. */
#include "faults.h"
#include "routed.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG  "/run/strace.log"
#define BLUE "'vrfname':'blue'"

/* Link-local addresses come when they come. */
static char *look(void)
{
	freeing char *tables = routed_tables();
	/* The kernel tells the state of a link that has just come up when it likes. */
	freeing char *links = sandbox_read(
		"ip -n red -o link show | sed 's/^[0-9]*: //; s/ state [A-Z]* / /' | sort; "
		"ip -n red -br addr show dev eth0 | tr ' ' '\\n' | "
		"grep -v -e ^fe80 -e UP -e UNKNOWN -e ^$");

	return cni_format("%s%s", links, tables);
}

static char *config_text(void)
{
	freeing_json cJSON *json = cJSON_Parse("{\"cniVersion\":\"1.0.0\",\"name\":\"blue\","
					       "\"type\":\"vrf\",\"vrfname\":\"blue\"}");

	cni_json_set(json, "prevResult", cni_json_copy(routed_prev));
	return cni_json_print(json);
}

static struct plugin_call add_call(const char *config)
{
	return (struct plugin_call){.plugin = VRF,
				    .command = "ADD",
				    .container = "red",
				    .netns = RED,
				    .ifname = "eth0",
				    .config = config};
}

/* A runtime's DEL, and the same interface again, whose addresses the kernel drops. */
static void begin_again(void)
{
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	routed_attach_again();
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=0 && "
		     "ip -n red route add 10.8.0.0/16 dev eth0");
}

static void assert_is_atomic_at(const struct fault_step *step)
{
	freeing char *config = NULL;
	freeing char *before = NULL;
	freeing char *after = NULL;
	struct plugin_answer answer;
	struct plugin_call add;

	begin_again();
	config = config_text();
	add = add_call(config);
	before = look();
	answer = faults_inject(&add, LOG, step, "ENOMEM");
	after = look();
	if (answer.exit_code == 0)
		routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
	else if (!step->is_lasting && !faults_hit_answer(LOG))
		sandbox_assert_same(before, after);
	plugin_answer_clear(&answer);
}

static void add__is_atomic_at_each_system_call(void **state)
{
	static struct fault_steps steps;
	size_t stride = getenv("CNI_C_SLOW") ? 1 : 7;
	freeing char *config = NULL;
	struct plugin_answer answer;
	struct plugin_call add;

	(void)state;
	needs_vrf();
	if (!faults_possible())
		skip_because("strace is not installed");
	config = config_text();
	add = add_call(config);
	/* The first VRF of a namespace makes rules that stay. */
	answer = faults_learn(&add, LOG, &steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(steps.count > 40);
	for (size_t i = 0; i < steps.count; i += stride)
		assert_is_atomic_at(&steps.items[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(add__is_atomic_at_each_system_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
