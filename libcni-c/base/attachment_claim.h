/* SPDX-License-Identifier: Apache-2.0 */
/* Which attachment has a thing that bears no owner itself, such as an address in a rule of
 * iptables: a link in a directory of claims, which leads to the attachment's file.
 *
 *	/run/cni/firewall/.claims/10.1.0.7 -> ../blue/4f1c…:eth0
 *
 * The last one to claim has it. A link to a file that is no more counts for nothing. */
#ifndef CNI_ATTACHMENT_CLAIM_H
#define CNI_ATTACHMENT_CLAIM_H

#include "error.h"
#include "owner.h"

#include <stddef.h>

enum cni_claim { CNI_CLAIM_NOBODYS, CNI_CLAIM_OURS, CNI_CLAIM_ANOTHERS };

/* `owner`, which has an attachment file of `plugin`, now has `key`, a file's name. Fails with
 * CNI_EIO. */
int cni_attachment_claim(const char *plugin, const char *key, const struct cni_owner *owner,
			 struct cni_error *err);

/* Whose is it, seen from `owner`? What cannot be read is nobody's. */
enum cni_claim cni_attachment_claimed(const char *plugin, const char *key,
				      const struct cni_owner *owner);

/* All claims of attachments of `network`, whether or not their files are there: what is left to say
 * what an attachment has whose file is lost. The caller frees with cni_attachment_claims_clear().
 * None is success. Fails with CNI_EIO. */
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

/* Removes the claim if it is the owner's, or leads nowhere. */
void cni_attachment_unclaim(const char *plugin, const char *key, const struct cni_owner *owner);

#endif
