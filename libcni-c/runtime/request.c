/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

/* ---- stdin ---- */

/* Returns NULL if no capability is both declared and given. The runtime defines the names of
 * capabilities, so their case matters. */
static cJSON *runtime_config(const cJSON *plugin, const cJSON *capability_args)
{
	freeing_json cJSON *config = cni_json_object();
	const cJSON *capability;

	cJSON_ArrayForEach (capability, cni_json_get(plugin, "capabilities")) {
		const cJSON *arg =
			cJSON_GetObjectItemCaseSensitive(capability_args, capability->string);

		if (cJSON_IsTrue(capability) && arg)
			cni_json_set(config, capability->string, cni_json_copy(arg));
	}
	return config->child ? take_ptr(config) : NULL;
}

cJSON *cni_request_config(const struct cni_request *request, const struct cni_conflist *list,
			  const cJSON *plugin)
{
	cJSON *config = cni_json_copy(plugin);
	cJSON *runtime;

	cni_json_set(config, "name", cJSON_CreateString(list->name));
	cni_json_set(config, "cniVersion", cJSON_CreateString(cni_version_text(list->version)));
	cni_json_set(config, "prevResult",
		     request->prev_result ? cni_json_copy(request->prev_result) : NULL);
	if (request->valid) {
		cni_json_set(config, "cni.dev/valid-attachments", cni_json_copy(request->valid));
		cni_json_set(config, "cni.dev/attachments", cni_json_copy(request->valid));
	}
	if (request->command == CNI_GC || request->command == CNI_STATUS)
		return config;
	runtime = runtime_config(plugin, request->capability_args);
	if (runtime)
		cni_json_set(config, "runtimeConfig", runtime);
	cni_json_set(config, "capabilities", NULL);
	return config;
}

/* ---- environment ---- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static char **make_environment(const struct cni_request *request)
{
	const struct cni_exec_variable variables[] = {
		{"CNI_COMMAND", cni_command_text(request->command)},
		{"CNI_CONTAINERID", or_empty(request->container)},
		{"CNI_NETNS", or_empty(request->netns)},
		{"CNI_ARGS", or_empty(request->args)},
		{"CNI_IFNAME", or_empty(request->ifname)},
		{"CNI_PATH", or_empty(request->path)},
	};

	return cni_exec_environment(variables, sizeof(variables) / sizeof(*variables));
}

/* ---- run ---- */

/* Plugins of others may do anything when they are asked what they do not know. */
#define DESCRIBE_MS 10000

static int run(const char *type, const char *path, const struct cni_request *request,
	       const cJSON *config, struct cni_answer *ret_answer, struct cni_error *err)
{
	freeing char **environment = make_environment(request);
	freeing char *input = cni_json_print_compact(config);
	freeing char *file = NULL;
	struct cni_exec exec = {
		.type = type,
		.environment = environment,
		.input = input,
		.input_size = strlen(input),
		.deadline_ms =
			request->command == CNI_DESCRIBE ? DESCRIBE_MS : CNI_EXEC_DEADLINE_MS,
	};

	if (cni_exec_find(type, path, &file, err) < 0)
		return -1;
	exec.file = file;
	return cni_exec_run(&exec, ret_answer, err);
}

int cni_request_run(const struct cni_request *request, const struct cni_conflist *list,
		    const cJSON *plugin, struct cni_answer *ret_answer, struct cni_error *err)
{
	freeing_json cJSON *config = cni_request_config(request, list, plugin);
	const char *type = request->type ? request->type : cni_conflist_type(plugin);
	clearing_answer struct cni_answer answer = {0};

	if (run(type, request->path, request, config, &answer, err) < 0)
		return cni_fail_within(err, "plugin '%s' failed %s", type,
				       cni_command_text(request->command));
	if (ret_answer) {
		*ret_answer = answer;
		answer = (struct cni_answer){0};
	}
	return 0;
}

int cni_request_versions(const char *type, const char *path, cJSON **ret_versions,
			 struct cni_error *err)
{
	/* Plugins from before VERSION validated the other variables for it too. */
	struct cni_request request = {
		.command = CNI_VERSION, .path = "dummy", .netns = "dummy", .ifname = "dummy"};
	freeing_json cJSON *config = cni_json_object();
	clearing_answer struct cni_answer answer = {0};
	freeing_json cJSON *json = NULL;
	cJSON *versions;

	cni_json_add_string(config, "cniVersion", cni_version_text(CNI_VERSION_LATEST));
	if (run(type, path, &request, config, &answer, err) < 0) {
		if (strcmp(err->msg, "unknown CNI_COMMAND: VERSION") != 0)
			return cni_fail_within(err, "plugin '%s' failed VERSION", type);
		*ret_versions = cni_json_array();
		cJSON_AddItemToArray(*ret_versions,
				     cJSON_CreateString(cni_version_text(CNI_0_1_0)));
		return 0;
	}
	if (cni_json_parse_object(answer.text, answer.size, "its answer", &json, err) < 0) {
		cni_answer_quote(&answer, err);
		return cni_fail_within(err, "plugin '%s' failed VERSION", type);
	}
	versions = cni_json_get(json, "supportedVersions");
	if (!cJSON_IsArray(versions)) {
		cni_fail(err, CNI_EDECODE,
			 "plugin '%s' failed VERSION: 'supportedVersions' in its answer is %s, "
			 "expected a list",
			 type, cni_json_show(versions));
		return cni_answer_quote(&answer, err);
	}
	*ret_versions = cJSON_DetachItemViaPointer(json, versions);
	return 0;
}

int cni_request_describe(const char *type, const char *path, cJSON **ret_description,
			 struct cni_error *err)
{
	const struct cni_request request = {.command = CNI_DESCRIBE, .path = path};
	freeing_json cJSON *config = cni_json_object();
	clearing_answer struct cni_answer answer = {0};
	freeing_json cJSON *json = NULL;

	cni_json_add_string(config, "cniVersion", cni_version_text(CNI_VERSION_LATEST));
	if (run(type, path, &request, config, &answer, err) < 0)
		return cni_fail_within(err, "plugin '%s' failed DESCRIBE", type);
	if (cni_json_parse_object(answer.text, answer.size, "its answer", &json, err) < 0 ||
	    !cJSON_IsArray(cni_json_get(json, "keys"))) {
		if (json)
			cni_fail(err, CNI_EDECODE, "'keys' in its answer is %s, expected a list",
				 cni_json_show(cni_json_get(json, "keys")));
		cni_answer_quote(&answer, err);
		return cni_fail_within(err, "plugin '%s' failed DESCRIBE", type);
	}
	*ret_description = take_ptr(json);
	return 0;
}
