/* SPDX-License-Identifier: Apache-2.0 */
#include "pod.h"

#include "args.h"
#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIRECTORY "pods"

/* A pod's UID is a UUID; an attachment's name never begins with a dot. */
#define UID_MAX_LENGTH 64

static bool is_uid(const char *text)
{
	static const char characters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	size_t length = strspn(text, characters);

	return length && !text[length] && length <= UID_MAX_LENGTH;
}

/* The link's name, which the caller frees; NULL without a pod. */
static char *name_of(const struct cni_call *call, const char *type)
{
	freeing char *uid = cni_args_get(call->env.args, "K8S_POD_UID");

	if (!uid || !is_uid(uid))
		return NULL;
	return cni_format("%s:%s:%s", uid, type, call->owner.ifname);
}

static char *directory_of(const struct cni_call *call)
{
	return cni_format("/run/cni/" DIRECTORY "/%s", call->owner.network);
}

/* The container that a link names, which the caller frees; NULL if there is no such link, and "" if
 * the target is no container's id: a DEL makes paths of it. */
static char *read_link(int dir, const char *name)
{
	char target[NAME_MAX + 1] = "";
	struct cni_error ignored;

	if (readlinkat(dir, name, target, sizeof(target) - 1) <= 0)
		return NULL;
	return cni_strdup(cni_name_check_container(target, &ignored) < 0 ? "" : target);
}

/* ---- ADD ---- */

static int note(const struct cni_call *call, const char *name, struct cni_error *err)
{
	/* DEL of another pod may remove the directory, with the last link in it. */
	for (int attempt = 0; attempt < 100; attempt++) {
		closing int dir = -1;

		if (cni_attachment_directory(DIRECTORY, call->owner.network, true, &dir, err) < 0)
			return -1;
		if (symlinkat(call->owner.container, dir, name) == 0)
			return 0;
		cni_fail_errno(err, CNI_EIO, errno, "write '%s'", name);
		if (err->errnum != EEXIST && err->errnum != ENOENT)
			return -1;
		unlinkat(dir, name, 0);
	}
	return -1;
}

bool cni_pod_take_over(const struct cni_call *call, const char *type,
		       int (*del)(const struct cni_call *call, struct cni_error *err))
{
	freeing char *name = name_of(call, type);
	freeing char *directory = directory_of(call);
	freeing char *path = NULL;
	freeing char *older = NULL;
	struct cni_call old = *call;
	struct cni_error err;

	if (!name)
		return false;
	path = cni_format("%s/%s", directory, name);
	older = read_link(AT_FDCWD, path);
	if (older && !strcmp(older, call->owner.container))
		return false;
	if (older && *older) {
		old.env.command = CNI_DEL;
		old.env.container = older;
		old.env.netns = "";
		old.owner.container = older;
		old.conf.has_prev_result = false;
		old.conf.prev_result = (struct cni_result){0};
		if (del(&old, &err) < 0)
			fprintf(stderr, "take over from container '%s' of the same pod: %s\n",
				older, err.msg);
	}
	if (note(call, name, &err) == 0)
		return true;
	fprintf(stderr, "note the pod's container: %s\n", err.msg);
	return false;
}

/* ---- DEL and GC ---- */

/* `name` is of a link of the plugin, or a link that tells otherwise. */
static bool is_of(const char *name, const char *type, const char *ifname)
{
	const char *colon = strchr(name, ':');
	freeing char *end = cni_format(":%s:%s", type, ifname);

	return colon && !strcmp(colon, end);
}

/* Calls `goes` for each link of the plugin, and removes those for which it is true. */
static void remove_links(const struct cni_call *call, const char *type,
			 bool (*goes)(const struct cni_call *call, const char *type,
				      const char *name, const char *container))
{
	freeing char *path = directory_of(call);
	DIR *list = opendir(path);
	const struct dirent *entry;

	if (!list)
		return;
	while ((entry = readdir(list))) {
		freeing char *container = read_link(dirfd(list), entry->d_name);

		if (container && goes(call, type, entry->d_name, container))
			unlinkat(dirfd(list), entry->d_name, 0);
	}
	closedir(list);
	/* If it is empty. */
	rmdir(path);
}

static bool is_this_container(const struct cni_call *call, const char *type, const char *name,
			      const char *container)
{
	return is_of(name, type, call->owner.ifname) && !strcmp(container, call->owner.container);
}

void cni_pod_forget(const struct cni_call *call, const char *type)
{
	freeing char *name = name_of(call, type);
	freeing char *directory = directory_of(call);
	freeing char *container = NULL;
	freeing char *path = NULL;

	/* A DEL need not have the arguments of its ADD. */
	if (!name) {
		remove_links(call, type, is_this_container);
		return;
	}
	path = cni_format("%s/%s", directory, name);
	container = read_link(AT_FDCWD, path);
	if (container && !strcmp(container, call->owner.container)) {
		unlink(path);
		rmdir(directory);
	}
}

static bool is_stale(const struct cni_call *call, const char *type, const char *name,
		     const char *container)
{
	const char *ifname = strrchr(name, ':');

	return ifname && is_of(name, type, ifname + 1) &&
	       !cni_owners_has(&call->conf.valid, container, ifname + 1);
}

void cni_pod_collect(const struct cni_call *call, const char *type)
{
	remove_links(call, type, is_stale);
}
