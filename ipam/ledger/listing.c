/* SPDX-License-Identifier: Apache-2.0 */
#include "listing.h"

#include "entries.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only names that an address has as its own text are leases. */
static bool is_address(const char *name, struct cni_ip *ret_ip)
{
	char text[CNI_IP_TEXT_SIZE];

	return cni_ip_parse(name, ret_ip) == 0 && strcmp(cni_ip_format(ret_ip, text), name) == 0;
}

static void add(struct listing *listing, size_t *room, int dir, const struct cni_ip *ip)
{
	if (listing->count == *room) {
		*room = *room ? *room * 2 : 64;
		listing->items = cni_realloc_array(listing->items, *room, sizeof(*listing->items));
	}
	lease_file_read(dir, ip, &listing->items[listing->count++]);
}

static int compare(const void *a, const void *b)
{
	return cni_ip_compare(&((const struct lease *)a)->ip, &((const struct lease *)b)->ip);
}

int listing_read(int dir, bool tidy, struct listing *ret_listing, struct cni_error *err)
{
	closing_dir DIR *walk = entries_open(dir);
	const struct dirent *found;
	struct cni_ip ip;
	size_t room = 0;

	*ret_listing = (struct listing){0};
	if (!walk)
		return cni_fail_errno(err, CNI_EIO, errno, "read the directory");
	while (errno = 0, (found = readdir(walk))) {
		if (is_address(found->d_name, &ip))
			add(ret_listing, &room, dir, &ip);
		else if (tidy && lease_file_is_temporary(found->d_name))
			unlinkat(dir, found->d_name, 0);
	}
	if (errno)
		return cni_fail_errno(err, CNI_EIO, errno, "read the directory");
	if (ret_listing->count)
		qsort(ret_listing->items, ret_listing->count, sizeof(*ret_listing->items), compare);
	return 0;
}

void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		lease_clear(&listing->items[i]);
	free(listing->items);
	*listing = (struct listing){0};
}

struct lease *listing_find(const struct listing *listing, const struct cni_ip *ip)
{
	struct lease key = {.ip = *ip};

	if (!listing->count)
		return NULL;
	return bsearch(&key, listing->items, listing->count, sizeof(key), compare);
}

long listing_count(int dir)
{
	closing_dir DIR *walk = entries_open(dir);
	const struct dirent *found;
	struct cni_ip ip;
	long count = 0;

	if (!walk)
		return -1;
	while (errno = 0, (found = readdir(walk)))
		count += is_address(found->d_name, &ip);
	return errno ? -1 : count;
}
