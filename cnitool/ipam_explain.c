/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam explain: all known facts of an address, or of a container's addresses, and what
 * ADD would do with it. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "fault.h"
#include "index.h"
#include "ipam_ledger.h"
#include "mem.h"
#include "store.h"
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An address of a ledger. */
struct subject {
	const struct ipam_ledger *ledger;
	struct store *store;
	struct boot_id boot;
	const struct census *census;
	const struct cni_ip *ip;
	const char *text;		    /* of the address */
	const struct host_local_conf *conf; /* that has it in a range set, if one does */
	size_t set;			    /* its number; of none: conf->sets.count */
	struct lease lease;
	bool is_taken;
	cJSON *rows;	  /* NULL: lines instead */
	cJSON *sentences; /* of the row */
};

/* A sentence: a line, or an item of the JSON. */
__attribute__((format(printf, 2, 3))) static void tell(const struct subject *subject,
						       const char *fmt, ...)
{
	freeing char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	if (subject->sentences)
		cJSON_AddItemToArray(subject->sentences, cJSON_CreateString(make_printable(text)));
	else
		print_line("%s", text);
}

static bool is_in_set(const struct subject *subject)
{
	return subject->set < subject->conf->sets.count;
}

static void find_set(struct subject *subject)
{
	for (size_t i = 0; i < subject->ledger->conf_count; i++) {
		subject->conf = subject->ledger->confs[i];
		subject->set = set_with(subject->conf, subject->ip);
		if (is_in_set(subject))
			return;
	}
}

/* ---- what is known ---- */

static void tell_set(const struct subject *subject)
{
	freeing char *ranges = NULL;

	if (!is_in_set(subject)) {
		tell(subject, "%s is in no range set of network '%s'.", subject->text,
		     subject->ledger->place.network);
		return;
	}
	ranges = range_set_format(&subject->conf->sets.items[subject->set]);
	tell(subject, "%s is in range set %zu of network '%s': %s.", subject->text, subject->set,
	     subject->ledger->place.network, ranges);
}

static void tell_lease(const struct subject *subject)
{
	const struct lease *lease = &subject->lease;
	char holder[HOLDER_TEXT_SIZE];
	char age[AGE_TEXT_SIZE];
	char since[32] = "?";
	struct tm when;

	if (localtime_r(&lease->since, &when))
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &when);
	tell(subject, "It is reserved for %s, since %s (%s ago).", lease_holder(lease, holder),
	     since, ipam_age(lease->since, age));
	if (lease_is_stale(lease, &subject->boot))
		tell(subject, "That was in an earlier boot, of which nothing is left.");
	else
		tell(subject, "It was reserved in %s boot; its network namespace is %s.",
		     !strcmp(ipam_boot(lease, &subject->boot), "this") ? "this" : "an unknown",
		     ipam_netns(lease, &subject->boot, subject->census));
}

static void tell_file(const struct subject *subject)
{
	char fault[FILE_FAULT_SIZE];

	if (subject->lease.state == LEASE_HELD)
		tell_lease(subject);
	else if (*fault_of_file(&subject->ledger->place, &subject->lease, fault))
		tell(subject, "%s: %s.",
		     subject->is_taken ? "It is taken, nobody knows by whom" : "Nobody holds it",
		     fault);
	else
		tell(subject, "Nobody holds it.");
}

/* In another boot the sidecar still has what was released then. */
static bool is_about_this_boot(const struct subject *subject)
{
	struct network_dir dir;
	struct cni_error ignored;
	bool is = false;

	if (network_dir_look(&subject->ledger->place, &dir, &ignored) == 0 && dir.fd >= 0) {
		struct index *index = index_open(&dir, &subject->boot, false);

		is = index && index_is_of_this_boot(index);
		index_close(index);
	}
	network_dir_close(&dir);
	return is;
}

static bool released_ago(const struct subject *subject, uint32_t *ret_seconds)
{
	return is_about_this_boot(subject) &&
	       store_released_ago(subject->store, subject->ip, ret_seconds);
}

static void tell_release(const struct subject *subject)
{
	char age[AGE_TEXT_SIZE];
	uint32_t seconds;

	if (released_ago(subject, &seconds))
		tell(subject, "It was last released %s ago.",
		     ipam_age(time(NULL) - (time_t)seconds, age));
}

/* ---- what ADD would do ---- */

static void tell_add_of_stale(const struct subject *subject)
{
	switch ((enum reclaim)subject->conf->reclaim) {
	case RECLAIM_LAZY:
		tell(subject,
		     "ADD gives it back to container %s, and to others if it is requested or "
		     "nothing else is free.",
		     subject->lease.container);
		return;
	case RECLAIM_EAGER:
		tell(subject, "The next ADD releases it.");
		return;
	case RECLAIM_NEVER:
		tell(subject, "ADD gives it to nobody until DEL or GC releases it, since "
			      "'ipam.reclaim' is \"never\".");
		return;
	}
}

static void tell_add_of_held(const struct subject *subject)
{
	const char *netns = ipam_netns(&subject->lease, &subject->boot, subject->census);

	if (lease_is_stale(&subject->lease, &subject->boot))
		tell_add_of_stale(subject);
	else if (!strcmp(netns, "gone") && subject->conf->reclaim != RECLAIM_NEVER)
		tell(subject,
		     "ADD gives it back to container %s, and to others if nothing else is "
		     "free.",
		     subject->lease.container);
	else
		tell(subject, "ADD gives it to nobody until DEL or GC releases it.");
}

/* Finds the next address for a container without a request. False if this is uncertain: with
 * reclaim "eager" ADD first releases stale leases, and in a new boot it first forgets resting
 * addresses. */
static bool find_next(const struct subject *subject, struct cni_ip *ret_ip)
{
	bool is_eager = subject->conf->reclaim == RECLAIM_EAGER;
	struct choice choice = {.claim.set = subject->set};
	struct cni_error ignored;

	if (is_eager && store_stale_count(subject->store))
		return false;
	if ((is_eager || subject->conf->cooldown) && !is_about_this_boot(subject))
		return false;
	if (choice_make_next(subject->store, subject->conf, &choice, &ignored) < 0)
		return false;
	*ret_ip = choice.claim.ip;
	return true;
}

static void tell_add_of_free(const struct subject *subject)
{
	uint32_t cooldown = subject->conf->cooldown;
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip next;
	uint32_t ago;

	if (cooldown && released_ago(subject, &ago) && ago < cooldown)
		tell(subject,
		     "It rests for %us more ('ipam.cooldown'): until then ADD gives it out "
		     "only if it is requested or nothing else is free.",
		     cooldown - ago);
	else if (!find_next(subject, &next))
		tell(subject, "ADD gives it out when its turn comes.");
	else if (cni_ip_equal(&next, subject->ip))
		tell(subject, "It is the next that ADD gives out, unless another is requested.");
	else
		tell(subject, "ADD gives it out when its turn comes; the next is %s.",
		     cni_ip_format(&next, text));
}

static void tell_add(const struct subject *subject)
{
	char why[ADDRESS_FAULT_SIZE];

	fault_of_address(subject->ledger->confs, subject->ledger->conf_count, subject->ip, why);
	if (!is_in_set(subject))
		tell(subject, "ADD does not give it out.");
	else if (*why)
		tell(subject, "ADD never gives it out: it is %s.", why);
	else if (subject->lease.state == LEASE_HELD)
		tell_add_of_held(subject);
	else if (subject->is_taken)
		tell(subject, "ADD gives it to nobody as long as that is there.");
	else
		tell_add_of_free(subject);
}

/* ---- addresses ---- */

static void add_row(const struct subject *subject)
{
	cJSON *row = cni_json_object();

	cni_json_add_string(row, "network", subject->ledger->place.network);
	cni_json_add_string(row, "dataDir", subject->ledger->place.data_dir);
	cni_json_add_string(row, "address", subject->text);
	if (is_in_set(subject))
		cni_json_add_number(row, "set", (double)subject->set);
	cJSON_AddBoolToObject(row, "reserved", subject->lease.state == LEASE_HELD);
	if (subject->lease.state == LEASE_HELD) {
		cni_json_add_string(row, "container", subject->lease.container);
		cni_json_add_string(row, "interface", subject->lease.ifname);
		cni_json_add_number(row, "since", (double)subject->lease.since);
		cni_json_add_string(row, "boot", ipam_boot(&subject->lease, &subject->boot));
		cni_json_add_string(row, "namespace",
				    ipam_netns(&subject->lease, &subject->boot, subject->census));
	}
	cni_json_add(row, "sentences", subject->sentences);
	cJSON_AddItemToArray(subject->rows, row);
}

static void explain(struct subject subject, const struct cni_ip *ip)
{
	char text[CNI_IP_TEXT_SIZE];

	subject.ip = ip;
	subject.text = cni_ip_format(ip, text);
	find_set(&subject);
	subject.is_taken = store_read(subject.store, ip, &subject.lease);
	subject.sentences = subject.rows ? cni_json_array() : NULL;
	tell_set(&subject);
	tell_file(&subject);
	tell_release(&subject);
	tell_add(&subject);
	if (subject.rows)
		add_row(&subject);
	lease_clear(&subject.lease);
}

static int explain_container(const struct subject *subject, const char *container,
			     struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	int count = 0;

	if (store_list(subject->store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		if (strcmp(leases.items[i].container, container) != 0)
			continue;
		if (count++ && !subject->rows)
			putchar('\n');
		explain(*subject, &leases.items[i].ip);
	}
	return 0;
}

int ipam_ledger_explain(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
			cJSON *rows, struct cni_error *err)
{
	clearing_census struct census census = census_take();
	struct subject subject = {
		.ledger = source->ledger,
		.census = &census,
		.boot = boot_id_read(),
		.rows = rows,
	};
	closing_store struct store *store = NULL;

	if (store_survey(&source->ledger->place, &store, err) < 0)
		return -1;
	subject.store = store;
	if (!ip)
		return explain_container(&subject, what, err);
	explain(subject, ip);
	return 0;
}

/* "10.1.0.7", or "10.1.0.7/24" as it stands in a result. */
static bool read_address(const char *text, struct cni_ip *ret_ip)
{
	struct cni_net net;

	if (cni_ip_parse(text, ret_ip) == 0)
		return true;
	if (cni_net_parse(text, &net) < 0)
		return false;
	*ret_ip = net.ip;
	return true;
}

static int explain_all(const struct ipam *ipam, cJSON *rows, const char *what,
		       struct cni_error *err)
{
	struct cni_ip ip;
	bool is_address = read_address(what, &ip);

	for (size_t i = 0; i < ipam->source_count; i++) {
		const struct ipam_source *source = &ipam->sources[i];

		if (ipam->source_count > 1 && !rows)
			print_line("In '%s':", source->place);
		if (source->backend->explain(source, what, is_address ? &ip : NULL, rows, err) < 0)
			return -1;
	}
	return 0;
}

int command_ipam_explain(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	const char *what = options->operand_count > 1 ? options->operands[1] : options->container;
	closing_ipam struct ipam ipam = {0};
	freeing_json cJSON *rows = options->json ? cni_json_array() : NULL;
	freeing char *container = NULL;
	struct cni_ip ip;

	if (!what) {
		cni_fail(err, CNI_EENV,
			 "expected an address, a container or --container: see 'cnitool ipam "
			 "explain --help'");
		return COMMAND_USAGE;
	}
	if (ipam_open(tool, &ipam, err) < 0)
		return -1;
	if (options->container || !read_address(what, &ip)) {
		if (ipam_resolve_container(&ipam, tool->list.name, what, &container, err) < 0)
			return -1;
		what = container;
	}
	if (explain_all(&ipam, rows, what, err) < 0)
		return -1;
	if (rows)
		print_json(rows);
	return 0;
}
