/* SPDX-License-Identifier: Apache-2.0 */
#include "census.h"

#include "cleanup.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define HOST_PID_NAMESPACE 0xeffffffcU

static int compare_numbers(const struct netns_id *one, const struct netns_id *other)
{
	if (one->ino != other->ino)
		return one->ino < other->ino ? -1 : 1;
	return one->dev == other->dev ? 0 : one->dev < other->dev ? -1 : 1;
}

static int compare(const void *a, const void *b)
{
	const struct census_item *one = a;
	const struct census_item *other = b;

	return compare_numbers(&one->netns, &other->netns);
}

static void add(struct census *census, size_t *room, const struct netns_id *netns, const char *path)
{
	/* Most processes are where the one before is. */
	if (census->count && compare_numbers(&census->items[census->count - 1].netns, netns) == 0)
		return;
	if (census->count == *room) {
		*room = *room ? *room * 2 : 64;
		census->items = cni_realloc_array(census->items, *room, sizeof(*census->items));
	}
	census->items[census->count++] =
		(struct census_item){.netns = *netns, .path = cni_strdup(path)};
}

/* A process that has ended meanwhile has neither namespaces nor descriptors. */
static bool has_ended(int errnum)
{
	return errnum == ENOENT || errnum == ESRCH || errnum == EINVAL;
}

/* proc(5): a blank is "\\040" in there. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++)
		if (*from == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
			from += 4;
		} else {
			*to = *from++;
		}
	*to = '\0';
}

/* proc(5): "36 35 0:4 net:[4026532281] /run/netns/red …". */
static bool read_mount(char *line, struct netns_id *ret_netns, const char **ret_path)
{
	char *words[5] = {NULL};
	char *rest = line;
	char *end;
	unsigned long major_number;

	for (size_t i = 0; i < 5 && rest; i++)
		words[i] = strsep(&rest, " ");
	if (!words[4] || strncmp(words[3], "net:[", 5) != 0)
		return false;
	major_number = strtoul(words[2], &end, 10);
	if (*end != ':')
		return false;
	*ret_netns = (struct netns_id){
		.dev = makedev((unsigned int)major_number,
			       (unsigned int)strtoul(end + 1, NULL, 10)),
		.ino = strtoumax(words[3] + 5, NULL, 10),
	};
	unescape(words[4]);
	*ret_path = words[4];
	return netns_id_is_known(ret_netns);
}

static void add_mounted(struct census *census, size_t *room, const char *mountinfo)
{
	FILE *mounts = fopen(mountinfo, "re");
	freeing char *line = NULL;
	size_t size = 0;

	if (!mounts) {
		census->is_whole &= has_ended(errno);
		return;
	}
	while (getline(&line, &size, mounts) >= 0) {
		struct netns_id netns;
		const char *path;

		if (read_mount(line, &netns, &path))
			add(census, room, &netns, path);
	}
	if (ferror(mounts))
		census->is_whole &= has_ended(errno);
	fclose(mounts);
}

/* A process that has ended meanwhile is skipped, and a process with rights that we lack, because
 * it cannot be inspected: it is usually in the host's own namespace. */
static void add_process(struct census *census, size_t *room, const char *pid)
{
	freeing char *path = cni_format("/proc/%s/ns/net", pid);
	struct stat st;

	if (stat(path, &st) == 0)
		add(census, room, &(struct netns_id){.dev = st.st_dev, .ino = st.st_ino}, path);
}

static void add_inhabited(struct census *census, size_t *room)
{
	DIR *proc = opendir("/proc");
	const struct dirent *process;

	if (!proc) {
		census->is_whole = false;
		return;
	}
	while ((process = readdir(proc)))
		if (*process->d_name >= '1' && *process->d_name <= '9')
			add_process(census, room, process->d_name);
	closedir(proc);
}

struct census census_take(void)
{
	struct census census = {.is_whole = true};
	size_t room = 0;

	add_mounted(&census, &room, "/proc/self/mountinfo");
	add_inhabited(&census, &room);
	if (census.count)
		qsort(census.items, census.count, sizeof(*census.items), compare);
	return census;
}

/* ---- thorough ---- */

/* Mount namespaces that were read already. */
struct seen {
	ino_t *items;
	size_t count;
};

static bool is_seen(struct seen *seen, ino_t ino)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->items[i] == ino)
			return true;
	seen->items = cni_realloc_array(seen->items, seen->count + 1, sizeof(*seen->items));
	seen->items[seen->count++] = ino;
	return false;
}

static void add_descriptor(struct census *census, size_t *room, const char *pid, const char *fd,
			   const struct stat *st)
{
	freeing char *path = cni_format("/proc/%s/fd/%s", pid, fd);

	add(census, room, &(struct netns_id){.dev = st->st_dev, .ino = st->st_ino}, path);
}

/* Descriptors of namespaces: a holder can enter, or give the namespace to a process. */
static void add_held(struct census *census, size_t *room, const char *pid, dev_t nsfs)
{
	freeing char *path = cni_format("/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir) {
		census->is_whole &= has_ended(errno);
		return;
	}
	while ((entry = readdir(dir))) {
		struct stat st;

		if (*entry->d_name == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 ||
		    st.st_dev != nsfs)
			continue;
		add_descriptor(census, room, pid, entry->d_name, &st);
	}
	closedir(dir);
}

static void look_into(struct census *census, size_t *room, const char *pid, struct seen *seen)
{
	freeing char *net = cni_format("/proc/%s/ns/net", pid);
	freeing char *mnt = cni_format("/proc/%s/ns/mnt", pid);
	freeing char *mountinfo = cni_format("/proc/%s/mountinfo", pid);
	struct stat st;

	if (stat(net, &st) < 0) {
		/* The host's init is in no container, and some hosts hide it from root. */
		census->is_whole &= has_ended(errno) || !strcmp(pid, "1");
		return;
	}
	add(census, room, &(struct netns_id){.dev = st.st_dev, .ino = st.st_ino}, net);
	add_held(census, room, pid, st.st_dev);
	if (stat(mnt, &st) < 0)
		census->is_whole &= has_ended(errno);
	else if (!is_seen(seen, st.st_ino))
		add_mounted(census, room, mountinfo);
}

/* In another PID namespace than the host's, processes may be hidden (PROC_PID_INIT_INO in the kernel's
 * include/linux/proc_ns.h). */
static bool sees_all_processes(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == HOST_PID_NAMESPACE;
}

struct census census_take_thorough(void)
{
	struct census census = {.is_whole = sees_all_processes()};
	DIR *proc = census.is_whole ? opendir("/proc") : NULL;
	const struct dirent *process;
	struct seen seen = {0};
	size_t room = 0;

	census.is_whole = proc != NULL;
	while (proc && census.is_whole && (process = readdir(proc)))
		if (*process->d_name >= '1' && *process->d_name <= '9')
			look_into(&census, &room, process->d_name, &seen);
	if (proc)
		closedir(proc);
	free(seen.items);
	if (census.count)
		qsort(census.items, census.count, sizeof(*census.items), compare);
	return census;
}

void census_clear(struct census *census)
{
	for (size_t i = 0; i < census->count; i++)
		free(census->items[i].path);
	free(census->items);
	*census = (struct census){0};
}

/* A new namespace that reuses the numbers of an old one has another cookie. */
static bool is_another(const struct census_item *item, const struct netns_id *netns)
{
	struct netns_id found;

	if (!netns->cookie)
		return false;
	found = netns_id_read(item->path);
	return compare_numbers(&found, netns) == 0 && found.cookie && found.cookie != netns->cookie;
}

const char *census_ask(const struct census *census, const struct netns_id *netns)
{
	const struct census_item key = {.netns = *netns};
	const struct census_item *found = NULL;

	if (!netns_id_is_known(netns))
		return "unknown";
	if (census->count)
		found = bsearch(&key, census->items, census->count, sizeof(*census->items),
				compare);
	if (found)
		return is_another(found, netns) ? "gone" : "alive";
	return census->is_whole ? "gone" : "unknown";
}

bool netns_id_is_alive(const struct netns_id *netns)
{
	clearing_census struct census census = census_take();

	return strcmp(census_ask(&census, netns), "gone") != 0;
}
