/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of plugins by runtimes as they were recorded, environment included, and what the plugins
 * answered: tests/fixtures/pod-calls.jsonl (loopback and tuning, answered by the Go plugins) and
 * tests/fixtures/replayed-calls.jsonl (kubelet, CRI-O, nerdctl, BuildKit, buildah, apptainer). */
#ifndef RECORDED_H
#define RECORDED_H

#include "plugin.h"

#include <stddef.h>

struct recorded {
	const char *runtime;	 /* "podman 4.3.1" */
	struct plugin_call call; /* but for the executable */
	int rc;			 /* the exit code of then */
	const char *theirs;	 /* CNI_NETNS as it was recorded */
	const cJSON *input;	 /* stdin; a string if it was empty */
	const cJSON *answer;	 /* stdout; a string if it was empty */
	const char
		*prev_ifname; /* of the container's interface in prevResult; NULL: no prevResult */
	const char *prev_mac; /* its MAC */
};

/* Calls `check` for each call of `plugin` in this file of tests/fixtures. Where a call names a namespace
 * by a path, it names the one at `netns` instead. There must be some. Returns how many. */
size_t recorded_each(const char *fixture, const char *plugin, const char *netns,
		     void (*check)(const struct recorded *recorded));

#endif
