/* SPDX-License-Identifier: Apache-2.0 */
/* All about the lease of an attachment, as text: the file below /run/cni/dhcp with which a daemon goes on after
 * another one (base/attachment_file.h), and the content of a request to the daemon. The last line is a digest of
 * those before it: a damaged text is refused. */
#ifndef DHCP_RECORD_H
#define DHCP_RECORD_H

#include "dhcp6_lease.h"
#include "dhcp_lease.h"
#include "dhcp_message.h"
#include "dhcp_place.h"
#include "owner.h"

/* Directories below /run/cni: an attachment may have a lease of each family. */
#define DHCP_RECORDS  "dhcp"
#define DHCP6_RECORDS "dhcp6"

struct dhcp_record {
	uint8_t family; /* AF_INET6: the lease is `six`; otherwise it is `lease`, with `identity` */
	struct dhcp_place place;
	struct dhcp_identity identity;
	struct dhcp_lease lease; /* `terms`, the times, `xid`; the rest is not written */
	struct dhcp6_lease six;
	uint8_t server_mac[CNI_MAC_SIZE];
	bool has_server_mac;
	uint32_t priority; /* of routes; 0: none */
	bool probes;
	char *socket;	/* of the daemon that has the lease */
	uint64_t added; /* when ADD was answered, milliseconds of CLOCK_BOOTTIME; 0: not known */
	char *added_dns; /* the resolver settings that ADD was answered with, as JSON; NULL: not known */
};

void dhcp_record_clear(struct dhcp_record *record);
#define clearing_dhcp_record __attribute__((cleanup(dhcp_record_clear)))

static inline bool dhcp_record_is_six(const struct dhcp_record *record)
{
	return record->family == AF_INET6;
}
/* The result of the lease that is held, without an address if there is none. */
static inline const struct cni_result *dhcp_record_result(const struct dhcp_record *record)
{
	return dhcp_record_is_six(record) ? &record->six.result : &record->lease.terms.result;
}

/* The text, which the caller frees, and back. The decoder writes into `text`, and returns false for a damaged
 * one; the caller clears the record in any case. */
char *dhcp_record_encode(const struct dhcp_record *record);
bool dhcp_record_decode(char *text, struct dhcp_record *ret_record);

/* The file of `owner`, in the directory of the record's family. Fails with CNI_EIO. */
int dhcp_record_write(const struct cni_owner *owner, const struct dhcp_record *record,
		      struct cni_error *err);
/* The lease of IPv4. `*ret_found` is false if there is none, or a damaged one. */
int dhcp_record_read(const struct cni_owner *owner, struct dhcp_record *ret_record, bool *ret_found,
		     struct cni_error *err);
int dhcp_record_remove(const struct cni_owner *owner, struct cni_error *err);
/* The same in a directory, DHCP_RECORDS or DHCP6_RECORDS. */
int dhcp_record_read_in(const char *records, const struct cni_owner *owner,
			struct dhcp_record *ret_record, bool *ret_found, struct cni_error *err);
int dhcp_record_remove_in(const char *records, const struct cni_owner *owner,
			  struct cni_error *err);
/* The directory of the record's family. */
const char *dhcp_record_directory(const struct dhcp_record *record);

/* True if there is a file of the record's family, damaged or not, or if one cannot be looked for. */
bool dhcp_record_may_exist(const struct cni_owner *owner, const struct dhcp_record *record);

#endif
