/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool version: what each plugin of a network says about itself. */
#include "cleanup.h"
#include "commands.h"
#include "exec.h"
#include "file.h"
#include "mem.h"
#include "request.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ABOUT_MAX (64U << 10)

/* Runs it with `fd` in the place of stderr, which a plugin inherits. */
static int run_into(const struct cni_exec *exec, int fd, struct cni_error *err)
{
	closing int before = dup(STDERR_FILENO);
	clearing_answer struct cni_answer answer = {0};
	int failed;

	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	failed = cni_exec_run(exec, &answer, err);
	dup2(before, STDERR_FILENO);
	return failed;
}

/* The first line that a plugin prints on stderr when it is not asked anything: "CNI bridge plugin
 * v1.9.1". NULL if it says nothing. The caller frees. */
static char *read_about(const char *type, const char *path)
{
	const struct cni_exec_variable none = {"CNI_COMMAND", NULL};
	freeing char **environment = cni_exec_environment(&none, 1);
	closing int fd = memfd_create("about", MFD_CLOEXEC);
	freeing char *file = NULL;
	freeing char *text = NULL;
	struct cni_error ignored;
	size_t size;
	struct cni_exec exec = {
		.type = type,
		.environment = environment,
		.input = "",
		.deadline_ms = CNI_EXEC_DEADLINE_MS,
	};

	if (fd < 0 || cni_exec_find(type, path, &file, &ignored) < 0)
		return NULL;
	exec.file = file;
	if (run_into(&exec, fd, &ignored) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    cni_file_read_fd(fd, ABOUT_MAX, "about", &text, &size, &ignored) < 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return *text ? take_ptr(text) : NULL;
}

/* {"type", "about", "supportedVersions": […]} */
static int describe(const char *type, const char *path, cJSON **ret_row, struct cni_error *err)
{
	freeing char *about = NULL;
	cJSON *versions;
	cJSON *row;

	if (cni_request_versions(type, path, &versions, err) < 0)
		return -1;
	about = read_about(type, path);
	row = cni_json_object();
	cni_json_add_string(row, "type", type);
	cni_json_add_string(row, "about", about);
	cni_json_add(row, "supportedVersions", versions);
	*ret_row = row;
	return 0;
}

static int width_of(const cJSON *rows, const char *key, const char *heading)
{
	size_t width = strlen(heading);
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *text = cni_json_get_string(row, key);

		if (text && strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void print_rows(const cJSON *rows)
{
	int type_width = width_of(rows, "type", "PLUGIN");
	int about_width = width_of(rows, "about", "VERSION");
	const cJSON *row;

	printf("%-*s  %-*s  %s\n", type_width, "PLUGIN", about_width, "VERSION", "PROTOCOL");
	cJSON_ArrayForEach (row, rows) {
		const char *about = cni_json_get_string(row, "about");

		printf("%-*s  %-*s  ", type_width, cni_json_get_string(row, "type"), about_width,
		       about ? about : "-");
		print_joined(stdout, cni_json_get(row, "supportedVersions"));
		putchar('\n');
	}
}

int command_version(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = cni_json_array();
	struct cni_error first = {0};
	const cJSON *plugin;

	if (tool_load(tool, err) < 0)
		return -1;
	cJSON_ArrayForEach (plugin, tool->list.plugins) {
		struct cni_error next;
		cJSON *row;

		if (describe(cni_conflist_type(plugin), tool->chain.path, &row, &next) < 0)
			cni_fail_first(&first, &next);
		else
			cJSON_AddItemToArray(rows, row);
	}
	if (!tool->options->json)
		print_rows(rows);
	else if (!first.code)
		print_json(rows);
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}
