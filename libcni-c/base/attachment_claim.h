/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment that has a thing without an owner of its own, such as an address in a rule of
 * iptables: a link in a directory of claims leads to the attachment's file.
 *
 *	/run/cni/firewall/.claims/10.1.0.7 -> ../blue/4f1c…:eth0
 *
 * The last attachment to claim a key has it. A link to a missing file is ignored. Attachments that have a key together
 * have links in a directory beside the first one's:
 *
 *	/run/cni/firewall/.claims/10.1.0.7.more/veth0a1b2c3d4e5 -> ../../green/77ab…:eth0 */
#ifndef CNI_ATTACHMENT_CLAIM_H
#define CNI_ATTACHMENT_CLAIM_H

#include "error.h"
#include "owner.h"

#include <stddef.h>

enum cni_claim {
	CNI_CLAIM_NOBODYS = 0,
	CNI_CLAIM_OURS = 1,
	CNI_CLAIM_ANOTHERS = 2,
	CNI_CLAIM_SHARED = CNI_CLAIM_OURS | CNI_CLAIM_ANOTHERS,
};

/* `owner`, which has an attachment file of `plugin`, now has `key`, a file's name. Fails with
 * CNI_EIO. */
int cni_attachment_claim(const char *plugin, const char *key, const struct cni_owner *owner,
			 struct cni_error *err);

/* The same, but an attachment that has the key keeps it as well. */
int cni_attachment_claim_beside(const char *plugin, const char *key, const struct cni_owner *owner,
				struct cni_error *err);

/* Returns the key's holder, as seen from `owner`. An unreadable claim has no holder. */
enum cni_claim cni_attachment_claimed(const char *plugin, const char *key,
				      const struct cni_owner *owner);

/* Lists all claims of attachments of `network`, even if an attachment's file is lost: only the
 * claims then show its keys. The caller frees with cni_attachment_claims_clear(). No claim is
 * success. Fails with CNI_EIO. */
struct cni_attachment_claims {
	struct cni_attachment_claim {
		char *key;
		char *target; /* the text that the owner's names point into */
		struct cni_owner owner;
	} * items;
	size_t count;
};
int cni_attachment_claims(const char *plugin, const char *network,
			  struct cni_attachment_claims *ret_claims, struct cni_error *err);
void cni_attachment_claims_clear(struct cni_attachment_claims *list);
#define clearing_claims __attribute__((cleanup(cni_attachment_claims_clear)))

/* Removes the owner's claim, and one that leads nowhere. */
void cni_attachment_unclaim(const char *plugin, const char *key, const struct cni_owner *owner);

#endif
