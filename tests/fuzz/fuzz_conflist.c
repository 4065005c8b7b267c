/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a directory of configurations: a list, a single plugin's, or a drop-in. The first byte
 * chooses. */
#include "fuzz.h"

#include "cleanup.h"
#include "conflist.h"

#include <string.h>

static const char list_text[] = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int which = fuzz_choose(&data, &size, 3);
	freeing char *text = fuzz_text(data, size);
	struct cni_error err = {.code = 0};
	struct cni_conflist list = {0};
	int failed = 0;

	switch (which) {
	case 0:
		failed = cni_conflist_parse(text, size, "input", &list, &err);
		break;
	case 1:
		failed = cni_conflist_upconvert(text, size, "input", &list, &err);
		break;
	default:
		if (cni_conflist_parse(list_text, strlen(list_text), "list", &list, &err) == 0)
			failed = cni_conflist_append(&list, text, size, "input", &err);
	}
	if (failed && (!err.code || !*err.msg))
		abort();
	cni_conflist_clear(&list);
	return 0;
}
