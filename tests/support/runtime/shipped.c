/* SPDX-License-Identifier: Apache-2.0 */
#include "shipped.h"

#include "cleanup.h"
#include "conflist_life.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define VERSION "1.1.0"

/* ---- hosts ---- */

struct host {
	const char *name;
	const char *iptables; /* the kind whose FORWARD has the drop; NULL: none */
	const char *prepares;
	const char *undoes;
	const char *file;    /* of the only network that the host is for; NULL: any */
	bool is_slow;	     /* for CNI_C_SLOW */
	bool is_for_uplinks; /* its drop concerns the networks on a link of the host alone: those of
			       * a bridge are dropped there, and CHECK reports the drop */
};

/* kubelet and Docker have bridged packets pass the rules of the host. */
#define FILTER_BRIDGES(value)                                                                      \
	"for f in ip ip6; do [ ! -e /proc/sys/net/bridge/bridge-nf-call-${f}tables ] || "          \
	"sysctl -qw net.bridge.bridge-nf-call-${f}tables=" value "; done"
#define POLICY(kind, policy)                                                                       \
	"iptables-" kind " -P FORWARD " policy " && ip6tables-" kind " -P FORWARD " policy

static const struct host hosts[] = {
	{.name = "a host that forwards"},
	{.name = "a host whose iptables-nft drops",
	 .iptables = "nft",
	 .prepares = POLICY("nft", "DROP") "; " FILTER_BRIDGES("1"),
	 .undoes = FILTER_BRIDGES("0")},
	{.name = "a host whose iptables-legacy drops",
	 .iptables = "legacy",
	 .prepares = POLICY("legacy", "DROP") "; " FILTER_BRIDGES("1"),
	 .undoes = POLICY("legacy", "ACCEPT") "; " FILTER_BRIDGES("0"),
	 .is_slow = true},
	{.name = "a host whose nftables.conf drops",
	 .prepares = "nft 'table inet filter { chain forward { "
		     "type filter hook forward priority filter; policy drop; }; }'",
	 .undoes = "nft delete table inet filter",
	 .is_for_uplinks = true},
	{.name = "a host with the nftables.conf of conf/README.md",
	 .prepares = "sed -n '/^```nft$/,/^```$/{//!p}' " CONFLIST_SHIPPED "/README.md | nft -f -",
	 .undoes = "nft delete table inet filter",
	 .file = "10-containerd.conflist"},
};

#define HOSTS (sizeof(hosts) / sizeof(*hosts))

/* Drops of iptables do not concern the networks on a link of the host: one kind of drop shows this quickly. */
static bool is_left_out(const struct host *host, const struct conflist *list)
{
	bool is_slow = host->is_slow || (host->iptables && list->has_uplink);

	return (host->is_for_uplinks && !list->has_uplink) ||
	       (host->file && strcmp(host->file, list->file) != 0) ||
	       (is_slow && !getenv("CNI_C_SLOW"));
}

static const char *here; /* the host's name, for a failure; NULL: none just now */

static void set_up(const struct host *host)
{
	here = host->name;
	if (host->prepares)
		sandbox_must("%s", host->prepares);
}

/* ---- what is left ---- */

/* The chains of the backend iptables stay, each without a rule of a container: a chain with one is not removed. */
#define UNFORWARD                                                                                  \
	"for t in iptables ip6tables; do f=ip; [ $t = iptables ] || f=ip6; "                       \
	"for k in nft legacy; do "                                                                 \
	"if [ $k = nft ]; then nft list chain $f filter CNI-FORWARD >/dev/null 2>&1 || continue; " \
	"else [ %s = legacy ] && $t-$k -S CNI-FORWARD >/dev/null 2>&1 || continue; fi; "           \
	"a=$($t-$k -S CNI-FORWARD | sed -n 's/.*admin overrides.* -j //p'); "                      \
	"$t-$k -D FORWARD -m comment --comment 'CNI firewall plugin rules' -j CNI-FORWARD && "     \
	"$t-$k -D CNI-FORWARD -m comment --comment 'CNI firewall plugin admin overrides' -j $a "   \
	"&& $t-$k -X CNI-FORWARD && $t-$k -X $a && $t-$k -Z || exit 1; "                           \
	"done; done"

/* The tables that iptables-nft has made; fails if there is a rule in one. */
#define UNTABLE                                                                                    \
	"for f in ip ip6; do nft list table $f filter >/dev/null 2>&1 || continue; "               \
	"! nft list table $f filter | grep counter && nft delete table $f filter || exit 1; done"

static bool is_in_nft(const struct host *host)
{
	return host->iptables && !strcmp(host->iptables, "nft");
}

/* As the bridge does, its VLAN with the gateways stays. The caller frees. */
static char *removal(const struct host *host, const struct conflist *list)
{
	freeing char *chains = cni_format(UNFORWARD, host->iptables ? host->iptables : "nft");
	freeing char *link = list->gateways_on ? cni_format("ip link del %s", list->gateways_on)
					       : cni_strdup(":");

	return cni_format("%s; %s; %s", chains, is_in_nft(host) ? ":" : UNTABLE, link);
}

static void tear_down(const struct host *host)
{
	if (host->undoes)
		sandbox_must("%s", host->undoes);
	sandbox_must(UNTABLE);
	here = NULL;
}

int shipped_teardown(void **state)
{
	if (here)
		fprintf(stderr, "# that was on %s\n", here);
	here = NULL;
	return conflist_teardown(state);
}

/* ---- with two containers ---- */

/* DEL of `red` has its namespace; that of `blue` has none, as with ctr and nerdctl. */
static void del(const struct conflist *list, struct conflist_pod *red, struct conflist_pod *blue)
{
	conflist_succeeds(list, red, "del");
	conflist_assert_gone(red);
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	conflist_del_without_netns(list, blue);
	conflist_assert_gone(blue);
}

static void live_on(const struct host *host, const struct conflist *list)
{
	freeing char *rest = NULL;
	freeing char *removes = removal(host, list);
	struct conflist network = *list;
	struct conflist_pod blue;
	struct conflist_pod red;

	network.removes = removes;
	set_up(host);
	rest = conflist_rest();
	conflist_attach(&network, VERSION, &red, &blue);
	if (list->neighbour && host == hosts)
		conflist_assert_kept_apart(&network, &red);
	conflist_succeeds(&network, &red, "check");
	if (!host->iptables)
		conflist_succeeds(&network, &red, "status");
	del(&network, &red, &blue);
	conflist_assert_rest(&network, rest);
	conflist_pod_close(&blue);
	conflist_pod_close(&red);
	tear_down(host);
}

void shipped__lives_on_each_host(void **state)
{
	const struct conflist *list = *state;
	freeing char *before = NULL;

	conflist_prepare_host(list);
	before = conflist_snapshot();
	for (size_t i = 0; i < HOSTS; i++)
		if (!is_left_out(&hosts[i], list))
			live_on(&hosts[i], list);
	conflist_assert_unchanged(list, before);
}

/* ---- with one ---- */

static void live_alone_on(const struct host *host, const struct conflist *list)
{
	struct conflist_pod red;
	struct plugin_answer answer;

	set_up(host);
	conflist_install(list, VERSION);
	conflist_pod_open(list, &red, "red", true);
	answer = conflist_add(list, &red);
	plugin_answer_clear(&answer);
	sandbox_must("ip netns exec red ping -qc1 -W5 %s >/dev/null", list->gateways[0]);
	if (list->shows)
		sandbox_must("%s", list->shows);
	conflist_succeeds(list, &red, "check");
	conflist_succeeds(list, &red, "status");
	conflist_succeeds(list, &red, "del");
	conflist_assert_gone(&red);
	conflist_del_without_netns(list, &red);
	conflist_pod_close(&red);
	tear_down(host);
}

void shipped__lives_alone_on_each_host(void **state)
{
	const struct conflist *list = *state;
	freeing char *before = NULL;

	conflist_prepare_host(list);
	before = conflist_snapshot();
	for (size_t i = 0; i < HOSTS; i++)
		if (!is_left_out(&hosts[i], list))
			live_alone_on(&hosts[i], list);
	conflist_assert_unchanged(list, before);
}

/* ---- files ---- */

void shipped_assert_files(const char *pattern, const struct conflist *const *lists, size_t count)
{
	freeing char *rows = cni_strdup("");
	freeing char *files = sandbox_read("cd " CONFLIST_SHIPPED " && ls %s | sort", pattern);
	freeing char *sorted = NULL;

	for (size_t i = 0; i < count; i++) {
		char *longer = cni_format("%s%s\n", rows, lists[i]->file);

		free(rows);
		rows = longer;
	}
	sorted = sandbox_read("printf '%s' | sort", rows);
	assert_string_equal(files, sorted);
}
