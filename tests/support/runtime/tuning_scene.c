/* SPDX-License-Identifier: Apache-2.0 */
#include "tuning_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

void tuning_renew_red(void)
{
	sandbox_run("ip netns del red 2>/dev/null; ip link del veth0 2>/dev/null");
	sandbox_must("ip netns add red && "
		     "ip link add veth0 address 02:00:00:00:00:04 type veth peer name eth0 netns "
		     "red address 02:00:00:00:00:05 && "
		     /* No addresses that settle by themselves. */
		     "ip link set veth0 addrgenmode none up && "
		     "ip -n red link set eth0 addrgenmode none up && "
		     "ip -n red addr add 10.1.0.5/24 dev eth0 && "
		     "ip netns exec red sysctl -qw net.core.somaxconn=4096");
}

int tuning_setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	tuning_renew_red();
	return sandbox_run("mkdir " TUNING_DIR);
}

char *tuning_config(const char *version, const char *more)
{
	const char *prev = strcmp(version, "0.3.0") < 0
				   ? "'ip4':{'ip':'10.1.0.5/24'}"
				   : "'interfaces':[{'name':'veth0','mac':'02:00:00:00:00:04'},"
				     "{'name':'eth0','mac':'02:00:00:00:00:05',"
				     "'sandbox':'" TUNING_RED "'}],'ips':[{'version':'4',"
				     "'address':'10.1.0.5/24','interface':1}]";
	freeing char *text =
		cni_format("{'cniVersion':'%s','name':'blue','type':'tuning','dataDir':'" TUNING_DIR
			   "',"
			   "'prevResult':{'cniVersion':'%s',%s}%s%s}",
			   version, version, prev, *more ? "," : "", more);

	return json_text(text);
}

struct plugin_call tuning_call(const char *command, const char *config)
{
	return (struct plugin_call){.plugin = TUNING,
				    .command = command,
				    .container = "red",
				    .netns = TUNING_RED,
				    .ifname = "eth0",
				    .path = "/opt/cni/bin",
				    .config = config};
}

void tuning_succeeds(const char *command, const char *more)
{
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call call = tuning_call(command, config);

	plugin_succeeds(&call);
}

void tuning_fails(const char *command, const char *more, int code, const char *text)
{
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call call = tuning_call(command, config);

	plugin_fails(&call, code, text);
}

/* Prints only the flags that can be tuned. */
static void print_flags(FILE *out, const cJSON *flags)
{
	const char *comma = "";
	const cJSON *flag;

	cJSON_ArrayForEach (flag, flags)
		if (!strcmp(flag->valuestring, "PROMISC") ||
		    !strcmp(flag->valuestring, "ALLMULTI")) {
			fprintf(out, "%s%s", comma, flag->valuestring);
			comma = ",";
		}
}

char *tuning_shown(void)
{
	freeing_json cJSON *links = sandbox_json("ip -n red -j link show eth0");
	freeing char *sysctls = sandbox_read(
		"ip netns exec red sh -c 'printf \"somaxconn %%s arp_filter %%s\" $(sysctl -n "
		"net.core.somaxconn) $(sysctl -n net.ipv4.conf.eth0.arp_filter)'");
	const cJSON *link = cJSON_GetArrayItem(links, 0);
	const cJSON *txqlen = cni_json_get(link, "txqlen"); /* left out if it is 0 */
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "mac %s mtu %d flags ", cni_json_get_string(link, "address"),
		cni_json_get(link, "mtu")->valueint);
	print_flags(out, cni_json_get(link, "flags"));
	fprintf(out, " txqlen %d %s", txqlen ? txqlen->valueint : 0, sysctls);
	fclose(out);
	return text;
}

void tuning_assert_shown(const char *expected)
{
	freeing char *found = tuning_shown();

	assert_string_equal(found, expected);
}

char *tuning_files(void)
{
	return sandbox_read("ls " TUNING_DIR);
}
