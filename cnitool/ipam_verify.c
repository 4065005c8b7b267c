/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam verify: checks what is written down of a network's addresses. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam_ledger.h"
#include "mem.h"
#include "store.h"
#include "table.h"
#include "verify.h"

static void remark(struct tool *tool, const struct ipam_ledger *ledger, enum sidecar_state state)
{
	static const char *const remarks[] = {
		[SIDECAR_NONE] = "there is no sidecar: nothing is known of boots and releases "
				 "until the next ADD has made one",
		[SIDECAR_OUTDATED] =
			"the sidecar is not about the directory as it is: others have written, or "
			"it is another boot. The next ADD or DEL makes it new from the files; its "
			"bits were not looked at",
	};

	if (state != SIDECAR_CURRENT)
		cni_warn(&tool->warnings, "'%s/%s': %s", ledger->place.data_dir,
			 ledger->place.network, remarks[state]);
}

void ipam_add_fault(struct ipam_faults *faults, const struct ipam_source *source,
		    const struct cni_ip *address, const char *text)
{
	char ip[CNI_IP_TEXT_SIZE];
	cJSON *row;

	faults->count++;
	if (!faults->rows) {
		print_line("%s", text);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", source->tool->list.name);
	cni_json_add_string(row, "dataDir", source->place);
	cni_json_add_string(row, "address", address ? cni_ip_format(address, ip) : NULL);
	cni_json_add_string(row, "fault", text);
	cJSON_AddItemToArray(faults->rows, row);
}

/* A reservation without a namespace is no damage of the ledger, but nothing releases it. */
static int look_for_gone(const struct ipam_source *source, struct ipam_faults *faults,
			 struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	clearing_census struct census census = census_take();
	closing_store struct store *store = NULL;
	struct boot_id boot = boot_id_read();

	if (store_look(&source->ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease *lease = &leases.items[i];
		char holder[HOLDER_TEXT_SIZE];
		char ip[CNI_IP_TEXT_SIZE];
		freeing char *text = NULL;

		if (!ipam_is_gone(lease, &boot, &census))
			continue;
		text = cni_format("%s: reserved for %s, whose namespace is gone",
				  cni_ip_format(&lease->ip, ip), lease_holder(lease, holder));
		ipam_add_fault(faults, source, &lease->ip, text);
	}
	return 0;
}

int ipam_ledger_verify(const struct ipam_source *source, struct ipam_faults *faults,
		       struct cni_error *err)
{
	const struct ipam_ledger *ledger = source->ledger;
	struct verify_ledger what = {
		.place = ledger->place, .confs = ledger->confs, .conf_count = ledger->conf_count};
	clearing_report struct verify_report report = {0};

	if (verify(&what, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++)
		ipam_add_fault(faults, source, NULL, report.items[i].text);
	remark(source->tool, ledger, report.sidecar);
	return look_for_gone(source, faults, err);
}

int command_ipam_verify(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	struct ipam_faults faults = {.rows = rows};
	closing_ipam struct ipam ipam = {0};

	if (ipam_open(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->verify(&ipam.sources[i], &faults, err) < 0)
			return -1;
	if (rows)
		print_json(rows);
	else if (!faults.count)
		puts("nothing wrong");
	return faults.count ? COMMAND_FAULT : 0;
}
