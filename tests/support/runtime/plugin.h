/* SPDX-License-Identifier: Apache-2.0 */
/* Driving an executable as a runtime does: environment and stdin in; exit code, stdout and stderr
 * out.
 *
 *	struct plugin_answer answer = plugin_run(&(struct plugin_call){
 *		.plugin = CNI_C_BINARY_DIR "/ipam/host-local", .command = "ADD",
 *		.container = "c1", .netns = "/run/netns/c1", .ifname = "eth0", .config = text});
 *
 *	plugin_assert_success(&answer);
 *	... cni_json_get(answer.json, "ips") ...
 *	plugin_answer_clear(&answer);
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* NULL members are not set in the plugin's environment. The plugin inherits nothing of ours but
 * PATH and the sanitizers' options. */
struct plugin_call {
	const char *plugin;    /* the executable's path */
	const char *command;   /* CNI_COMMAND */
	const char *container; /* CNI_CONTAINERID */
	const char *netns;     /* CNI_NETNS */
	const char *ifname;    /* CNI_IFNAME */
	const char *args;      /* CNI_ARGS */
	const char *path;      /* CNI_PATH; NULL: /opt/cni/bin, where nothing need be */
	const char *config;    /* its stdin; NULL: nothing to read */
	size_t config_size;    /* bytes of `config` when it is not a C string; 0: up to its NUL */
	const char *const *environment; /* more "NAME=value", ending in NULL; may be NULL */
	const char *const *arguments;	/* argv[1] and on, ending in NULL; may be NULL */
};

struct plugin_answer {
	int exit_code; /* or 128 and the signal that ended it */
	char *out;     /* what it printed on stdout, terminated */
	char *err;     /* and on stderr */
	cJSON *json;   /* `out` parsed; NULL if it is not JSON */
};

/* A plugin that is running: for many at once. */
struct plugin_process {
	pid_t pid;
	int out;
	int err;
};

/* Starts it and returns; a failure to start fails the test. plugin_finish() must follow. */
struct plugin_process plugin_start(const struct plugin_call *call);

/* Waits until it has ended. */
struct plugin_answer plugin_finish(struct plugin_process *process);

/* Both. */
struct plugin_answer plugin_run(const struct plugin_call *call);

void plugin_answer_clear(struct plugin_answer *answer);

/* Fails the test unless it exited with 0; what it printed is shown then. */
void plugin_assert_success(const struct plugin_answer *answer);

/* Fails the test unless it exited with 1, said `code`, and its msg or details hold `text` (NULL:
 * any). */
void plugin_assert_error(const struct plugin_answer *answer, int code, const char *text);

/* Runs and asserts in one statement, for the many calls whose answer is not looked at further. */
void plugin_succeeds(const struct plugin_call *call);
void plugin_fails(const struct plugin_call *call, int code, const char *text);

#endif
