/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define CNITOOL	  CNI_C_BINARY_DIR "/cnitool/cnitool"
#define WORDS_MAX 16

struct plugin_answer doctor_cnitool(const char *line)
{
	static const char *const environment[] = {"NETCONFPATH=" DOCTOR_CONF, NULL};
	const char *arguments[WORDS_MAX + 1] = {NULL};
	freeing char *words = cni_strdup(line);
	char *rest = words;
	size_t count = 0;

	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		if (*word && count < WORDS_MAX)
			arguments[count++] = word;
	return plugin_run(&(struct plugin_call){
		.plugin = CNITOOL,
		.path = DOCTOR_BIN ":" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
		.environment = environment,
		.arguments = arguments});
}

void doctor_must(const char *line)
{
	struct plugin_answer answer = doctor_cnitool(line);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

void doctor_write_network(const char *name, const char *plugins)
{
	sandbox_must("tr \"'\" '\"' > " DOCTOR_CONF "/%s.conflist <<'E'\n"
		     "{'cniVersion':'1.1.0','name':'%s','plugins':[%s]}\nE",
		     name, name, plugins);
}

void doctor_write_plugin(const char *path, const char *about, const char *version)
{
	sandbox_must("cat > %s <<'E'\n"
		     "#!/bin/sh\n"
		     "[ -n \"$CNI_COMMAND\" ] || { echo '%s' >&2; exit; }\n"
		     "[ \"$CNI_COMMAND\" != VERSION ] || echo '{\"cniVersion\":\"%s\","
		     "\"supportedVersions\":[\"%s\"]}'\n"
		     "E\nchmod +x %s",
		     path, about, version, version, path);
}

int doctor_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	/* Without the runtimes and firewalls of the machine that runs the tests. */
	sandbox_must("cp -a /etc /run/etc && mount --bind /run/etc /etc && "
		     "rm -rf /etc/containerd /etc/crio /etc/containers /etc/nerdctl /etc/ufw "
		     "/etc/systemd/system && "
		     "{ [ ! -d /usr/share/containers ] || mount -t tmpfs none "
		     "/usr/share/containers; } && "
		     "mkdir -p " DOCTOR_BIN " " DOCTOR_CONF);
	/* Snapshots wait for the kernel's check for duplicate addresses. */
	sandbox_must(
		"sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0");
	doctor_write_network(
		"blue",
		"{'type':'bridge','bridge':'br0','isGateway':true,'ipMasq':true,"
		"'nonMasqueradeCIDRs':['10.244.0.0/16'],'ipam':{'type':'host-local',"
		"'ranges':[[{'subnet':'10.1.0.0/24'}],[{'subnet':'fd01::/64'}]],"
		"'routes':[{'dst':'0.0.0.0/0'}]}},"
		"{'type':'firewall'},{'type':'portmap','capabilities':{'portMappings':true}}");
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	doctor_must("add blue red");
	doctor_must("add blue green");
	return 0;
}

/* ---- findings ---- */

cJSON *doctor_findings(const char *line, int *ret_code)
{
	freeing char *words = cni_format("doctor -j %s", line);
	struct plugin_answer answer = doctor_cnitool(words);
	cJSON *json = answer.json;

	if (!json)
		fail_msg("'cnitool %s' prints \"%s\", \"%s\"", words, answer.out, answer.err);
	*ret_code = answer.exit_code;
	answer.json = NULL;
	plugin_answer_clear(&answer);
	return json;
}

static bool is_among(const char *check, const char *also)
{
	return !strcmp(check, "config.validate") || (also && strstr(also, check));
}

void doctor_assert_finds(const char *check, const char *level, const char *what, const char *also)
{
	int code;
	freeing_json cJSON *json = doctor_findings("", &code);
	freeing char *text = cni_json_print(json);
	const cJSON *item;
	bool is_found = false;
	bool has_more = false;

	cJSON_ArrayForEach (item, cni_json_get(json, "findings")) {
		const char *id = cni_json_get_string(item, "check");
		bool is_wanted = !strcmp(id, check);

		is_found |= is_wanted && !strcmp(cni_json_get_string(item, "level"), level) &&
			    strstr(cni_json_get_string(item, "what"), what);
		has_more |= !is_wanted;
		if (!is_wanted && !cni_json_get(item, "because") && !is_among(id, also))
			fail_msg("%s is not expected beside %s: %s", id, check, text);
	}
	if (!is_found)
		fail_msg("no %s of %s with \"%s\": %s", level, check, what, text);
	if (!has_more)
		assert_int_equal(code, !strcmp(level, "failure") ? 1 : 0);
}

void doctor_assert_silent(void)
{
	int code;
	freeing_json cJSON *json = doctor_findings("", &code);
	freeing char *text = cni_json_print(json);

	if (code || cJSON_GetArraySize(cni_json_get(json, "findings")))
		fail_msg("exit code %d: %s", code, text);
}
