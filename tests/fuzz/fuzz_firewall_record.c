/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's record of an attachment: what is taken for one has all that DEL needs, and is the
 * same after it was written again. */
#include "fuzz.h"

#include "cleanup.h"
#include "firewall_record.h"

#include <string.h>

static void assert_usable(const struct cni_firewall_record *record)
{
	if (record->backend == CNI_FIREWALL_AUTOMATIC || !record->zone || !record->admin_chain ||
	    !cni_firewall_is_zone_name(record->zone) ||
	    !cni_iptables_is_chain_name(record->admin_chain) ||
	    (record->backend == CNI_FIREWALL_IPTABLES) != (record->tools != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clearing_record struct cni_firewall_record record = {0};
	clearing_record struct cni_firewall_record again = {0};
	freeing char *text = fuzz_text(data, size);
	freeing char *first = NULL;
	freeing char *second = NULL;

	if (!cni_firewall_record_decode(text, &record))
		return 0;
	assert_usable(&record);
	first = cni_firewall_record_encode(&record);
	if (!cni_firewall_record_decode(first, &again))
		abort();
	second = cni_firewall_record_encode(&again);
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
