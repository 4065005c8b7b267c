/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as a graph: networks are boxes, masters and attachments are nodes in them, and ports lead from
 * outside to an attachment. */
#include "show.h"

#include "cleanup.h"
#include "escape.h"
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Parts in which the two languages differ. */
struct language {
	const char *begin;
	const char *end;
	const char *box_end;
	const char *outside;  /* the node of all other hosts */
	const char *new_line; /* in a label */
	const char *(*quote)(char character);
};

/* Mermaid's entities, for what ends a label or is HTML. */
static const char *quote_mermaid(char character)
{
	switch (character) {
	case '"':
		return "#quot;";
	case '<':
		return "#lt;";
	case '>':
		return "#gt;";
	case '#':
		return "#35;";
	case '|':
		return "#124;";
	case '`':
		return "#96;";
	default:
		return NULL;
	}
}

static const char *quote_dot(char character)
{
	return character == '"' ? "\\\"" : character == '\\' ? "\\\\" : NULL;
}

static const struct language mermaid = {
	.begin = "graph LR\n",
	.end = "",
	.box_end = "  end\n",
	.outside = "  outside((outside))\n",
	.new_line = "<br>",
	.quote = quote_mermaid,
};

static const struct language dot = {
	.begin = "digraph cni {\n  rankdir=LR;\n  node [shape=box];\n  edge [dir=none];\n",
	.end = "}\n",
	.box_end = "  }\n",
	.outside = "  outside [shape=circle];\n",
	.new_line = "\\n",
	.quote = quote_dot,
};

/* `text`, quoted for a label; the caller frees. */
static char *quote(const struct language *language, const char *text)
{
	freeing char *harmless = escape_text(text, true);
	char *quoted = cni_alloc(6 * strlen(harmless) + 1);
	char *to = quoted;

	for (const char *at = harmless; *at; at++) {
		const char *instead = language->quote(*at);

		if (instead)
			to = stpcpy(to, instead);
		else
			*to++ = *at;
	}
	return quoted;
}

/* "a<br>b" of texts that end with NULL; empty ones are left out. */
static char *label(const struct language *language, const char *const *texts)
{
	char *whole = cni_strdup("");

	for (; *texts; texts++) {
		freeing char *quoted = quote(language, *texts);
		char *longer;

		if (!*quoted)
			continue;
		longer = cni_format("%s%s%s", whole, *whole ? language->new_line : "", quoted);
		free(whole);
		whole = longer;
	}
	return whole;
}

static void put_node(const struct language *language, const char *name, const char *const *texts)
{
	freeing char *text = label(language, texts);

	if (language == &mermaid)
		printf("    %s[\"%s\"]\n", name, text);
	else
		printf("    %s [label=\"%s\"];\n", name, text);
}

static void put_edge(const struct language *language, const char *from, const char *to,
		     const char *text, bool is_arrow)
{
	freeing char *quoted = quote(language, text);

	if (language == &dot)
		printf("  %s -> %s [label=\"%s\"%s];\n", from, to, quoted,
		       is_arrow ? ", dir=forward" : "");
	else if (*quoted)
		printf("  %s %s|\"%s\"| %s\n", from, is_arrow ? "-->" : "---", quoted, to);
	else
		printf("  %s %s %s\n", from, is_arrow ? "-->" : "---", to);
}

static char *join(const cJSON *list)
{
	char *whole = cni_strdup("");
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		char *longer =
			cni_format("%s%s%s", whole, *whole ? " " : "", cJSON_GetStringValue(item));

		free(whole);
		whole = longer;
	}
	return whole;
}

static void put_nodes(const struct language *language, const struct picture_network *network,
		      size_t number)
{
	for (size_t i = 0; i < network->count; i++) {
		const struct picture_master *master = &network->masters[i];
		freeing char *addresses = join(master->addresses);
		freeing char *name = cni_format("n%zum%zu", number, i);

		if (*master->name)
			put_node(language, name,
				 (const char *const[]){master->name, addresses, NULL});
		for (size_t j = 0; j < master->count; j++) {
			const struct picture_attachment *at = master->items[j];
			freeing char *of = join(at->addresses);
			freeing char *node = cni_format("n%zum%zua%zu", number, i, j);
			freeing char *container = show_container(at, false);
			freeing char *interface = cni_format("%s %s", at->ifname, of);
			bool is_gone = !strcmp(at->state, "gone");

			put_node(language, node,
				 (const char *const[]){container, interface, is_gone ? "gone" : "",
						       NULL});
		}
	}
}

static void put_edges(const struct language *language, const struct picture_network *network,
		      size_t number)
{
	for (size_t i = 0; i < network->count; i++) {
		const struct picture_master *master = &network->masters[i];
		freeing char *name = cni_format("n%zum%zu", number, i);

		for (size_t j = 0; j < master->count; j++) {
			const struct picture_attachment *at = master->items[j];
			freeing char *node = cni_format("%sa%zu", name, j);
			const cJSON *port;

			if (*master->name)
				put_edge(language, name, node, at->port ? at->port : "", false);
			cJSON_ArrayForEach (port, at->ports) {
				freeing char *text = show_port(port);

				if (cJSON_IsTrue(cni_json_get(port, "published")))
					put_edge(language, "outside", node, text, true);
			}
		}
		if (master->masquerades && *master->name)
			put_edge(language, name, "outside", "masquerade", true);
	}
}

static void put_graph(const struct language *language, const struct picture *picture)
{
	printf("%s%s", language->begin, language->outside);
	for (size_t i = 0; i < picture->count; i++) {
		freeing char *title = quote(language, picture->networks[i].name);

		if (language == &mermaid)
			printf("  subgraph n%zu[\"%s\"]\n", i, title);
		else
			printf("  subgraph cluster_n%zu {\n    label=\"%s\";\n", i, title);
		put_nodes(language, &picture->networks[i], i);
		fputs(language->box_end, stdout);
	}
	for (size_t i = 0; i < picture->count; i++)
		put_edges(language, &picture->networks[i], i);
	fputs(language->end, stdout);
}

void show_mermaid(const struct picture *picture)
{
	put_graph(&mermaid, picture);
}

void show_dot(const struct picture *picture)
{
	put_graph(&dot, picture);
}
