/* SPDX-License-Identifier: Apache-2.0 */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static char *requote(char *text)
{
	for (char *c = text; (c = strchr(c, '\'')); c++)
		*c = '"';
	return text;
}

char *bandwidth_config(const char *version, const char *more, const cJSON *prev)
{
	freeing char *text =
		requote(cni_format("{'cniVersion':'%s','name':'blue','type':'bandwidth'%s%s}",
				   version, *more ? "," : "", more));
	freeing_json cJSON *json = cJSON_Parse(text);

	if (!json)
		fail_msg("%s is no JSON", text);
	if (prev)
		cni_json_set(json, "prevResult", cni_json_copy(prev));
	return cni_json_print(json);
}

static void forget(struct limited *limited)
{
	cJSON_Delete(limited->result);
	limited->result = NULL;
	limited->ifb[0] = '\0';
}

static char *bridges(void)
{
	return bridge_config("1.0.0", GATEWAY "," IPAM4);
}

void limited_open(struct limited *limited, const char *name)
{
	freeing char *config = bridges();

	*limited = (struct limited){.result = NULL};
	pod_open(&limited->pod, name);
	pod_add(&limited->pod, config);
}

void limited_close(struct limited *limited)
{
	freeing char *config = bridges();

	forget(limited);
	pod_del(&limited->pod, config);
	pod_close(&limited->pod);
}

struct plugin_call limited_call(const struct limited *limited, const char *command,
				const char *config)
{
	struct plugin_call asked = pod_call(&limited->pod, command, config);

	asked.plugin = BANDWIDTH;
	return asked;
}

/* The ifb is the last one, behind bridge's three. */
void limited_take(struct limited *limited, const struct plugin_answer *answer)
{
	const cJSON *interfaces = cni_json_get(answer->json, "interfaces");
	const char *ifb = cni_json_get_string(cJSON_GetArrayItem(interfaces, 3), "name");

	plugin_assert_success(answer);
	forget(limited);
	limited->result = cni_json_copy(answer->json);
	if (ifb)
		snprintf(limited->ifb, sizeof(limited->ifb), "%s", ifb);
}

void limited_add(struct limited *limited, const char *more)
{
	freeing char *config = bandwidth_config("1.0.0", more, limited->pod.result);
	struct plugin_call asked = limited_call(limited, "ADD", config);
	struct plugin_answer answer = plugin_run(&asked);

	limited_take(limited, &answer);
	plugin_answer_clear(&answer);
}

void limited_add_fails(const struct limited *limited, const char *more, int code, const char *text)
{
	freeing char *config = bandwidth_config("1.0.0", more, limited->pod.result);
	struct plugin_call asked = limited_call(limited, "ADD", config);

	plugin_fails(&asked, code, text);
}

static char *config_after(const struct limited *limited, const char *more)
{
	return bandwidth_config("1.0.0", more,
				limited->result ? limited->result : limited->pod.result);
}

void limited_check(const struct limited *limited, const char *more)
{
	freeing char *config = config_after(limited, more);
	struct plugin_call asked = limited_call(limited, "CHECK", config);

	plugin_succeeds(&asked);
}

void limited_check_fails(const struct limited *limited, const char *more, const char *text)
{
	freeing char *config = config_after(limited, more);
	struct plugin_call asked = limited_call(limited, "CHECK", config);

	plugin_fails(&asked, CNI_EMISMATCH, text);
}

void limited_del(struct limited *limited, const char *more)
{
	freeing char *config = config_after(limited, more);
	struct plugin_call asked = limited_call(limited, "DEL", config);

	plugin_succeeds(&asked);
	forget(limited);
}

char *limits(void)
{
	return sandbox_read("tc qdisc show | grep -v '^qdisc noqueue'; ip -o link show type ifb");
}
