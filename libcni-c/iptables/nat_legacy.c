/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_legacy.h"

#include "cleanup.h"
#include "legacy_table.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Attempts to remove rules that change between the listing and the removal. */
#define ATTEMPTS 10

static const int families[] = {AF_INET, AF_INET6};

/* The chain that a line of iptables-save(8) jumps to; "": none. */
static const char *target_of(const char *line)
{
	const char *last = strrchr(line, ' ');

	return last && last - line > 3 && !strncmp(last - 3, " -j", 3) ? last + 1 : "";
}

/* ---- one chain ---- */

/* Removes the rules of `listing` that jump to the chain, and the chain. */
static int remove_listed(int family, const char *listing, const char *chain, struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {.table = "nat"};
	freeing char *copy = cni_strdup(listing);
	char *rest = copy;
	size_t refused;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (!strncmp(line, "-A ", 3) && !strcmp(target_of(line), chain))
			cni_iptables_line(&lines, 0, "-D %s", line + 3);
	cni_iptables_line(&lines, 0, "-F %s", chain);
	cni_iptables_line(&lines, 0, "-X %s", chain);
	return cni_iptables_restore(CNI_IPTABLES_LEGACY, family, &lines, &refused, err);
}

static int remove_chain(int family, const char *chain, struct cni_error *err)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		freeing char *listing = NULL;
		bool is_there;
		int done;

		if (cni_legacy_has_chain(family, chain, &is_there, err) < 0)
			return -1;
		if (!is_there)
			return 0;
		if (cni_iptables_save(CNI_IPTABLES_LEGACY, family, "nat", &listing, err) < 0)
			return -1;
		done = remove_listed(family, listing, chain, err);
		if (done != CNI_IPTABLES_REFUSED)
			return done;
	}
	return -1;
}

int cni_nat_legacy_del(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		       struct cni_error *err)
{
	char chain[CNI_GO_CHAIN_SIZE];

	cni_go_chain_name(kind->prefix, owner, chain);
	for (size_t i = 0; i < 2; i++)
		if (remove_chain(families[i], chain, err) < 0)
			return -1;
	return 0;
}

int cni_nat_legacy_has(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		       bool *ret_has, struct cni_error *err)
{
	char chain[CNI_GO_CHAIN_SIZE];

	*ret_has = false;
	cni_go_chain_name(kind->prefix, owner, chain);
	for (size_t i = 0; i < 2 && !*ret_has; i++)
		if (cni_legacy_has_chain(families[i], chain, ret_has, err) < 0)
			return -1;
	return 0;
}

/* ---- GC ---- */

/* The text without the backslashes before quotes. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (from[0] != '\\' || from[1] != '"')
			*to++ = *from;
	*to = '\0';
}

/* A line of the entry chain that leads to a container's chain. */
static int gc_line(const struct cni_nat_kind *kind, int family, char *line, const char *network,
		   const struct cni_owners *valid, struct cni_error *err)
{
	struct cni_owner owner = {.network = network};
	char container[CNI_GO_CONTAINER_SIZE];
	char chain[CNI_GO_CHAIN_SIZE];

	unescape(line);
	if (!cni_go_comment_read(line, network, container) ||
	    cni_owners_has_container(valid, container))
		return 0;
	owner.container = container;
	cni_go_chain_name(kind->prefix, &owner, chain);
	return strcmp(target_of(line), chain) ? 0 : remove_chain(family, chain, err);
}

static int gc_family(const struct cni_nat_kind *kind, int family, const char *network,
		     const struct cni_owners *valid, struct cni_error *err)
{
	freeing char *begin = cni_format("-A %s ", kind->entry);
	freeing char *prefix = cni_format("CNI-%s", kind->prefix);
	freeing char *listing = NULL;
	struct cni_error first = {0};
	bool has_any;
	char *rest;

	if (cni_legacy_has_chain(family, prefix, &has_any, err) < 0)
		return -1;
	if (!has_any)
		return 0;
	if (cni_iptables_save(CNI_IPTABLES_LEGACY, family, "nat", &listing, err) < 0)
		return -1;
	rest = listing;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (!strncmp(line, begin, strlen(begin)) &&
		    gc_line(kind, family, line, network, valid, err) < 0)
			cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

int cni_nat_legacy_gc(const struct cni_nat_kind *kind, const char *network,
		      const struct cni_owners *valid, struct cni_error *err)
{
	struct cni_error first = {0};

	for (size_t i = 0; i < 2; i++)
		if (gc_family(kind, families[i], network, valid, err) < 0)
			cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}
