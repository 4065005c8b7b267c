/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster_table.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

void cluster_add_all(const char *path)
{
	cluster_add(&cluster_q1, &cluster_nodes[0], "pods", path, NULL);
	cluster_add(&cluster_p[0], &cluster_nodes[0], "pods", path, NULL);
	cluster_add(&cluster_p[1], &cluster_nodes[1], "pods", path, CLUSTER_PORTS);
	cluster_add(&cluster_p[2], &cluster_nodes[2], "pods", path, NULL);
}

void cluster_del_all(const char *path)
{
	cluster_del(&cluster_q1, path);
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		cluster_del(&cluster_p[i], path);
}

/* ---- names of addresses ---- */

/* p1 and so on have theirs from ADD. */
static const struct {
	const char *name;
	const char *address[2];
} fixed[] = {
	{"n1", {"192.0.2.11", "2001:db8::11"}}, {"n2", {"192.0.2.12", "2001:db8::12"}},
	{"n3", {"192.0.2.13", "2001:db8::13"}}, {"n1's bridge", {"10.244.1.1", "fd00:10:244:1::1"}},
	{"outside", {OUTSIDE4, OUTSIDE6}},
};

static const char *address_of(const char *name, int family)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (!strcmp(name, fixed[i].name))
			return fixed[i].address[family];
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		if (!strcmp(name, cluster_p[i].name))
			return cluster_p[i].address[family];
	assert_string_equal(name, cluster_q1.name);
	return cluster_q1.address[family];
}

static const char *name_of(const char *address, int family)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (!strcmp(address, fixed[i].address[family]))
			return fixed[i].name;
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		if (!strcmp(address, cluster_p[i].address[family]))
			return cluster_p[i].name;
	return !strcmp(address, cluster_q1.address[family]) ? "q1" : "another";
}

/* ---- questions ---- */

struct question {
	const char *about; /* from and to, as the table has it */
	const char *from;  /* a namespace */
	const char *to;	   /* whose address is asked */
	uint16_t port;
	const char *server;   /* who answers */
	const char *expected; /* whose address is seen */
};

static const struct question questions[] = {
	{"pod p1\tits node n1", "p1", "n1", CLUSTER_PORT, "n1", "p1"},
	{"pod p1\tpod q1 of its node", "p1", "q1", CLUSTER_PORT, "q1", "p1"},
	{"pod p1\tpod p2 of n2", "p1", "p2", CLUSTER_PORT, "p2", "p1"},
	{"pod p3\tpod p1 of n1", "p3", "p1", CLUSTER_PORT, "p1", "p3"},
	{"pod p1\tnode n2", "p1", "n2", CLUSTER_PORT, "n2", "p1"},
	{"pod p1\toutside", "p1", "outside", CLUSTER_PORT, "outside", "n1"},
	{"pod p1\ta published port of n2", "p1", "n2", CLUSTER_HOST_PORT, "p2", "p1"},
	{"node n1\tits pod p1", "n1", "p1", CLUSTER_PORT, "p1", "n1's bridge"},
	{"node n1\tpod p2 of n2", "n1", "p2", CLUSTER_PORT, "p2", "n1"},
	{"node n1\ta published port of n2", "n1", "n2", CLUSTER_HOST_PORT, "p2", "n1"},
	{"outside\ta published port of n2", "outside", "n2", CLUSTER_HOST_PORT, "p2", "outside"},
};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

/* Splits "p2 10.244.1.2", checks the first word, and names the second. */
static const char *seen_source(const struct question *question, const char *answer, int family)
{
	size_t length = strlen(question->server);

	if (strncmp(answer, question->server, length) != 0 || answer[length] != ' ')
		fail_msg("%s asks %s: the answer is '%s', expected one of %s", question->from,
			 address_of(question->to, family), answer, question->server);
	return name_of(answer + length + 1, family);
}

static void write_row(const char *column, const struct question *question,
		      const char *const seen[2])
{
	const char *path = column ? getenv("CLUSTER_ROWS") : NULL;
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!path)
		return;
	assert_non_null(file);
	fprintf(file, "%s\t%s\t%s\t%s\n", column, question->about, seen[0], seen[1]);
	assert_int_equal(fclose(file), 0);
}

void cluster_ask_table(const char *column, bool asserts)
{
	struct probe probes[QUESTIONS][2];
	char netns[QUESTIONS][24];

	for (size_t i = 0; i < QUESTIONS; i++) {
		snprintf(netns[i], sizeof(netns[i]), "/run/netns/%s", questions[i].from);
		for (int family = 0; family < 2; family++)
			probes[i][family] = (struct probe){netns[i],
							   IPPROTO_TCP,
							   address_of(questions[i].to, family),
							   questions[i].port,
							   "",
							   0,
							   ""};
	}
	probe_ask(probes[0], QUESTIONS * 2);
	for (size_t i = 0; i < QUESTIONS; i++) {
		const char *seen[2];

		for (int family = 0; family < 2; family++) {
			seen[family] = seen_source(&questions[i], probes[i][family].seen, family);
			if (asserts && strcmp(seen[family], questions[i].expected) != 0)
				fail_msg("%s asks %s: %s is seen, expected %s", questions[i].from,
					 probes[i][family].to, probes[i][family].seen,
					 questions[i].expected);
		}
		write_row(column, &questions[i], seen);
	}
}
