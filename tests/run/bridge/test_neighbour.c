/* SPDX-License-Identifier: Apache-2.0 */
/* A pod whose root has made a veth pair inside with the two indices of a neighbour's: nothing of
 * the neighbour is shown, changed or removed. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* The neighbour "red" with limits, and "evil" with a pair of red's indices. */
static void open_both(struct limited *red, struct pod *evil)
{
	freeing char *inside = NULL;
	freeing char *outside = NULL;

	limited_open(red, "red");
	limited_add(red, BOTH);
	inside = sandbox_read(
		"ip -n red -j link show eth0 | sed 's/.*\"ifindex\":\\([0-9]*\\).*/\\1/'");
	outside = sandbox_read("cat /sys/class/net/%s/ifindex", red->pod.host);
	pod_open(evil, "evil");
	sandbox_must("ip -n evil link add eth0 index %d type veth peer name x index %d",
		     atoi(inside), atoi(outside));
}

static void close_both(struct limited *red, struct pod *evil)
{
	limited_check(red, BOTH);
	limited_del(red, BOTH);
	limited_close(red);
	pod_close(evil);
}

static struct plugin_call evil_call(const struct pod *evil, const char *command, const char *config)
{
	struct plugin_call asked = pod_call(evil, command, config);

	asked.plugin = BANDWIDTH;
	return asked;
}

/* As another suite has made it: no alias says whose it is. */
static void remove_alias(const struct limited *red)
{
	sandbox_must("ip link set %s alias ''", red->pod.host);
}

static cJSON *prev_with(const char *host)
{
	freeing char *text = cni_format(
		"{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"%s\"},{\"name\":\"eth0\","
		"\"sandbox\":\"/run/netns/evil\"}]}",
		host);

	return cJSON_Parse(text);
}

static void bandwidth_del__leaves_a_neighbours_limits(void **state)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, NULL);
	freeing char *told = NULL;
	freeing char *before = NULL;
	freeing char *after = NULL;
	freeing_json cJSON *prev = NULL;
	struct plugin_call asked;
	struct limited red;
	struct pod evil;

	(void)state;
	open_both(&red, &evil);
	remove_alias(&red);
	before = limits();
	assert_non_null(strstr(before, "tbf"));
	asked = evil_call(&evil, "DEL", config);
	plugin_succeeds(&asked);
	/* Not even if the prevResult has the neighbour's. */
	prev = prev_with(red.pod.host);
	told = bandwidth_config("1.0.0", BOTH, prev);
	asked.config = told;
	plugin_succeeds(&asked);
	asked.netns = "";
	plugin_succeeds(&asked);
	after = limits();
	assert_string_equal(after, before);
	close_both(&red, &evil);
}

static void bandwidth_add__does_not_limit_a_neighbour(void **state)
{
	freeing char *old =
		bandwidth_config("0.2.0", BOTH ",'prevResult':{'ip4':{'ip':'10.1.0.9/24'}}", NULL);
	freeing char *config = NULL;
	freeing char *before = NULL;
	freeing char *after = NULL;
	freeing_json cJSON *prev = NULL;
	struct plugin_call asked;
	struct limited red;
	struct pod evil;

	(void)state;
	open_both(&red, &evil);
	before = limits();
	asked = evil_call(&evil, "ADD", old);
	plugin_fails(&asked, CNI_ECONFIG, "is not in host ns");
	prev = prev_with(red.pod.host);
	config = bandwidth_config("1.0.0", BOTH, prev);
	asked.config = config;
	plugin_fails(&asked, CNI_ECONFIG, "is not in host ns");
	after = limits();
	assert_string_equal(after, before);
	close_both(&red, &evil);
}

static void bandwidth_check__does_not_show_a_neighbours_limits(void **state)
{
	freeing_json cJSON *prev = NULL;
	freeing char *config = NULL;
	struct plugin_call asked;
	struct limited red;
	struct pod evil;

	(void)state;
	open_both(&red, &evil);
	prev = prev_with(red.pod.host);
	config = bandwidth_config("1.0.0", INGRESS, prev);
	asked = evil_call(&evil, "CHECK", config);
	plugin_fails(&asked, CNI_EMISMATCH, "is not in host ns");
	close_both(&red, &evil);
}

static void bridge_check__is_not_content_with_a_neighbours_end(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipMasq':false");
	struct limited red;
	struct pod evil;

	(void)state;
	open_both(&red, &evil);
	sandbox_must("ip -n evil link set eth0 up");
	evil.result = prev_with(red.pod.host);
	pod_check_fails(&evil, config, "is not the other end of 'eth0' in the container");
	cJSON_Delete(evil.result);
	evil.result = NULL;
	close_both(&red, &evil);
}

/* Its path leads to the neighbour's namespace by now, as /proc/PID/ns/net does when the process number
 * is given out again; and the neighbour has the MAC that the pod had. */
static void bridge_del__leaves_the_pair_of_a_namespace_that_came_later(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY);
	freeing char *mac = NULL;
	freeing char *prev = NULL;
	struct limited red;
	struct pod evil;

	(void)state;
	open_both(&red, &evil);
	remove_alias(&red);
	mac = shown("0.address", "ip -n red -j link show eth0");
	prev = cni_format("{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"vethdead\"},"
			  "{\"name\":\"eth0\",\"mac\":\"%s\",\"sandbox\":\"%s\"}]}",
			  mac, red.pod.netns);
	snprintf(evil.netns, sizeof(evil.netns), "%s", red.pod.netns);
	pod_del(&evil, config);
	evil.result = cJSON_Parse(prev);
	pod_del(&evil, config);
	sandbox_must("ip link show %s > /dev/null && ip -n red link show eth0 > /dev/null",
		     red.pod.host);
	close_both(&red, &evil);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(bandwidth_del__leaves_a_neighbours_limits),
		bridge_test(bandwidth_add__does_not_limit_a_neighbour),
		bridge_test(bandwidth_check__does_not_show_a_neighbours_limits),
		bridge_test(bridge_check__is_not_content_with_a_neighbours_end),
		bridge_test(bridge_del__leaves_the_pair_of_a_namespace_that_came_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
