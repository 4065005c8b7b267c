/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a lease, and the words between plugin and daemon: a damaged record is refused, and one that is taken is
 * the same after it was written again. Random changes would break the digest alone, so that it is made anew. */
#include "fuzz.h"

#include "cleanup.h"
#include "dhcp_record.h"
#include "dhcp_wire.h"
#include "mem.h"
#include "seal.h"

#include <stdlib.h>
#include <string.h>

static void check_words(const char *text)
{
	freeing char *line = cni_strdup(text);
	struct dhcp_request request;
	size_t size;
	int code;

	line[strcspn(line, "\n")] = '\0';
	if (dhcp_wire_parse_answer(line, &code, &size) && size > DHCP_WIRE_BODY_MAX)
		abort();
	if (dhcp_wire_parse_request(line, &request) && request.size > DHCP_WIRE_BODY_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clearing_dhcp_record struct dhcp_record record;
	clearing_dhcp_record struct dhcp_record again = {.priority = 0};
	clearing_dhcp_record struct dhcp_record damaged;
	freeing char *text = fuzz_text(data, size);
	freeing char *with = cni_seal(text);
	freeing char *first = NULL;
	freeing char *second = NULL;
	freeing char *copy = NULL;

	check_words(text);
	dhcp_record_decode(text, &damaged);
	if (!dhcp_record_decode(with, &record))
		return 0;
	first = dhcp_record_encode(&record);
	copy = cni_strdup(first);
	if (!dhcp_record_decode(copy, &again))
		abort();
	second = dhcp_record_encode(&again);
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
