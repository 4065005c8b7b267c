/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_words.h"

#include "mem.h"

#include <regex.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Extended regular expressions (regex(7)): the first group, the words, and the second group follow each
 * other. The parts that are left out differ from attachment to attachment: without it equal faults are equal. */
static const struct {
	const char *pattern;
	const char *words;
} rules[] = {
	{"^(.* failed) MEND(: .*)$", " to put it back while the container runs"},
	{"^(.* failed) SWEEP(: .*)$", " to remove the rules of attachments that are gone"},
	{"^(.* failed) REFRESH(: .*)$", " to apply its configuration of today"},
	{"^(.*: [a-z]+: ).* is not in '[^']+' of (table '[^']+'), expected .*$",
	 "an element is missing in "},
	{"^(.*: [a-z]+: )chain '[^']+' of (table '[^']+') has [0-9]+ rules, expected [0-9]+$",
	 "rules are missing in "},
};

/* NULL: the rule is not about the message. */
static char *apply(size_t rule, const char *message)
{
	regmatch_t match[3];
	regex_t regex;
	char *plain = NULL;

	if (regcomp(&regex, rules[rule].pattern, REG_EXTENDED) != 0)
		return NULL;
	if (regexec(&regex, message, 3, match, 0) == 0)
		plain = cni_format("%.*s%s%.*s", (int)match[1].rm_eo, message, rules[rule].words,
				   (int)(match[2].rm_eo - match[2].rm_so),
				   message + match[2].rm_so);
	regfree(&regex);
	return plain;
}

char *plain_words(const char *message, bool verbose)
{
	char *text = cni_strdup(message);

	for (size_t i = 0; !verbose && i < sizeof(rules) / sizeof(*rules); i++) {
		char *plain = apply(i, text);

		if (!plain)
			continue;
		free(text);
		text = plain;
	}
	return text;
}
