/* SPDX-License-Identifier: Apache-2.0 */
#include "legacy_table.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* After netinet/in.h, whose structures they share. */
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#define TABLE_MAX (16U << 20)
/* Attempts to read a table that changes meanwhile. */
#define ATTEMPTS 16

bool cni_legacy_has_table(int family, const char *table)
{
	const char *path = family == AF_INET ? "/proc/thread-self/net/ip_tables_names"
					     : "/proc/thread-self/net/ip6_tables_names";
	freeing char *text = NULL;
	struct cni_error ignored;
	char *rest;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, true, 4096, &text, &size, &ignored) < 0)
		return false;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (!strcmp(line, table))
			return true;
	return false;
}

/* Both families have the same structures and options (IPT_SO_*, IP6T_SO_*). */
static int try_to_load(int fd, int family, const char *table, struct cni_legacy_rules *rules)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	freeing struct ipt_get_entries *entries = NULL;
	struct ipt_getinfo info = {.name = ""};
	socklen_t size = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, level, IPT_SO_GET_INFO, &info, &size) < 0)
		return -1;
	if (info.size > TABLE_MAX) {
		errno = EFBIG;
		return -1;
	}
	size = (socklen_t)(sizeof(*entries) + info.size);
	entries = cni_alloc(size);
	*entries = (struct ipt_get_entries){.size = info.size};
	snprintf(entries->name, sizeof(entries->name), "%s", table);
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &size) < 0)
		return -1;
	rules->data = cni_alloc(info.size + 1);
	memcpy(rules->data, entries->entrytable, info.size);
	rules->size = info.size;
	rules->forward = info.hook_entry[NF_INET_FORWARD];
	rules->forward_end = info.underflow[NF_INET_FORWARD];
	return 0;
}

int cni_legacy_load(int family, const char *table, struct cni_legacy_rules *ret_rules,
		    struct cni_error *err)
{
	closing int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	*ret_rules = (struct cni_legacy_rules){.data = NULL};
	for (int i = 0; fd >= 0 && i < ATTEMPTS; i++) {
		if (try_to_load(fd, family, table, ret_rules) == 0)
			return 0;
		if (errno != EAGAIN)
			break;
	}
	return cni_fail_errno(err, CNI_EKERNEL, errno, "read the table %s of %s-legacy", table,
			      family == AF_INET ? "iptables" : "ip6tables");
}

/* ---- chains ---- */

/* The offset after the entry at `at`; `*ret_name` is the name of the chain that begins there, or NULL. 0
 * at the end of the table, and for data that is no table. */
static size_t read_entry(const struct cni_legacy_rules *rules, int family, size_t at,
			 const char **ret_name)
{
	bool is_v4 = family == AF_INET;
	size_t head = is_v4 ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	const void *entry = rules->data + at;
	const struct xt_error_target *target;
	size_t offset;
	size_t next;

	*ret_name = NULL;
	if (at > rules->size || rules->size - at < head)
		return 0;
	offset = at + (is_v4 ? ((const struct ipt_entry *)entry)->target_offset
			     : ((const struct ip6t_entry *)entry)->target_offset);
	next = at + (is_v4 ? ((const struct ipt_entry *)entry)->next_offset
			   : ((const struct ip6t_entry *)entry)->next_offset);
	if (offset < at + head || next > rules->size ||
	    next < offset + sizeof(struct xt_standard_target))
		return 0;
	target = (const void *)(rules->data + offset);
	if (next >= offset + sizeof(*target) &&
	    !strncmp(target->target.u.user.name, XT_ERROR_TARGET,
		     sizeof(target->target.u.user.name)))
		*ret_name = target->errorname;
	return next;
}

int cni_legacy_has_chain(int family, const char *prefix, bool *ret_has, struct cni_error *err)
{
	struct cni_legacy_rules rules;
	const char *name;

	*ret_has = false;
	if (!cni_legacy_has_table(family, "nat"))
		return 0;
	if (cni_legacy_load(family, "nat", &rules, err) < 0)
		return -1;
	for (size_t at = 0; !*ret_has && (at = read_entry(&rules, family, at, &name)) != 0;)
		*ret_has = name && !strncmp(name, prefix, strlen(prefix));
	free(rules.data);
	return 0;
}
