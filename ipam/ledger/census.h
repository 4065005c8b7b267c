/* SPDX-License-Identifier: Apache-2.0 */
/* All network namespaces that are alive at one moment. */
#ifndef HOST_LOCAL_CENSUS_H
#define HOST_LOCAL_CENSUS_H

#include "netns_id.h"

#include <stdbool.h>
#include <stddef.h>

struct census {
	struct census_item {
		struct netns_id netns; /* without a cookie: see census_ask() */
		char *path;	       /* that leads there */
	} * items;		       /* sorted */
	size_t count;
	bool is_whole; /* /proc could be read */
};

/* Collects the namespaces that a process is in or that are mounted where we can see.
 * census_clear() afterwards. */
struct census census_take(void);

/* Also the namespaces that are mounted where another process can see, or open in a process. `is_whole` is false
 * if one process could not be looked at, or if the caller does not see all processes of the host. For the
 * question whether an address may go to another container: it costs some milliseconds, with many
 * processes some tens. */
struct census census_take_thorough(void);

void census_clear(struct census *census);
#define clearing_census __attribute__((cleanup(census_clear)))

/* "alive", "gone", or "unknown". If a living namespace has the numbers and `netns` has a cookie,
 * the process enters the namespace to compare cookies; a namespace that may not be entered
 * counts as alive. */
const char *census_ask(const struct census *census, const struct netns_id *netns);

/* True if a process is in the namespace, or a mount of it is visible. Looks at all processes, so
 * this is for repeated requests, not for each ADD. An unknown state counts as alive. */
bool netns_id_is_alive(const struct netns_id *netns);

#endif
