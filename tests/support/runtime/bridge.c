/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge.h"
#include "faults.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

int bridge_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	/* A host that forwards nothing yet, and takes no redirects: accept_redirects changes with
	 * ip_forward unless one takes care. */
	if (sandbox_set("ipv4/ip_forward", "0") < 0 ||
	    sandbox_set("ipv6/conf/all/forwarding", "0") < 0 ||
	    sandbox_set("ipv4/conf/all/accept_redirects", "0") < 0)
		return -1;
	return mkdir(SANDBOX_BIN, 0755);
}

int bridge_teardown(void **state)
{
	(void)state;
	/* With /run go the namespaces that are mounted there. */
	umount2("/sys", MNT_DETACH);
	umount2("/var/lib/cni", MNT_DETACH);
	return umount2("/run", MNT_DETACH);
}

static char *requote(char *text, char from, char to)
{
	for (char *c = text; (c = strchr(c, from)); c++)
		*c = to;
	return text;
}

char *bridge_config(const char *version, const char *more)
{
	return requote(cni_format("{'cniVersion':'%s','name':'blue','type':'bridge','bridge':'br0'"
				  "%s%s}",
				  version, *more ? "," : "", more),
		       '\'', '"');
}

struct plugin_call bridge_call(const char *command, const char *config)
{
	return (struct plugin_call){
		.plugin = BRIDGE, .command = command, .path = BRIDGE_PATH, .config = config};
}

void pod_open(struct pod *pod, const char *name)
{
	*pod = (struct pod){.result = NULL};
	snprintf(pod->name, sizeof(pod->name), "%s", name);
	snprintf(pod->netns, sizeof(pod->netns), "/run/netns/%s", name);
	sandbox_add_netns(name);
}

static void forget(struct pod *pod)
{
	cJSON_Delete(pod->result);
	pod->result = NULL;
	pod->host[0] = '\0';
}

void pod_close(struct pod *pod)
{
	forget(pod);
	sandbox_del_netns(pod->name);
}

struct plugin_call pod_call(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_call asked = bridge_call(command, config);

	asked.plugin = pod->plugin ? pod->plugin : BRIDGE;
	asked.container = pod->name;
	asked.netns = pod->netns;
	asked.ifname = "eth0";
	return asked;
}

char *pod_config(const struct pod *pod, const char *config)
{
	freeing_json cJSON *json = cJSON_Parse(config);

	assert_non_null(json);
	if (pod->result)
		cni_json_set(json, "prevResult", cni_json_copy(pod->result));
	return cni_json_print(json);
}

/* The host's end is the interface that is neither the first, the bridge, nor in a sandbox. */
void pod_take(struct pod *pod, const struct plugin_answer *answer)
{
	const cJSON *interfaces = cni_json_get(answer->json, "interfaces");
	const char *host = cni_json_get_string(cJSON_GetArrayItem(interfaces, 1), "name");

	plugin_assert_success(answer);
	forget(pod);
	pod->result = cni_json_copy(answer->json);
	if (host)
		snprintf(pod->host, sizeof(pod->host), "%s", host);
}

void pod_add(struct pod *pod, const char *config)
{
	struct plugin_call asked = pod_call(pod, "ADD", config);
	struct plugin_answer answer = plugin_run(&asked);

	pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

void pod_add_without_settings(struct pod *pod, const char *config)
{
	struct plugin_call asked = pod_call(pod, "ADD", config);
	static struct fault_steps steps;
	struct plugin_answer answer = faults_learn(&asked, "/run/strace.log", &steps);

	pod_take(pod, &answer);
	plugin_answer_clear(&answer);
	sandbox_must("grep -q '^setns(' /run/strace.log");
	sandbox_must(
		"! awk '/^setns/ { inside = !inside } inside' /run/strace.log | grep /proc/sys/");
}

void pod_add_fails(const struct pod *pod, const char *config, int code, const char *text)
{
	struct plugin_call asked = pod_call(pod, "ADD", config);

	plugin_fails(&asked, code, text);
}

void pod_check(const struct pod *pod, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = pod_call(pod, "CHECK", with);

	plugin_succeeds(&asked);
}

void pod_check_fails(const struct pod *pod, const char *config, const char *text)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = pod_call(pod, "CHECK", with);

	plugin_fails(&asked, CNI_EMISMATCH, text);
}

void pod_del(struct pod *pod, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = pod_call(pod, "DEL", with);

	plugin_succeeds(&asked);
	forget(pod);
}

static const cJSON *find(const cJSON *json, const char *path)
{
	freeing char *copy = cni_strdup(path);
	char *rest = *copy ? copy : NULL;

	for (char *part = strsep(&rest, "."); part && json; part = strsep(&rest, ".")) {
		if (cJSON_IsArray(json))
			json = cJSON_GetArrayItem(json, (int)strtol(part, NULL, 10));
		else
			json = cJSON_GetObjectItemCaseSensitive(json, part);
	}
	return json;
}

static char *text_at(const cJSON *json, const char *path)
{
	const cJSON *item = find(json, path);

	if (!item)
		return NULL;
	if (cJSON_IsString(item))
		return cni_strdup(item->valuestring);
	return requote(cni_json_print_compact(item), '"', '\'');
}

static void assert_text(const char *found, const char *expected, const char *where,
			const char *path)
{
	if ((!expected && !found) || (expected && found && !strcmp(expected, found)))
		return;
	fail_msg("%s: '%s' is\n%s\nexpected\n%s", where, path, found ? found : "(nothing)",
		 expected ? expected : "(nothing)");
}

void assert_json(const cJSON *json, const char *path, const char *expected)
{
	freeing char *found = text_at(json, path);

	assert_text(found, expected, "the answer", path);
}

static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	return text;
}

void assert_shown(const char *expected, const char *path, const char *fmt, ...)
{
	freeing_json cJSON *json = NULL;
	freeing char *command = NULL;
	freeing char *found = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	json = sandbox_json("%s", command);
	found = text_at(json, path);
	assert_text(found, expected, command, path);
}

char *shown(const char *path, const char *fmt, ...)
{
	freeing_json cJSON *json = NULL;
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	json = sandbox_json("%s", command);
	return text_at(json, path);
}

/* A reservation, or a file half made, is left to be seen, and keeps its directory. */
static void tidy_host_local(void)
{
	sandbox_run(
		"cd /var/lib/cni/networks 2>/dev/null || exit 0; "
		"rm -rf .cni-c */lock */last_reserved_ip.*; rmdir -- * ../networks 2>/dev/null");
}

char *bridge_snapshot(void)
{
	tidy_host_local();
	return sandbox_snapshot();
}

void bridge_assert_unchanged(const char *before)
{
	tidy_host_local();
	sandbox_assert_unchanged(before);
}

void bridge_add_script(const char *name, const char *text)
{
	freeing char *path = cni_format("%s/%s", SANDBOX_BIN, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}
