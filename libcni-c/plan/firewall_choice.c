/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_choice.h"

#include "cleanup.h"
#include "file.h"
#include "firewalld.h"
#include "iptables.h"
#include "nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *const texts[] = {
	[CNI_FIREWALL_AUTOMATIC] = "automatic", [CNI_FIREWALL_NFTABLES] = "nftables",
	[CNI_FIREWALL_IPTABLES] = "iptables",	[CNI_FIREWALL_FIREWALLD] = "firewalld",
	[CNI_FIREWALL_NONE] = "none",
};

const char *cni_firewall_backend_text(enum cni_firewall_backend backend)
{
	return texts[backend];
}

bool cni_firewall_backend_parse(const char *text, enum cni_firewall_backend *ret_backend)
{
	*ret_backend = CNI_FIREWALL_AUTOMATIC;
	if (!*text)
		return true;
	for (int i = CNI_FIREWALL_NFTABLES; i <= CNI_FIREWALL_NONE; i++) {
		*ret_backend = (enum cni_firewall_backend)i;
		if (!strcmp(text, texts[i]))
			return true;
	}
	return false;
}

/* ---- what is on this host ---- */

struct place {
	struct cni_nft_table table;
	const char *chain;
	const char *drop;
};

#define DROP(chain, family) "the policy of chain '" chain "' of table '" family " filter' is drop"

/* The first two are where the iptables backend puts its rules. Asked by name: base chains could
 * only be found by listing everybody's. */
static const struct place places[] = {
	{{NFPROTO_IPV4, "filter"}, "FORWARD", DROP("FORWARD", "ip")},
	{{NFPROTO_IPV6, "filter"}, "FORWARD", DROP("FORWARD", "ip6")},
	{{NFPROTO_INET, "filter"}, "forward", DROP("forward", "inet")},
};

#define PLACES	     (sizeof(places) / sizeof(*places))
#define FOR_IPTABLES 2

/* Among the first `count`; NULL: none. */
static const char *find_drop(struct cni_nl *nl, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t policy = NF_ACCEPT;
		struct cni_error ignored; /* no such chain */

		cni_nft_chain_policy(nl, &places[i].table, places[i].chain, &policy, &ignored);
		if (policy == NF_DROP)
			return places[i].drop;
	}
	return NULL;
}

/* Is the table filter of iptables-legacy(8) in use? It is not seen in nf_tables. */
static bool has_legacy(int family)
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
		if (!strcmp(line, "filter"))
			return true;
	return false;
}

bool cni_firewall_has_iptables(struct cni_nl *nl, int family)
{
	const struct cni_nft_table *table = &places[family == AF_INET ? 0 : 1].table;
	struct cni_error ignored;
	uint32_t use;

	return has_legacy(family) ||
	       cni_nft_chain_use(nl, table, CNI_IPTABLES_CHAIN, &use, &ignored) == 0;
}

static bool has_nf_tables(struct cni_nl *nl)
{
	struct cni_error ignored;
	uint32_t generation;

	return cni_nft_generation(nl, &generation, &ignored) == 0;
}

/* ---- the choice ---- */

static void trace(const char *what, const char *why)
{
	if (getenv("CNI_C_TRACE"))
		fprintf(stderr, "choose firewall   %s: %s\n", what, why);
}

/* Says why as well, for the trace. */
static int choose(struct cni_nl *nl, enum cni_firewall_backend *ret_backend, const char **ret_why,
		  struct cni_error *err)
{
	struct cni_error ignored;
	const char *drop;

	*ret_backend = CNI_FIREWALL_FIREWALLD;
	*ret_why = "it is running";
	if (cni_firewalld_status(err) == 0)
		return 0;
	if (err->code != CNI_EMISSING)
		return -1;
	trace("not firewalld", err->msg);
	*ret_backend = CNI_FIREWALL_NFTABLES;
	*ret_why = "there is no iptables-restore";
	if (cni_iptables_status(&ignored) < 0)
		return 0;
	*ret_backend = CNI_FIREWALL_IPTABLES;
	drop = find_drop(nl, FOR_IPTABLES);
	if (drop)
		*ret_why = drop;
	else if (has_legacy(AF_INET) || has_legacy(AF_INET6))
		*ret_why = "iptables-legacy is in use";
	else if (!has_nf_tables(nl))
		*ret_why = "the kernel has no nf_tables";
	else {
		*ret_backend = CNI_FIREWALL_NFTABLES;
		*ret_why = "nothing is known to drop what is forwarded";
	}
	return 0;
}

int cni_firewall_choose(struct cni_nl *nl, enum cni_firewall_backend *ret_backend,
			struct cni_error *err)
{
	const char *why;

	if (choose(nl, ret_backend, &why, err) < 0)
		return cni_fail_within(err, "choose a backend");
	trace(texts[*ret_backend], why);
	return 0;
}

/* ---- STATUS ---- */

static int status_of_nftables(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t generation;
	const char *drop;

	if (cni_nft_generation(nl, &generation, err) < 0)
		return -1;
	drop = find_drop(nl, PLACES);
	if (!drop)
		return 0;
	return cni_fail(err, CNI_ELIMITED,
			"%s, which backend nftables cannot overrule: containers reach what other "
			"rules there accept",
			drop);
}

int cni_firewall_backend_status(struct cni_nl *nl, enum cni_firewall_backend backend,
				struct cni_error *err)
{
	int failed = 0;

	if (backend == CNI_FIREWALL_AUTOMATIC)
		failed = cni_firewall_choose(nl, &backend, err);
	if (!failed && backend == CNI_FIREWALL_FIREWALLD)
		failed = cni_firewalld_status(err);
	if (!failed && backend == CNI_FIREWALL_IPTABLES)
		failed = cni_iptables_status(err);
	if (!failed && backend == CNI_FIREWALL_NFTABLES)
		failed = status_of_nftables(nl, err);
	if (!failed)
		return 0;
	if (err->code != CNI_ELIMITED)
		err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "backend %s", texts[backend]);
}
