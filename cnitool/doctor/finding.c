/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include "cleanup.h"
#include "doctor.h"
#include "ip.h"
#include "mem.h"
#include "owner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *finding_level_text(enum finding_level level)
{
	static const char *const texts[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_FAILURE] = "failure",
		[FINDING_UNSEEN] = "unseen",
	};

	return texts[level];
}

/* ---- equal findings ---- */

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/-"

/* Identifiers of containers, veths and chains have at least as many hexadecimal digits. */
#define DIGITS 8

static bool has_digits(const char *word)
{
	size_t run = 0;

	for (; *word && run < DIGITS; word++)
		run = isxdigit((unsigned char)*word) ? run + 1 : 0;
	return run == DIGITS;
}

/* True if the word is the attachment's text or its container. */
static bool is_of(const char *word, const char *attachment)
{
	freeing char *container = cni_owner_text_container(attachment ? attachment : "");

	return attachment && (!strcmp(word, attachment) || !strcmp(word, container));
}

/* True if the word differs between attachments that have the same fault. */
static bool is_particular(const char *word, const char *attachment)
{
	uint8_t mac[CNI_MAC_SIZE];
	struct cni_net net;
	struct cni_ip ip;

	return cni_ip_parse(word, &ip) == 0 || cni_net_parse(word, &net) == 0 ||
	       cni_mac_parse(word, mac) == 0 || has_digits(word) || is_of(word, attachment);
}

/* The text with '#' for each particular word. */
static char *generalise(const char *text, const char *attachment)
{
	char *general = cni_alloc(strlen(text) + 1);
	char *to = general;

	while (*text) {
		size_t length = strspn(text, WORD);
		freeing char *word = NULL;

		if (!length) {
			*to++ = *text++;
			continue;
		}
		word = cni_strndup(text, length);
		while (*word && strchr(".:", word[strlen(word) - 1]))
			word[strlen(word) - 1] = '\0';
		if (*word && is_particular(word, attachment)) {
			*to++ = '#';
		} else {
			memcpy(to, text, length);
			to += length;
		}
		text += length;
	}
	*to = '\0';
	return general;
}

static char *or_empty(const char *text)
{
	return cni_strdup(text ? text : "");
}

static void add_attachment(struct doctor_finding *finding, const char *attachment)
{
	for (size_t i = 0; i < finding->attachment_count; i++)
		if (!strcmp(finding->attachments[i], attachment))
			return;
	finding->attachments = cni_realloc_array(
		finding->attachments, finding->attachment_count + 1, sizeof(*finding->attachments));
	finding->attachments[finding->attachment_count++] = cni_strdup(attachment);
}

void finding_add(struct findings *findings, const struct doctor_check *check,
		 enum finding_level level, const struct finding_words *words, const char *what)
{
	static const struct finding_words none = {.where = NULL};
	const struct finding_words *w = words ? words : &none;
	freeing char *general = generalise(what, w->attachment);
	freeing char *key = cni_format("%s\n%s\n%s\n%s", check->id, finding_level_text(level),
				       general, w->try ? w->try : "");
	struct doctor_finding *finding = NULL;

	for (size_t i = 0; i < findings->count && !finding; i++)
		if (!strcmp(findings->items[i].key, key))
			finding = &findings->items[i];
	if (!finding) {
		findings->items = cni_realloc_array(findings->items, findings->count + 1,
						    sizeof(*findings->items));
		finding = &findings->items[findings->count++];
		*finding = (struct doctor_finding){.check = check,
						   .level = level,
						   .what = cni_strdup(what),
						   .where = or_empty(w->where),
						   .so = or_empty(w->so),
						   .try = or_empty(w->try),
						   .key = take_ptr(key)};
	}
	finding->count++;
	if (w->attachment)
		add_attachment(finding, w->attachment);
}

/* ---- causes ---- */

static bool shares_attachments(const struct doctor_finding *a, const struct doctor_finding *b)
{
	if (!a->attachment_count || !b->attachment_count)
		return true;
	for (size_t i = 0; i < a->attachment_count; i++)
		for (size_t j = 0; j < b->attachment_count; j++)
			if (!strcmp(a->attachments[i], b->attachments[j]))
				return true;
	return false;
}

static bool explains(const struct doctor_finding *cause, const struct doctor_finding *symptom)
{
	for (const char *const *part = cause->check->explains; *part; part++)
		if (strstr(symptom->what, *part))
			return shares_attachments(cause, symptom);
	return false;
}

void findings_explain(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct doctor_finding *symptom = &findings->items[i];

		for (size_t j = 0; j < i && !symptom->because; j++)
			if (findings->items[j].check != symptom->check &&
			    explains(&findings->items[j], symptom))
				symptom->because = findings->items[j].check;
	}
}

size_t findings_count(const struct findings *findings, enum finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].level == level && !findings->items[i].because;
	return count;
}

void findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct doctor_finding *finding = &findings->items[i];

		for (size_t j = 0; j < finding->attachment_count; j++)
			free(finding->attachments[j]);
		free(finding->attachments);
		free(finding->what);
		free(finding->where);
		free(finding->so);
		free(finding->try);
		free(finding->key);
	}
	free(findings->items);
	*findings = (struct findings){.items = NULL};
}
