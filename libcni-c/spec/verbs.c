/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "capability.h"
#include "cleanup.h"
#include "counters.h"
#include "describe.h"
#include "ending.h"
#include "file.h"
#include "log.h"
#include "own_netns.h"
#include "settings.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* GC carries a list of attachments; 8 MiB are some 60,000 of them. */
#define INPUT_MAX (8U << 20)

/* How long VERSION waits for a configuration. A runtime has written it by then or closed stdin; people
 * and scripts leave it open. */
#define VERSION_INPUT_MS 2000

/* Parsers of the about line want a semantic version. */
#define UNVERSIONED "0.0.0"

/* Without stdio, which asks about the file first, and keeps what it could not write. */
static int print_line(char *text)
{
	size_t length = strlen(text);

	/* In the place of the terminator. */
	text[length] = '\n';
	return cni_file_write_all(STDOUT_FILENO, text, length + 1);
}

static void print_error(const struct cni_error *error, enum cni_version version)
{
	freeing_json cJSON *json = cni_json_object();
	freeing char *text = NULL;

	cni_json_add_string(json, "cniVersion", cni_version_text(version));
	cni_json_add_number(json, "code", error->code);
	cni_json_add_string(json, "msg", error->msg);
	cni_json_add_string(json, "details", error->details);
	text = cni_json_print(json);
	print_line(text);
}

/* The version that stdin names, whether this plugin speaks it or not. */
static enum cni_version asked_version(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	enum cni_version version = CNI_VERSION_LATEST;
	freeing_json cJSON *json = NULL;
	freeing char *text = NULL;
	struct cni_error ignored;
	const char *said;
	size_t size;

	if (poll(&input, 1, VERSION_INPUT_MS) <= 0 ||
	    cni_file_read_fd(STDIN_FILENO, INPUT_MAX, "stdin", &text, &size, &ignored) < 0 ||
	    cni_json_parse_object(text, size, "stdin", &json, &ignored) < 0)
		return version;
	said = cni_json_get_string(json, "cniVersion");
	if (said && *said && cni_version_parse(said, CNI_0_1_0, &version, &ignored) < 0)
		return CNI_VERSION_LATEST;
	return version;
}

static int print_versions(const struct cni_verbs *verbs)
{
	freeing_json cJSON *json = cni_json_object();
	freeing char *text = NULL;
	cJSON *list = cni_json_array();

	cni_json_add_string(json, "cniVersion", cni_version_text(asked_version()));
	for (enum cni_version v = verbs->oldest; v < CNI_VERSION_COUNT; v++)
		cJSON_AddItemToArray(list, cJSON_CreateString(cni_version_text(v)));
	cni_json_add(json, "supportedVersions", list);
	text = cni_json_print_compact(json);
	print_line(text);
	return 0;
}

static int print_description(const struct cni_verbs *verbs, struct cni_error *err)
{
	freeing_json cJSON *json = cni_describe(verbs);
	freeing char *text = cni_json_print(json);

	return print_line(text) == 0
		       ? 0
		       : cni_fail_errno(err, CNI_EIO, errno, "write the description to stdout");
}

static int print_about(const struct cni_verbs *verbs)
{
	fprintf(stderr, "CNI %s plugin v%s\nCNI protocol versions supported: ", verbs->type,
		verbs->version ? verbs->version : UNVERSIONED);
	for (enum cni_version v = verbs->oldest; v < CNI_VERSION_COUNT; v++)
		fprintf(stderr, "%s%s", cni_version_text(v), v < CNI_VERSION_LATEST ? ", " : "\n");
	return 0;
}

/* ADD in the plugin's own namespace would change the host's network. Checked before anything is changed. */
static int refuse_own_netns(struct cni_env *env, struct cni_error *err)
{
	struct stat theirs;
	struct stat ours;

	if (env->netns_override || env->netns_is_compared || stat(env->netns, &theirs) < 0 ||
	    stat(cni_own_netns(), &ours) < 0)
		return 0;
	if (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
		return cni_fail(err, CNI_EENV,
				"CNI_NETNS '%s' is the plugin's own network namespace: plugin's "
				"netns and netns from CNI_NETNS should not be the same",
				env->netns);
	env->own_dev = ours.st_dev;
	env->own_ino = ours.st_ino;
	env->netns_is_compared = true;
	return 0;
}

/* Asked before anything is touched, too. */
static int require_path(const struct cni_verbs *verbs, const struct cni_call *call,
			struct cni_error *err)
{
	if (!verbs->delegates || !call->conf.ipam_type || *call->env.path ||
	    call->env.command == CNI_VALIDATE)
		return 0;
	cni_fail(err, CNI_EENV, "required env variables [CNI_PATH] missing");
	return cni_fail_details(err, "'ipam.type' is \"%s\", which is looked for on CNI_PATH",
				call->conf.ipam_type);
}

static int run_add(const struct cni_verbs *verbs, struct cni_call *call,
		   struct cni_result *ret_result, struct cni_error *err)
{
	if (refuse_own_netns(&call->env, err) < 0)
		return -1;
	if (!verbs->add)
		cni_result_copy(&call->conf.prev_result, ret_result);
	else if (verbs->add(call, ret_result, err) < 0)
		return -1;
	return cni_result_check_fits(ret_result, call->conf.version, err);
}

static int dispatch(const struct cni_verbs *verbs, struct cni_call *call,
		    struct cni_result *ret_result, struct cni_error *err)
{
	int (*verb)(const struct cni_call *, struct cni_error *) = NULL;

	switch (call->env.command) {
	case CNI_ADD:
		return run_add(verbs, call, ret_result, err);
	case CNI_CHECK:
	case CNI_MEND:
		if (refuse_own_netns(&call->env, err) < 0)
			return -1;
		verb = call->env.command == CNI_MEND ? verbs->mend : verbs->check;
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
	case CNI_SWEEP:
		verb = verbs->sweep;
		break;
	case CNI_REFRESH:
		verb = verbs->refresh;
		break;
	case CNI_VALIDATE:
		verb = verbs->validate;
		break;
	case CNI_DESCRIBE:
	case CNI_VERSION:
	case CNI_COMMAND_COUNT:
		break;
	}
	return verb ? verb(call, err) : 0;
}

int cni_verbs_run(const struct cni_verbs *verbs, const struct cni_env *env, const char *input,
		  size_t input_size, struct cni_result *ret_result, enum cni_version *ret_version,
		  struct cni_error *err)
{
	struct cni_call call = {
		.type = verbs->type,
		.data = verbs->data,
		.env = *env,
		.input = input,
		.input_size = input_size,
		.contained = verbs->contained,
	};
	struct cni_result result = {0};
	int failed = cni_conf_read(input, input_size, env->command, verbs->oldest, &call.conf, err);

	*ret_version = call.conf.version;
	cni_die_with_version(cni_version_text(call.conf.version));
	cni_log_network(env->log, call.conf.name);
	if (!failed) {
		call.owner = (struct cni_owner){.network = call.conf.name,
						.container = env->container,
						.ifname = env->ifname};
		failed = require_path(verbs, &call, err) < 0 ||
			 dispatch(verbs, &call, &result, err) < 0;
	}
	if (!failed && env->command == CNI_ADD)
		*ret_result = result;
	else
		cni_result_clear(&result);
	cni_conf_clear(&call.conf);
	return failed ? -1 : 0;
}

/* An ADD whose result no runtime can read has failed. */
static int answer(const struct cni_verbs *verbs, const struct cni_env *env, const char *input,
		  size_t input_size, const struct cni_result *result, enum cni_version version,
		  struct cni_error *err)
{
	freeing_json cJSON *json = cni_result_encode(result, version);
	freeing char *text = cni_json_print(json);
	struct cni_env del = *env;
	struct cni_error next;

	if (print_line(text) == 0)
		return 0;
	cni_fail_errno(err, CNI_EIO, errno, "write the result to stdout");
	del.command = CNI_DEL;
	if (cni_verbs_run(verbs, &del, input, input_size, NULL, &version, &next) < 0)
		cni_fail_details(err, "rollback: %s", next.msg);
	return -1;
}

static int run(const struct cni_verbs *verbs, const struct cni_env *env, enum cni_version *version,
	       struct cni_error *err)
{
	struct cni_result result = {0};
	freeing char *input = NULL;
	size_t input_size;
	int failed;

	if (cni_file_read_fd(STDIN_FILENO, INPUT_MAX, "the network configuration on stdin", &input,
			     &input_size, err) < 0)
		return -1;
	failed = cni_verbs_run(verbs, env, input, input_size, &result, version, err);
	if (!failed && env->command == CNI_ADD) {
		cni_log_result(env->log, &result);
		failed = answer(verbs, env, input, input_size, &result, *version, err);
	}
	cni_result_clear(&result);
	return failed;
}

static uint64_t nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Runs the command, prints its error, and does what the node wants besides: a count, and a line in the log. */
static int run_noted(const struct cni_verbs *verbs, struct cni_env *env, enum cni_version *version,
		     struct cni_error *err)
{
	struct cni_settings settings;
	struct cni_log log;
	uint64_t begin;
	int failed;

	cni_settings_read(&settings);
	begin = nanoseconds_now();
	if (*settings.log)
		cni_log_begin(env->log = &log, settings.log, verbs->type);
	failed = run(verbs, env, version, err);
	if (failed) {
		cni_capability_explain(err);
		print_error(err, *version);
	}
	if (settings.counters)
		cni_counters_add(verbs->type, env->command, failed ? err->code : 0,
				 nanoseconds_now() - begin);
	cni_log_end(env->log, env, failed ? err : NULL);
	env->log = NULL;
	return failed;
}

int cni_verbs_main(const struct cni_verbs *verbs)
{
	const char *command = getenv("CNI_COMMAND");
	enum cni_version version = CNI_VERSION_LATEST;
	struct cni_error err = {0};
	struct cni_env env;
	int failed;

	if (!command || !*command)
		return print_about(verbs);
	/* A runtime that has gone away does not end an ADD half way: see answer(). */
	signal(SIGPIPE, SIG_IGN);
	cni_ending_begin();
	failed = cni_env_read(&env, &err);
	if (!failed && env.command == CNI_VERSION)
		return print_versions(verbs);
	if (!failed)
		if (!failed && env.command != CNI_DESCRIBE)
			return run_noted(verbs, &env, &version, &err) < 0 ? 1 : 0;
	if (!failed)
		failed = print_description(verbs, &err);
	if (!failed)
		return 0;
	cni_capability_explain(&err);
	print_error(&err, version);
	return 1;
}
