/* SPDX-License-Identifier: Apache-2.0 */
#include "published.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

char *portmap_config(const char *version, const char *more)
{
	freeing char *text = cni_format("{'cniVersion':'%s','name':'blue','type':'portmap'%s%s}",
					version, *more ? "," : "", more);

	return json_text(text);
}

struct plugin_call portmap_call(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_call asked = pod_call(pod, command, config);

	asked.plugin = PORTMAP;
	return asked;
}

static struct plugin_answer ask(const struct pod *pod, const char *command, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = portmap_call(pod, command, with);

	return plugin_run(&asked);
}

static void succeeds(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_answer answer = ask(pod, command, config);

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void fails(const struct pod *pod, const char *command, const char *config, int code,
		  const char *text)
{
	struct plugin_answer answer = ask(pod, command, config);

	plugin_assert_error(&answer, code, text);
	plugin_answer_clear(&answer);
}

void pod_publish(const struct pod *pod, const char *config)
{
	succeeds(pod, "ADD", config);
}

void pod_publish_fails(const struct pod *pod, const char *config, int code, const char *text)
{
	fails(pod, "ADD", config, code, text);
}

void pod_check_published(const struct pod *pod, const char *config)
{
	succeeds(pod, "CHECK", config);
}

void pod_check_published_fails(const struct pod *pod, const char *config, const char *text)
{
	fails(pod, "CHECK", config, CNI_EMISMATCH, text);
}

void pod_unpublish(const struct pod *pod, const char *config)
{
	succeeds(pod, "DEL", config);
}

void assert_nothing_published(void)
{
	sandbox_must("! nft list table inet cni_portmap 2>/dev/null");
}
