/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace of an attachment that has no end on the host, written down before its interface is made:
 * below /run/cni/netns (base/attachment_file.h).
 *
 *	path /run/netns/red
 *	cookie 4711
 *	digest 5f3b…
 *
 * GC, and DEL without CNI_NETNS, find the interface by it while the namespace lives. The digest (base/seal.h)
 * detects a damaged record. */
#ifndef CNI_NETNS_RECORD_H
#define CNI_NETNS_RECORD_H

#include "decls.h"
#include "error.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

#define CNI_NETNS_RECORD_PLUGIN "netns"

struct cni_netns_record {
	char *path;	 /* NULL: not known */
	uint64_t cookie; /* see netns_cookie.h */
};

/* Frees what the record holds. */
void cni_netns_record_clear(struct cni_netns_record *record);
#define clearing_netns_record __attribute__((cleanup(cni_netns_record_clear)))

/* The text of the file, which the caller frees, and back. cni_netns_record_decode() writes into `text`, and returns
 * false for a damaged one; the caller clears the record in any case. */
char *cni_netns_record_encode(const struct cni_netns_record *record);
bool cni_netns_record_decode(char *text, struct cni_netns_record *ret_record);

/* Fails with CNI_EIO. A record without path or cookie (before Linux 5.14) is not written: it would lead nowhere. */
int cni_netns_record_write(const struct cni_owner *owner, const struct cni_netns_record *record,
			   struct cni_error *err);

/* `ret_record` has no path if there is no record, or a damaged one. Fails with CNI_EIO. */
int cni_netns_record_read(const struct cni_owner *owner, struct cni_netns_record *ret_record,
			  struct cni_error *err);

/* Opens a socket of rtnetlink in the namespace of the record. `*ret_is_there` is false, and the socket closed, if
 * the path leads there no more, or the record is empty: nothing else does, and the namespace counts as gone. Fails
 * with CNI_EKERNEL or CNI_EENV if that cannot be found out. */
int cni_netns_record_open(const struct cni_netns_record *record, struct cni_nl *ret_nl,
			  bool *ret_is_there, struct cni_error *err);

CNI_END_DECLS

#endif
