/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam release --stale: releases the addresses of containers of an earlier boot. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam_ledger.h"
#include "store.h"
#include "table.h"

static void tell(const struct lease *lease, const char *what)
{
	char holder[HOLDER_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];

	print_line("%s %s: reserved in an earlier boot, for %s", cni_ip_format(&lease->ip, ip),
		   what, lease_holder(lease, holder));
}

/* Goes on after a failure, and keeps the first. */
static void release_all(struct store *store, const struct listing *leases, bool dry, size_t *done,
			struct cni_error *first)
{
	for (size_t i = 0; i < leases->count; i++) {
		const struct lease *lease = &leases->items[i];
		struct cni_error next;

		if (!store_is_stale(store, lease))
			continue;
		if (!dry && store_release(store, lease, &next) < 0) {
			cni_fail_first(first, &next);
			continue;
		}
		tell(lease, dry ? "would be released" : "released");
		++*done;
	}
}

int ipam_ledger_release(const struct ipam_source *source, size_t *done, struct cni_error *err)
{
	const struct ipam_ledger *ledger = source->ledger;
	bool dry = source->tool->options->dry_run;
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;
	struct cni_error first = {0};

	if ((dry ? store_look : store_open)(&ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0)
		return -1;
	release_all(store, &leases, dry, done, &first);
	return cni_fail_if_any(&first, err);
}

int command_ipam_release(struct tool *tool, struct cni_error *err)
{
	closing_ipam struct ipam ipam = {0};
	size_t done = 0;

	if (!tool->options->stale)
		return cni_fail(err, CNI_EENV,
				"--stale is missing: only reservations of an earlier boot can be "
				"released; those of this one are for 'cnitool del' and "
				"'cnitool gc %s --gone'",
				tool->options->operands[0]);
	if (ipam_open_places(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->release(&ipam.sources[i], &done, err) < 0)
			return -1;
	if (!done)
		puts("no reservation is known to be of an earlier boot");
	return 0;
}
