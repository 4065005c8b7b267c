/* SPDX-License-Identifier: Apache-2.0 */
/* Our regular expressions match as Go's regexp.MatchString() does, or return an error. */
#include "go_regex.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MATCHES 1
#define NOT	0
#define REFUSED -1

static const struct {
	const char *pattern, *text;
	int expected;
} answers[] = {
	/* what administrators write */
	{"^net.core.somaxconn$", "net.core.somaxconn", MATCHES},
	{"^net.core.somaxconn$", "net.core.somaxconn2", NOT},
	{"net.core.somaxconn", "xnet/core/somaxconn2", MATCHES},
	{"^net\\.ipv4\\.conf\\.IFNAME\\.[a-z_]*$", "net.ipv4.conf.IFNAME.arp_filter", MATCHES},
	{"^net\\.ipv4\\.conf\\.IFNAME\\.[a-z_]*$", "net.ipv4.conf.all.arp_filter", NOT},
	{"^net\\.(ipv4|ipv6)\\.", "net.ipv6.x", MATCHES},
	{"^net\\.(?:ipv4|ipv6)\\.", "net.ipv5.x", NOT},
	{"^net\\.(?P<family>ipv[46])", "net.ipv4", MATCHES},
	{"", "anything", MATCHES},
	{"#net", "net", NOT},
	/* what POSIX would read otherwise */
	{"\\d", "d", NOT},
	{"\\d", "7", MATCHES},
	{"[\\d]", "d", NOT},
	{"[\\d_]", "7", MATCHES},
	{"[^\\w.]", "a.b", NOT},
	{"\\D\\W\\S", "a-b", MATCHES},
	{"[\\.]", "\\", NOT},
	{"[\\]]", "]", MATCHES},
	{"[a\\-z]", "m", NOT},
	{"[a\\-z]", "-", MATCHES},
	{"\\<a", "a", NOT},
	{"\\<a", "<a", MATCHES},
	{"\\`", "", NOT},
	{"a+?", "b", NOT},
	{"^a??$", "", MATCHES},
	{"{,3}", "", NOT},
	{"a{,3}", "a{,3}", MATCHES},
	{"a{2}", "aa", MATCHES},
	{"^a{2,3}$", "aaaa", NOT},
	{"^a{2,}?$", "aaaa", MATCHES},
	{"^((a{2}){5}){1}$", "aaaaaaaaaa", MATCHES},
	{"^a{0,200}b{0,200}", "c", MATCHES},
#if RE_DUP_MAX >= 500 /* musl has 255 */
	{"^[a-z]{1,500}$", "net", MATCHES},
#endif
	{"^net\\.(([a-z_]*)\\.?)*x$", "net.core.x", MATCHES},
	{"^(([a-z]+|[0-9])[._]?){1,30}$", "net.ipv4.x", MATCHES},
	{"(^|_)a($|_)|(^|_)b($|_)|(^|_)c($|_)|(^|_)d($|_)|(^|_)e($|_)|(^|_)f($|_)", "a_f", MATCHES},
	{"a{x", "a{x", MATCHES},
	{"}]", "}]", MATCHES},
	{"\\bnet\\b", "the net.x", MATCHES},
	{"\\Bet", "net", MATCHES},
	{"\\Anet\\z", "net", MATCHES},
	{"(?i)NET", "net", MATCHES},
	{"[[:alpha:]_]", "_", MATCHES},
	{"[[:^alpha:]]", "a", NOT},
	{"[]]", "]", MATCHES},
	{"[^]]", "]", NOT},
	{"[-^]", "^", MATCHES},
	{"[\\^]", "^", MATCHES},
	{"[\\^]", "\\", NOT},
	{"[^^]", "^", NOT},
	{"[[.]", ".", MATCHES},
	{"(a|)b", "b", MATCHES},
	/* errors of both */
	{"*", "*", REFUSED},
	{"a**", "a", REFUSED},
	{"a++", "a", REFUSED},
	{"a{3,1}", "a", REFUSED},
	{"a{1001}", "a", REFUSED},
	{"(a{2}){501}", "a", REFUSED},
	{"((a{20})*){51}", "a", REFUSED},
	{"((?:a{0}b{2}){500}){2}", "a", REFUSED},
	{"(", "(", REFUSED},
	{")", ")", REFUSED},
	{"a)", "a", REFUSED},
	{"[", "[", REFUSED},
	{"[a", "a", REFUSED},
	{"[z-a]", "b", REFUSED},
	{"[[:foo:]]", "f", REFUSED},
	{"\\", "\\", REFUSED},
	{"(a)\\1", "aa", REFUSED},
	{"(?=a)", "a", REFUSED},
	{"(?<!a)b", "b", REFUSED},
	{"a|*", "a", REFUSED},
	/* what only Go would read */
	{"\\pL", "a", REFUSED},
	{"\\x61", "a", REFUSED},
	{"\\Qa.b\\E", "a.b", REFUSED},
	{"(?s).", "a", REFUSED},
	{"(?i:a)", "A", REFUSED},
	{"^*", "a", REFUSED},
	{"\xc3\xa9", "e", REFUSED},
	/* and what is no plain text matches nothing */
	{"\\W", "\xc3\xa9", NOT},
	{".", "\xc3\xa9", NOT},
	{"", "\xc3\xa9", NOT},
};

static void go_regex__answers_as_go_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct cni_error err = {0};
		bool matches = false;
		int answer =
			cni_go_regex_match(answers[i].pattern, answers[i].text, &matches, &err);

		if ((answer < 0 ? REFUSED : matches) != answers[i].expected)
			fail_msg("'%s' on '%s': %d %s, expected %d", answers[i].pattern,
				 answers[i].text, answer < 0 ? REFUSED : matches, err.msg,
				 answers[i].expected);
		if (answer < 0)
			assert_int_equal(err.code, CNI_ECONFIG);
	}
}

static void go_regex__says_what_it_cannot_read(void **state)
{
	struct cni_error err;
	bool matches;

	(void)state;
	assert_int_equal(cni_go_regex_match("^net\\.\\pL+$", "net", &matches, &err), -1);
	assert_string_equal(err.msg, "the regular expression \"^net\\.\\pL+$\" cannot be read: an "
				     "escape, before \"pL+$\"");
	assert_int_equal(cni_go_regex_match("a**", "a", &matches, &err), -1);
	assert_non_null(strstr(err.msg, "a repetition of nothing"));
}

/* A line of the allow-list may have a MiB; regcomp(3) runs out of stack, memory or time on each of
 * these. */
static void go_regex__refuses_what_is_too_large(void **state)
{
	static const struct {
		const char *before, *piece, *after;
		int count;
	} cases[] = {
		{"", "(", "", 500000},	 {"", "(?:", "a", 100000},  {"", "a?", "", 250000},
		{"", "a|", "", 250000},	 {"", "^", "", 500000},	    {"", "(a*)*", "", 100000},
		{"", "\\b", "", 250000}, {"", "[a-z]", "", 100000}, {"(", "a?b?", "){900}", 500},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *pattern = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&pattern, &size);
		struct cni_error err = {0};
		bool matches;

		fputs(cases[i].before, out);
		for (int k = 0; k < cases[i].count; k++)
			fputs(cases[i].piece, out);
		fputs(cases[i].after, out);
		fclose(out);
		assert_int_equal(cni_go_regex_match(pattern, "net", &matches, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
	}
}

static char *nested(int depth)
{
	char *pattern = cni_strdup("net");

	for (int i = 0; i < depth; i++) {
		char *longer = cni_format("(%s)", pattern);

		free(pattern);
		pattern = longer;
	}
	return pattern;
}

static void go_regex__limits_the_depth_of_groups(void **state)
{
	freeing char *deep = nested(200);
	freeing char *deeper = nested(201);
	struct cni_error err;
	bool matches = false;

	(void)state;
	assert_int_equal(cni_go_regex_match(deep, "net", &matches, &err), 0);
	assert_true(matches);
	assert_int_equal(cni_go_regex_match(deeper, "net", &matches, &err), -1);
	assert_non_null(strstr(err.msg, "groups in more than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(go_regex__answers_as_go_does),
		cmocka_unit_test(go_regex__says_what_it_cannot_read),
		cmocka_unit_test(go_regex__refuses_what_is_too_large),
		cmocka_unit_test(go_regex__limits_the_depth_of_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
