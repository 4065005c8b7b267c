/* SPDX-License-Identifier: Apache-2.0 */
#include "delegate.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNDER_WAY "CNI_C_IPAM"

/* ---- a plugin that would start itself ---- */

/* True if `type` is one of the delegates already running. */
static bool is_under_way(const char *type)
{
	freeing char *all = cni_strdup(getenv(UNDER_WAY));
	char *rest = all;

	for (char *one = strsep(&rest, ":"); one; one = strsep(&rest, ":"))
		if (!strcmp(one, type))
			return true;
	return false;
}

static bool is_this_executable(const char *file)
{
	struct stat theirs;
	struct stat ours;

	return stat(file, &theirs) == 0 && stat("/proc/self/exe", &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* An IPAM plugin gets the same configuration that names it, so a delegating plugin would start
 * itself forever. `ret_file` gets the executable, which the caller frees. */
static int find_file(const struct cni_call *call, enum cni_command command, char **ret_file,
		     struct cni_error *err)
{
	const char *type = call->conf.ipam_type;

	if ((call->type && !strcmp(type, call->type)) || is_under_way(type))
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.type' is \"%s\", which is the plugin itself, expected an "
				"IPAM plugin such as \"host-local\"",
				type);
	if (cni_exec_find(type, call->env.path, ret_file, err) == 0)
		return 0;
	/* A missing plugin is an error of the configuration. */
	err->code = command == CNI_STATUS ? CNI_EUNAVAILABLE : CNI_ECONFIG;
	return cni_fail_within(err, "'ipam.type'");
}

static int refuse_this_executable(const struct cni_call *call, const char *file,
				  struct cni_error *err)
{
	if (!is_this_executable(file))
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'ipam.type' is \"%s\", and '%s' is the executable of the plugin itself, "
			"expected an IPAM plugin such as \"host-local\"",
			call->conf.ipam_type, file);
}

/* True if the build id of the file is that of the contained plugin. The ELF notes are in the
 * first page. */
static bool is_contained(const struct cni_contained *contained, const char *file)
{
	closing int fd = contained ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	char page[4096];
	ssize_t size = fd < 0 ? 0 : pread(fd, page, sizeof(page), 0);

	return size > 0 &&
	       memmem(page, (size_t)size, contained->build_id, contained->build_id_size) != NULL;
}

void cni_delegate_clear(struct cni_delegate *delegate)
{
	free(delegate->file);
	*delegate = (struct cni_delegate){.file = NULL};
}

int cni_delegate_find(const struct cni_call *call, enum cni_command command,
		      struct cni_delegate *ret_delegate, struct cni_error *err)
{
	freeing char *file = NULL;
	bool contained;

	if (find_file(call, command, &file, err) < 0)
		return -1;
	contained = is_contained(call->contained, file);
	if (!contained && refuse_this_executable(call, file, err) < 0)
		return -1;
	*ret_delegate = (struct cni_delegate){take_ptr(file), contained};
	return 0;
}

/* ---- run ---- */

/* The container and its namespace come from `call`, not from the environment: `call` may be an
 * older sandbox of the pod whose lease is released. */
static int run(const struct cni_call *call, const char *file, enum cni_command command,
	       struct cni_answer *ret_answer, struct cni_error *err)
{
	const char *before = getenv(UNDER_WAY);
	freeing char *under_way =
		cni_format("%s%s%s", before ? before : "", before ? ":" : "", call->conf.ipam_type);
	const struct cni_exec_variable variables[] = {
		{"CNI_COMMAND", cni_command_text(command)},
		{"CNI_CONTAINERID", call->env.container},
		{"CNI_NETNS", call->env.netns},
		{UNDER_WAY, under_way},
	};
	freeing char **environment = cni_exec_environment(variables, 4);
	struct cni_exec exec = {
		.file = file,
		.type = call->conf.ipam_type,
		.environment = environment,
		.input = call->input,
		.input_size = call->input_size,
		.deadline_ms = CNI_EXEC_DEADLINE_MS,
	};

	return cni_exec_run(&exec, ret_answer, err);
}

static int decode_answer(const struct cni_call *call, const struct cni_answer *answer,
			 struct cni_result *ret_result, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;

	if (cni_json_parse_object(answer->text, answer->size, "its answer", &json, err) < 0 ||
	    cni_result_decode(json, call->conf.version, "its answer", ret_result, err) < 0)
		return cni_answer_quote(answer, err);
	return 0;
}

static int run_executable(const struct cni_call *call, const char *file, enum cni_command command,
			  struct cni_result *ret_result, struct cni_error *err)
{
	clearing_answer struct cni_answer answer = {0};

	if (run(call, file, command, &answer, err) < 0)
		return -1;
	return command == CNI_ADD ? decode_answer(call, &answer, ret_result, err) : 0;
}

static int run_contained(const struct cni_call *call, enum cni_command command,
			 struct cni_result *ret_result, struct cni_error *err)
{
	struct cni_env env = call->env;
	enum cni_version version;

	env.command = command;
	return cni_verbs_run(call->contained->verbs, &env, call->input, call->input_size,
			     ret_result, &version, err);
}

int cni_delegate_run(const struct cni_call *call, const struct cni_delegate *delegate,
		     enum cni_command command, struct cni_result *ret_result, struct cni_error *err)
{
	const char *file = delegate->file;
	bool contained = delegate->is_contained;
	struct cni_error ignored;

	if (!file)
		return cni_delegate_ipam(call, command, ret_result, err);
	if ((contained ? run_contained(call, command, ret_result, err)
		       : run_executable(call, file, command, ret_result, err)) == 0)
		return 0;
	if (command == CNI_ADD && !contained)
		run_executable(call, file, CNI_DEL, NULL, &ignored);
	return cni_fail_within(err, "ipam '%s'", call->conf.ipam_type);
}

int cni_delegate_ipam(const struct cni_call *call, enum cni_command command,
		      struct cni_result *ret_result, struct cni_error *err)
{
	struct cni_delegate delegate;
	int failed;

	if (cni_delegate_find(call, command, &delegate, err) < 0)
		return -1;
	failed = cni_delegate_run(call, &delegate, command, ret_result, err);
	cni_delegate_clear(&delegate);
	return failed;
}
