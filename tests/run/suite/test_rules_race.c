/* SPDX-License-Identifier: Apache-2.0 */
/* Beside a process that replaces a table of its own all the time: hardly two of our messages see
 * the same generation of rules. ADDs of bridge and portmap and their DELs, a hundred with
 * CNI_C_SLOW in the environment. */
#include "published.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ADDS	(getenv("CNI_C_SLOW") ? 100 : 30)
#define AT_ONCE 20
/* cni_nft_retry() gives up then (nft_tx.h). */
#define DEADLINE_SECONDS 10

static pid_t other;

/* As kube-proxy does with its own table, only without a pause. */
static int start_changing_rules(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_must("printf 'table inet other\ndelete table inet other\ntable inet other {\n"
		     "set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }\n"
		     "chain c { ip saddr @s accept; }\n}\n' > /run/rules");
	other = fork();
	if (other == 0) {
		setpgid(0, 0); /* so that all of it can be ended */
		execl("/bin/sh", "sh", "-c",
		      "trap 'exit 0' TERM; while nft -f /run/rules; do echo >> /run/rounds; done",
		      (char *)NULL);
		_exit(127);
	}
	return other > 0 ? 0 : -1;
}

static int stop_changing_rules(void **state)
{
	if (other > 0) {
		kill(-other, SIGKILL);
		waitpid(other, NULL, 0);
	}
	return bridge_teardown(state);
}

/* It was at it all the time, and never disturbed; and it is the only one that is left. */
static void assert_only_the_other_is_left(void)
{
	freeing char *rounds = NULL;
	int status;

	assert_int_equal(waitpid(other, &status, WNOHANG), 0);
	/* Its shell ends when the nft that it has started is done. */
	kill(other, SIGTERM);
	assert_int_equal(waitpid(other, &status, 0), other);
	other = 0;
	rounds = sandbox_read("wc -l < /run/rounds");
	assert_true(strtol(rounds, NULL, 10) > ADDS / 4);
	sandbox_must("nft delete table inet other");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void add__succeeds_while_others_change_rules(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *ports = portmap_config("1.0.0", PORTS(PORT(8080, 80, "tcp")));
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (int i = 0; i < ADDS; i++) {
		time_t start = now();

		pod_add(&red, config);
		pod_publish(&red, ports);
		/* Each of the two has its own. */
		assert_true(now() - start <= 2 * DEADLINE_SECONDS);
		if (i % 10 == 0) {
			pod_check(&red, config);
			pod_check_published(&red, ports);
		}
		pod_unpublish(&red, ports);
		pod_del(&red, config);
	}
	pod_close(&red);
	assert_only_the_other_is_left();
}

static void finish_all(struct pod *pods, struct plugin_process *processes, bool taken)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		struct plugin_answer answer = plugin_finish(&processes[i]);

		if (taken)
			pod_take(&pods[i], &answer);
		else
			plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
}

static void call_all(struct pod *pods, const char *command, const char *config)
{
	struct plugin_process processes[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++) {
		struct plugin_call asked = pod_call(&pods[i], command, config);

		processes[i] = plugin_start(&asked);
	}
	finish_all(pods, processes, *command == 'A');
}

static void add__of_many_at_once_succeeds_while_others_change_rules(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	struct pod pods[AT_ONCE];

	(void)state;
	for (size_t i = 0; i < AT_ONCE; i++) {
		freeing char *name = cni_format("p%zu", i);

		pod_open(&pods[i], name);
	}
	call_all(pods, "ADD", config);
	for (size_t i = 0; i < AT_ONCE; i++)
		pod_check(&pods[i], config);
	for (size_t i = 0; i < AT_ONCE; i++) {
		freeing char *port = cni_format("'runtimeConfig':{'portMappings':[{'hostPort':%zu,"
						"'containerPort':80,'protocol':'tcp'}]}",
						8000 + i);
		freeing char *ports = portmap_config("1.0.0", port);

		pod_publish(&pods[i], ports);
		pod_unpublish(&pods[i], ports);
	}
	call_all(pods, "DEL", config);
	for (size_t i = 0; i < AT_ONCE; i++)
		pod_close(&pods[i]);
	assert_only_the_other_is_left();
}

#define race_test(name)                                                                            \
	cmocka_unit_test_setup_teardown(name, start_changing_rules, stop_changing_rules)

int main(void)
{
	const struct CMUnitTest tests[] = {
		race_test(add__succeeds_while_others_change_rules),
		race_test(add__of_many_at_once_succeeds_while_others_change_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
