/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_destinations.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "hash.h"
#include "legacy_table.h"
#include "mem.h"
#include "nat_attachment.h"
#include "nft.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const int families[2] = {AF_INET, AF_INET6};

static void name_chain(const char *network, char chain[CNI_GO_CHAIN_SIZE])
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(network, strlen(network), digits);
	snprintf(chain, CNI_GO_CHAIN_SIZE, "CNI-KEEP-%.16s", digits);
}

/* ---- lines ---- */

static void put_marker(struct cni_iptables_lines *lines, const char *command, const char *chain,
		       const struct cni_destinations *destinations)
{
	char digest[CNI_DESTINATIONS_DIGEST_SIZE];

	cni_iptables_line(lines, 0, "%s%s -m comment --comment \"destinations %s\"", command, chain,
			  cni_destinations_digest(destinations, digest));
}

/* The chain anew: its name alone empties one that is there. */
static void put_chain(struct cni_iptables_lines *lines, const char *chain, int family,
		      const struct cni_destinations *destinations)
{
	size_t count;
	const struct cni_net *nets = cni_destinations_of(destinations, family, &count);

	cni_iptables_line(lines, 0, ":%s - [0:0]", chain);
	put_marker(lines, "-A ", chain, destinations);
	for (size_t i = 0; i < count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		cni_iptables_line(lines, 0, "-A %s -d %s -j ACCEPT", chain,
				  cni_net_format(&nets[i], text));
	}
}

void cni_nat_put_destinations(struct cni_nat *nat, const struct cni_owner *owner,
			      const struct cni_destinations *destinations)
{
	freeing char *comment = NULL;
	char chain[CNI_GO_CHAIN_SIZE];

	if (!destinations->count)
		return;
	comment = cni_nat_comment(owner);
	name_chain(owner->network, chain);
	put_marker(&nat->shared, "", chain, destinations);
	nat->list.table = "nat";
	put_chain(&nat->list, chain, nat->family, destinations);
	cni_iptables_line(&nat->own, CNI_NAT_FIRST, "%s -m comment --comment %s -j %s", nat->chain,
			  comment, chain);
}

/* ---- the attachments that are there ---- */

/* True if iptables-save(8) has printed a line that begins with `begin` and contains `rest`. */
static bool has_line(const char *listing, const char *begin, const char *rest)
{
	size_t length = strlen(begin);

	for (const char *line = listing; line && *line; line = strchr(line, '\n')) {
		const char *end;

		line += *line == '\n';
		end = strchrnul(line, '\n');
		if (!strncmp(line, begin, length) &&
		    memmem(line, (size_t)(end - line), rest, strlen(rest)))
			return true;
	}
	return false;
}

/* The jump of an attachment whose chain is there without it. */
static void put_jump(struct cni_iptables_lines *lines, const char *listing,
		     const struct cni_owner *owner, const char *keep)
{
	freeing char *comment = cni_nat_comment(owner);
	char chain[CNI_GO_CHAIN_SIZE];
	freeing char *declared = NULL;
	freeing char *begin = NULL;
	freeing char *jump = cni_format("-j %s", keep);

	cni_go_chain_name("", owner, chain);
	declared = cni_format(":%s ", chain);
	begin = cni_format("-A %s ", chain);
	if (has_line(listing, declared, "") && !has_line(listing, begin, jump))
		cni_iptables_line(lines, 0, "-I %s 1 -m comment --comment %s %s", chain, comment,
				  jump);
}

static bool jumped_before(const struct cni_owners *owners, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(owners->items[j].container, owners->items[i].container))
			return true;
	return false;
}

static int set_family(enum cni_iptables_tool tool, int family, const char *network,
		      const struct cni_owners *owners, const struct cni_destinations *destinations,
		      struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {.table = "nat"};
	char keep[CNI_GO_CHAIN_SIZE];
	freeing char *declared = NULL;
	freeing char *listing = NULL;
	size_t before;
	size_t refused;

	if (cni_iptables_save(tool, family, "nat", &listing, err) < 0)
		return -1;
	name_chain(network, keep);
	declared = cni_format(":%s ", keep);
	put_chain(&lines, keep, family, destinations);
	before = lines.count;
	for (size_t i = 0; destinations->count && i < owners->count; i++)
		if (!jumped_before(owners, i))
			put_jump(&lines, listing, &owners->items[i], keep);
	if (lines.count == before && !has_line(listing, declared, ""))
		return 0;
	return cni_iptables_restore(tool, family, &lines, &refused, err) == CNI_IPTABLES_DONE ? 0
											      : -1;
}

/* The set of tools that the records name. */
static int find_tools(const struct cni_owners *owners, unsigned int *ret_tools,
		      struct cni_error *err)
{
	*ret_tools = 0;
	for (size_t i = 0; i < owners->count; i++) {
		clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
		bool found;

		if (cni_nat_record_read(cni_nat_of_masquerade.directory, &owners->items[i], &record,
					&found, err) < 0)
			return -1;
		*ret_tools |= record.tool;
	}
	return 0;
}

static int set_all(const char *network, const struct cni_owners *owners,
		   const struct cni_destinations *destinations, struct cni_error *err)
{
	static const enum cni_iptables_tool known[] = {CNI_IPTABLES_PLAIN, CNI_IPTABLES_NFT,
						       CNI_IPTABLES_LEGACY};
	unsigned int tools;

	if (find_tools(owners, &tools, err) < 0)
		return -1;
	for (size_t i = 0; i < 6; i++)
		if (tools & known[i / 2] && set_family(known[i / 2], families[i % 2], network,
						       owners, destinations, err) < 0)
			return -1;
	return 0;
}

int cni_nat_set_destinations(const char *network, const struct cni_destinations *destinations,
			     bool *ret_has_any, struct cni_error *err)
{
	struct cni_attachment_files files;
	int failed = 0;

	*ret_has_any = false;
	if (cni_attachment_files(cni_nat_of_masquerade.directory, network, &files, err) < 0)
		return -1;
	*ret_has_any = files.owners.count > 0;
	if (*ret_has_any)
		failed = set_all(network, &files.owners, destinations, err);
	cni_attachment_files_clear(&files);
	return failed;
}

/* ---- the end ---- */

struct place {
	struct cni_nft_table table;
	char chain[CNI_GO_CHAIN_SIZE];
};

static int try_to_drop(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	const struct place *place = data;
	uint32_t rules;
	uint32_t use;

	if (cni_nft_chain_use(nl, &place->table, place->chain, &use, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (cni_nft_rule_count(nl, &place->table, place->chain, &rules, err) < 0)
		return -1;
	/* A jump of an attachment without a record. */
	if (use > rules)
		return 0;
	cni_nft_flush_chain(tx, &place->table, place->chain);
	cni_nft_del_chain(tx, &place->table, place->chain);
	return cni_nft_commit(tx, err);
}

static int drop_in_nf_tables(struct cni_nl *nl, int family, const char *chain,
			     struct cni_error *err)
{
	struct place place = {.table = {family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6, "nat"}};

	memcpy(place.chain, chain, sizeof(place.chain));
	if (cni_nft_retry(nl, try_to_drop, &place, err) == 0)
		return 0;
	return err->errnum == EPROTONOSUPPORT || err->errnum == EOPNOTSUPP ? 0 : -1;
}

static int drop_in_legacy(int family, const char *chain, struct cni_error *err)
{
	clearing_lines struct cni_iptables_lines lines = {.table = "nat"};
	bool is_there;
	size_t refused;

	if (cni_legacy_has_chain(family, chain, &is_there, err) < 0)
		return -1;
	if (!is_there)
		return 0;
	cni_iptables_line(&lines, 0, "-F %s", chain);
	cni_iptables_line(&lines, 0, "-X %s", chain);
	return cni_iptables_restore(CNI_IPTABLES_LEGACY, family, &lines, &refused, err) < 0 ? -1
											    : 0;
}

int cni_nat_drop_destinations(struct cni_nl *nl, const char *network, bool *ret_is_used,
			      struct cni_error *err)
{
	struct cni_attachment_files files;
	char chain[CNI_GO_CHAIN_SIZE];

	*ret_is_used = false;
	if (cni_attachment_files(cni_nat_of_masquerade.directory, network, &files, err) < 0)
		return -1;
	*ret_is_used = files.owners.count > 0;
	cni_attachment_files_clear(&files);
	if (*ret_is_used)
		return 0;
	name_chain(network, chain);
	for (size_t i = 0; i < 2; i++)
		if (drop_in_nf_tables(nl, families[i], chain, err) < 0 ||
		    drop_in_legacy(families[i], chain, err) < 0)
			return -1;
	return 0;
}
