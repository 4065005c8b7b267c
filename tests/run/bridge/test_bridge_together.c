/* SPDX-License-Identifier: Apache-2.0 */
/* Many ADDs at once: on a new bridge, and with failing ones among them. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define MANY 50

static void open_many(struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		freeing char *name = cni_format("p%zu", i);

		pod_open(&pods[i], name);
	}
}

static void close_many(struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pod_close(&pods[i]);
}

/* Calls the plugin for all of them at once; configs[i % 2] is what the i-th gets. All have ended
 * when it returns, so that nothing works on when a test is over. */
static void run_many(struct pod *pods, size_t count, const char *command,
		     const char *const configs[2], struct plugin_answer *ret_answers)
{
	struct plugin_process processes[MANY];

	for (size_t i = 0; i < count; i++) {
		struct plugin_call asked = pod_call(&pods[i], command, configs[i % 2]);

		processes[i] = plugin_start(&asked);
	}
	for (size_t i = 0; i < count; i++)
		ret_answers[i] = plugin_finish(&processes[i]);
}

static void add_many(struct pod *pods, size_t count, const char *config)
{
	const char *const configs[2] = {config, config};
	struct plugin_answer answers[MANY];

	run_many(pods, count, "ADD", configs, answers);
	for (size_t i = 0; i < count; i++)
		pod_take(&pods[i], &answers[i]);
	for (size_t i = 0; i < count; i++)
		plugin_answer_clear(&answers[i]);
}

static void del_many(struct pod *pods, size_t count, const char *config)
{
	const char *const configs[2] = {config, config};
	struct plugin_answer answers[MANY];

	run_many(pods, count, "DEL", configs, answers);
	for (size_t i = 0; i < count; i++) {
		plugin_assert_success(&answers[i]);
		plugin_answer_clear(&answers[i]);
	}
}

static const char *address_of(const struct pod *pod)
{
	const cJSON *ips = cni_json_get(pod->result, "ips");

	return cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address");
}

static void assert_all_differ(const struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(address_of(&pods[i]), address_of(&pods[j]));
}

static void add__fifty_at_once_share_a_new_bridge(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod pods[MANY];

	(void)state;
	open_many(pods, MANY);
	add_many(pods, MANY, config);
	assert_all_differ(pods, MANY);
	for (size_t i = 0; i < MANY; i++) {
		pod_check(&pods[i], config);
		sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/run/out", pods[i].name);
	}
	/* There is a single bridge, with one address of each family. */
	assert_shown(NULL, "1", "ip -j link show type bridge");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	sandbox_must("[ $(nft list map inet cni masquerade_at4 | grep -o comment | wc -l) = %d ]",
		     MANY);
	del_many(pods, MANY, config);
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	/* It is as if there had been one after the other. */
	before = bridge_snapshot();
	pod_add(&pods[0], config);
	pod_del(&pods[0], config);
	bridge_assert_unchanged(before);
	close_many(pods, MANY);
}

/* Every second one fails, each of them having perhaps made the bridge, its address, or the rules
 * that the others count on. */
static void add__failing_ones_take_nothing_from_the_others(void **state)
{
	freeing char *good = bridge_config("1.0.0", FULL);
	freeing char *late = bridge_config(
		"1.0.0", GATEWAY ",'ipMasq':true,'macspoofchk':true,'ipam':{'type':'late'}");
	const char *const configs[2] = {good, late};
	struct plugin_answer answers[MANY];
	struct pod pods[MANY];

	(void)state;
	/* It fails when everything is made but the routes. */
	bridge_add_script("late", "cat >/dev/null; [ $CNI_COMMAND = ADD ] || exit 0; echo "
				  "'{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":"
				  "\"10.1.0.200/24\"}],\"routes\":[{\"dst\":\"10.9.0.0/16\","
				  "\"gw\":\"10.77.0.1\"}]}'");
	for (int round = 0; round < (getenv("CNI_C_SLOW") ? 3 : 2); round++) {
		open_many(pods, MANY);
		run_many(pods, MANY, "ADD", configs, answers);
		for (size_t i = 0; i < MANY; i++) {
			if (i % 2 == 0)
				pod_take(&pods[i], &answers[i]);
			else
				plugin_assert_error(&answers[i], CNI_EKERNEL, "10.9.0.0/16");
			plugin_answer_clear(&answers[i]);
		}
		for (size_t i = 0; i < MANY; i += 2) {
			pod_check(&pods[i], good);
			sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/run/out",
				     pods[i].name);
		}
		for (size_t i = 1; i < MANY; i += 2)
			assert_shown("[]", "", "ip -n %s -j link show type veth", pods[i].name);
		del_many(pods, MANY, good);
		close_many(pods, MANY);
		/* Again on a new bridge. */
		sandbox_must("ip link del br0");
	}
}

/* The same on a bridge whose gateway the failing ones would make and take back. */
static void add__many_failing_at_once_leave_nothing(void **state)
{
	freeing char *late = bridge_config(
		"1.0.0", GATEWAY ",'ipMasq':true,'macspoofchk':true,'ipam':{'type':'late'}");
	const char *const configs[2] = {late, late};
	struct plugin_answer answers[MANY];
	struct pod pods[MANY];

	(void)state;
	bridge_add_script("late", "cat >/dev/null; echo '{\"code\":11,\"msg\":\"no\"}'; exit 1");
	open_many(pods, MANY);
	run_many(pods, MANY, "ADD", configs, answers);
	for (size_t i = 0; i < MANY; i++) {
		plugin_assert_error(&answers[i], CNI_EAGAIN, "no");
		plugin_answer_clear(&answers[i]);
	}
	assert_shown("[]", "", "ip -j link show type veth");
	/* The last to end need not be the one that has made it. */
	assert_shown("[]", "", "ip -j link show type bridge");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	close_many(pods, MANY);
}

/* cnitool is the runtime, and starts one ADD of a container before the other. */
static void add__of_one_container_at_once_succeeds_once(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("mkdir /run/net.d; cat >/run/net.d/blue.conf <<'END'\n%s\nEND", config);
	sandbox_must("cd /run; export NETCONFPATH=/run/net.d CNI_CACHE_DIR=/run/cache "
		     "CNI_PATH=" BRIDGE_PATH ":" CNI_C_BINARY_DIR "/plugins; "
		     "for i in 1 2 3; do " CNI_C_BINARY_DIR "/cnitool/cnitool add blue red "
		     ">out.$i 2>err.$i & done; wait; "
		     "[ $(grep -l 10.1.0.2 out.* | wc -l) = 1 ] && "
		     "[ $(grep -l 'is attached to .blue. as .eth0. already' err.* | wc -l) = 2 ] "
		     "&& " CNI_C_BINARY_DIR "/cnitool/cnitool check blue red && " CNI_C_BINARY_DIR
		     "/cnitool/cnitool del blue red");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__fifty_at_once_share_a_new_bridge),
		bridge_test(add__failing_ones_take_nothing_from_the_others),
		bridge_test(add__many_failing_at_once_leave_nothing),
		bridge_test(add__of_one_container_at_once_succeeds_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
