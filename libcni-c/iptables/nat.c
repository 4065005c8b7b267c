/* SPDX-License-Identifier: Apache-2.0 */
#include "nat.h"

#include "chain_in_the_way.h"
#include "cleanup.h"
#include "lock.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LOCK_MS 10000

void cni_nat_clear(struct cni_nat *nat)
{
	cni_iptables_lines_clear(&nat->chains);
	cni_iptables_lines_clear(&nat->shared);
	cni_iptables_lines_clear(&nat->own);
	cni_iptables_lines_clear(&nat->list);
}

#define lines_of_nat clearing_lines struct cni_iptables_lines

static int restore(enum cni_iptables_tool tool, const struct cni_nat *nat,
		   const struct cni_iptables_lines *lines, struct cni_error *err)
{
	size_t refused;

	return cni_iptables_restore(tool, nat->family, lines, &refused, err);
}

/* ---- lines ---- */

static void put_all(struct cni_iptables_lines *lines, const char *command,
		    const struct cni_iptables_lines *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		cni_iptables_line(lines, 0, "%s %s", command, rules->items[i]);
}

static void put_rule(struct cni_iptables_lines *lines, const struct cni_iptables_lines *rules,
		     size_t i)
{
	const char *rule = rules->items[i];
	int chain = (int)strcspn(rule, " ");

	if (rules->numbers[i] == CNI_NAT_FIRST)
		cni_iptables_line(lines, 0, "-I %.*s 1%s", chain, rule, rule + chain);
	else
		cni_iptables_line(lines, 0, "-A %s", rule);
}

static void put_own(struct cni_iptables_lines *lines, const struct cni_nat *nat)
{
	cni_iptables_line(lines, 0, "-N %s", nat->chain);
	put_all(lines, "-A", &nat->own);
}

/* ---- making ---- */

/* The usual case: the shared chains exist. */
static int make_usual(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err)
{
	lines_of_nat lines = {.table = "nat"};

	put_all(&lines, "-C", &nat->shared);
	put_own(&lines, nat);
	return restore(tool, nat, &lines, err);
}

/* The first time. */
static int make_first(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err)
{
	lines_of_nat lines = {.table = "nat"};

	put_all(&lines, "-N", &nat->chains);
	for (size_t i = 0; i < nat->shared.count; i++)
		put_rule(&lines, &nat->shared, i);
	put_own(&lines, nat);
	return restore(tool, nat, &lines, err);
}

/* Piece by piece, because any of them may exist. */
static int complete_shared(enum cni_iptables_tool tool, const struct cni_nat *nat,
			   struct cni_error *err)
{
	for (size_t i = 0; i < nat->chains.count; i++) {
		lines_of_nat chain = {.table = "nat"};

		cni_iptables_line(&chain, 0, "-N %s", nat->chains.items[i]);
		if (restore(tool, nat, &chain, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < nat->shared.count; i++) {
		lines_of_nat check = {.table = "nat"};
		lines_of_nat rule = {.table = "nat"};
		int found;

		cni_iptables_line(&check, 0, "-C %s", nat->shared.items[i]);
		put_rule(&rule, &nat->shared, i);
		found = restore(tool, nat, &check, err);
		if (found < 0 || (found == CNI_IPTABLES_REFUSED &&
				  restore(tool, nat, &rule, err) != CNI_IPTABLES_DONE))
			return -1;
	}
	return 0;
}

/* A lock lets one process make shared chains at a time: two jumps would lead there otherwise. If there can
 * be no lock, two jumps are better than no rules. */
static int lock_shared(int *ret_lock, struct cni_error *err)
{
	if (cni_lock_take("iptables", CNI_LOCK_EXCLUSIVE, LOCK_MS, ret_lock, err) == 0)
		return 0;
	if (err->code == CNI_ELOCKED)
		return cni_fail_within(err, "iptables");
	fprintf(stderr, "iptables: %s\n", err->msg);
	return 0;
}

int cni_nat_blame_chain(enum cni_iptables_tool tool, const struct cni_nat *nat,
			struct cni_error *err)
{
	static const struct cni_needed_chain usual[] = {
		{"PREROUTING", true}, {"OUTPUT", true}, {"POSTROUTING", true}};
	const size_t count = sizeof(usual) / sizeof(*usual);
	freeing struct cni_needed_chain *needed =
		cni_alloc((count + nat->chains.count + 1) * sizeof(*needed));

	memcpy(needed, usual, sizeof(usual));
	for (size_t i = 0; i < nat->chains.count; i++)
		needed[count + i].name = nat->chains.items[i];
	needed[count + nat->chains.count].name = nat->chain;
	return cni_chain_in_the_way(tool, nat->family, "nat", needed, count + nat->chains.count + 1,
				    err);
}

int cni_nat_make(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err)
{
	int done = make_usual(tool, nat, err);
	closing int lock = -1;

	if (done != CNI_IPTABLES_REFUSED || !nat->shared.count)
		return done;
	if (nat->list.count)
		return restore(tool, nat, &nat->list, err) == CNI_IPTABLES_DONE
			       ? make_usual(tool, nat, err)
			       : -1;
	if (lock_shared(&lock, err) < 0)
		return -1;
	done = make_first(tool, nat, err);
	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (complete_shared(tool, nat, err) < 0)
		return -1;
	return make_usual(tool, nat, err);
}

int cni_nat_complete(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err)
{
	lines_of_nat chain = {.table = "nat"};
	lines_of_nat checks = {.table = "nat"};
	lines_of_nat missing = {.table = "nat"};

	cni_iptables_line(&chain, 0, "-N %s", nat->chain);
	put_all(&checks, "-C", &nat->own);
	if (complete_shared(tool, nat, err) < 0 || restore(tool, nat, &chain, err) < 0)
		return -1;
	for (size_t next = 0;; next++) {
		if (cni_iptables_find_missing(tool, nat->family, &checks, &next, err) < 0)
			return -1;
		if (next == checks.count)
			break;
		put_rule(&missing, &nat->own, next);
	}
	return restore(tool, nat, &missing, err) == CNI_IPTABLES_DONE ? 0 : -1;
}

void cni_nat_take_back(enum cni_iptables_tool tool, const struct cni_nat *nat, const char *chain)
{
	size_t length = strlen(chain);
	struct cni_error ignored;

	for (size_t i = 0; i < nat->own.count; i++) {
		lines_of_nat line = {.table = "nat"};
		const char *rule = nat->own.items[i];

		if (strncmp(rule, chain, length) != 0 || rule[length] != ' ')
			continue;
		cni_iptables_line(&line, 0, "-D %s", rule);
		restore(tool, nat, &line, &ignored);
	}
}

/* ---- checking ---- */

int cni_nat_check(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err)
{
	lines_of_nat lines = {.table = "nat"};
	size_t refused;
	int done;

	if (!nat->own.count)
		return 0;
	put_all(&lines, "-C", &nat->shared);
	put_all(&lines, "-C", &nat->own);
	for (size_t i = 0; i < nat->list.count; i++)
		if (!strncmp(nat->list.items[i], "-A ", 3))
			cni_iptables_line(&lines, 0, "-C %s", nat->list.items[i] + 3);
	done = cni_iptables_restore(tool, nat->family, &lines, &refused, err);
	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (refused == CNI_IPTABLES_SOMEWHERE) {
		refused = 0;
		if (cni_iptables_find_missing(tool, nat->family, &lines, &refused, err) < 0 ||
		    refused == lines.count)
			return -1;
	}
	return cni_fail(err, CNI_EMISMATCH,
			"%s%s has no rule '%s' in the table nat, expected it there",
			nat->family == AF_INET ? "iptables" : "ip6tables",
			cni_iptables_tool_text(tool) + strlen("iptables"),
			lines.items[refused] + strlen("-C "));
}
