/* SPDX-License-Identifier: Apache-2.0 */
#include "routed.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

void routed_open(void)
{
	sandbox_add_netns("red");
	sandbox_add_netns("outside");
	sandbox_must("ip -n red link set lo up && ip link add out type veth peer name in netns "
		     "outside && "
		     "sysctl -qw net.ipv6.conf.out.accept_dad=0 && "
		     "ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0 && "
		     "ip addr add 192.0.2.1/24 dev out && "
		     "ip addr add 2001:db8:1::1/64 dev out nodad && ip link set out up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 2001:db8:1::2/64 dev in nodad && "
		     "ip -n outside link set in up && "
		     "ip -n outside route add default via 192.0.2.1 && "
		     "ip -n outside route add default via 2001:db8:1::1");
}

void routed_close(void)
{
	sandbox_run("ip netns del red 2>/dev/null; ip netns del outside 2>/dev/null");
}

static struct plugin_call call_of(const char *plugin, const char *command, const char *ifname,
				  const char *config)
{
	return (struct plugin_call){.plugin = plugin,
				    .command = command,
				    .container = "red",
				    .netns = RED,
				    .ifname = ifname,
				    .path = BRIDGE_PATH,
				    .config = config};
}

static char *with_prev(char *text, const cJSON *prev)
{
	freeing_json cJSON *json = NULL;

	for (char *c = text; (c = strchr(c, '\'')); c++)
		*c = '"';
	json = cJSON_Parse(text);
	if (!json)
		fail_msg("%s is no JSON", text);
	if (prev)
		cni_json_set(json, "prevResult", cni_json_copy(prev));
	return cni_json_print(json);
}

static struct plugin_answer run_bridge(const char *command, const char *ifname, const char *network,
				       const cJSON *prev)
{
	freeing char *plain = bridge_config("1.0.0", network);
	freeing char *config = with_prev(plain, prev);
	struct plugin_call asked = call_of(BRIDGE, command, ifname, config);

	return plugin_run(&asked);
}

cJSON *routed_attach(const char *ifname, const char *network)
{
	struct plugin_answer answer = run_bridge("ADD", ifname, network, NULL);
	cJSON *result;

	plugin_assert_success(&answer);
	result = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return result;
}

void routed_check_bridge(const char *ifname, const char *network, const cJSON *prev)
{
	struct plugin_answer answer = run_bridge("CHECK", ifname, network, prev);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

void routed_detach(const char *ifname, const char *network, const cJSON *prev)
{
	struct plugin_answer answer = run_bridge("DEL", ifname, network, prev);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

struct plugin_answer routed_run_in(const char *netns, const char *plugin, const char *command,
				   const char *ifname, const char *more, const cJSON *prev)
{
	const char *type = strrchr(plugin, '/') + 1;
	freeing char *plain = cni_format("{'cniVersion':'1.0.0','name':'blue','type':'%s'%s%s}",
					 type, *more ? "," : "", more);
	freeing char *config = with_prev(plain, prev);
	struct plugin_call asked = call_of(plugin, command, ifname, config);

	asked.netns = netns;
	return plugin_run(&asked);
}

struct plugin_answer routed_run(const char *plugin, const char *command, const char *ifname,
				const char *more, const cJSON *prev)
{
	return routed_run_in(RED, plugin, command, ifname, more, prev);
}

void routed_succeeds(const char *plugin, const char *command, const char *ifname, const char *more,
		     const cJSON *prev)
{
	struct plugin_answer answer = routed_run(plugin, command, ifname, more, prev);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

void routed_fails(const char *plugin, const char *command, const char *ifname, const char *more,
		  const cJSON *prev, int code, const char *text)
{
	struct plugin_answer answer = routed_run(plugin, command, ifname, more, prev);

	plugin_assert_error(&answer, code, text);
	plugin_answer_clear(&answer);
}

/* The link-local address comes when it comes. */
char *routed_tables(void)
{
	return sandbox_read(
		"{ ip -n red -4 -d route show table all; ip -n red -6 -d route show table all; } | "
		"grep -v -e 'table local' -e fe80: -e ff00: | sort | uniq; "
		"{ ip -n red -4 rule; ip -n red -6 rule; } | "
		"sed -e 's/ proto 67//' -e 's/^[0-9]*:[[:space:]]*//' | sort");
}

cJSON *routed_prev;

int routed_setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	routed_open();
	routed_prev = routed_attach("eth0", ON_A);
	return 0;
}

int routed_teardown(void **state)
{
	cJSON_Delete(routed_prev);
	routed_prev = NULL;
	routed_close();
	return bridge_teardown(state);
}

void routed_attach_again(void)
{
	routed_detach("eth0", ON_A, routed_prev);
	cJSON_Delete(routed_prev);
	sandbox_run("ip -n red link del other 2>/dev/null; rm -rf /var/lib/cni/*");
	routed_prev = routed_attach("eth0", ON_A);
}
