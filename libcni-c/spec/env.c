/* SPDX-License-Identifier: Apache-2.0 */
#include "env.h"

#include "names.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *text;
	enum cni_version since;
} commands[CNI_COMMAND_COUNT] = {
	[CNI_ADD] = {"ADD", CNI_0_1_0},		  [CNI_DEL] = {"DEL", CNI_0_1_0},
	[CNI_CHECK] = {"CHECK", CNI_0_4_0},	  [CNI_GC] = {"GC", CNI_1_1_0},
	[CNI_STATUS] = {"STATUS", CNI_1_1_0},	  [CNI_VERSION] = {"VERSION", CNI_0_1_0},
	[CNI_MEND] = {"MEND", CNI_0_4_0},	  [CNI_SWEEP] = {"SWEEP", CNI_0_4_0},
	[CNI_REFRESH] = {"REFRESH", CNI_0_1_0},	  [CNI_VALIDATE] = {"VALIDATE", CNI_0_1_0},
	[CNI_DESCRIBE] = {"DESCRIBE", CNI_0_1_0},
};

const char *cni_command_text(enum cni_command command)
{
	return commands[command].text;
}

enum cni_version cni_command_since(enum cni_command command)
{
	return commands[command].since;
}

static int check_ifname(const char *value, struct cni_error *err)
{
	return cni_name_check_interface(value, "CNI_IFNAME", CNI_EENV, err);
}

#define ADD   (1U << CNI_ADD)
#define DEL   (1U << CNI_DEL)
#define CHECK (1U << CNI_CHECK)
#define MEND  (1U << CNI_MEND)

/* In the order in which the reference names them when they are missing. */
static const struct {
	const char *name;
	size_t offset;
	unsigned int required; /* by these commands, which also validate it */
	int (*check)(const char *value, struct cni_error *err);
} variables[] = {
	{"CNI_CONTAINERID", offsetof(struct cni_env, container), ADD | DEL | CHECK | MEND,
	 cni_name_check_container},
	{"CNI_NETNS", offsetof(struct cni_env, netns), ADD | CHECK | MEND, NULL},
	{"CNI_IFNAME", offsetof(struct cni_env, ifname), ADD | DEL | CHECK | MEND, check_ifname},
	{"CNI_ARGS", offsetof(struct cni_env, args), 0, NULL},
	/* A plugin that delegates needs it: see cni_verbs_run(). */
	{"CNI_PATH", offsetof(struct cni_env, path), 0, NULL},
};

static const char *get(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int find_command(const char *text, enum cni_command *ret_command)
{
	for (int c = 0; c < CNI_COMMAND_COUNT; c++)
		if (!strcmp(text, commands[c].text)) {
			*ret_command = (enum cni_command)c;
			return 0;
		}
	return -1;
}

int cni_env_read(struct cni_env *ret_env, struct cni_error *err)
{
	const char *command = get("CNI_COMMAND");
	const char *override = get("CNI_NETNS_OVERRIDE");
	struct cni_env env = {0};
	char missing[128] = "";

	if (!*command)
		return cni_fail(err, CNI_EENV, "required env variables [CNI_COMMAND] missing");
	if (find_command(command, &env.command) < 0)
		return cni_fail(err, CNI_EENV, "unknown CNI_COMMAND: %.64s", command);
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *value = get(variables[i].name);
		bool required = variables[i].required & (1U << env.command);
		size_t used = strlen(missing);

		*(const char **)((char *)&env + variables[i].offset) = value;
		if (!*value && required)
			snprintf(missing + used, sizeof(missing) - used, "%s%s", used ? "," : "",
				 variables[i].name);
	}
	if (*missing)
		return cni_fail(err, CNI_EENV, "required env variables [%s] missing", missing);
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (variables[i].check && variables[i].required & (1U << env.command) &&
		    variables[i].check(get(variables[i].name), err) < 0)
			return -1;
	env.netns_override = !strcmp(override, "1") || !strcasecmp(override, "true");
	*ret_env = env;
	return 0;
}
