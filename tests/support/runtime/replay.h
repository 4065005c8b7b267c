/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded call (recorded.h) made again: on a host of its own, with a namespace that is reached
 * by a path of the same kind, and a container that is attached as the call's prevResult says. A
 * single call runs at a time. Failures fail the test, and show the recorded call. */
#ifndef REPLAY_H
#define REPLAY_H

#include "plugin.h"
#include "recorded.h"

#include <stdbool.h>

/* recorded_each() puts this in the place of the recorded namespace. */
#define REPLAY_NETNS "/run/netns/red"

/* The plugin and the call since replay_begin(). */
extern const char *replay_plugin;
extern const struct recorded *replay_recorded;

/* A fresh host (bridge.h) with the namespace "red", and BuildKit's names of the plugins. 0 or -1. */
int replay_begin(const char *plugin, const struct recorded *call);
int replay_end(void);

bool replay_is_ipam(void);
bool replay_is_bridge(void);
/* It makes the container's interface: bridge, ptp, macvlan, ipvlan. */
bool replay_is_interface(void);
/* Neither of these, nor loopback: it needs a prevResult. */
bool replay_is_chained(void);

/* The plugin's path; the caller frees. */
char *replay_executable(void);

/* `text`, or `other` if it is NULL or empty. */
const char *replay_or_else(const char *text, const char *other);

/* Runs the plugin as in the recording, but for command and configuration (NULL: the recorded one). */
struct plugin_answer replay_ask(const char *command, const cJSON *config);
/* It exits with 0 and prints nothing; `what` says when. */
void replay_succeeds(const char *what, const char *command, const cJSON *config);
_Noreturn void replay_fail(const char *what, const struct plugin_answer *answer);

/* Attaches a container by bridge and static as `prev` says (NULL: as any), and returns what bridge
 * answered. The caller frees. */
cJSON *replay_attach(const cJSON *prev, const char *container, const char *path);

/* The configuration with which the plugin's ADD is called, with what is true here as its prevResult.
 * *ret_is_attached: replay_attach() was called for it. The caller frees. */
cJSON *replay_config_of_add(bool *ret_is_attached);

/* A container's attachment, by the plugin of the call. */
struct replay_attachment {
	cJSON *config; /* of its ADD */
	cJSON *answer;
	char *before; /* the host before it */
};

/* ADD before another verb. replay_forget() must follow. */
void replay_add_before(struct replay_attachment *attachment);
void replay_forget(struct replay_attachment *attachment);

/* The configuration of the recorded call, with what is true here as its prevResult if it had one. The
 * caller frees. */
cJSON *replay_config_of_call(const struct replay_attachment *attachment);

#endif
