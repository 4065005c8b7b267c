/* SPDX-License-Identifier: Apache-2.0 */
#include "mac_choice.h"

#include "args.h"
#include "cleanup.h"

#include <string.h>

const struct cni_argument cni_mac_arguments[] = {
	CNI_ARGUMENT("MAC", "The interface's MAC: overrides a key of the configuration"),
	{0},
};

int cni_choose_mac(const struct cni_call *call, const char *of_runtime, const char *of_args,
		   const char *of_conf, char ret_mac[CNI_MAC_TEXT_SIZE], struct cni_error *err)
{
	freeing char *of_environment = NULL;
	const struct cni_arg known[] = {{"MAC", &of_environment}, {NULL, NULL}};
	static const uint8_t zero[CNI_MAC_SIZE];
	const char *const sources[] = {of_runtime, of_args, NULL, of_conf};
	const char *chosen = NULL;
	uint8_t mac[CNI_MAC_SIZE];

	*ret_mac = '\0';
	if (cni_args_parse(call->env.args, known, err) < 0)
		return -1;
	for (size_t i = 0; i < 4 && (!chosen || !*chosen); i++)
		chosen = i == 2 ? of_environment : sources[i];
	if (!chosen || !*chosen)
		return 0;
	if (cni_mac_parse(chosen, mac) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"MAC '%.64s' is not a hardware address such as "
				"\"0a:58:0a:f4:00:02\"",
				chosen);
	if (mac[0] & 1 || !memcmp(mac, zero, sizeof(mac)))
		return cni_fail(err, CNI_ECONFIG,
				"MAC '%s' is %s address, expected one of a single interface",
				chosen, mac[0] & 1 ? "a multicast" : "nobody's");
	cni_mac_format(mac, ret_mac);
	return 0;
}
