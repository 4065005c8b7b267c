/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* GC carries a list of attachments; 8 MiB are some 60,000 of them. */
#define INPUT_MAX (8U << 20)

static void print_line(const cJSON *json)
{
	freeing char *text = cni_json_print(json);

	puts(text);
	fflush(stdout);
}

static void print_error(const struct cni_error *error, enum cni_version version)
{
	freeing_json cJSON *json = cni_json_object();

	cni_json_add_string(json, "cniVersion", cni_version_text(version));
	cni_json_add_number(json, "code", error->code);
	cni_json_add_string(json, "msg", error->msg);
	cni_json_add_string(json, "details", error->details);
	print_line(json);
}

static int print_versions(const struct cni_verbs *verbs)
{
	freeing_json cJSON *json = cni_json_object();
	freeing char *text = NULL;
	cJSON *list = cni_json_array();

	cni_json_add_string(json, "cniVersion", cni_version_text(CNI_VERSION_LATEST));
	for (enum cni_version v = verbs->oldest; v < CNI_VERSION_COUNT; v++)
		cJSON_AddItemToArray(list, cJSON_CreateString(cni_version_text(v)));
	cni_json_add(json, "supportedVersions", list);
	text = cni_json_print_compact(json);
	puts(text);
	return 0;
}

static int print_about(const struct cni_verbs *verbs)
{
	fprintf(stderr, "CNI %s plugin v%s\nCNI protocol versions supported: ", verbs->type,
		CNI_C_VERSION);
	for (enum cni_version v = verbs->oldest; v < CNI_VERSION_COUNT; v++)
		fprintf(stderr, "%s%s", cni_version_text(v), v < CNI_VERSION_LATEST ? ", " : "\n");
	return 0;
}

/* Would ADD turn the host's own network upside down? Asked before anything is touched. */
static int refuse_own_netns(const struct cni_env *env, struct cni_error *err)
{
	struct stat theirs;
	struct stat ours;

	if (env->netns_override || stat(env->netns, &theirs) < 0 ||
	    stat("/proc/self/ns/net", &ours) < 0)
		return 0;
	if (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
		return cni_fail(err, CNI_EENV,
				"CNI_NETNS '%s' is the plugin's own network namespace: plugin's "
				"netns and netns from CNI_NETNS should not be the same",
				env->netns);
	return 0;
}

static int add(const struct cni_verbs *verbs, const struct cni_call *call, struct cni_error *err)
{
	struct cni_result result = {0};
	freeing_json cJSON *json = NULL;
	int failed = verbs->add(verbs->data, call, &result, err);

	if (!failed)
		failed = cni_result_check_fits(&result, call->conf.version, err);
	if (!failed) {
		json = cni_result_encode(&result, call->conf.version);
		print_line(json);
	}
	cni_result_clear(&result);
	return failed;
}

static int run(const struct cni_verbs *verbs, const struct cni_call *call, struct cni_error *err)
{
	int (*verb)(const void *, const struct cni_call *, struct cni_error *) = NULL;

	switch (call->env.command) {
	case CNI_ADD:
		if (refuse_own_netns(&call->env, err) < 0)
			return -1;
		return add(verbs, call, err);
	case CNI_CHECK:
		if (refuse_own_netns(&call->env, err) < 0)
			return -1;
		verb = verbs->check;
		break;
	case CNI_DEL:
		verb = verbs->del;
		break;
	case CNI_GC:
		verb = verbs->gc;
		break;
	case CNI_STATUS:
		verb = verbs->status;
		break;
	case CNI_VERSION:
	case CNI_COMMAND_COUNT:
		break;
	}
	return verb ? verb(verbs->data, call, err) : 0;
}

int cni_verbs_main(const struct cni_verbs *verbs)
{
	const char *command = getenv("CNI_COMMAND");
	struct cni_call call = {.conf = {.version = CNI_VERSION_LATEST}};
	struct cni_error err = {0};
	freeing char *input = NULL;
	int failed;

	if (!command || !*command)
		return print_about(verbs);
	failed = cni_env_read(&call.env, &err);
	if (!failed && call.env.command == CNI_VERSION)
		return print_versions(verbs);
	if (!failed)
		failed = cni_file_read_fd(STDIN_FILENO, INPUT_MAX,
					  "the network configuration on stdin", &input,
					  &call.input_size, &err);
	if (!failed) {
		call.input = input;
		failed = cni_conf_read(input, call.input_size, call.env.command, verbs->oldest,
				       &call.conf, &err);
	}
	if (!failed) {
		call.owner = (struct cni_owner){.network = call.conf.name,
						.container = call.env.container,
						.ifname = call.env.ifname};
		failed = run(verbs, &call, &err);
	}
	if (failed)
		print_error(&err, call.conf.version);
	cni_conf_clear(&call.conf);
	return failed ? 1 : 0;
}
