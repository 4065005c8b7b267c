/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment_claim.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char claims[] = ".claims";

static char *target_of(const struct cni_owner *owner)
{
	return cni_format("../%s/%s:%s", owner->network, owner->container, owner->ifname);
}

int cni_attachment_claim(const char *plugin, const char *key, const struct cni_owner *owner,
			 struct cni_error *err)
{
	freeing char *target = target_of(owner);

	/* Somebody else may claim it at the same time; and the directory may go, with the last
	 * claim in it. */
	for (int attempt = 0; attempt < 100; attempt++) {
		closing int dir = -1;

		if (cni_attachment_directory(plugin, claims, true, &dir, err) < 0) {
			if (err->errnum != ENOENT)
				return -1;
			continue;
		}
		if (symlinkat(target, dir, key) == 0)
			return 0;
		cni_fail_errno(err, CNI_EIO, errno, "claim '%s' in /run/cni/%s/%s", key, plugin,
			       claims);
		if (err->errnum != EEXIST && err->errnum != ENOENT)
			return -1;
		unlinkat(dir, key, 0);
	}
	return -1;
}

static enum cni_claim claimed_in(int dir, const char *key, const struct cni_owner *owner)
{
	freeing char *ours = target_of(owner);
	char target[PATH_MAX] = "";

	if (readlinkat(dir, key, target, sizeof(target) - 1) < 0)
		return CNI_CLAIM_NOBODYS;
	if (!strcmp(target, ours))
		return CNI_CLAIM_OURS;
	return faccessat(dir, target, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? CNI_CLAIM_ANOTHERS
								      : CNI_CLAIM_NOBODYS;
}

enum cni_claim cni_attachment_claimed(const char *plugin, const char *key,
				      const struct cni_owner *owner)
{
	struct cni_error ignored;
	closing int dir = -1;

	if (cni_attachment_directory(plugin, claims, false, &dir, &ignored) < 0)
		return CNI_CLAIM_NOBODYS;
	return claimed_in(dir, key, owner);
}

void cni_attachment_unclaim(const char *plugin, const char *key, const struct cni_owner *owner)
{
	freeing char *path = cni_format("/run/cni/%s/%s", plugin, claims);
	struct cni_error ignored;
	closing int dir = -1;

	if (cni_attachment_directory(plugin, claims, false, &dir, &ignored) < 0)
		return;
	if (claimed_in(dir, key, owner) != CNI_CLAIM_ANOTHERS)
		unlinkat(dir, key, 0);
	rmdir(path);
}
