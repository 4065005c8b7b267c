/* SPDX-License-Identifier: Apache-2.0 */
#include "go_regex.h"

#include "char_class.h"
#include "cleanup.h"
#include "mem.h"
#include "regex_extent.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#define REPEAT_MAX 1000

/* A pattern being written anew as a POSIX extended one. */
struct writer {
	const char *at; /* what is still to be read */
	FILE *out;
	const char *wrong; /* why it cannot be done; NULL: nothing so far */
	bool can_repeat;   /* there is a piece that '*' would repeat */
	bool ignores_case;
	struct cni_regex_extent extent;
};

static void refuse(struct writer *w, const char *why)
{
	if (!w->wrong)
		w->wrong = why;
}

static void add_piece(struct writer *w, bool is_anchor)
{
	cni_regex_extent_add(&w->extent, is_anchor);
	w->can_repeat = !is_anchor;
}

/* ---- classes ---- */

/* Returns the character of an escape, or -1. `w` is after the backslash. */
static int read_escape(struct writer *w)
{
	static const char letters[] = "ntrfva";
	static const char meant[] = "\n\t\r\f\v\a";
	char c = *w->at;
	const char *letter = c ? strchr(letters, c) : NULL;

	if (!letter && !ispunct((unsigned char)c))
		return -1;
	w->at++;
	return letter ? meant[letter - letters] : c;
}

/* Reads a character of a class, literal or escaped; -1 if invalid. */
static int read_member(struct writer *w)
{
	if (!*w->at || *w->at & 0x80)
		return -1;
	if (*w->at != '\\')
		return *w->at++;
	w->at++;
	return read_escape(w);
}

/* "[:alpha:]" or "[:^alpha:]" */
static bool read_name(struct writer *w, struct cni_char_class *set)
{
	bool negated = w->at[2] == '^';
	const char *name = w->at + 2 + negated;
	const char *end = strstr(name, ":]");

	if (!end || !cni_char_class_add_named(set, name, (size_t)(end - name), negated))
		return false;
	w->at = end + 2;
	return true;
}

static bool read_item(struct writer *w, struct cni_char_class *set)
{
	int first;
	int last;

	if (w->at[0] == '[' && w->at[1] == ':')
		return read_name(w, set);
	if (w->at[0] == '\\' && cni_char_class_add_escape(set, w->at[1])) {
		w->at += 2;
		return true;
	}
	first = last = read_member(w);
	if (first >= 0 && w->at[0] == '-' && w->at[1] != ']') {
		w->at++;
		last = read_member(w);
	}
	if (first < 0 || last < first)
		return false;
	cni_char_class_add(set, first, last);
	return true;
}

static void read_class(struct writer *w)
{
	struct cni_char_class set = {.has = {false}};
	bool is_first = true;
	bool negated = *w->at == '^';

	w->at += negated;
	for (; *w->at != ']' || is_first; is_first = false)
		if (!*w->at || !read_item(w, &set)) {
			refuse(w, "a class in brackets");
			return;
		}
	w->at++;
	cni_char_class_print(&set, negated, w->out);
	add_piece(w, false);
}

/* ---- the rest ---- */

static void write_literal(struct writer *w, int c)
{
	if (strchr(".[{*+?()|^$\\", c))
		fputc('\\', w->out);
	fputc(c, w->out);
	add_piece(w, false);
}

static void write_anchor(struct writer *w, const char *posix)
{
	fputs(posix, w->out);
	add_piece(w, true);
}

static void read_backslash(struct writer *w)
{
	struct cni_char_class set = {.has = {false}};
	char c = *w->at;
	int meant;

	if (c && cni_char_class_add_escape(&set, c)) {
		w->at++;
		cni_char_class_print(&set, false, w->out);
		add_piece(w, false);
	} else if (c && strchr("AzbB", c)) {
		w->at++;
		/* The last two are glibc's, and mean the same. */
		write_anchor(w, c == 'A' ? "^" : c == 'z' ? "$" : c == 'b' ? "\\b" : "\\B");
	} else {
		meant = read_escape(w);
		if (meant < 0)
			refuse(w, "an escape");
		else
			write_literal(w, meant);
	}
}

/* After "(": true if the group is only numbered or named. */
static void read_group(struct writer *w)
{
	size_t name;

	if (w->at[0] == '?') {
		name = strspn(w->at + 1, "P") == 1;
		if (w->at[1] == ':') {
			w->at += 2;
		} else if (w->at[1 + name] == '<') {
			const char *begin = w->at + 2 + name;
			const char *end = begin;

			while (cni_char_is_word((unsigned char)*end))
				end++;
			if (*end != '>' || end == begin)
				refuse(w, "a group");
			else
				w->at = end + 1;
		} else {
			refuse(w, "a group or flag");
		}
	}
	fputc('(', w->out);
	cni_regex_extent_open(&w->extent);
	w->can_repeat = false;
}

/* Digits, at most four of them; -1 if there are none. */
static int read_number(const char **at)
{
	int number = 0;
	int digits = 0;

	for (; digits < 4 && isdigit((unsigned char)**at); digits++)
		number = number * 10 + (*(*at)++ - '0');
	return digits ? number : -1;
}

/* After "{": reads {n}, {n,} or {n,m}; otherwise the brace is literal. */
static bool read_counts(struct writer *w)
{
	const char *at = w->at;
	int least = read_number(&at);
	int most = least;

	if (least >= 0 && *at == ',') {
		at++;
		most = *at == '}' ? REPEAT_MAX : read_number(&at);
	}
	if (least < 0 || most < 0 || *at != '}')
		return false;
	at++;
	if (least > REPEAT_MAX || most > REPEAT_MAX || most < least)
		refuse(w, "a number of repetitions");
	cni_regex_extent_repeat(&w->extent, least, *(at - 2) == ',' ? -1 : most);
	fprintf(w->out, "{%.*s", (int)(at - w->at), w->at);
	w->at = at;
	return true;
}

static void repeat(struct writer *w)
{
	if (!w->can_repeat)
		refuse(w, "a repetition of nothing");
	/* Greediness does not change whether there is a match. */
	if (*w->at == '?')
		w->at++;
	w->can_repeat = false;
}

static void read_end_of_group(struct writer *w)
{
	if (!cni_regex_extent_close(&w->extent))
		refuse(w, "a parenthesis");
	fputc(')', w->out);
	w->can_repeat = true;
}

static void read_next(struct writer *w)
{
	char c = *w->at++;

	switch (c) {
	case '\\':
		read_backslash(w);
		break;
	case '[':
		read_class(w);
		break;
	case '(':
		read_group(w);
		break;
	case ')':
		read_end_of_group(w);
		break;
	case '{':
		if (read_counts(w))
			repeat(w);
		else
			write_literal(w, c);
		break;
	case '*':
	case '+':
	case '?':
		fputc(c, w->out);
		cni_regex_extent_repeat(&w->extent, c == '+', c == '?' ? 1 : -1);
		repeat(w);
		break;
	case '|':
		fputc(c, w->out);
		cni_regex_extent_alternate(&w->extent);
		w->can_repeat = false;
		break;
	case '^':
	case '$':
		write_anchor(w, (const char[]){c, '\0'});
		break;
	case '.':
		fputc(c, w->out);
		add_piece(w, false);
		break;
	default:
		if (c & 0x80)
			refuse(w, "a character that is not ASCII");
		write_literal(w, c);
	}
}

/* The POSIX pattern, which the caller frees. */
static char *translate(const char *pattern, struct writer *w)
{
	char *text = NULL;
	size_t size = 0;

	*w = (struct writer){.at = pattern, .out = open_memstream(&text, &size)};
	if (!w->out)
		cni_out_of_memory();
	cni_regex_extent_begin(&w->extent);
	if (!strncmp(w->at, "(?i)", 4)) {
		w->ignores_case = true;
		w->at += 4;
	}
	while (*w->at && !w->wrong && !w->extent.too_large)
		read_next(w);
	cni_regex_extent_end(&w->extent);
	if (w->extent.too_large)
		refuse(w, w->extent.too_large);
	if (w->extent.depth > 0)
		refuse(w, "a parenthesis");
	if (fclose(w->out) != 0)
		cni_out_of_memory();
	return text;
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

int cni_go_regex_match(const char *pattern, const char *text, bool *ret_match,
		       struct cni_error *err)
{
	freeing char *posix = NULL;
	struct writer w;
	regex_t regex;
	int failed;

	posix = translate(pattern, &w);
	if (w.wrong)
		return cni_fail(err, CNI_ECONFIG,
				"the regular expression \"%.128s\" cannot be read: %s, before "
				"\"%.32s\"",
				pattern, w.wrong, w.at);
	*ret_match = false;
	failed =
		regcomp(&regex, posix, REG_EXTENDED | REG_NOSUB | (w.ignores_case ? REG_ICASE : 0));
	if (failed) {
		char why[128];

		regerror(failed, &regex, why, sizeof(why));
		return cni_fail(err, CNI_ECONFIG,
				"the regular expression \"%.128s\" cannot be read: %s", pattern,
				why);
	}
	if (is_ascii(text))
		*ret_match = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return 0;
}
