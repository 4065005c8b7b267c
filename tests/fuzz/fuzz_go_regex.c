/* SPDX-License-Identifier: Apache-2.0 */
/* A regular expression of Go, and after a line break what it is to match. A group around it does not
 * change the answer, nor does an alternative that is the same; what is refused is named. */
#include "fuzz.h"

#include "cleanup.h"
#include "go_regex.h"

#include <string.h>

static int match(const char *pattern, const char *text)
{
	struct cni_error err = {.code = 0};
	bool matches = false;

	if (cni_go_regex_match(pattern, text, &matches, &err) == 0)
		return matches;
	if (err.code != CNI_ECONFIG || !*err.msg)
		abort();
	return -1;
}

/* `larger` holds `pattern`, and may be too large. */
static void check(const char *pattern, const char *larger, const char *text, int expected)
{
	int answer = match(larger, text);
	bool may_refuse = strchr(pattern, '{') || strlen(pattern) > 6;

	if (answer != expected && !(answer < 0 && may_refuse))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	freeing char *input = fuzz_text(data, size);
	char *rest = input;
	const char *pattern = strsep(&rest, "\n");
	const char *text = rest ? rest : "net.ipv4.conf.IFNAME.arp_filter";
	freeing char *group = cni_format("(?:%s)", pattern);
	freeing char *named = cni_format("x*(?P<name>%s)", pattern);
	freeing char *twice = cni_format("%s|%s", pattern, pattern);
	int answer = match(pattern, text);

	/* Flags stand at the beginning only. */
	if (answer < 0 || !strncmp(pattern, "(?i)", 4))
		return 0;
	check(pattern, group, text, answer);
	check(pattern, twice, text, answer);
	check(pattern, named, text, answer);
	return 0;
}
