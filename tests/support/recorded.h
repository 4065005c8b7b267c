/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes have asked of loopback and tuning and what the Go plugins have answered,
 * environment included: tests/fixtures/pod-calls.jsonl. */
#ifndef RECORDED_H
#define RECORDED_H

#include "plugin.h"

struct recorded {
	const char *runtime;	 /* "podman 4.3.1" */
	struct plugin_call call; /* but for the executable */
	const cJSON *input;	 /* stdin */
	const cJSON *answer;	 /* stdout; a string if it was empty */
	const char
		*prev_ifname; /* of the container's interface in prevResult; NULL: no prevResult */
	const char *prev_mac; /* its MAC */
};

/* Calls `check` for each call of `plugin`. Where a call names a namespace, it names the one at
 * `netns` instead. There must be some. */
void recorded_each(const char *plugin, const char *netns,
		   void (*check)(const struct recorded *recorded));

#endif
