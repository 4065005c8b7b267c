/* SPDX-License-Identifier: Apache-2.0 */
#include "args.h"

#include "cleanup.h"
#include "mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_common(const char *key)
{
	static const char *const common[] = {"IP", "MAC", "GATEWAY"};

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (!strcmp(key, common[i]))
			return true;
	return !strncmp(key, "K8S_POD_", 8);
}

static int parse_bool(const char *value, bool *ret_flag)
{
	if (!strcmp(value, "1") || !strcasecmp(value, "true"))
		*ret_flag = true;
	else if (!strcmp(value, "0") || !strcasecmp(value, "false"))
		*ret_flag = false;
	else
		return -1;
	return 0;
}

static const struct cni_arg *find(const struct cni_arg *known, const char *key)
{
	for (; known->key; known++)
		if (!strcmp(known->key, key))
			return known;
	return NULL;
}

int cni_args_parse(const char *args, const struct cni_arg *known, struct cni_error *err)
{
	freeing char *copy = cni_strdup(args);
	char *rest = *copy ? copy : NULL;
	bool ignore_unknown = false;
	char unknown[256] = "";

	for (char *pair = strsep(&rest, ";"); pair; pair = strsep(&rest, ";")) {
		char *equals = strchr(pair, '=');
		const struct cni_arg *arg;
		size_t used = strlen(unknown);

		if (!equals || strchr(equals + 1, '='))
			return cni_fail(err, CNI_ECONFIG, "ARGS: invalid pair \"%.64s\"", pair);
		*equals = '\0';
		arg = find(known, pair);
		if (!strcmp(pair, "IgnoreUnknown")) {
			if (parse_bool(equals + 1, &ignore_unknown) < 0)
				return cni_fail(err, CNI_ECONFIG,
						"ARGS: IgnoreUnknown is \"%.64s\", expected 1, "
						"true, 0 or false",
						equals + 1);
		} else if (arg) {
			free(*arg->value);
			*arg->value = cni_strdup(equals + 1);
		} else if (!is_common(pair)) {
			snprintf(unknown + used, sizeof(unknown) - used, "%s\"%.64s=%.64s\"",
				 used ? " " : "", pair, equals + 1);
		}
	}
	if (*unknown && !ignore_unknown)
		return cni_fail(err, CNI_ECONFIG, "ARGS: unknown args [%s]", unknown);
	return 0;
}

char *cni_args_get(const char *args, const char *key)
{
	freeing char *copy = cni_strdup(args);
	char *rest = copy;
	const char *found = NULL;

	for (char *pair = strsep(&rest, ";"); pair; pair = strsep(&rest, ";")) {
		char *equals = strchr(pair, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (!strcmp(pair, key))
			found = equals + 1;
	}
	return cni_strdup(found);
}
