/* SPDX-License-Identifier: Apache-2.0 */
/* ADD of bridge to a pod whose root renames, changes, moves or deletes eth0 between any two steps: an
 * ADD succeeds with what the plugin has chosen, or fails and leaves nothing. */
#include "bridge.h"
#include "error.h"
#include "hostile.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define CHOSEN "0a:58:0a:01:00:77"

/* So often with CNI_C_SLOW. */
#define TIMES 200

static struct pod pod_of(const struct hostile *hostile)
{
	struct pod pod = {.name = "evil"};

	snprintf(pod.netns, sizeof(pod.netns), "%s", hostile->netns);
	return pod;
}

static char *spoof_rules(void)
{
	return sandbox_read("nft list ruleset bridge");
}

/* The MAC of the container's interface, as ADD has answered. */
static const char *answered_mac(const struct pod *pod)
{
	const cJSON *interface = cJSON_GetArrayItem(cni_json_get(pod->result, "interfaces"), 2);

	assert_string_equal(cni_json_get_string(interface, "name"), "eth0");
	return cni_json_get_string(interface, "mac");
}

static void assert_own_mac(const struct pod *pod, const char *chosen)
{
	freeing char *rules = spoof_rules();
	const char *mac = answered_mac(pod);

	if (chosen)
		assert_string_equal(mac, chosen);
	assert_string_not_equal(mac, HOSTILE_MAC);
	assert_non_null(strstr(rules, mac));
	assert_null(strstr(rules, HOSTILE_MAC));
}

static int count_veths(void)
{
	freeing char *text = sandbox_read("ip -o link show type veth | wc -l");

	return atoi(text);
}

/* The text that a failure holds; NULL: there may be none. Returns how many failed. */
static int add_often(const struct hostile *hostile, const char *config, const char *chosen,
		     const char *says)
{
	struct pod pod = pod_of(hostile);
	int failed = 0;

	for (unsigned int i = 0; i < TIMES; i += trace_stride(10)) {
		struct plugin_call asked = pod_call(&pod, "ADD", config);
		struct plugin_answer answer = plugin_run(&asked);

		if (!answer.exit_code) {
			pod_take(&pod, &answer);
			assert_own_mac(&pod, chosen);
			pod_del(&pod, config);
		} else {
			if (!says)
				fail_msg("%s", answer.out);
			plugin_assert_error(&answer, CNI_EKERNEL, says);
			failed++;
		}
		plugin_answer_clear(&answer);
		/* The keeper's. */
		assert_int_equal(count_veths(), 1);
	}
	return failed;
}

/* Another pod stays attached, so that what is shared stays as well. */
static void add_beside(enum hostile_deed deed, const char *more, const char *chosen,
		       const char *says)
{
	freeing char *config = bridge_config("1.0.0", more);
	freeing char *before = NULL;
	struct hostile hostile;
	struct pod keeper;
	int failed;

	pod_open(&keeper, "keeper");
	pod_add(&keeper, config);
	before = bridge_snapshot();
	hostile_open(&hostile, deed);
	failed = add_often(&hostile, config, chosen, says);
	hostile_close(&hostile);
	fprintf(stderr, "# %d of them failed\n", failed);
	/* A pod that takes the link away is quicker than an ADD. */
	assert_true(failed > 0 || deed == HOSTILE_RENAMES || deed == HOSTILE_CHANGES_MAC);
	bridge_assert_unchanged(before);
	pod_del(&keeper, config);
	pod_close(&keeper);
}

/* Which is why the spoof check allows the MAC that ADD has sent, not one that it finds. */
static void add__takes_no_mac_from_the_container(void **state)
{
	(void)state;
	add_beside(HOSTILE_CHANGES_MAC, FULL, NULL, NULL);
}

static void add__keeps_the_mac_that_it_was_told(void **state)
{
	(void)state;
	add_beside(HOSTILE_CHANGES_MAC, FULL ",'runtimeConfig':{'mac':'" CHOSEN "'}", CHOSEN, NULL);
}

/* By index, whatever its name is by then. With the setting that is found by name alone, an IPv6
 * address may be refused. */
static void add__goes_on_with_a_link_that_is_renamed(void **state)
{
	(void)state;
	add_beside(HOSTILE_RENAMES, GATEWAY ",'macspoofchk':true," IPAM4, NULL, NULL);
}

static void add__says_that_the_link_was_moved(void **state)
{
	(void)state;
	add_beside(HOSTILE_MOVES, FULL, NULL, "'eth0' is not in the container any more");
}

static void add__says_that_the_link_was_deleted(void **state)
{
	(void)state;
	add_beside(HOSTILE_DELETES, FULL, NULL, "'eth0' is not in the container any more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__takes_no_mac_from_the_container),
		bridge_test(add__keeps_the_mac_that_it_was_told),
		bridge_test(add__goes_on_with_a_link_that_is_renamed),
		bridge_test(add__says_that_the_link_was_moved),
		bridge_test(add__says_that_the_link_was_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
