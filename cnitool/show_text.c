/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as a tree of lines, with colours on a terminal. */
#include "show.h"

#include "cleanup.h"
#include "escape.h"
#include "mem.h"
#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct glyphs {
	const char *branch;
	const char *last;
	const char *stem;
	const char *blank;
	const char *to;
	const char *from;
	const char *more;
};

struct printer {
	const struct options *options;
	struct glyphs glyphs;
	bool utf8;
	bool colour;
};

#define GREEN  "\033[32m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define BOLD   "\033[1m"
#define PLAIN  "\033[0m"

/* ---- print ---- */

/* All text passes here: what a file or a container wrote has no effect on the terminal. */
__attribute__((format(printf, 2, 3))) static void put(const struct printer *printer,
						      const char *fmt, ...)
{
	freeing char *text = NULL;
	freeing char *harmless = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	harmless = escape_text(text, printer->utf8);
	fputs(harmless, stdout);
}

static void put_coloured(const struct printer *printer, const char *colour, const char *text)
{
	if (printer->colour)
		fputs(colour, stdout);
	put(printer, "%s", text);
	if (printer->colour)
		fputs(PLAIN, stdout);
}

static void put_state(const struct printer *printer, const char *state)
{
	const char *colour = !strcmp(state, "alive") || !strcmp(state, "up") ? GREEN
			     : !strcmp(state, "gone")			     ? RED
									     : YELLOW;

	put_coloured(printer, colour, state);
}

static void put_list(const struct printer *printer, const cJSON *list, const char *between)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		put(printer, "%s%s", item == list->child ? "" : between,
		    cJSON_GetStringValue(item));
	}
}

/* "1.2 MB", "10 Mbit" */
static void put_amount(const struct printer *printer, double amount, const char *unit)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
	size_t i = 0;

	for (; amount >= 1000 && i + 1 < sizeof(prefixes) / sizeof(*prefixes); i++)
		amount /= 1000;
	put(printer, "%.*f %s%s", amount < 10 && amount != (double)(int)amount ? 1 : 0, amount,
	    prefixes[i], unit);
}

/* ---- an attachment ---- */

/* A path as a name of ip-netns(8). */
static const char *name_of(const struct printer *printer, const char *netns)
{
	static const char *const places[] = {"/var/run/netns/", "/run/netns/"};

	for (size_t i = 0; i < 2 && !printer->options->whole; i++)
		if (!strncmp(netns, places[i], strlen(places[i])) && netns[strlen(places[i])])
			return netns + strlen(places[i]);
	return netns;
}

static void put_limits(const struct printer *printer, const cJSON *limits)
{
	static const char *const keys[][2] = {{"ingressRate", "in"}, {"egressRate", "out"}};

	for (size_t i = 0; i < 2; i++) {
		double rate = cJSON_GetNumberValue(cni_json_get(limits, keys[i][0]));

		if (!(rate > 0))
			continue;
		put(printer, "  %s ", keys[i][1]);
		put_amount(printer, rate, "bit/s");
	}
}

static void put_port(const struct printer *printer, const struct picture_attachment *at)
{
	if (!at->port) {
		put(printer, "(no link on this host)");
	} else {
		put(printer, "%s  ", at->port);
		put_state(printer, at->port_state);
	}
	put_limits(printer, at->limits);
	if (printer->options->stats && at->link) {
		put(printer, "  received ");
		put_amount(printer, (double)at->link->sent, "B");
		put(printer, "  sent ");
		put_amount(printer, (double)at->link->received, "B");
	}
	putchar('\n');
}

static void put_interface(const struct printer *printer, const struct picture_attachment *at)
{
	freeing char *container = show_container(at, printer->options->whole);

	put(printer, "%s", at->ifname);
	if (at->addresses->child)
		put(printer, "  ");
	put_list(printer, at->addresses, " ");
	put(printer, "  %s  %s", printer->glyphs.to, container);
	if (at->netns && *at->netns)
		put(printer, "  %s", name_of(printer, at->netns));
	put(printer, "  ");
	put_state(printer, at->state);
	if (!at->is_cached)
		put(printer, "  (in no cache: only its link tells of it)");
	putchar('\n');
}

static void put_attachment(const struct printer *printer, const struct picture_attachment *at,
			   const char *before, bool is_last)
{
	const struct glyphs *glyphs = &printer->glyphs;
	freeing char *below = cni_format("%s%s", before, is_last ? glyphs->blank : glyphs->stem);
	const cJSON *port;

	put(printer, "%s%s", before, is_last ? glyphs->last : glyphs->branch);
	put_port(printer, at);
	put(printer, "%s%s", below, glyphs->last);
	put_interface(printer, at);
	cJSON_ArrayForEach (port, at->ports) {
		freeing char *text = show_port(port);

		put(printer, "%s%s%s %s %s %.0f", below, glyphs->blank, glyphs->from, text,
		    glyphs->to, cJSON_GetNumberValue(cni_json_get(port, "containerPort")));
		if (!cJSON_IsTrue(cni_json_get(port, "published")))
			put_coloured(printer, YELLOW,
				     "  not published: no plugin has the capability "
				     "'portMappings'");
		putchar('\n');
	}
}

/* ---- a network ---- */

static void put_master(const struct printer *printer, const struct picture_master *master,
		       bool is_last)
{
	const struct glyphs *glyphs = &printer->glyphs;

	put(printer, "%s", is_last ? glyphs->last : glyphs->branch);
	put_coloured(printer, BOLD, *master->name ? master->name : "(no link in common)");
	if (*master->type)
		put(printer, "  %s", master->type);
	if (*master->name) {
		put(printer, "  ");
		put_state(printer, master->link ? node_link_state(master->link) : "gone");
	}
	if (master->link)
		put(printer, "  mtu %u", (unsigned int)master->link->mtu);
	if (master->addresses->child)
		put(printer, "  ");
	put_list(printer, master->addresses, " ");
	if (master->masquerades)
		put(printer, "  masquerade");
	putchar('\n');
	for (size_t i = 0; i < master->count; i++)
		put_attachment(printer, master->items[i], is_last ? glyphs->blank : glyphs->stem,
			       i + 1 == master->count);
}

static void put_counts(const struct printer *printer, const struct picture_network *network)
{
	size_t count = 0;
	size_t gone = 0;

	for (size_t i = 0; i < network->count; i++)
		for (size_t j = 0; j < network->masters[i].count; j++) {
			count++;
			gone += !strcmp(network->masters[i].items[j]->state, "gone");
		}
	put(printer, "%s%zu attachment%s", network->count ? printer->glyphs.stem : "   ", count,
	    count == 1 ? "" : "s");
	if (gone)
		put(printer, ", %zu gone", gone);
	putchar('\n');
}

static void put_network(const struct printer *printer, const struct picture_network *network)
{
	freeing char *between = cni_format(" %s ", printer->glyphs.more);

	put_coloured(printer, BOLD, network->name);
	put(printer, "  ");
	put_list(printer, network->plugins, between);
	put(printer, "%s%s", network->version ? "  " : "",
	    network->version ? network->version : "");
	if (network->file)
		put(printer, "  %s", network->file);
	else
		put_coloured(printer, YELLOW, "  (its configuration is gone)");
	putchar('\n');
	put_counts(printer, network);
	for (size_t i = 0; i < network->count; i++)
		put_master(printer, &network->masters[i], i + 1 == network->count);
}

void show_text(const struct picture *picture, const struct options *options)
{
	static const struct glyphs lines = {"├─ ", "└─ ", "│  ", "   ", "→", "⇐", "→"};
	static const struct glyphs ascii = {"|- ", "`- ", "|  ", "   ", "->", "<=", "->"};
	bool utf8 = terminal_has_utf8();
	const struct printer printer = {
		.options = options,
		.glyphs = utf8 ? lines : ascii,
		.utf8 = utf8,
		.colour = terminal_has_colour(STDOUT_FILENO),
	};

	for (size_t i = 0; i < picture->count; i++) {
		if (i)
			putchar('\n');
		put_network(&printer, &picture->networks[i]);
	}
	if (!picture->count)
		puts("no network is configured, and nothing is attached");
}
