/* SPDX-License-Identifier: Apache-2.0 */
#include "loopback_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

int lo_setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	return 0;
}

char *lo_config(const char *version, const char *more)
{
	freeing char *text =
		cni_format("{'cniVersion':'%s','name':'cni-loopback','type':'loopback'%s%s}",
			   version, *more ? "," : "", more);

	return json_text(text);
}

struct plugin_call lo_call(const char *command, const char *config)
{
	return (struct plugin_call){.plugin = LOOPBACK,
				    .command = command,
				    .container = "c1",
				    .netns = RED,
				    .ifname = "lo",
				    .path = "/opt/cni/bin",
				    .config = config};
}

void lo_succeeds(const char *command, const char *version, const char *more)
{
	freeing char *config = lo_config(version, more);
	struct plugin_call call = lo_call(command, config);

	plugin_succeeds(&call);
}

void assert_up(const char *netns, bool up)
{
	sandbox_must("ip -n %s link show lo | grep -q '%s'", netns,
		     up ? "<LOOPBACK,UP,LOWER_UP>" : "<LOOPBACK>");
}
