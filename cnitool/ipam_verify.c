/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam verify: checks what is written down of a network's addresses. */
#include "commands.h"
#include "ipam_ledger.h"
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

int ipam_ledger_verify(const struct ipam_source *source, size_t *faults, struct cni_error *err)
{
	const struct ipam_ledger *ledger = source->ledger;
	struct verify_ledger what = {
		.place = ledger->place, .confs = ledger->confs, .conf_count = ledger->conf_count};
	clearing_report struct verify_report report = {0};

	if (verify(&what, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++)
		print_line("%s", report.items[i].text);
	*faults += report.count;
	remark(source->tool, ledger, report.sidecar);
	return 0;
}

int command_ipam_verify(struct tool *tool, struct cni_error *err)
{
	closing_ipam struct ipam ipam = {0};
	size_t faults = 0;

	if (ipam_open(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->verify(&ipam.sources[i], &faults, err) < 0)
			return -1;
	if (faults)
		return 1;
	puts("nothing wrong");
	return 0;
}
