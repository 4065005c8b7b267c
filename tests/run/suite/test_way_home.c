/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* Failing ways into the container's namespace and back, each of them, once or for good. */
#include "bandwidth.h"
#include "faults.h"
#include "loopback_scene.h"
#include "pod_snapshot.h"
#include "tuning_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

/* A call, and how to take back what it does. */
struct subject {
	struct plugin_call call;
	void (*take_back)(void);
	int setns; /* how many there are */
};

static struct pod red;
static const char *bridges;

/* ---- each of its ways ---- */

static int count_setns(const struct subject *subject)
{
	freeing struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_answer answer = faults_learn(&subject->call, LOG, steps);
	int count = 0;

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	for (size_t i = 0; i < steps->count; i++)
		count += !strcmp(steps->items[i].name, "setns");
	subject->take_back();
	return count;
}

/* Fails with an error in the version of the configuration, and leaves nothing; or succeeds. */
static bool succeeds(const struct subject *subject, const struct fault_step *step,
		     const char *error)
{
	struct plugin_answer answer = faults_inject(&subject->call, LOG, step, error);
	bool has_succeeded = answer.exit_code == 0;

	if (has_succeeded) {
		subject->take_back();
	} else {
		plugin_assert_error(&answer, CNI_EKERNEL, "network namespace");
		assert_json(answer.json, "cniVersion", "1.0.0");
	}
	plugin_answer_clear(&answer);
	return has_succeeded;
}

static void assert_same_inside(const char *before)
{
	pod_assert_unchanged("red", before, "a way that failed");
}

/* The odd ones lead in, the even ones home: these are tried again. */
static void fail_each(const struct subject *subject)
{
	static const char *const errors[] = {"ENOBUFS", "ENOMEM", "EAGAIN",
					     "EINTR",	"EIO",	  "EPERM"};
	freeing char *before = bridge_snapshot();
	freeing char *inside = pod_snapshot("red");

	assert_int_equal(count_setns(subject), subject->setns);
	for (int nth = 1; nth <= subject->setns; nth++) {
		struct fault_step step = {.name = "setns", .nth = nth};

		for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
			assert_int_equal(succeeds(subject, &step, errors[i]), nth % 2 == 0);
		step.is_lasting = true;
		assert_false(succeeds(subject, &step, "ENOBUFS"));
		bridge_assert_unchanged(before);
		assert_same_inside(inside);
	}
}

#define skip_unless_possible()                                                                     \
	do {                                                                                       \
		if (!faults_possible())                                                            \
			skip_because("strace is not installed");                                   \
	} while (0)

/* ---- bridge ---- */

static void del_red(void)
{
	pod_del(&red, bridges);
	sandbox_run("ip link del br0; sysctl -qw net.ipv4.ip_forward=0 "
		    "net.ipv6.conf.all.forwarding=0 net.ipv4.conf.all.accept_redirects=0");
}

/* Once in and home again, once more for an IPv6 address, and no more for duplicate address detection. */
static void bridge_add__leaves_nothing_without_a_way_home(void **state)
{
	static const struct {
		const char *more;
		int setns;
	} networks[] = {{FULL, 4}, {FULL ",'enabledad':true", 4}, {GATEWAY "," IPAM4, 2}};

	(void)state;
	skip_unless_possible();
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
		freeing char *config = bridge_config("1.0.0", networks[i].more);
		struct subject subject = {.take_back = del_red, .setns = networks[i].setns};

		pod_open(&red, "red");
		bridges = config;
		subject.call = pod_call(&red, "ADD", config);
		fail_each(&subject);
		pod_close(&red);
	}
}

static void nothing(void)
{
}

static void bridge_check_and_del__say_that_there_is_no_way_home(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *with = NULL;
	struct subject subject = {.take_back = nothing, .setns = 2};

	(void)state;
	skip_unless_possible();
	pod_open(&red, "red");
	pod_add(&red, config);
	with = pod_config(&red, config);
	subject.call = pod_call(&red, "CHECK", with);
	fail_each(&subject);
	pod_del(&red, config);
	subject.call = pod_call(&red, "DEL", config);
	fail_each(&subject);
	pod_close(&red);
}

/* ---- chained ---- */

static void del_limits(void)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, red.result);
	struct plugin_call asked = pod_call(&red, "DEL", config);

	asked.plugin = BANDWIDTH;
	plugin_succeeds(&asked);
}

static void bandwidth_add__leaves_nothing_without_a_way_home(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", FULL);
	struct subject subject = {.take_back = del_limits, .setns = 2};
	freeing char *config = NULL;

	(void)state;
	skip_unless_possible();
	pod_open(&red, "red");
	pod_add(&red, bridge);
	config = bandwidth_config("1.0.0", BOTH, red.result);
	subject.call = pod_call(&red, "ADD", config);
	subject.call.plugin = BANDWIDTH;
	fail_each(&subject);
	pod_del(&red, bridge);
	pod_close(&red);
}

static void untune(void)
{
	tuning_succeeds("DEL", "");
}

/* Sysctls take it there a second time, when something is changed inside. */
static void tuning_add__leaves_nothing_without_a_way_home(void **state)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct subject subject = {
		.call = tuning_call("ADD", config), .take_back = untune, .setns = 4};
	freeing char *files = NULL;

	(void)state;
	skip_unless_possible();
	fail_each(&subject);
	files = tuning_files();
	assert_string_equal(files, "");
	tuning_assert_shown(TUNING_UNTUNED);
}

static void lower_lo(void)
{
	lo_succeeds("DEL", "1.0.0", "");
}

static void loopback_add__leaves_nothing_without_a_way_home(void **state)
{
	freeing char *config = lo_config("1.0.0", "");
	struct subject subject = {
		.call = lo_call("ADD", config), .take_back = lower_lo, .setns = 2};

	(void)state;
	skip_unless_possible();
	/* It keeps its addresses and its queue. */
	sandbox_must("ip -n red link set lo up; ip -n red link set lo down");
	fail_each(&subject);
	assert_up("red", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(bridge_add__leaves_nothing_without_a_way_home),
		bridge_test(bridge_check_and_del__say_that_there_is_no_way_home),
		bridge_test(bandwidth_add__leaves_nothing_without_a_way_home),
		tuning_test(tuning_add__leaves_nothing_without_a_way_home),
		loopback_test(loopback_add__leaves_nothing_without_a_way_home),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
