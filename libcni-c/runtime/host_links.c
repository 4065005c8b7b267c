/* SPDX-License-Identifier: Apache-2.0 */
#include "host_links.h"

#include "cleanup.h"
#include "deadline.h"
#include "file.h"
#include "mem.h"
#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LINKS "/sys/class/net"

/* IFALIASZ (linux/if.h): an alias and a newline. */
#define ALIAS_MAX 256

/* "network/container/ifname" has two slashes. */
static bool is_owner_text(const char *alias)
{
	const char *slash = strchr(alias, '/');

	slash = slash ? strchr(slash + 1, '/') : NULL;
	return slash && slash[1] && !strchr(slash + 1, '/');
}

/* Returns NULL if the link has no alias or has been deleted meanwhile. */
static char *read_alias(const char *name)
{
	freeing char *path = cni_format(LINKS "/%s/ifalias", name);
	freeing char *alias = NULL;
	struct cni_error ignored;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, true, ALIAS_MAX, &alias, &size, &ignored) < 0)
		return NULL;
	alias[strcspn(alias, "\n")] = '\0';
	return is_owner_text(alias) ? take_ptr(alias) : NULL;
}

static void add(struct cni_host_links *links, const char *name, char *owner)
{
	links->items = cni_realloc_array(links->items, links->count + 1, sizeof(*links->items));
	links->items[links->count++] =
		(struct cni_host_link){.name = cni_strdup(name), .owner = owner};
}

int cni_host_links(const char *network, struct cni_host_links *ret_links, struct cni_error *err)
{
	DIR *dir = opendir(LINKS);
	const struct dirent *entry;
	int failed;

	*ret_links = (struct cni_host_links){0};
	if (!dir)
		return cni_fail_errno(err, CNI_EIO, errno,
				      "read '" LINKS "', which shows the links that attachments "
				      "have on this host");
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		freeing char *owner = *entry->d_name == '.' ? NULL : read_alias(entry->d_name);

		if (owner && (!network || cni_owner_text_is_of(owner, network)))
			add(ret_links, entry->d_name, take_ptr(owner));
	}
	failed = errno;
	closedir(dir);
	if (!failed)
		return 0;
	cni_host_links_clear(ret_links);
	return cni_fail_errno(err, CNI_EIO, failed, "read '" LINKS "'");
}

/* ---- the end of links ---- */

/* Another link of the name has another owner. */
static bool are_gone(const struct cni_host_links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		freeing char *owner = read_alias(links->items[i].name);

		if (owner && !strcmp(owner, links->items[i].owner))
			return false;
	}
	return true;
}

static int listen_to_links(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	closing int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return take_fd(&fd);
}

/* An announcement only wakes the process: sysfs tells which links are left. */
void cni_host_links_await_end(const struct cni_host_links *links, unsigned int milliseconds)
{
	struct timespec end = cni_deadline_in(milliseconds);
	closing int fd = listen_to_links();
	char announced[8192];

	while (fd >= 0 && !are_gone(links)) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		if (poll(&wait, 1, (int)cni_deadline_left(&end)) == 0)
			return;
		while (recv(fd, announced, sizeof(announced), 0) > 0)
			;
	}
}

/* ---- text ---- */

bool cni_host_link_parse(const char *owner, char **ret_network, char **ret_container,
			 char **ret_ifname)
{
	const char *container = strchr(owner, '/') + 1;
	const char *ifname = strchr(container, '/') + 1;

	/* Neither a network's name nor a container's id has a '~': the text was cut (base/owner.h). */
	if (memchr(owner, '~', (size_t)(ifname - owner)))
		return false;
	*ret_network = cni_strndup(owner, (size_t)(container - 1 - owner));
	*ret_container = cni_strndup(container, (size_t)(ifname - 1 - container));
	*ret_ifname = cni_strdup(ifname);
	return true;
}

void cni_host_links_clear(struct cni_host_links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		free(links->items[i].name);
		free(links->items[i].owner);
	}
	free(links->items);
	*links = (struct cni_host_links){0};
}
