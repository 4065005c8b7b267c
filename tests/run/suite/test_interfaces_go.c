/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference and scripts/test --vm run it as well. */
/* Each plugin that makes an interface beside the one of the Go suite: the same answer and the same state of the
 * container, and each one checks and deletes what the other has made. */
#include "interface_scene.h"
#include "suite.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Everything but host-local's own: no address is the same twice. */
#define STATIC                                                                                     \
	"'ipam':{'type':'static','addresses':[{'address':'10.1.0.9/24','gateway':'10.1.0.1'},"     \
	"{'address':'fd01::9/64','gateway':'fd01::1'}],"                                           \
	"'routes':[{'dst':'0.0.0.0/0'},{'dst':'10.9.0.0/16','gw':'10.1.0.7'},{'dst':'::/0'}]}"

static void open_go(struct pod *pod, const char *name, const struct interface_row *row,
		    char path[128])
{
	interface_open(pod, name, row);
	snprintf(path, 128, GO_DIR "/%s", row->type);
	pod->plugin = path;
}

static bool has_go(const struct interface_row *row)
{
	freeing char *path = cni_format(GO_DIR "/%s", row->type);

	return access(path, X_OK) == 0;
}

#define needs_go(row)                                                                              \
	do {                                                                                       \
		if ((row)->has_go_test)                                                            \
			return;                                                                    \
		if (!has_go(row))                                                                  \
			skip_because("there is no " GO_DIR "/%s", (row)->type);                    \
	} while (0)

static struct plugin_answer ask(const struct pod *pod, const char *command, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = pod_call(pod, command, with);

	if (!strncmp(pod->plugin, GO_DIR, strlen(GO_DIR)))
		asked.path = GO_DIR;
	return plugin_run(&asked);
}

static void succeeds(struct pod *pod, const char *command, const char *config)
{
	struct plugin_answer answer = ask(pod, command, config);

	plugin_assert_success(&answer);
	if (!strcmp(command, "ADD"))
		pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

/* The Go plugins vlan and dummy leave the interface without announcements (arp_notify). */
static bool go_announces(const struct interface_row *row)
{
	return strcmp(row->type, "vlan") != 0 && strcmp(row->type, "dummy") != 0;
}

/* The container's links, addresses and routes, without MACs, indices and what is of link scope, and the settings
 * of its interface. */
static char *state_of(const struct pod *pod, const struct interface_row *row)
{
	return sandbox_read(
		"ip -n %s -j -d addr show eth0 | jq -c '.[0] | [.ifname, .mtu, .linkinfo, .flags, "
		"[.addr_info[] | select(.scope != \"link\") | [.local, .prefixlen, .broadcast]]]'; "
		"ip -n %s route | sort; ip -n %s -6 route | grep -v fe80 | sort; "
		/* ndisc_notify came with 1.2.0. */
		"for i in %s ipv6/conf/eth0/disable_ipv6; do ip netns exec %s cat "
		"/proc/sys/net/$i; "
		"done",
		pod->name, pod->name, pod->name,
		go_announces(row) ? "ipv4/conf/eth0/arp_notify" : "", pod->name);
}

/* The answer without the MAC, which is random. */
static cJSON *answer_of(const struct pod *pod)
{
	cJSON *answer = cni_json_copy(pod->result);
	cJSON *interface;

	cJSON_ArrayForEach (interface, cni_json_get(answer, "interfaces")) {
		assert_non_null(cni_json_get_string(interface, "mac"));
		cJSON_DeleteItemFromObject(interface, "mac");
		cJSON_DeleteItemFromObject(interface, "sandbox");
	}
	/* Go 1.1.1 prints a "dns" without content. */
	if (!cJSON_GetArraySize(cni_json_get(answer, "dns")))
		cJSON_DeleteItemFromObject(answer, "dns");
	return answer;
}

static void both__make_the_same(const struct interface_row *row)
{
	needs_go(row);

	static const char *const versions[] = {"0.3.1", "0.4.0", "1.0.0"};

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config = interface_config(row, versions[i], STATIC);
		freeing_json cJSON *our_answer = NULL;
		freeing char *our_state = NULL;
		freeing_json cJSON *answer = NULL;
		freeing char *state = NULL;
		char path[128];
		struct pod ours;
		struct pod go;

		interface_open(&ours, "ours", row);
		succeeds(&ours, "ADD", config);
		our_answer = answer_of(&ours);
		our_state = state_of(&ours, row);
		succeeds(&ours, "DEL", config);
		open_go(&go, "go", row, path);
		succeeds(&go, "ADD", config);
		answer = answer_of(&go);
		state = state_of(&go, row);
		succeeds(&go, "DEL", config);
		json_text_assert_equal(our_answer, answer);
		assert_string_equal(our_state, state);
		pod_close(&ours);
		pod_close(&go);
	}
}

static void each__checks_and_deletes_the_others(const struct interface_row *row)
{
	needs_go(row);

	freeing char *config = interface_config(row, "1.0.0", STATIC);
	char path[128];
	struct pod red;

	for (int i = 0; i < 2; i++) {
		const char *makes;
		const char *deletes;
		struct pod probe;

		interface_open(&probe, "probe", row);
		open_go(&red, "red", row, path);
		makes = i ? path : probe.plugin;
		deletes = i ? probe.plugin : path;
		red.plugin = makes;
		succeeds(&red, "ADD", config);
		red.plugin = deletes;
		succeeds(&red, "CHECK", config);
		succeeds(&red, "DEL", config);
		interface_assert_nothing_in(&red);
		pod_close(&red);
		pod_close(&probe);
	}
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(both__make_the_same),
		interface_test(each__checks_and_deletes_the_others),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
