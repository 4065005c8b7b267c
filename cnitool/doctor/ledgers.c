/* SPDX-License-Identifier: Apache-2.0 */
/* The group ledger: the reservations of host-local. */
#include "amount.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "ipam.h"
#include "mem.h"
#include "store.h"
#include "table.h"
#include "verify.h"

#include <string.h>

#define PERCENT_FULL 90

/* ---- the ledgers of a network ---- */

static bool uses_host_local(const struct cni_conflist *list)
{
	static const char name[] = "host-local";
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");
		const char *end = type ? strstr(type, name) : NULL;

		if (end && !end[sizeof(name) - 1])
			return true;
	}
	return false;
}

/* Opens the ledgers as ADD would (`whole`), or as GC would. Warnings say what STATUS says better. */
static bool open_ledgers(const struct doctor_network *network, bool whole, struct tool *tool,
			 struct ipam *ipam)
{
	struct cni_error ignored;

	*ipam = (struct ipam){.plugin_count = 0};
	*tool = (struct tool){.options = NULL};
	return uses_host_local(&network->tool.list) &&
	       tool_open(&network->options, false, tool, &ignored) == 0 &&
	       (whole ? ipam_open : ipam_open_places)(tool, ipam, &ignored) == 0;
}

static void close_ledgers(struct tool *tool, struct ipam *ipam)
{
	ipam_close(ipam);
	tool_close(tool);
}

struct walk {
	struct doctor *doctor;
	const struct doctor_network *network;
	struct boot_id boot;
	struct census census;
};

typedef void ledger_visitor(const struct walk *walk, const struct ipam *ipam);

static void visit_all(struct doctor *doctor, bool whole, ledger_visitor *visit)
{
	struct walk walk = {.doctor = doctor, .boot = boot_id_read(), .census = census_take()};

	for (size_t i = 0; i < doctor->network_count; i++) {
		struct ipam ipam;
		struct tool tool;

		walk.network = doctor->networks[i];
		if (open_ledgers(walk.network, whole, &tool, &ipam))
			visit(&walk, &ipam);
		close_ledgers(&tool, &ipam);
	}
	census_clear(&walk.census);
}

/* The leases of a ledger; a failure is a finding. */
static void list_leases(const struct walk *walk, const struct place *place,
			struct listing *ret_leases)
{
	closing_store struct store *store = NULL;
	struct cni_error err;

	*ret_leases = (struct listing){.count = 0};
	if (store_look(place, &store, &err) < 0 || store_list(store, ret_leases, &err) < 0)
		doctor_find_error(walk->doctor, FINDING_UNSEEN, NULL, &err);
}

/* ---- damage ---- */

static void verify_ledgers(const struct walk *walk, const struct ipam *ipam)
{
	freeing char *where = cni_format("network '%s'", walk->network->name);
	freeing char *command = cni_format("cnitool ipam verify %s", walk->network->name);
	const struct finding_words words = {
		.where = where,
		.so = "an address may be given out twice, or never",
		.try = command,
	};

	for (size_t i = 0; i < ipam->ledger_count; i++) {
		const struct ipam_ledger *ledger = &ipam->ledgers[i];
		const struct verify_ledger what = {.place = ledger->place,
						   .confs = ledger->confs,
						   .conf_count = ledger->conf_count};
		clearing_report struct verify_report report = {0};
		struct cni_error err;

		if (verify(&what, &report, &err) < 0)
			doctor_find_error(walk->doctor, FINDING_UNSEEN, &words, &err);
		for (size_t j = 0; j < report.count; j++)
			doctor_find(walk->doctor, FINDING_FAILURE, &words, "%s",
				    make_printable(report.items[j].text));
	}
}

void check_ledger(struct doctor *doctor)
{
	visit_all(doctor, true, verify_ledgers);
}

/* ---- full range sets ---- */

static void measure_set(const struct walk *walk, const struct ipam_plugin *plugin, size_t set,
			const struct listing *leases)
{
	freeing char *ranges = range_set_format(&plugin->conf.sets.items[set]);
	freeing char *command = cni_format("cnitool ipam usage %s", walk->network->name);
	const struct amount size = amount_of_spans(&plugin->conf.spans[set]);
	struct finding_words words = {.where = ranges, .try = command};
	double all;
	size_t used = 0;

	for (size_t i = 0; i < leases->count; i++)
		used += leases->items[i].state != LEASE_JUNK &&
			span_list_has(&plugin->conf.spans[set], &leases->items[i].ip);
	if (!amount_to_double(&size, &all) || (double)used <= all * PERCENT_FULL / 100)
		return;
	words.so = (double)used < all ? "ADD fails as soon as none is left" : "ADD fails";
	doctor_find(walk->doctor, (double)used < all ? FINDING_WARNING : FINDING_FAILURE, &words,
		    "range set %zu of network '%s' has %.0f of %.0f addresses left", set,
		    walk->network->name, all - (double)used, all);
}

static void measure(const struct walk *walk, const struct ipam *ipam)
{
	for (size_t i = 0; i < ipam->plugin_count; i++) {
		const struct ipam_plugin *plugin = &ipam->plugins[i];
		clearing_listing struct listing leases = {0};

		list_leases(walk, &plugin->conf.place, &leases);
		for (size_t set = 0; set < plugin->conf.sets.count; set++)
			measure_set(walk, plugin, set, &leases);
	}
}

void check_full(struct doctor *doctor)
{
	visit_all(doctor, true, measure);
}

/* ---- leases and attachments ---- */

static const char *owner_of(const struct walk *walk, const struct lease *lease,
			    char text[CNI_OWNER_TEXT_SIZE])
{
	const struct cni_owner owner = {walk->network->name, lease->container, lease->ifname};

	return cni_owner_format(&owner, text);
}

static bool is_gone(const struct walk *walk, const struct lease *lease)
{
	return !strcmp(ipam_netns(lease, &walk->boot, &walk->census), "gone");
}

static void find_gone(const struct walk *walk, const struct ipam *ipam)
{
	freeing char *command = cni_format("cnitool gc %s --gone --dry-run", walk->network->name);
	struct finding_words words = {.so = "the addresses stay taken", .try = command};

	for (size_t i = 0; i < ipam->ledger_count; i++) {
		clearing_listing struct listing leases = {0};

		list_leases(walk, &ipam->ledgers[i].place, &leases);
		for (size_t j = 0; j < leases.count; j++) {
			char text[CNI_OWNER_TEXT_SIZE];

			if (leases.items[j].state != LEASE_HELD || !is_gone(walk, &leases.items[j]))
				continue;
			words.where = ipam->ledgers[i].place.data_dir;
			words.attachment = owner_of(walk, &leases.items[j], text);
			doctor_find(walk->doctor, FINDING_WARNING, &words,
				    "network '%s' has addresses of containers that are gone",
				    walk->network->name);
		}
	}
}

void check_gone_leases(struct doctor *doctor)
{
	visit_all(doctor, false, find_gone);
}

/* Files of old versions of the Go plugin have no interface. */
static bool has_attachment(const struct walk *walk, const struct lease *lease)
{
	const struct doctor *doctor = walk->doctor;
	char text[CNI_OWNER_TEXT_SIZE];

	if (*lease->ifname)
		return doctor_knows(doctor, owner_of(walk, lease, text));
	for (size_t i = 0; i < doctor->attachment_count; i++)
		if (!strcmp(doctor->attachments[i].cached->network, walk->network->name) &&
		    !strcmp(doctor->attachments[i].cached->container, lease->container))
			return true;
	return false;
}

static void find_unattached(const struct walk *walk, const struct ipam *ipam)
{
	freeing char *command = cni_format("cnitool ipam list %s", walk->network->name);
	struct finding_words words = {
		.so = "a DEL was lost, or a runtime has another cache",
		.try = command,
	};

	for (size_t i = 0; i < ipam->ledger_count; i++) {
		clearing_listing struct listing leases = {0};

		list_leases(walk, &ipam->ledgers[i].place, &leases);
		for (size_t j = 0; j < leases.count; j++) {
			const struct lease *lease = &leases.items[j];
			char text[CNI_OWNER_TEXT_SIZE];

			if (lease->state != LEASE_HELD || is_gone(walk, lease) ||
			    has_attachment(walk, lease))
				continue;
			words.where = ipam->ledgers[i].place.data_dir;
			words.attachment = owner_of(walk, lease, text);
			doctor_find(walk->doctor, FINDING_WARNING, &words,
				    "network '%s' has addresses of no attachment",
				    walk->network->name);
		}
	}
}

void check_unattached(struct doctor *doctor)
{
	visit_all(doctor, false, find_unattached);
}
