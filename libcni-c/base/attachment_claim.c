/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment_claim.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char claims[] = ".claims";
static const char more[] = ".more";

static char *target_of(const struct cni_owner *owner)
{
	return cni_format("../%s/%s:%s", owner->network, owner->container, owner->ifname);
}

int cni_attachment_claim(const char *plugin, const char *key, const struct cni_owner *owner,
			 struct cni_error *err)
{
	freeing char *target = target_of(owner);

	/* Another process may claim the key at the same time; and the directory may be removed
	 * with the last claim in it. */
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

/* ---- several that have a key ---- */

/* The name of a link only has to differ from those of other owners. */
static char *name_beside(const struct cni_owner *owner)
{
	struct cni_owner made = cni_owner_make(owner->network, owner->container, owner->ifname);

	return cni_strdup(made.key);
}

static char *directory_of(const char *key)
{
	return cni_format("%s%s", key, more);
}

/* The claim of the link `name` in `dir`, whose target has `up` in front of that of `owner`. */
static enum cni_claim claim_of(int dir, const char *name, const char *up,
			       const struct cni_owner *owner)
{
	freeing char *ours = target_of(owner);
	char target[PATH_MAX] = "";

	if (readlinkat(dir, name, target, sizeof(target) - 1) < 0)
		return CNI_CLAIM_NOBODYS;
	if (!strncmp(target, up, strlen(up)) && !strcmp(target + strlen(up), ours))
		return CNI_CLAIM_OURS;
	return faccessat(dir, target, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? CNI_CLAIM_ANOTHERS
								      : CNI_CLAIM_NOBODYS;
}

/* Lists the claims beside the first one's; NULL if there are none. */
static DIR *open_beside(int dir, const char *key)
{
	freeing char *name = directory_of(key);
	closing int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (list)
		take_fd(&fd);
	return list;
}

static enum cni_claim claimed_in(int dir, const char *key, const struct cni_owner *owner)
{
	unsigned int claim = claim_of(dir, key, "", owner);
	const struct dirent *entry;
	DIR *list = open_beside(dir, key);

	while (list && (entry = readdir(list)))
		claim |= claim_of(dirfd(list), entry->d_name, "../", owner);
	if (list)
		closedir(list);
	return claim;
}

static int claim_beside(int dir, const char *key, const struct cni_owner *owner)
{
	freeing char *directory = directory_of(key);
	freeing char *ours = target_of(owner);
	freeing char *target = cni_format("../%s", ours);
	freeing char *name = name_beside(owner);
	closing int fd = -1;

	if (mkdirat(dir, directory, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = openat(dir, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (symlinkat(target, fd, name) < 0 && errno != EEXIST))
		return -1;
	return 0;
}

int cni_attachment_claim_beside(const char *plugin, const char *key, const struct cni_owner *owner,
				struct cni_error *err)
{
	/* The directory may be removed with the last claim in it. */
	for (int attempt = 0; attempt < 100; attempt++) {
		closing int dir = -1;

		if (cni_attachment_directory(plugin, claims, false, &dir, err) < 0 ||
		    claim_of(dir, key, "", owner) != CNI_CLAIM_ANOTHERS)
			return cni_attachment_claim(plugin, key, owner, err);
		if (claim_beside(dir, key, owner) == 0)
			return 0;
		cni_fail_errno(err, CNI_EIO, errno, "claim '%s' in /run/cni/%s/%s", key, plugin,
			       claims);
		if (err->errnum != ENOENT)
			return -1;
	}
	return -1;
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

/* "../blue/4f1c…:eth0", in place. False for a text that is not ours. */
static bool parse_target(char *target, struct cni_owner *ret_owner)
{
	char *rest = target + strlen("../");
	char *container;

	if (strncmp(target, "../", strlen("../")) != 0)
		return false;
	ret_owner->network = strsep(&rest, "/");
	container = strsep(&rest, ":");
	ret_owner->container = container;
	ret_owner->ifname = rest;
	return rest && *ret_owner->network && *container && *rest && !strpbrk(rest, "/:");
}

static void add_claim(struct cni_attachment_claims *list, int dir, const char *name, const char *up,
		      const char *key, const char *network)
{
	struct cni_attachment_claim claim = {.key = NULL};
	char target[PATH_MAX] = "";

	if (readlinkat(dir, name, target, sizeof(target) - 1) < 0 ||
	    strncmp(target, up, strlen(up)) != 0)
		return;
	claim.target = cni_strdup(target + strlen(up));
	if (!parse_target(claim.target, &claim.owner) ||
	    strcmp(claim.owner.network, network) != 0) {
		free(claim.target);
		return;
	}
	claim.key = cni_strdup(key);
	if ((list->count & (list->count - 1)) == 0)
		list->items = cni_realloc_array(list->items, list->count ? list->count * 2 : 1,
						sizeof(*list->items));
	list->items[list->count++] = claim;
}

/* Adds the claims of a directory beside the first one's link. */
static void add_claims_beside(struct cni_attachment_claims *list, int dir, const char *name,
			      const char *network)
{
	size_t length = strlen(name);
	freeing char *key = NULL;
	const struct dirent *entry;
	DIR *beside;

	if (length <= strlen(more) || strcmp(name + length - strlen(more), more) != 0)
		return;
	key = cni_strndup(name, length - strlen(more));
	beside = open_beside(dir, key);
	while (beside && (entry = readdir(beside)))
		add_claim(list, dirfd(beside), entry->d_name, "../", key, network);
	if (beside)
		closedir(beside);
}

int cni_attachment_claims(const char *plugin, const char *network,
			  struct cni_attachment_claims *ret_claims, struct cni_error *err)
{
	const struct dirent *entry;
	closing int dir = -1;
	DIR *list;

	*ret_claims = (struct cni_attachment_claims){.items = NULL};
	if (cni_attachment_directory(plugin, claims, false, &dir, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	list = fdopendir(dir);
	if (!list)
		return cni_fail_errno(err, CNI_EIO, errno, "list '/run/cni/%s/%s'", plugin, claims);
	take_fd(&dir);
	while ((entry = readdir(list))) {
		add_claim(ret_claims, dirfd(list), entry->d_name, "", entry->d_name, network);
		add_claims_beside(ret_claims, dirfd(list), entry->d_name, network);
	}
	closedir(list);
	return 0;
}

void cni_attachment_claims_clear(struct cni_attachment_claims *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].key);
		free(list->items[i].target);
	}
	free(list->items);
	*list = (struct cni_attachment_claims){.items = NULL};
}

static void unclaim_beside(int dir, const char *key, const struct cni_owner *owner)
{
	freeing char *directory = directory_of(key);
	const struct dirent *entry;
	DIR *list = open_beside(dir, key);

	if (!list)
		return;
	while ((entry = readdir(list)))
		if (claim_of(dirfd(list), entry->d_name, "../", owner) != CNI_CLAIM_ANOTHERS)
			unlinkat(dirfd(list), entry->d_name, 0);
	closedir(list);
	unlinkat(dir, directory, AT_REMOVEDIR);
}

void cni_attachment_unclaim(const char *plugin, const char *key, const struct cni_owner *owner)
{
	freeing char *path = cni_format("/run/cni/%s/%s", plugin, claims);
	struct cni_error ignored;
	closing int dir = -1;

	if (cni_attachment_directory(plugin, claims, false, &dir, &ignored) < 0)
		return;
	if (claim_of(dir, key, "", owner) != CNI_CLAIM_ANOTHERS)
		unlinkat(dir, key, 0);
	unclaim_beside(dir, key, owner);
	rmdir(path);
}
