/* SPDX-License-Identifier: Apache-2.0 */
/* The API server's answer to the installer of conf/kubernetes: podCIDRs that host-local accepts, and a version
 * that is a word, whatever the answer has. */
#include "fuzz.h"

#include "cleanup.h"
#include "node.h"

#include <ctype.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	freeing char *text = fuzz_text(data, size);
	struct cni_error err = {0};
	struct node node;

	if (node_parse(text, size, "n1", &node, &err) < 0) {
		if (!err.code || !*err.msg)
			abort();
		return 0;
	}
	if (node.count < 1 || node.count > NODE_CIDRS_MAX ||
	    (node.count == 2 && node.cidrs[0].ip.family == node.cidrs[1].ip.family))
		abort();
	for (size_t i = 0; i < node.count; i++) {
		struct cni_net masked = cni_net_masked(&node.cidrs[i]);

		if (!cni_net_equal(&masked, &node.cidrs[i]))
			abort();
	}
	for (const char *c = node.version; *c; c++)
		if (!isalnum((unsigned char)*c))
			abort();
	return 0;
}
