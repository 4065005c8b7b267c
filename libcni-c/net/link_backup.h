/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and routes of a link, which it loses when it leaves its network namespace. They are kept as the
 * kernel's own messages, so that scopes, labels, lifetimes, metrics and tables come back as well. */
#ifndef CNI_LINK_BACKUP_H
#define CNI_LINK_BACKUP_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* All zeroes is an empty one. */
struct cni_link_backup {
	struct cni_link_backup_item {
		uint16_t type; /* RTM_NEWADDR, RTM_NEWROUTE */
		size_t size;
		uint8_t *bytes; /* the struct and its attributes */
	} * items;		/* addresses come first */
	size_t count;
	bool has_default_route; /* of the table main, in any family */
};

/* Reads those of the link `index`. Left out is what the kernel makes by itself or learns from routers, and
 * routes with several next hops. Fails with CNI_EKERNEL. The caller clears, also after a failure. */
int cni_link_backup_read(struct cni_nl *nl, int index, struct cni_link_backup *ret_backup,
			 struct cni_error *err);
/* Frees what the backup holds. */
void cni_link_backup_clear(struct cni_link_backup *backup);

/* Gives them to the link `index`, which should be up. Goes on after a failure; what is there counts as
 * success. Fails with CNI_EKERNEL: the first failure. */
int cni_link_backup_put_back(struct cni_nl *nl, int index, const struct cni_link_backup *backup,
			     struct cni_error *err);

/* A number of an item and its bytes as text, which the caller frees; and back: false if the text is none. */
char *cni_link_backup_encode(const struct cni_link_backup_item *item);
bool cni_link_backup_decode(const char *text, struct cni_link_backup *backup);

CNI_END_DECLS

#endif
