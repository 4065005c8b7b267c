/* SPDX-License-Identifier: Apache-2.0 */
/* A failed ADD leaves the host as it was: foreign things in the way, an interface that
 * cannot be limited, and errors of system calls (by strace(1); the quick run tries some of them,
 * with CNI_C_SLOW in the environment all). */
#include "bandwidth.h"
#include "faults.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

/* In these commands $HOST is the host's end and $IFB the name that the ifb will have. */
static const struct failure {
	const char *setup;
	const char *more;
	int code;
	const char *text;
	const char *cleanup;
} failures[] = {
	{"tc qdisc add dev $HOST root handle 5: pfifo", BOTH, CNI_ETAKEN,
	 "has a qdisc 'pfifo' as its root already, expected none", "true"},
	{"tc qdisc add dev $HOST root handle 8001: tbf rate 1mbit burst 3000 limit 9000", BOTH,
	 CNI_ETAKEN, "has a qdisc 'tbf' as its root already, expected none", "true"},
	{"tc qdisc add dev $HOST ingress", BOTH, CNI_ETAKEN, "has an ingress qdisc already",
	 "true"},
	{"tc qdisc add dev $HOST clsact", BOTH, CNI_ETAKEN, "has an ingress qdisc already", "true"},
	{"ip link add $IFB type bridge", BOTH, CNI_ETAKEN, "that is somebody else's",
	 "ip link del $IFB"},
	{"ip link add $IFB type ifb; ip link set $IFB alias blue/other/eth0", BOTH, CNI_ETAKEN,
	 "that is somebody else's", "ip link del $IFB"},
	{"ip -n red link del eth0", BOTH, CNI_ECONFIG,
	 "container interface eth0 has no veth peer: it is not there", "true"},
	{"ip -n red link del eth0; ip -n red link add eth0 type bridge", BOTH, CNI_ECONFIG,
	 "container interface eth0 has no veth peer: it is of kind 'bridge'", "true"},
	{"ip netns add other; ip link set $HOST netns other", BOTH, CNI_ECONFIG,
	 "is not in host ns", "ip netns del other"},
	{"ip -n red link del eth0; ip link add somewhere type veth peer name eth0 netns red", BOTH,
	 CNI_ECONFIG, "no veth peer of container interface found in host ns",
	 /* It goes with red, but some time after it. */
	 "ip link del somewhere 2>/dev/null || true"},
	{"true", INGRESS ",'egressRate':5", CNI_ECONFIG, "if rate is set, burst must also be set",
	 "true"},
};

/* The ifb's name, as an ADD chooses it. */
static void learn_ifb(struct limited *red, char name[16])
{
	limited_add(red, EGRESS);
	memcpy(name, red->ifb, 16);
	limited_del(red, EGRESS);
}

static void assert_leaves_nothing(const struct failure *failure)
{
	freeing char *before = NULL;
	struct limited red;
	char ifb[16];

	fprintf(stderr, "# %s\n", failure->setup);
	limited_open(&red, "red");
	learn_ifb(&red, ifb);
	sandbox_must("HOST=%s IFB=%s; %s", red.pod.host, ifb, failure->setup);
	before = bridge_snapshot();
	limited_add_fails(&red, failure->more, failure->code, failure->text);
	bridge_assert_unchanged(before);
	/* The runtime sends DEL anyway. */
	limited_del(&red, failure->more);
	bridge_assert_unchanged(before);
	limited_close(&red);
	sandbox_must("HOST=%s IFB=%s; %s", red.pod.host, ifb, failure->cleanup);
}

static void add__failed_leaves_the_host_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		assert_leaves_nothing(&failures[i]);
}

static void add__needs_a_prev_result_with_the_interface(void **state)
{
	static const struct {
		const char *version;
		const char *prev; /* NULL: none */
		const char *text;
	} cases[] = {
		{"1.0.0", NULL, "must be called as chained plugin"},
		{"1.0.0", "{}", "no interfaces provided"},
		{"1.0.0", "{\"interfaces\":[]}", "no interfaces provided"},
		{"0.3.0", "{\"interfaces\":[{\"name\":\"br0\"}]}",
		 "no veth peer of container interface found in host ns"},
	};
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *prev = cases[i].prev ? cJSON_Parse(cases[i].prev) : NULL;
		freeing char *config = bandwidth_config(cases[i].version, BOTH, prev);
		struct plugin_call asked = limited_call(&red, "ADD", config);

		plugin_fails(&asked, CNI_ECONFIG, cases[i].text);
	}
	/* The host's end with a sandbox is another link. */
	{
		cJSON *host = cJSON_GetArrayItem(cni_json_get(red.pod.result, "interfaces"), 1);

		cni_json_add_string(host, "sandbox", "/run/netns/red");
		limited_add_fails(&red, BOTH, CNI_ECONFIG, "is not in 'prevResult'");
	}
	bridge_assert_unchanged(before);
	limited_close(&red);
}

static void add__failed_may_be_tried_again(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	sandbox_must("tc qdisc add dev %s ingress", red.pod.host);
	for (int i = 0; i < 2; i++)
		limited_add_fails(&red, BOTH, CNI_ETAKEN, NULL);
	sandbox_must("tc qdisc del dev %s ingress", red.pod.host);
	limited_add(&red, BOTH);
	limited_check(&red, BOTH);
	limited_close(&red);
}

/* ---- errors of system calls ---- */

static void inject(struct limited *red, const struct fault_step *step, const char *error,
		   const char *before)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, red->pod.result);
	struct plugin_call asked = limited_call(red, "ADD", config);
	struct plugin_answer answer = faults_inject(&asked, LOG, step, error);

	if (answer.exit_code == 0) {
		limited_take(red, &answer);
		limited_check(red, BOTH);
		limited_del(red, BOTH);
	} else {
		assert_non_null(answer.json);
		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint, NULL);
	}
	plugin_answer_clear(&answer);
	bridge_assert_unchanged(before);
}

static void add__survives_an_error_of_any_system_call(void **state)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	struct fault_steps *steps = cni_alloc(sizeof(*steps));
	unsigned int stride = trace_fault_stride(5);
	freeing char *before = NULL;
	freeing char *config = NULL;
	struct plugin_answer answer;
	struct plugin_call asked;
	struct limited red;

	(void)state;
	if (!faults_possible()) {
		free(steps);
		skip_because("strace is not installed");
	}
	limited_open(&red, "red");
	before = bridge_snapshot();
	config = bandwidth_config("1.0.0", BOTH, red.pod.result);
	asked = limited_call(&red, "ADD", config);
	answer = faults_learn(&asked, LOG, steps);
	limited_take(&red, &answer);
	plugin_answer_clear(&answer);
	limited_del(&red, BOTH);
	bridge_assert_unchanged(before);
	assert_true(steps->count > 40);
	for (size_t i = 0; i < steps->count; i += stride)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || j == i / stride % 3)
				inject(&red, &steps->items[i], errors[j], before);
	limited_close(&red);
	free(steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__failed_leaves_the_host_as_it_was),
		bridge_test(add__needs_a_prev_result_with_the_interface),
		bridge_test(add__failed_may_be_tried_again),
		bridge_test(add__survives_an_error_of_any_system_call),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
