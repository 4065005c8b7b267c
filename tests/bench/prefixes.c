/* SPDX-License-Identifier: Apache-2.0 */
/* The costs of nonMasqueradeCIDRs: a new connection from a pod to the outside, which is in none of the prefixes, and an
 * ADD, by the number of prefixes.
 *
 *	bench-prefixes <our plugins> <our IPAM plugins> <work directory>
 *
 * Each number has a node of its own (node.h); they take turns. Lines as of bench.c, the case beginning with
 * "rules, ". */
#include "cleanup.h"
#include "mem.h"
#include "node.h"
#include "process.h"
#include "series.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS	    SERIES_MAX
#define CONNECTIONS 50
#define NODES	    2

struct kept {
	struct node node;
	char *conf;
	struct series connections;
	struct series adds;
};

/* Prefixes that do not touch each other: the kernel keeps each as an interval. */
static char *make_conf(const struct node *node, unsigned int count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cni_need(out);
	fprintf(out,
		"{\"cniVersion\": \"1.0.0\", \"name\": \"bench\", \"type\": \"bridge\", "
		"\"bridge\": \"bench0\", \"isGateway\": true, \"ipMasq\": true, \"ipam\": "
		"{\"type\": \"host-local\", \"dataDir\": \"%s\", \"ranges\": "
		"[[{\"subnet\": \"10.98.0.0/16\"}]], \"routes\": [{\"dst\": \"0.0.0.0/0\"}]}, "
		"\"nonMasqueradeCIDRs\": [",
		node->data_dir);
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%s\"10.%u.%u.0/24\"", i ? ", " : "", 100 + i / 128, i % 128 * 2);
	fprintf(out, "]}");
	fclose(out);
	return text;
}

static struct sample call(char **directories, const struct kept *kept, enum node_part where,
			  const char *command)
{
	freeing char *verb = cni_format("CNI_COMMAND=%s", command);
	freeing char *container = cni_format("CNI_CONTAINERID=pod-%d", (int)where);
	freeing char *netns = cni_format("CNI_NETNS=%s", kept->node.path[where]);
	freeing char *path = cni_format("CNI_PATH=%s", directories[1]);
	freeing char *program = cni_format("%s/bridge", directories[0]);
	freeing char *input = cni_format("%s/in", directories[2]);
	freeing char *output = cni_format("%s/out", directories[2]);
	char ifname[] = "CNI_IFNAME=eth0";
	char *environment[] = {verb, container, netns, path, ifname, NULL};
	char *args[] = {program, NULL};
	freeing char *result = NULL;
	struct process process;

	process_write(input, kept->conf);
	node_enter(&kept->node, NODE_IN_HOST);
	process = process_start(args, environment, input, output);
	return process_finish(&process, 0, command, &result);
}

int main(int argc, char **argv)
{
	static const unsigned int counts[NODES] = {1, 1000};
	static struct kept nodes[NODES];

	if (argc != 4) {
		fprintf(stderr, "usage: bench-prefixes <our plugins> <our IPAM plugins> "
				"<work directory>\n");
		return 2;
	}
	for (int i = 0; i < NODES; i++) {
		freeing char *name = cni_format("prefixes-%u", counts[i]);

		nodes[i].node = node_open(argv[3], name);
		nodes[i].conf = make_conf(&nodes[i].node, counts[i]);
		call(argv + 1, &nodes[i], NODE_IN_POD, "ADD");
	}
	for (int i = 0; i < ROUNDS * NODES; i++) {
		/* Another one first in each round. */
		struct kept *kept = &nodes[(i + i / NODES) % NODES];
		double wall = node_connect(&kept->node, NODE_IN_POD, NODE_OUTSIDE, 80, CONNECTIONS);

		series_put(&kept->connections, (struct sample){.wall = wall});
		series_put(&kept->adds, call(argv + 1, kept, NODE_IN_SPARE, "ADD"));
		call(argv + 1, kept, NODE_IN_SPARE, "DEL");
	}
	for (int i = 0; i < NODES; i++) {
		freeing char *name =
			cni_format("rules, prefixes that keep the source: %u", counts[i]);

		series_report(&nodes[i].connections, name, "connection", "ours");
		series_report(&nodes[i].adds, name, "ADD", "ours");
	}
	return 0;
}
