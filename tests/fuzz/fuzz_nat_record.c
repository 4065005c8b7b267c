/* SPDX-License-Identifier: Apache-2.0 */
/* The record of an attachment with rules in iptables: ports and a link's name that can be used, whatever the file
 * has. */
#include "fuzz.h"

#include "cleanup.h"
#include "nat_record.h"

#include <netinet/in.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	freeing char *text = fuzz_text(data, size);
	clearing_nat_record struct cni_nat_record record;

	cni_nat_record_decode(text, &record);
	if (strlen(record.link) >= sizeof(record.link))
		abort();
	for (size_t i = 0; i < record.count; i++)
		if (!record.mappings[i].host_port || record.mappings[i].protocol != IPPROTO_UDP)
			abort();
	return 0;
}
