/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the file ---- */

static const char *fault_of_junk(const struct lease *lease, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return "its file is a link";
	if (!S_ISREG(st->st_mode))
		return "its file is no regular one";
	if (!lease->text)
		return "its file is too large for a reservation";
	if (!st->st_size)
		return "its file is empty";
	return *lease->text ? "its file holds no container id"
			    : "its file holds nothing but blanks or zeroes";
}

const char *fault_of_file(const struct place *place, const struct lease *lease,
			  char text[FILE_FAULT_SIZE])
{
	char ip[CNI_IP_TEXT_SIZE];
	freeing char *path = cni_format("%s/%s/%s", place->data_dir, place->network,
					cni_ip_format(&lease->ip, ip));
	struct cni_error ignored;
	struct stat st;

	*text = '\0';
	if (lease->state == LEASE_OPAQUE && lease->errnum == EISDIR)
		snprintf(text, FILE_FAULT_SIZE, "its file is a directory");
	else if (lease->state == LEASE_OPAQUE)
		snprintf(text, FILE_FAULT_SIZE, "its file cannot be read: %s",
			 strerror(lease->errnum));
	else if (lease->state == LEASE_JUNK && lstat(path, &st) == 0)
		snprintf(text, FILE_FAULT_SIZE, "%s", fault_of_junk(lease, &st));
	else if (lease->state == LEASE_HELD && *lease->ifname &&
		 cni_name_check_interface(lease->ifname, "", CNI_EENV, &ignored) < 0)
		snprintf(text, FILE_FAULT_SIZE, "its file names an interface that cannot be one");
	return text;
}

/* ---- the address ---- */

size_t set_with(const struct host_local_conf *conf, const struct cni_ip *ip)
{
	size_t set = 0;

	while (set < conf->sets.count && !range_set_find(&conf->sets.items[set], ip))
		set++;
	return set;
}

/* The fault of an address in the set. */
static void tell_kept_back(const struct range_set *set, const struct cni_ip *ip,
			   char text[ADDRESS_FAULT_SIZE])
{
	const char *why = range_reserves(range_set_find(set, ip), ip);

	snprintf(text, ADDRESS_FAULT_SIZE, "%s%s", why ? "the " : "",
		 why ? why : "excluded by 'ipam.exclude'");
}

const char *fault_of_address(const struct host_local_conf *const *confs, size_t count,
			     const struct cni_ip *ip, char text[ADDRESS_FAULT_SIZE])
{
	snprintf(text, ADDRESS_FAULT_SIZE, "in no range set");
	for (size_t i = 0; i < count && *text; i++) {
		size_t set = set_with(confs[i], ip);

		if (set == confs[i]->sets.count)
			continue;
		if (span_list_has(&confs[i]->spans[set], ip))
			*text = '\0';
		else
			tell_kept_back(&confs[i]->sets.items[set], ip, text);
	}
	return text;
}
