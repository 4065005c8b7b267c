/* SPDX-License-Identifier: Apache-2.0 */
/* Everything between stdin and the kernel: a network configuration, bridge's table of fields, and
 * the plan. The first byte is the command. */
#include "fuzz.h"

#include "host_local.h"

int bridge_main(void);
#define main bridge_main
#include "../../plugins/bridge.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"

static void make_plan(const struct cni_call *call)
{
	struct cni_plan plan = {.count = 0};
	struct bridge_conf conf = {0};
	struct cni_error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (cni_plugin_configure(&bridge, call, &conf, &err) < 0)
		return;
	bridge.plan(&plan, call, &conf);
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	cni_plan_print(&plan, out);
	fclose(out);
	free(text);
	cni_plan_clear(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_call call = {.env = {.args = "IgnoreUnknown=1"}};
	struct cni_error err = {.code = 0};
	freeing char *text = NULL;

	call.env.command = (enum cni_command)fuzz_choose(&data, &size, CNI_COMMAND_COUNT);
	text = fuzz_text(data, size);
	if (cni_conf_read(text, size, call.env.command, CNI_0_1_0, &call.conf, &err) == 0)
		make_plan(&call);
	else if (!err.code || !*err.msg)
		abort();
	cni_conf_clear(&call.conf);
	return 0;
}
