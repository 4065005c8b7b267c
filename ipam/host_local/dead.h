/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations of this boot whose holder is known to be dead. For an ADD that finds nothing else. */
#ifndef HOST_LOCAL_DEAD_H
#define HOST_LOCAL_DEAD_H

#include "span.h"
#include "store.h"

#include <stdbool.h>

/* Finds the first address of `spans` whose reservation was made in this boot for a network namespace that is
 * certainly gone: the record has its numbers, no process is in it, has it open or sees a mount of it, which two
 * looks agree on, and no link of the host is the attachment's. A reservation of which the record does not say
 * enough (the Go plugin's) is never found, nor is any where not all processes can be looked at. `store` may be
 * NULL: then nothing is reserved. */
bool dead_find(struct store *store, const struct place *place, const struct span_list *spans,
	       struct cni_ip *ret_ip);

#endif
