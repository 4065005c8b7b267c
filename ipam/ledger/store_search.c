/* SPDX-License-Identifier: Apache-2.0 */
/* How often a search that reads all reservations may be repeated. */
#include "store_internal.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* In the sidecar: the second, since the kernel started, from which the next search may begin. */
#define NEXT_SEARCH "next_search"

#define CHEAP_SECONDS 0.25
#define SHARE	      20
#define WAIT_MAX      60

bool store_may_search(const struct store *store)
{
	freeing char *text = NULL;
	struct cni_error ignored;
	uint32_t now = boot_seconds();
	unsigned long next;
	size_t size;

	if (!store || !store->index ||
	    cni_file_read_at(index_dir(store->index), NEXT_SEARCH, false, 64, &text, &size,
			     &ignored) < 0)
		return true;
	next = strtoul(text, NULL, 10);
	/* A later one than any search writes is of an earlier boot. */
	return next <= now || next > now + WAIT_MAX;
}

void store_note_search(struct store *store, double seconds)
{
	double wait = seconds * SHARE;
	freeing char *text = NULL;
	struct cni_error ignored;

	if (!store || !store->index || store->dir.lock < 0 || seconds < CHEAP_SECONDS)
		return;
	text = cni_format("%.0f", boot_seconds() + (wait < WAIT_MAX ? wait : WAIT_MAX));
	cni_file_replace_at(index_dir(store->index), NEXT_SEARCH, text, strlen(text), &ignored);
}
