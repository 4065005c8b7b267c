/* SPDX-License-Identifier: Apache-2.0 */
/* The executable to run, and its environment. */
#include "exec.h"

#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cni_exec_find(const char *type, const char *path, char **ret_file, struct cni_error *err)
{
	freeing char *copy = cni_strdup(path);
	char *rest = copy;

	if (cni_name_check_plugin(type, "the plugin's 'type'", err) < 0)
		return -1;
	for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":")) {
		freeing char *file = NULL;
		struct stat st;

		if (!*dir)
			continue;
		file = cni_format("%s/%s", dir, type);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
			*ret_file = take_ptr(file);
			return 0;
		}
	}
	return cni_fail(err, CNI_EMISSING, "failed to find plugin \"%s\" in path [%s]", type, path);
}

static bool is_named(const char *assignment, const struct cni_exec_variable *variables,
		     size_t count)
{
	size_t length = strcspn(assignment, "=");

	for (size_t i = 0; i < count; i++)
		if (strlen(variables[i].name) == length &&
		    !strncmp(assignment, variables[i].name, length))
			return true;
	return false;
}

char **cni_exec_environment(const struct cni_exec_variable *variables, size_t count)
{
	size_t inherited = 0;
	size_t text_size = 0;
	size_t kept = 0;
	char **environment;
	char *text;

	while (environ[inherited])
		inherited++;
	for (size_t i = 0; i < count; i++)
		if (variables[i].value)
			text_size += strlen(variables[i].name) + strlen(variables[i].value) + 2;
	environment = cni_alloc((inherited + count + 1) * sizeof(*environment) + text_size);
	text = (char *)(environment + inherited + count + 1);
	for (size_t i = 0; i < inherited; i++)
		if (!is_named(environ[i], variables, count))
			environment[kept++] = environ[i];
	for (size_t i = 0; i < count; i++) {
		if (!variables[i].value)
			continue;
		environment[kept++] = text;
		text += sprintf(text, "%s=%s", variables[i].name, variables[i].value) + 1;
	}
	return environment;
}

static bool is_command(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

int cni_exec_find_command(const char *name, char **ret_file, struct cni_error *err)
{
	const char *path = getenv("PATH");
	freeing char *all =
		cni_format("%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
			   path ? path : "");
	char *rest = all;

	for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":")) {
		freeing char *file = NULL;

		/* A relative directory would depend on the runtime's working directory. */
		if (*dir != '/')
			continue;
		file = cni_format("%s/%s", dir, name);
		if (is_command(file)) {
			*ret_file = take_ptr(file);
			return 0;
		}
	}
	return cni_fail(err, CNI_EMISSING, "there is no command '%s' on this host", name);
}
