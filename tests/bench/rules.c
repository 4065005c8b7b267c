/* SPDX-License-Identifier: Apache-2.0 */
/* The costs of rules: a new connection, and an ADD, by the number of published ports and of
 * masqueraded pods that are there before, and beside many foreign rules and elements.
 *
 *	bench-rules <our plugins> <our IPAM plugins> <Go plugins> <work directory>
 *
 * Each subject has nodes of its own (node.h), one for each number, which take turns. Lines as of
 * bench.c, the case beginning with "rules, ". */
#include "cleanup.h"
#include "mem.h"
#include "node.h"
#include "process.h"
#include "series.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS	      100 /* of connections, CONNECTIONS each */
#define CONNECTIONS   50
#define ADD_ROUNDS    60
#define GO_ADD_ROUNDS 10
#define FIRST_PORT    20000
#define EXTRA_PORT    30000
#define PER_BRIDGE    100

enum { OURS, GO_IPTABLES, GO_NFTABLES, SUBJECTS };

static const char *const subject_names[SUBJECTS] = {"ours", "go", "go-nft"};
static const char *const backends[SUBJECTS] = {"nftables", "iptables", "nftables"};

struct setup {
	const char *plugins[SUBJECTS]; /* directories */
	const char *ipam[SUBJECTS];
	const char *work;
};

/* A pod's interface. */
struct attachment {
	const struct node *node;
	enum node_part where;
	const char *container;
	const char *ifname;
};

/* ---- a verb of a plugin ---- */

static struct sample call(const struct setup *setup, int subject, const char *type,
			  const char *command, const struct attachment *at, const char *conf,
			  char **ret_result)
{
	freeing char *verb = cni_format("CNI_COMMAND=%s", command);
	freeing char *container = cni_format("CNI_CONTAINERID=%s", at->container);
	freeing char *netns = cni_format("CNI_NETNS=%s", at->node->path[at->where]);
	freeing char *ifname = cni_format("CNI_IFNAME=%s", at->ifname);
	freeing char *path = cni_format("CNI_PATH=%s", setup->ipam[subject]);
	freeing char *program = cni_format("%s/%s", setup->plugins[subject], type);
	freeing char *what = cni_format("%s %s of %s", command, type, subject_names[subject]);
	freeing char *input = cni_format("%s/in", setup->work);
	freeing char *output = cni_format("%s/out", setup->work);
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {verb, container, netns, ifname, path, search, NULL};
	char *args[] = {program, NULL};
	freeing char *result = NULL;
	struct process process;
	struct sample sample;

	process_write(input, conf);
	node_enter(at->node, NODE_IN_HOST);
	process = process_start(args, environment, input, output);
	/* The DEL of some is known to fail, when it has done what matters here. */
	sample = process_finish(&process, strcmp(command, "DEL") != 0 ? 0 : PROCESS_ANY, what,
				&result);
	if (ret_result)
		*ret_result = take_ptr(result);
	return sample;
}

static char *bridge_conf(const struct node *node, int subject, unsigned int network,
			 bool masquerade, bool route)
{
	return cni_format(
		"{\"cniVersion\": \"1.0.0\", \"name\": \"bench%u\", \"type\": "
		"\"bridge\", \"bridge\": \"bench%u\", \"isGateway\": true, \"ipMasq\": %s, "
		"\"ipMasqBackend\": \"%s\", \"ipam\": {\"type\": \"host-local\", "
		"\"dataDir\": \"%s\", \"ranges\": [[{\"subnet\": \"10.%u.0.0/16\"}]]%s}}",
		network, network, masquerade ? "true" : "false", backends[subject], node->data_dir,
		98 + network, route ? ", \"routes\": [{\"dst\": \"0.0.0.0/0\"}]" : "");
}

static char *portmap_conf(int subject, unsigned int port, const char *result)
{
	return cni_format("{\"cniVersion\": \"1.0.0\", \"name\": \"bench\", \"type\": \"portmap\", "
			  "\"backend\": \"%s\", \"snat\": true, \"runtimeConfig\": "
			  "{\"portMappings\": [{\"hostPort\": %u, \"containerPort\": 80, "
			  "\"protocol\": \"tcp\"}]}, \"prevResult\": %s}",
			  backends[subject], port, result);
}

/* The same result for another pod, which need not be there. */
static char *with_address(const char *result, unsigned int number)
{
	const char *found = strstr(result, "10.98.0.2/");

	if (!found)
		process_die("no address in the result of bridge");
	return cni_format("%.*s10.97.%u.%u%s", (int)(found - result), result, number / 250,
			  2 + number % 250, found + strlen("10.98.0.2"));
}

/* ---- published ports ---- */

struct ports {
	struct node node;
	int subject;
	unsigned int count;
	char *result; /* of the pod's bridge */
	struct series connections;
	struct series adds;
};

static void publish(const struct setup *setup, const struct ports *ports, unsigned int number)
{
	bool is_last = number == ports->count;
	freeing char *container = is_last ? cni_strdup("pod") : cni_format("pod-%u", number);
	freeing char *result =
		is_last ? cni_strdup(ports->result) : with_address(ports->result, number);
	freeing char *conf = portmap_conf(ports->subject, FIRST_PORT + number, result);
	struct attachment at = {&ports->node, NODE_IN_POD, container, "eth0"};

	call(setup, ports->subject, "portmap", "ADD", &at, conf, NULL);
}

/* The pod's own port comes last: the worst case where rules are walked. */
static struct ports open_ports(const struct setup *setup, int subject, unsigned int count)
{
	freeing char *name = cni_format("ports-%s-%u", subject_names[subject], count);
	struct ports ports = {
		.node = node_open(setup->work, name), .subject = subject, .count = count};
	freeing char *conf = bridge_conf(&ports.node, OURS, 0, false, true);
	struct attachment at = {&ports.node, NODE_IN_POD, "pod", "eth0"};

	call(setup, OURS, "bridge", "ADD", &at, conf, &ports.result);
	for (unsigned int number = 1; number <= count; number++)
		publish(setup, &ports, number);
	return ports;
}

static void add_port(const struct setup *setup, const struct node *node, int subject,
		     const char *result, struct series *adds)
{
	freeing char *other = with_address(result, 9999);
	freeing char *conf = portmap_conf(subject, EXTRA_PORT + (unsigned int)subject, other);
	struct attachment at = {node, NODE_IN_SPARE, "extra", "eth0"};

	series_put(adds, call(setup, subject, "portmap", "ADD", &at, conf, NULL));
	call(setup, subject, "portmap", "DEL", &at, conf, NULL);
}

static bool adds_in(int subject, unsigned int round)
{
	return round < (subject == OURS ? ADD_ROUNDS : GO_ADD_ROUNDS);
}

static void measure_ports(const struct setup *setup)
{
	static const unsigned int counts[] = {1, 100, 2000};
	static struct ports nodes[SUBJECTS][3];

	for (int subject = 0; subject < SUBJECTS; subject++)
		for (int i = 0; i < 3; i++)
			nodes[subject][i] = open_ports(setup, subject, counts[i]);
	for (unsigned int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < SUBJECTS * 3; i++) {
			struct ports *ports = &nodes[i / 3][i % 3];
			double wall =
				node_connect(&ports->node, NODE_IN_OUTSIDE, NODE_HOST,
					     (uint16_t)(FIRST_PORT + ports->count), CONNECTIONS);

			series_put(&ports->connections, (struct sample){.wall = wall});
		}
	for (unsigned int round = 0; round < ADD_ROUNDS; round++)
		for (int i = 0; i < SUBJECTS * 3; i++) {
			struct ports *ports = &nodes[i / 3][i % 3];

			if (adds_in(ports->subject, round))
				add_port(setup, &ports->node, ports->subject, ports->result,
					 &ports->adds);
		}
	for (int i = 0; i < SUBJECTS * 3; i++) {
		const struct ports *ports = &nodes[i / 3][i % 3];
		freeing char *name = cni_format("rules, published ports: %u", ports->count);

		series_report(&ports->connections, name, "connection",
			      subject_names[ports->subject]);
		series_report(&ports->adds, name, "ADD", subject_names[ports->subject]);
	}
}

/* ---- masqueraded pods ---- */

struct pods {
	struct node node;
	int subject;
	unsigned int count;
	struct series connections;
	struct series adds;
};

/* All in one namespace, which is as good for the host's rules; the last one has the route. It is
 * alone on its bridge, the others share bridges by the hundred: to a bridge with many ports the
 * kernel is slow to add another. */
static void open_pods(const struct setup *setup, struct pods *pods, int subject, unsigned int count)
{
	freeing char *name = cni_format("pods-%s-%u", subject_names[subject], count);

	*pods = (struct pods){
		.node = node_open(setup->work, name), .subject = subject, .count = count};
	for (unsigned int number = 1; number <= count; number++) {
		unsigned int network = number == count ? 0 : 1 + number / PER_BRIDGE;
		freeing char *container = cni_format("pod-%u", number);
		freeing char *ifname = cni_format("eth%u", number);
		freeing char *conf =
			bridge_conf(&pods->node, subject, network, true, number == count);
		struct attachment at = {&pods->node, NODE_IN_POD, container, ifname};

		call(setup, subject, "bridge", "ADD", &at, conf, NULL);
	}
}

static void add_pod(const struct setup *setup, const struct node *node, int subject,
		    struct series *adds)
{
	freeing char *conf = bridge_conf(node, subject, 0, true, true);
	struct attachment at = {node, NODE_IN_SPARE, "extra", "eth0"};

	series_put(adds, call(setup, subject, "bridge", "ADD", &at, conf, NULL));
	call(setup, subject, "bridge", "DEL", &at, conf, NULL);
}

static void measure_pods(const struct setup *setup)
{
	static const unsigned int counts[] = {1, 1000};
	static struct pods nodes[SUBJECTS][2];

	for (int i = 0; i < SUBJECTS * 2; i++)
		open_pods(setup, &nodes[i / 2][i % 2], i / 2, counts[i % 2]);
	for (unsigned int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < SUBJECTS * 2; i++) {
			struct pods *pods = &nodes[i / 2][i % 2];
			double wall = node_connect(&pods->node, NODE_IN_POD, NODE_OUTSIDE, 80,
						   CONNECTIONS);

			series_put(&pods->connections, (struct sample){.wall = wall});
		}
	for (unsigned int round = 0; round < ADD_ROUNDS; round++)
		for (int i = 0; i < SUBJECTS * 2; i++) {
			struct pods *pods = &nodes[i / 2][i % 2];

			if (adds_in(pods->subject, round))
				add_pod(setup, &pods->node, pods->subject, &pods->adds);
		}
	for (int i = 0; i < SUBJECTS * 2; i++) {
		const struct pods *pods = &nodes[i / 2][i % 2];
		freeing char *name = cni_format("rules, masqueraded pods: %u", pods->count);

		series_report(&pods->connections, name, "connection", subject_names[pods->subject]);
		series_report(&pods->adds, name, "ADD", subject_names[pods->subject]);
	}
}

/* ---- rules of another owner ---- */

static const struct {
	const char *name;
	const char *text; /* awk(1) prints it for nft(8) */
} foreign[] = {
	{"nothing", NULL},
	{"100,000 rules",
	 "BEGIN { print \"add table inet others\\nadd chain inet others rules\"; "
	 "for (i = 0; i < 100000; i++) printf \"add rule inet others rules ip saddr "
	 "10.%d.%d.%d counter accept\\n\", i / 65536, i / 256 % 256, i % 256 }"},
	{"a set of 1,000,000",
	 "BEGIN { print \"add table inet others\\nadd set inet others many { type ipv4_addr; }\"; "
	 "for (i = 0; i < 1000000; i++) printf \"%s10.%d.%d.%d%s\", "
	 "i % 1000 ? \", \" : \"add element inet others many { \", "
	 "i / 65536, i / 256 % 256, i % 256, i % 1000 == 999 ? \" }\\n\" : \"\" }"},
};

#define FOREIGN (sizeof(foreign) / sizeof(*foreign))

struct crowded {
	struct node node;
	char *result;
	struct series pods[SUBJECTS];
	struct series ports[SUBJECTS];
};

static void open_crowded(const struct setup *setup, size_t number, struct crowded *crowded)
{
	freeing char *name = cni_format("foreign-%zu", number);
	struct attachment at = {&crowded->node, NODE_IN_POD, "pod", "eth0"};
	freeing char *conf = NULL;

	*crowded = (struct crowded){.node = node_open(setup->work, name)};
	if (foreign[number].text)
		node_shell(&crowded->node, NODE_IN_HOST, "awk '%s' >'%s/nft' && nft -f '%s/nft'",
			   foreign[number].text, setup->work, setup->work);
	conf = bridge_conf(&crowded->node, OURS, 0, true, true);
	call(setup, OURS, "bridge", "ADD", &at, conf, &crowded->result);
}

static void measure_foreign(const struct setup *setup)
{
	static struct crowded nodes[FOREIGN];

	for (size_t i = 0; i < FOREIGN; i++)
		open_crowded(setup, i, &nodes[i]);
	for (unsigned int round = 0; round < ADD_ROUNDS; round++)
		for (size_t i = 0; i < FOREIGN * SUBJECTS; i++) {
			struct crowded *crowded = &nodes[i / SUBJECTS];
			int subject = (int)(i % SUBJECTS);

			if (!adds_in(subject, round))
				continue;
			add_pod(setup, &crowded->node, subject, &crowded->pods[subject]);
			add_port(setup, &crowded->node, subject, crowded->result,
				 &crowded->ports[subject]);
		}
	for (size_t i = 0; i < FOREIGN * SUBJECTS; i++) {
		freeing char *name =
			cni_format("rules, others have %s", foreign[i / SUBJECTS].name);
		const struct crowded *crowded = &nodes[i / SUBJECTS];
		int subject = (int)(i % SUBJECTS);

		series_report(&crowded->pods[subject], name, "ADD of bridge",
			      subject_names[subject]);
		series_report(&crowded->ports[subject], name, "ADD of portmap",
			      subject_names[subject]);
	}
}

int main(int argc, char **argv)
{
	struct setup setup;

	if (argc != 5) {
		fprintf(stderr, "usage: bench-rules <our plugins> <our IPAM plugins> "
				"<Go plugins> <work directory>\n");
		return 2;
	}
	setup = (struct setup){.plugins = {argv[1], argv[3], argv[3]},
			       .ipam = {argv[2], argv[3], argv[3]},
			       .work = argv[4]};
	measure_ports(&setup);
	measure_pods(&setup);
	measure_foreign(&setup);
	return 0;
}
