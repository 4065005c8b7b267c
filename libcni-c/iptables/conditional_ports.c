/* SPDX-License-Identifier: Apache-2.0 */
#include "conditional_ports.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"
#include "nft.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* After netinet/in.h, whose structures they share. */
#include <linux/netfilter.h>

#define DEADLINE_MS 20000
#define TABLE	    "cni_portmap_conditions"
#define RULE	    "add rule inet " TABLE

static const struct cni_nft_table table = {NFPROTO_INET, TABLE};
static const char *const chains[] = {"ports", "sources"};
#define CHAINS (sizeof(chains) / sizeof(*chains))

/* ---- the text ---- */

bool cni_conditional_ports_are_words(const char *const *words)
{
	bool is_quoted = false;

	for (; words && *words; words++)
		for (const char *c = *words; *c; c++)
			if (*c == '"')
				is_quoted = !is_quoted;
			else if (!is_quoted && strchr(";#", *c))
				return false;
	return !is_quoted;
}

static void put_skeleton(FILE *out)
{
	static const char *const hooks[] = {"prerouting", "output", "postrouting"};

	fputs("add table inet " TABLE "\n", out);
	for (size_t i = 0; i < CHAINS; i++)
		fprintf(out, "add chain inet " TABLE " %s\n", chains[i]);
	for (size_t i = 0; i < 3; i++)
		fprintf(out,
			"add chain inet " TABLE " %s { type nat hook %s priority %d; }\n"
			"flush chain inet " TABLE " %s\n",
			hooks[i], hooks[i], i < 2 ? -99 : 100, hooks[i]);
	fputs(RULE " prerouting ip daddr 127.0.0.0/8 return\n" RULE
		   " prerouting fib daddr type local jump ports\n" RULE
		   " output fib daddr type local jump ports\n" RULE " postrouting jump sources\n",
	      out);
}

static const char *protocol_name(uint8_t number)
{
	return number == IPPROTO_TCP ? "tcp" : number == IPPROTO_UDP ? "udp" : "sctp";
}

static void put_port(FILE *out, const struct cni_portmap *portmap,
		     const struct cni_port_mapping *mapping, const struct cni_ip *address,
		     const char *const *words)
{
	bool is_v6 = address->family == AF_INET6;
	const char *ip = is_v6 ? "ip6" : "ip";
	char text[CNI_IP_TEXT_SIZE];

	fprintf(out, RULE " ports meta nfproto ipv%c", is_v6 ? '6' : '4');
	for (; words && *words; words++)
		fprintf(out, " %s", *words);
	if (!cni_port_mapping_is_any(mapping))
		fprintf(out, " %s daddr %s", ip, cni_ip_format(&mapping->host_ip, text));
	fprintf(out, " %s dport %u dnat %s to %s%s%s:%u comment \"%s\"\n",
		protocol_name(mapping->protocol), mapping->host_port, ip, is_v6 ? "[" : "",
		cni_ip_format(address, text), is_v6 ? "]" : "", mapping->container_port,
		portmap->owner->text);
}

/* Returns their number; with `out` NULL it only counts. */
static size_t put_sources(FILE *out, const struct cni_portmap *portmap,
			  const struct cni_ip *address)
{
	bool is_v6 = address->family == AF_INET6;
	const char *ip = is_v6 ? "ip6" : "ip";
	char text[CNI_IP_TEXT_SIZE];
	const char *const sources[] = {portmap->masq_all ? (is_v6 ? "::/0" : "0.0.0.0/0")
							 : cni_ip_format(address, text),
				       is_v6 || portmap->masq_all ? NULL : "127.0.0.0/8"};
	size_t count = 0;

	cni_ip_format(address, text);
	for (size_t i = 0; portmap->snat && i < 2 && sources[i]; i++) {
		count++;
		if (out)
			fprintf(out,
				RULE " sources ct status dnat %s saddr %s %s daddr %s masquerade "
				     "comment \"%s\"\n",
				ip, sources[i], ip, text, portmap->owner->text);
	}
	return count;
}

/* Returns the numbers of rules by chain; with `out` NULL it only counts. */
static void put_rules(FILE *out, const struct cni_portmap *portmap,
		      const char *const *const conditions[2], size_t ret_counts[CHAINS])
{
	memset(ret_counts, 0, CHAINS * sizeof(*ret_counts));
	for (size_t i = 0; i < portmap->address_count; i++) {
		const struct cni_ip *address = &portmap->addresses[i];
		size_t before = ret_counts[0];

		for (size_t j = 0; j < portmap->mapping_count; j++) {
			const struct cni_port_mapping *mapping = &portmap->mappings[j];

			if (cni_ip_is_set(&mapping->host_ip) &&
			    mapping->host_ip.family != address->family)
				continue;
			ret_counts[0]++;
			if (out)
				put_port(out, portmap, mapping, address,
					 conditions[address->family == AF_INET6]);
		}
		if (ret_counts[0] > before)
			ret_counts[1] += put_sources(out, portmap, address);
	}
}

/* ---- ADD ---- */

static int run(const char *file, const char *text, struct cni_error *err)
{
	static char from[] = "-f";
	static char standard_input[] = "-";
	char *arguments[] = {from, standard_input, NULL};
	const struct cni_exec exec = {.file = file,
				      .type = "nft",
				      .arguments = arguments,
				      .environment = environ,
				      .input = text,
				      .input_size = strlen(text),
				      .deadline_ms = DEADLINE_MS};
	freeing char *output = NULL;
	int code;

	if (cni_exec_command(&exec, &output, &code, err) < 0)
		return -1;
	if (code == 0)
		return 0;
	cni_fail(err, CNI_EDELEGATE, "nft exited with %d", code);
	for (char *c = output; (c = strchr(c, '\n')); c++)
		*c = c[1] ? ' ' : '\0';
	return cni_fail_details(err, "%.900s", output);
}

int cni_conditional_ports_add(struct cni_nl *nl, const struct cni_portmap *portmap,
			      const char *const *const conditions[2], struct cni_error *err)
{
	freeing char *text = NULL;
	freeing char *file = NULL;
	size_t counts[CHAINS];
	size_t size = 0;
	FILE *out;

	/* nft(8) has no way to write a quote in a comment. */
	if (strchr(portmap->owner->text, '"'))
		return cni_fail(
			err, CNI_ECONFIG,
			"CNI_IFNAME of '%s' has a quote, expected none beside conditions of "
			"nft",
			portmap->owner->text);
	if (cni_exec_find_command("nft", &file, err) < 0)
		return -1;
	if (cni_conditional_ports_del(nl, portmap->owner, err) < 0)
		return -1;
	out = cni_need(open_memstream(&text, &size));
	put_skeleton(out);
	put_rules(out, portmap, conditions, counts);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return run(file, text, err);
}

int cni_conditional_ports_status(int code, struct cni_error *err)
{
	freeing char *file = NULL;

	if (cni_exec_find_command("nft", &file, err) == 0)
		return 0;
	return cni_fail(err, code,
			"there is no command 'nft' on this host: conditions in its words need the "
			"package nftables");
}

/* ---- CHECK ---- */

int cni_conditional_ports_check(struct cni_nl *nl, const struct cni_portmap *portmap,
				struct cni_error *err)
{
	static const char *const *const none[2];
	size_t expected[CHAINS];

	put_rules(NULL, portmap, none, expected);
	for (size_t i = 0; i < CHAINS; i++) {
		freeing struct cni_nft_rule_info *rules = NULL;
		size_t found = 0;
		size_t count = 0;

		if (cni_nft_rules(nl, &table, chains[i], &rules, &count, err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++)
			found += !strcmp(rules[j].comment, portmap->owner->text);
		if (found != expected[i])
			return cni_fail(err, CNI_EMISMATCH,
					"portmap: chain '%s' of table 'inet " TABLE
					"' has %zu rules of '%s', expected %zu",
					chains[i], found, portmap->owner->text, expected[i]);
	}
	return 0;
}

/* ---- DEL and GC ---- */

struct removal {
	const char *text; /* of an owner; NULL: the stale ones */
	const struct cni_stale *stale;
};

static bool goes(const struct removal *removal, const char *comment)
{
	return removal->text ? !strcmp(comment, removal->text)
			     : cni_stale_has(removal->stale, comment);
}

static int remove_rules(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	freeing_tx struct cni_nft_tx *whole = cni_nft_tx_new(nl, generation);
	size_t removed = 0;
	size_t left = 0;

	for (size_t i = 0; i < CHAINS; i++) {
		freeing struct cni_nft_rule_info *rules = NULL;
		size_t count = 0;

		if (cni_nft_rules(nl, &table, chains[i], &rules, &count, err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++) {
			if (!goes(data, rules[j].comment)) {
				left++;
				continue;
			}
			removed++;
			cni_nft_del_rule(tx, &table, chains[i], rules[j].handle);
		}
	}
	if (!removed || left)
		return cni_nft_commit(tx, err);
	cni_nft_del_table(whole, &table);
	return cni_nft_commit(whole, err);
}

int cni_conditional_ports_del(struct cni_nl *nl, const struct cni_owner *owner,
			      struct cni_error *err)
{
	struct removal removal = {.text = owner->text};

	return cni_nft_retry(nl, remove_rules, &removal, err);
}

int cni_conditional_ports_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
			     struct cni_error *err)
{
	struct cni_stale stale = cni_stale_make(network, valid);
	struct removal removal = {.stale = &stale};
	int failed = cni_nft_retry(nl, remove_rules, &removal, err);

	cni_stale_clear(&stale);
	return failed;
}
