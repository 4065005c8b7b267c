/* SPDX-License-Identifier: Apache-2.0 */
#include "iptables.h"

#include "chain_in_the_way.h"
#include "cleanup.h"
#include "exec.h"
#include "file.h"
#include "iptables_restore.h"
#include "lock.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LOCK_MS 10000

static const int families[] = {AF_INET, AF_INET6};

/* ---- the rules, without a command ---- */

static char *jump_rule(void)
{
	return cni_format("FORWARD -m comment --comment \"CNI firewall plugin rules\" "
			  "-j " CNI_IPTABLES_CHAIN);
}

static char *admin_rule(const struct cni_iptables *iptables)
{
	return cni_format(CNI_IPTABLES_CHAIN " -m comment --comment "
					     "\"CNI firewall plugin admin overrides\" -j %s",
			  iptables->admin_chain);
}

/* Rules to the address, and from it, as the Go plugin has them; ours to its published ports. The
 * comment distinguishes the last from the first, because -C of ip6tables-legacy(8) compares only
 * the names of matches. */
#define RULES	 3
#define GO_RULES 2
static void address_rules(const struct cni_ip *ip, char *rules[RULES])
{
	char text[CNI_IP_TEXT_SIZE];

	cni_ip_format(ip, text);
	rules[0] = cni_format(CNI_IPTABLES_CHAIN " -d %s/%u -m conntrack --ctstate "
						 "RELATED,ESTABLISHED -j ACCEPT",
			      text, cni_ip_bits(ip));
	rules[1] = cni_format(CNI_IPTABLES_CHAIN " -s %s/%u -j ACCEPT", text, cni_ip_bits(ip));
	rules[2] =
		cni_format(CNI_IPTABLES_CHAIN " -d %s/%u -m comment --comment \"published ports\" "
					      "-m conntrack --ctstate DNAT -j ACCEPT",
			   text, cni_ip_bits(ip));
}

static bool has_family(const struct cni_iptables *iptables, int family)
{
	for (size_t i = 0; i < iptables->count; i++)
		if (iptables->addresses[i].family == family)
			return true;
	return false;
}

/* ---- lines ---- */

/* Numbers of lines: the subject of each. An address's rules follow each other. */
enum { JUMP, ADMIN, FIRST_RULE };

static void put_chain_checks(struct cni_iptables_lines *lines, const struct cni_iptables *iptables)
{
	freeing char *jump = jump_rule();
	freeing char *admin = admin_rule(iptables);

	cni_iptables_line(lines, JUMP, "-C %s", jump);
	cni_iptables_line(lines, ADMIN, "-C %s", admin);
}

/* The rules of the family's addresses, each after `command`; for an address among the `shared`
 * (NULL: none) with a check that another equal rule exists. `wanted` (NULL: all) has a member for
 * each number. */
static void put_rules(struct cni_iptables_lines *lines, const struct cni_iptables *iptables,
		      int family, const char *command, const bool *wanted, const bool *shared)
{
	for (size_t i = 0; i < iptables->count; i++) {
		char *rules[RULES];

		if (iptables->addresses[i].family != family)
			continue;
		address_rules(&iptables->addresses[i], rules);
		for (size_t j = 0; j < RULES; j++) {
			size_t number = FIRST_RULE + RULES * i + j;
			bool is_wanted = (!wanted || wanted[number]) &&
					 (j < GO_RULES || !iptables->made_by_go);

			if (is_wanted)
				cni_iptables_line(lines, number, "%s %s", command, rules[j]);
			if (is_wanted && shared && shared[i])
				cni_iptables_line(lines, number, "-C %s", rules[j]);
			free(rules[j]);
		}
	}
}

static int restore(const struct cni_iptables *iptables, int family,
		   const struct cni_iptables_lines *lines, struct cni_error *err)
{
	size_t refused;

	return cni_iptables_restore(iptables->tool, family, lines, &refused, err);
}

/* ---- chains ---- */

/* Accepts an existing chain. */
static int make_chain(const struct cni_iptables *iptables, int family, const char *chain,
		      struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {0};

	cni_iptables_line(&lines, 0, "-N %s", chain);
	return restore(iptables, family, &lines, err) < 0 ? -1 : 0;
}

static int make_first_rule(const struct cni_iptables *iptables, int family, const char *chain,
			   const char *rule, struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines check = {0};
	clearing_lines struct cni_iptables_lines insert = {0};
	int found;

	cni_iptables_line(&check, 0, "-C %s", rule);
	cni_iptables_line(&insert, 0, "-I %s 1%s", chain, rule + strlen(chain));
	found = restore(iptables, family, &check, err);
	if (found != CNI_IPTABLES_REFUSED)
		return found;
	return restore(iptables, family, &insert, err) == CNI_IPTABLES_DONE ? 0 : -1;
}

/* A lock lets one process make chains at a time: the iptables of nf_tables mistakes the chain of a quicker
 * process for its own, and then two jumps lead there. If there can be no lock, two jumps are better
 * than no rules. */
static int lock_chains(int *ret_lock, struct cni_error *err)
{
	if (cni_lock_take("iptables", CNI_LOCK_EXCLUSIVE, LOCK_MS, ret_lock, err) == 0)
		return 0;
	if (err->code == CNI_ELOCKED)
		return cni_fail_within(err, "iptables");
	fprintf(stderr, "firewall: iptables: %s\n", err->msg);
	return 0;
}

/* Piece by piece, because any of them may exist. */
static int make_chains(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	freeing char *jump = jump_rule();
	freeing char *admin = admin_rule(iptables);

	if (make_chain(iptables, family, CNI_IPTABLES_CHAIN, err) < 0 ||
	    make_chain(iptables, family, iptables->admin_chain, err) < 0 ||
	    make_first_rule(iptables, family, "FORWARD", jump, err) < 0)
		return -1;
	return make_first_rule(iptables, family, CNI_IPTABLES_CHAIN, admin, err);
}

/* ---- a chain in the way ---- */

static int blame_chain(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	const struct cni_needed_chain needed[] = {
		{"FORWARD", true}, {CNI_IPTABLES_CHAIN, false}, {iptables->admin_chain, false}};

	return cni_chain_in_the_way(iptables->tool, family, "filter", needed,
				    sizeof(needed) / sizeof(*needed), err);
}

/* ---- ADD ---- */

/* The usual case: the chains exist. */
static int add_to_existing(int family, const struct cni_iptables *iptables, const bool *wanted,
			   struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {0};

	put_chain_checks(&lines, iptables);
	put_rules(&lines, iptables, family, "-A", wanted, NULL);
	return restore(iptables, family, &lines, err);
}

/* The first time. */
static int add_with_chains(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {0};
	freeing char *jump = jump_rule();
	freeing char *admin = admin_rule(iptables);

	cni_iptables_line(&lines, 0, "-N %s", CNI_IPTABLES_CHAIN);
	cni_iptables_line(&lines, 0, "-N %s", iptables->admin_chain);
	cni_iptables_line(&lines, 0, "-I FORWARD 1%s", jump + strlen("FORWARD"));
	cni_iptables_line(&lines, 0, "-A %s", admin);
	put_rules(&lines, iptables, family, "-A", NULL, NULL);
	return restore(iptables, family, &lines, err);
}

static int add_family(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	int done = add_to_existing(family, iptables, NULL, err);
	closing int lock = -1;

	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (lock_chains(&lock, err) < 0)
		return -1;
	done = add_with_chains(family, iptables, err);
	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (make_chains(family, iptables, err) < 0)
		return -1;
	return add_to_existing(family, iptables, NULL, err) == CNI_IPTABLES_DONE ? 0 : -1;
}

int cni_iptables_add(const struct cni_iptables *iptables, struct cni_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (has_family(iptables, families[i]) && add_family(families[i], iptables, err) < 0)
			return blame_chain(families[i], iptables, err);
	return 0;
}

/* ---- MEND, CHECK and DEL ---- */

static int check_family(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {0};
	size_t refused;
	int done;

	put_chain_checks(&lines, iptables);
	put_rules(&lines, iptables, family, "-C", NULL, NULL);
	done = cni_iptables_restore(iptables->tool, family, &lines, &refused, err);
	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (refused == CNI_IPTABLES_SOMEWHERE) {
		refused = 0;
		if (cni_iptables_find_missing(iptables->tool, family, &lines, &refused, err) < 0 ||
		    refused == lines.count)
			return -1;
	}
	return cni_fail(err, CNI_EMISMATCH,
			"firewall: %s%s has no rule '%s' in the table filter, expected it there",
			family == AF_INET ? "iptables" : "ip6tables",
			cni_iptables_tool_text(iptables->tool) + strlen("iptables"),
			lines.items[refused] + strlen("-C "));
}

int cni_iptables_check(const struct cni_iptables *iptables, struct cni_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (has_family(iptables, families[i]) &&
		    check_family(families[i], iptables, err) < 0)
			return -1;
	return 0;
}

static int mend_family(int family, const struct cni_iptables *iptables, struct cni_error *err)
{
	freeing bool *missing = cni_alloc(FIRST_RULE + RULES * iptables->count);
	closing int lock = -1;
	clearing_lines struct cni_iptables_lines lines = {0};

	put_chain_checks(&lines, iptables);
	put_rules(&lines, iptables, family, "-C", NULL, NULL);
	for (size_t next = 0;; next++) {
		if (cni_iptables_find_missing(iptables->tool, family, &lines, &next, err) < 0)
			return -1;
		if (next == lines.count)
			break;
		missing[lines.numbers[next]] = true;
	}
	if ((missing[JUMP] || missing[ADMIN]) &&
	    (lock_chains(&lock, err) < 0 || make_chains(family, iptables, err) < 0))
		return -1;
	return add_to_existing(family, iptables, missing, err) == CNI_IPTABLES_DONE ? 0 : -1;
}

int cni_iptables_mend(const struct cni_iptables *iptables, struct cni_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (has_family(iptables, families[i]) &&
		    mend_family(families[i], iptables, err) < 0)
			return blame_chain(families[i], iptables, err);
	return 0;
}

/* All at once; if a rule is missing, again without that rule. */
static int del_family(int family, const struct cni_iptables *iptables, const bool *shared,
		      struct cni_error *err)
{
	size_t count = FIRST_RULE + RULES * iptables->count;
	freeing bool *wanted = cni_alloc(count);

	memset(wanted, true, count);
	for (;;) {
		clearing_lines struct cni_iptables_lines lines = {0};
		size_t refused;
		int done;

		put_rules(&lines, iptables, family, "-D", wanted, shared);
		done = cni_iptables_restore(iptables->tool, family, &lines, &refused, err);
		if (done != CNI_IPTABLES_REFUSED)
			return done;
		if (refused == CNI_IPTABLES_SOMEWHERE)
			return -1;
		wanted[lines.numbers[refused]] = false;
	}
}

int cni_iptables_del(const struct cni_iptables *iptables, const bool *shared, struct cni_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (has_family(iptables, families[i]) &&
		    del_family(families[i], iptables, shared, err) < 0)
			return -1;
	return 0;
}
