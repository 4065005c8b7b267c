/* SPDX-License-Identifier: Apache-2.0 */
#include "char_class.h"

#include <ctype.h>
#include <string.h>

#define ASCII 128

bool cni_char_is_word(int c)
{
	return isalnum(c) || c == '_';
}

static bool is_space(int c)
{
	return c && strchr("\t\n\f\r ", c);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

void cni_char_class_add(struct cni_char_class *set, int first, int last)
{
	for (int c = first; c <= last; c++)
		set->has[c] = true;
}

static void add_if(struct cni_char_class *set, bool (*is)(int c), bool wanted)
{
	for (int c = 0; c < ASCII; c++)
		set->has[c] |= is(c) == wanted;
}

bool cni_char_class_add_escape(struct cni_char_class *set, char letter)
{
	switch (tolower((unsigned char)letter)) {
	case 'd':
		add_if(set, is_digit, letter == 'd');
		return true;
	case 'w':
		add_if(set, cni_char_is_word, letter == 'w');
		return true;
	case 's':
		add_if(set, is_space, letter == 's');
		return true;
	default:
		return false;
	}
}

bool cni_char_class_add_named(struct cni_char_class *set, const char *name, size_t length,
			      bool negated)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} names[] = {
		{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
		{"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
		{"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i].name) != length || strncmp(names[i].name, name, length) != 0)
			continue;
		for (int c = 0; c < ASCII; c++)
			set->has[c] |= !names[i].is(c) == negated;
		return true;
	}
	return false;
}

static bool is_only(const struct cni_char_class *set, int only)
{
	for (int c = 1; c < ASCII; c++)
		if (set->has[c] != (c == only))
			return false;
	return true;
}

/* Orders the characters to lose their special meaning: ']' first, '[' not before ':', '.' or
 * '=', '-' last, '^' not first. */
void cni_char_class_print(const struct cni_char_class *set, bool negated, FILE *out)
{
	bool is_first = !negated;

	if (!negated && is_only(set, '^')) {
		fputs("\\^", out);
		return;
	}
	fputs(negated ? "[^" : "[", out);
	if (set->has[']']) {
		fputc(']', out);
		is_first = false;
	}
	for (int c = 1; c < ASCII; c++)
		if (set->has[c] && !strchr("][^-", c)) {
			fputc(c, out);
			is_first = false;
		}
	if (set->has['[']) {
		fputc('[', out);
		is_first = false;
	}
	if (set->has['-'] && set->has['^'] && is_first)
		fputs("-^", out);
	else
		fprintf(out, "%s%s", set->has['^'] ? "^" : "", set->has['-'] ? "-" : "");
	fputc(']', out);
}
