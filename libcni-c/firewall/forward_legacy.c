/* SPDX-License-Identifier: Apache-2.0 */
#include "forward_legacy.h"

#include "legacy_table.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* After netinet/in.h, whose structures they share. */
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

/* ---- one rule ---- */

/* A rule of either family. */
struct entry {
	const uint8_t *source, *source_mask;
	const uint8_t *destination, *destination_mask;
	const char *in, *out;
	const uint8_t *in_mask, *out_mask;
	uint16_t protocol; /* 0: any */
	bool is_fragment;
	bool is_goto;
	uint8_t inverted; /* IPT_INV_*, which IPv6 has as well */
	size_t matches;	  /* offsets from the beginning of the table */
	size_t target;
	size_t next;
};

static struct entry read_v4(const struct ipt_entry *entry, size_t at)
{
	const struct ipt_ip *ip = &entry->ip;

	return (struct entry){.source = (const void *)&ip->src,
			      .source_mask = (const void *)&ip->smsk,
			      .destination = (const void *)&ip->dst,
			      .destination_mask = (const void *)&ip->dmsk,
			      .in = ip->iniface,
			      .out = ip->outiface,
			      .in_mask = ip->iniface_mask,
			      .out_mask = ip->outiface_mask,
			      .protocol = ip->proto,
			      .is_fragment = ip->flags & IPT_F_FRAG,
			      .is_goto = ip->flags & IPT_F_GOTO,
			      .inverted = ip->invflags,
			      .matches = at + sizeof(*entry),
			      .target = at + entry->target_offset,
			      .next = at + entry->next_offset};
}

static struct entry read_v6(const struct ip6t_entry *entry, size_t at)
{
	const struct ip6t_ip6 *ip = &entry->ipv6;

	return (struct entry){.source = (const void *)&ip->src,
			      .source_mask = (const void *)&ip->smsk,
			      .destination = (const void *)&ip->dst,
			      .destination_mask = (const void *)&ip->dmsk,
			      .in = ip->iniface,
			      .out = ip->outiface,
			      .in_mask = ip->iniface_mask,
			      .out_mask = ip->outiface_mask,
			      .protocol = ip->flags & IP6T_F_PROTO ? ip->proto : 0,
			      .is_goto = ip->flags & IP6T_F_GOTO,
			      .inverted = ip->invflags,
			      .matches = at + sizeof(*entry),
			      .target = at + entry->target_offset,
			      .next = at + entry->next_offset};
}

/* False at the end of the table, and for data that is no table. */
static bool read_entry(const struct cni_legacy_table *table, size_t at, struct entry *ret_entry)
{
	bool is_v4 = table->family == AF_INET;
	size_t size = is_v4 ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);

	if (at > table->size || table->size - at < size)
		return false;
	*ret_entry = is_v4 ? read_v4((const void *)(table->data + at), at)
			   : read_v6((const void *)(table->data + at), at);
	return ret_entry->target >= at + size && ret_entry->next <= table->size &&
	       ret_entry->next >= ret_entry->target + sizeof(struct xt_standard_target);
}

static const struct xt_entry_target *target_of(const struct cni_legacy_table *table,
					       const struct entry *entry)
{
	return (const void *)(table->data + entry->target);
}

/* The name of the chain that begins after this entry; NULL: the entry is a rule. */
static const char *name_of(const struct cni_legacy_table *table, const struct entry *entry)
{
	const struct xt_entry_target *target = target_of(table, entry);

	if (strncmp(target->u.user.name, XT_ERROR_TARGET, sizeof(target->u.user.name)) != 0 ||
	    entry->next < entry->target + sizeof(struct xt_error_target))
		return NULL;
	return ((const struct xt_error_target *)(const void *)target)->errorname;
}

/* ---- judging a rule ---- */

static enum cni_match match_if(bool holds, bool inverted)
{
	return holds != inverted ? CNI_MATCH_YES : CNI_MATCH_NO;
}

static enum cni_match match_address(const struct cni_ip *ip, const uint8_t *address,
				    const uint8_t *mask, size_t size, bool inverted)
{
	bool is_any = true;
	bool holds = true;

	for (size_t i = 0; i < size; i++) {
		is_any &= !mask[i];
		holds &= (ip->bytes[i] & mask[i]) == address[i];
	}
	if (is_any && !inverted)
		return CNI_MATCH_YES;
	return cni_ip_is_set(ip) ? match_if(holds, inverted) : CNI_MATCH_MAYBE;
}

static enum cni_match match_interface(const char *const *names, const char *name,
				      const uint8_t *mask, bool inverted)
{
	enum cni_match match;
	size_t size = 0;

	while (size < IFNAMSIZ && mask[size])
		size++;
	if (!size)
		return inverted ? CNI_MATCH_MAYBE : CNI_MATCH_YES;
	match = cni_match_names(names, name, size);
	return inverted ? (enum cni_match)(CNI_MATCH_YES - match) : match;
}

static enum cni_match match_extensions(const struct cni_legacy_table *table,
				       const struct entry *entry, const struct cni_packet *packet)
{
	enum cni_match all = CNI_MATCH_YES;
	const struct xt_entry_match *match;

	for (size_t at = entry->matches; at + sizeof(*match) <= entry->target;
	     at += match->u.match_size) {
		char name[XT_EXTENSION_MAXNAMELEN + 1] = "";

		match = (const void *)(table->data + at);
		if (match->u.match_size < sizeof(*match) ||
		    match->u.match_size > entry->target - at)
			return CNI_MATCH_MAYBE;
		memcpy(name, match->u.user.name, sizeof(match->u.user.name));
		all = cni_match_both(all,
				     cni_match_xt(packet, name, match->u.user.revision, match->data,
						  match->u.match_size - sizeof(*match)));
	}
	return all;
}

static enum cni_match match_entry(const struct cni_legacy_table *table, const struct entry *entry,
				  const struct cni_packet *packet)
{
	size_t size = table->family == AF_INET ? 4 : 16;
	const uint8_t inverted = entry->inverted;
	enum cni_match match = CNI_MATCH_YES;
	const enum cni_match all[] = {
		match_address(&packet->source, entry->source, entry->source_mask, size,
			      inverted & IPT_INV_SRCIP),
		match_address(&packet->destination, entry->destination, entry->destination_mask,
			      size, inverted & IPT_INV_DSTIP),
		match_interface(packet->in, entry->in, entry->in_mask, inverted & IPT_INV_VIA_IN),
		match_interface(packet->out, entry->out, entry->out_mask,
				inverted & IPT_INV_VIA_OUT),
		entry->protocol ? match_if(entry->protocol == IPPROTO_TCP, inverted & XT_INV_PROTO)
				: CNI_MATCH_YES,
		entry->is_fragment ? CNI_MATCH_MAYBE : CNI_MATCH_YES,
		match_extensions(table, entry, packet),
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		match = cni_match_both(match, all[i]);
	return match;
}

/* The chain with its first rule at the offset, after the entry with the chain's name, which has a
 * fixed size; "" if there is none. */
static void find_chain(const struct cni_legacy_table *table, size_t offset,
		       char name[CNI_CHAIN_NAME_SIZE])
{
	size_t size =
		sizeof(struct xt_error_target) +
		(table->family == AF_INET ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry));
	struct entry entry;

	if (offset >= size && read_entry(table, offset - size, &entry) && entry.next == offset &&
	    name_of(table, &entry))
		strncpy(name, name_of(table, &entry), XT_FUNCTION_MAXNAMELEN);
}

/* Verdicts of the standard target are -NF_ACCEPT - 1 and so on, or the offset of a jump. */
static void decide(const struct cni_legacy_table *table, const struct entry *entry,
		   struct cni_judgement *judgement)
{
	const struct xt_entry_target *target = target_of(table, entry);
	char name[XT_EXTENSION_MAXNAMELEN + 1] = "";
	int verdict;

	memcpy(name, target->u.user.name, sizeof(target->u.user.name));
	judgement->verdict = CNI_VERDICT_ELSEWHERE;
	if (*name) {
		judgement->verdict = cni_verdict_xt(name);
		return;
	}
	verdict = ((const struct xt_standard_target *)(const void *)target)->verdict;
	if (verdict == -NF_ACCEPT - 1)
		judgement->verdict = CNI_VERDICT_ACCEPT;
	else if (verdict == -NF_DROP - 1)
		judgement->verdict = CNI_VERDICT_DROP;
	else if (verdict == XT_RETURN)
		judgement->verdict = CNI_VERDICT_RETURN;
	else if (verdict >= 0 && (size_t)verdict == entry->next)
		judgement->verdict = CNI_VERDICT_CONTINUE;
	else if (verdict >= 0) {
		find_chain(table, (size_t)verdict, judgement->target);
		if (*judgement->target)
			judgement->verdict = entry->is_goto ? CNI_VERDICT_GOTO : CNI_VERDICT_JUMP;
	}
}

/* ---- a chain ---- */

/* The beginning and the end of the chain's rules. */
static void find_rules(const struct cni_legacy_table *table, const char *name, size_t *ret_begin,
		       size_t *ret_end)
{
	struct entry entry;
	bool is_in = false;
	size_t at = 0;

	*ret_begin = table->forward;
	*ret_end = table->forward_end;
	if (!strcmp(name, "FORWARD"))
		return;
	*ret_begin = 0;
	*ret_end = 0;
	for (; read_entry(table, at, &entry); at = entry.next) {
		const char *found = name_of(table, &entry);

		if (found && is_in)
			break;
		if (found && !strncmp(found, name, XT_FUNCTION_MAXNAMELEN)) {
			is_in = true;
			*ret_begin = entry.next;
		}
	}
	if (is_in)
		*ret_end = at;
}

int cni_legacy_read_chain(const struct cni_ruleset *ruleset, struct cni_forward_chain *chain,
			  struct cni_error *err)
{
	const struct cni_legacy_table *table = ruleset->data;
	struct entry entry;
	size_t number = 0;
	size_t begin;
	size_t end;

	(void)err;
	find_rules(table, chain->name, &begin, &end);
	for (size_t at = begin; at < end && read_entry(table, at, &entry); at = entry.next) {
		number++;
		for (size_t i = 0; i < ruleset->packet_count; i++) {
			struct cni_judgement judgement = {
				.match = match_entry(table, &entry, &ruleset->packets[i])};

			if (judgement.match == CNI_MATCH_NO)
				continue;
			decide(table, &entry, &judgement);
			cni_forward_chain_add(chain, i, number, &judgement);
		}
	}
	return 0;
}

/* ---- the table ---- */

int cni_legacy_read(int family, struct cni_legacy_table *ret_table, struct cni_error *err)
{
	struct cni_legacy_rules rules;
	struct entry policy;

	*ret_table = (struct cni_legacy_table){.family = family};
	if (cni_legacy_load(family, "filter", &rules, err) < 0)
		return -1;
	ret_table->data = rules.data;
	ret_table->size = rules.size;
	ret_table->forward = rules.forward;
	ret_table->forward_end = rules.forward_end;
	if (read_entry(ret_table, ret_table->forward_end, &policy)) {
		struct cni_judgement judgement = {.match = CNI_MATCH_YES};

		decide(ret_table, &policy, &judgement);
		ret_table->drops = judgement.verdict == CNI_VERDICT_DROP;
	}
	return 0;
}

void cni_legacy_clear(struct cni_legacy_table *table)
{
	free(table->data);
	*table = (struct cni_legacy_table){.family = 0};
}
