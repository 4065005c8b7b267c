/* SPDX-License-Identifier: Apache-2.0 */
#include "ptp.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

char *ptp_config(const char *version, const char *more)
{
	freeing char *keys = cni_format("'name':'green','type':'ptp'%s%s", *more ? "," : "", more);

	return bridge_config(version, keys);
}

struct plugin_call ptp_call(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_call asked =
		pod ? pod_call(pod, command, config) : bridge_call(command, config);

	asked.plugin = PTP;
	return asked;
}

/* The host side of the veth is the first interface. */
static void take(struct pod *pod, const struct plugin_answer *answer)
{
	const cJSON *interfaces = cni_json_get(answer->json, "interfaces");
	const char *host = cni_json_get_string(cJSON_GetArrayItem(interfaces, 0), "name");

	pod_take(pod, answer);
	snprintf(pod->host, sizeof(pod->host), "%s", host ? host : "");
}

void ptp_add(struct pod *pod, const char *config)
{
	ptp_add_by(PTP, BRIDGE_PATH, pod, config);
}

void ptp_add_by(const char *file, const char *path, struct pod *pod, const char *config)
{
	struct plugin_call asked = ptp_call(pod, "ADD", config);
	struct plugin_answer answer;

	asked.plugin = file;
	asked.path = path;
	answer = plugin_run(&asked);
	take(pod, &answer);
	plugin_answer_clear(&answer);
}

void ptp_add_fails(const struct pod *pod, const char *config, int code, const char *text)
{
	struct plugin_call asked = ptp_call(pod, "ADD", config);

	plugin_fails(&asked, code, text);
}

static void succeeds(const struct pod *pod, const char *command, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = ptp_call(pod, command, with);

	plugin_succeeds(&asked);
}

void ptp_check(const struct pod *pod, const char *config)
{
	succeeds(pod, "CHECK", config);
}

void ptp_check_fails(const struct pod *pod, const char *config, const char *text)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = ptp_call(pod, "CHECK", with);

	plugin_fails(&asked, CNI_EMISMATCH, text);
}

void ptp_mend(const struct pod *pod, const char *config)
{
	succeeds(pod, "MEND", config);
}

void ptp_del(struct pod *pod, const char *config)
{
	succeeds(pod, "DEL", config);
	cJSON_Delete(pod->result);
	pod->result = NULL;
	pod->host[0] = '\0';
}

/* Without duplicate address detection of the addresses that the kernel adds by itself: until it is over, a
 * router cannot ask for its neighbours. */
void ptp_add_outside(void)
{
	sandbox_add_netns("outside");
	sandbox_must("ip link add out type veth peer name in netns outside && "
		     "sysctl -qw net.ipv6.conf.out.accept_dad=0 && "
		     "ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0 && "
		     "ip addr add 192.0.2.1/24 dev out && "
		     "ip addr add 2001:db8:1::1/64 dev out nodad && ip link set out up && "
		     "ip -n outside link set lo up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 2001:db8:1::2/64 dev in nodad && "
		     "ip -n outside link set in up");
}
