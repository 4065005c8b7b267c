/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam verify: checks a network's ledger. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam.h"
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

/* The faults of a network's ledgers. */
struct faults {
	const char *network;
	cJSON *rows; /* NULL: lines instead */
	size_t count;
};

static void add_fault(struct faults *faults, const struct ipam_ledger *ledger, const char *address,
		      const char *text)
{
	cJSON *row;

	faults->count++;
	if (!faults->rows) {
		print_line("%s", text);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", faults->network);
	cni_json_add_string(row, "dataDir", ledger->place.data_dir);
	cni_json_add_string(row, "address", address);
	cni_json_add_string(row, "fault", text);
	cJSON_AddItemToArray(faults->rows, row);
}

/* A reservation without a namespace is no damage of the ledger, but nothing releases it. */
static int look_for_gone(const struct ipam_ledger *ledger, struct faults *faults,
			 struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	clearing_census struct census census = census_take();
	closing_store struct store *store = NULL;
	struct boot_id boot = boot_id_read();

	if (store_look(&ledger->place, &store, err) < 0 || store_list(store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease *lease = &leases.items[i];
		char holder[HOLDER_TEXT_SIZE];
		char ip[CNI_IP_TEXT_SIZE];
		freeing char *text = NULL;

		if (!ipam_is_gone(lease, &boot, &census))
			continue;
		cni_ip_format(&lease->ip, ip);
		text = cni_format("%s: reserved for %s, whose namespace is gone", ip,
				  lease_holder(lease, holder));
		add_fault(faults, ledger, ip, text);
	}
	return 0;
}

static int verify_ledger(struct tool *tool, const struct ipam_ledger *ledger, struct faults *faults,
			 struct cni_error *err)
{
	struct verify_ledger what = {
		.place = ledger->place, .confs = ledger->confs, .conf_count = ledger->conf_count};
	clearing_report struct verify_report report = {0};

	if (verify(&what, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++)
		add_fault(faults, ledger, NULL, report.items[i].text);
	remark(tool, ledger, report.sidecar);
	return look_for_gone(ledger, faults, err);
}

int command_ipam_verify(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	struct faults faults = {.network = tool->options->operands[0], .rows = rows};
	closing_ipam struct ipam ipam = {0};

	if (ipam_open(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.ledger_count; i++)
		if (verify_ledger(tool, &ipam.ledgers[i], &faults, err) < 0)
			return -1;
	if (rows)
		print_json(rows);
	else if (!faults.count)
		puts("nothing wrong");
	return faults.count ? COMMAND_FAULT : 0;
}
