/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's configuration. The first byte is the command. */
#include "fuzz.h"

#include "cleanup.h"
#include "host_local_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_call call = {
		.env = {.container = "c1", .ifname = "eth0", .args = "IP=10.1.0.7"}};
	struct host_local_conf conf = {0};
	struct cni_error err = {.code = 0};
	freeing char *text = NULL;

	call.env.command = (enum cni_command)fuzz_choose(&data, &size, CNI_COMMAND_COUNT);
	text = fuzz_text(data, size);
	if (cni_conf_read(text, size, call.env.command, CNI_0_1_0, &call.conf, &err) == 0) {
		if (host_local_conf_read(&call, &conf, &err) < 0 && (!err.code || !*err.msg))
			abort();
		host_local_conf_clear(&conf);
		if (!*host_local_conf_place(&call).data_dir)
			abort();
	}
	cni_conf_clear(&call.conf);
	return 0;
}
