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

/* Those that a process is in, or that are mounted where we can see. census_clear() afterwards. */
struct census census_take(void);

void census_clear(struct census *census);
#define clearing_census __attribute__((cleanup(census_clear)))

/* "alive", "gone", or "unknown". Where numbers are among those of the living and `netns` has a cookie,
 * the process goes there, to see whether it is the very one; where it may not, it counts as alive. */
const char *census_ask(const struct census *census, const struct netns_id *netns);

/* Is anything in it, or is it mounted anywhere we can see? Looks at all processes, so it is for the
 * case that somebody asks twice, not for each ADD. What is not known counts as alive. */
bool netns_id_is_alive(const struct netns_id *netns);

#endif
