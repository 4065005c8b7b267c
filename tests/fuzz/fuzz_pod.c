/* SPDX-License-Identifier: Apache-2.0 */
/* The links that say which container of a pod has an attachment. A line of the input is a link's
 * name, a blank and its target. An ADD takes over only from
 * what may be a container's id, and only by the pod's own link; DEL and GC leave the links of others. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "names.h"
#include "pod.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define DIRECTORY "/run/cni/pods/blue"
#define POD	  "11:portmap:eth0" /* the link of the call below */

static struct cni_call call = {
	.env = {.container = "c1", .ifname = "eth0", .args = "IgnoreUnknown=1;K8S_POD_UID=11"},
	.owner = {"blue", "c1", "eth0"},
};

/* A link that is another pod's, whatever the input says. */
static const char other[] = DIRECTORY "/22:portmap:eth0";

/* The container whose DEL was run; check_take_over() frees. */
static char *taken;

static int take(const struct cni_call *old, struct cni_error *err)
{
	if (taken || strcmp(old->owner.container, old->env.container) != 0 ||
	    cni_name_check_container(old->env.container, err) < 0)
		abort();
	taken = cni_strdup(old->env.container);
	return 0;
}

/* The target, which the caller frees; NULL if there is no such link. */
static char *target_of(const char *path)
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target));

	return size < 0 ? NULL : cni_strndup(target, (size_t)size);
}

/* With a target a link, without one an empty file, as long as there is none of the name. */
static void make_entry(const char *name, const char *target)
{
	freeing char *path = cni_format(DIRECTORY "/%s", name);
	struct stat st;

	if (!*name || strchr(name, '/') || strlen(name) > NAME_MAX || lstat(path, &st) == 0)
		return;
	if (!target)
		fuzz_put(path, "", 0);
	else if (symlink(target, path) < 0 && *target && strlen(target) < PATH_MAX)
		abort();
}

static void make_links(char *text)
{
	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		const char *name = strsep(&line, " ");

		make_entry(name, line);
	}
	unlink(other);
	if (symlink("c2", other) < 0)
		abort();
}

static void check_take_over(void)
{
	freeing char *before = target_of(DIRECTORY "/" POD);
	freeing char *after = NULL;
	bool noted = cni_pod_take_over(&call, "portmap", take);

	after = target_of(DIRECTORY "/" POD);
	if (taken && (!before || strcmp(before, taken) != 0))
		abort();
	if (!after || strcmp(after, "c1") != 0 || noted != (!before || strcmp(before, "c1") != 0))
		abort();
	free(take_ptr(taken));
}

/* With the pod's arguments, or without. */
static void check_forget(const char *args)
{
	freeing char *left = NULL;

	call.env.args = args;
	cni_pod_forget(&call, "portmap");
	call.env.args = "IgnoreUnknown=1;K8S_POD_UID=11";
	left = target_of(DIRECTORY "/" POD);
	if (left || access(DIRECTORY, F_OK) < 0)
		abort();
}

static void check_collect(void)
{
	struct cni_owner items[] = {{"blue", "c2", "eth0"}};
	freeing char *kept = NULL;
	struct dirent **names = NULL;
	int count;

	call.conf.valid = (struct cni_owners){.items = items, .count = 1};
	cni_pod_collect(&call, "portmap");
	kept = target_of(other);
	if (!kept || strcmp(kept, "c2") != 0)
		abort();
	call.conf.valid.count = 0;
	cni_pod_collect(&call, "portmap");
	count = scandir(DIRECTORY, &names, NULL, NULL);
	for (int i = 0; i < count; i++) {
		freeing char *path = cni_format(DIRECTORY "/%s", names[i]->d_name);
		freeing char *target = target_of(path);
		const char *end = strchr(names[i]->d_name, ':');

		/* None of an attachment of this plugin is left. */
		if (target && end && !strncmp(end, ":portmap:", 9) && !strchr(end + 9, ':'))
			abort();
		free(names[i]);
	}
	free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int has_args = fuzz_choose(&data, &size, 2);
	freeing char *text = fuzz_text(data, size);

	fuzz_begin(DIRECTORY);
	make_links(text);
	check_take_over();
	check_forget(has_args ? call.env.args : "");
	check_collect();
	return 0;
}
