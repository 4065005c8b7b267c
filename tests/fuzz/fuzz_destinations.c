/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a network's destinations: prefixes that the kernel accepts in one set, and a text that reads back as
 * itself, whatever the file has. */
#include "fuzz.h"

#include "cleanup.h"
#include "kept_destinations.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clearing_destinations struct cni_destinations again = {.nets = NULL};
	clearing_destinations struct cni_destinations destinations;
	freeing char *text = fuzz_text(data, size);
	freeing char *written = NULL;

	cni_destinations_parse(text, &destinations);
	for (size_t i = 0; i < destinations.count; i++) {
		const struct cni_net *net = &destinations.nets[i];
		struct cni_net masked = cni_net_masked(net);

		if (!cni_net_equal(net, &masked) ||
		    (i && cni_net_contains(&destinations.nets[i - 1], &net->ip)))
			abort();
	}
	written = cni_destinations_format(&destinations);
	cni_destinations_parse(written, &again);
	if (!cni_destinations_equal(&destinations, &again))
		abort();
	return 0;
}
