/* SPDX-License-Identifier: Apache-2.0 */
/* A device of the host that an attachment has, as it was on the host: below /run/cni/host-device
 * (base/attachment_file.h), written before the device is moved and removed when it is back.
 *
 *	name enp3s0
 *	request pciBusID 0000:03:00.0
 *	bus pci
 *	device 0000:03:00.0
 *	permanent 0a:58:0a:f4:00:02
 *	index 5
 *	mac 0a:58:0a:f4:00:02
 *	mtu 9000
 *	up yes
 *	message 20 0218…
 *	netns /run/netns/red
 *	cookie 4711
 *	digest 5f3b…
 *
 * Lines without a value are left out. A "message" is an address or a route (net/link_backup.h). The digest
 * (base/seal.h) detects a damaged record.
 *
 * Hardware is claimed as well (base/attachment_claim.h): a device that is back on the host without a DEL has
 * a claim that leads to the record. */
#ifndef CNI_MOVED_LINK_RECORD_H
#define CNI_MOVED_LINK_RECORD_H

#include "decls.h"
#include "device.h"
#include "link_backup.h"
#include "link_names.h"
#include "link_settings.h"
#include "owner.h"

CNI_BEGIN_DECLS

#define CNI_MOVED_LINK_PLUGIN "host-device"

/* All zeroes is none. */
struct cni_moved_link_record {
	struct cni_device_id id;
	char name[CNI_IFNAME_SIZE];
	char master[CNI_IFNAME_SIZE]; /* of the bridge or bond; "": none */
	char alias[256];
	struct cni_link_names second_names;
	char *request; /* key and value */
	struct cni_link_settings settings;
	bool is_up;
	struct cni_link_backup backup;
	char *netns;	 /* the path; NULL: not known */
	uint64_t cookie; /* of the namespace; 0: not known */
};

/* Frees what the record holds. */
void cni_moved_link_record_clear(struct cni_moved_link_record *record);
#define clearing_moved_link __attribute__((cleanup(cni_moved_link_record_clear)))

/* The text of the file, which the caller frees, and back. cni_moved_link_record_decode() writes into `text`, and
 * returns false for a damaged one; the caller clears the record in any case. */
char *cni_moved_link_record_encode(const struct cni_moved_link_record *record);
bool cni_moved_link_record_decode(char *text, struct cni_moved_link_record *ret_record);

/* The file of `owner`, and the claim. Fails with CNI_EIO, or CNI_ECONFIG if there are more addresses and
 * routes than a record may hold. */
int cni_moved_link_record_write(const struct cni_owner *owner,
				const struct cni_moved_link_record *record, struct cni_error *err);
/* `*ret_found` is false if there is none, or a damaged one. Fails with CNI_EIO. */
int cni_moved_link_record_read(const struct cni_owner *owner,
			       struct cni_moved_link_record *ret_record, bool *ret_found,
			       struct cni_error *err);
/* `record` says which claim goes; an empty one: none. Fails with CNI_EIO. */
int cni_moved_link_record_remove(const struct cni_owner *owner,
				 const struct cni_moved_link_record *record, struct cni_error *err);

/* True if an attachment, of `owner` or another, has the record of this hardware. */
bool cni_moved_link_is_claimed(const struct cni_device_id *id, const struct cni_owner *owner);

CNI_END_DECLS

#endif
