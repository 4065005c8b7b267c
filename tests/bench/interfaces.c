/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the plugins other than bridge and host-local, as bench.c measures bridge: ours, the Go
 * plugins and, of those that make or move an interface, the floor (floor_links.c) in turn within each
 * round.
 *
 *	bench-interfaces <our plugins> <our IPAM plugins> <Go plugins> <floor-links> <work directory>
 *			 <plugin>...
 *
 * It wants namespaces of its own, the link "up0", for host-device the links "dev0" to "dev2", and for dhcp a server
 * on up0's network and a daemon of each suite, all of which tests/bench/run makes. The lines on stdout are those of
 * bench.c. */
#include "cleanup.h"
#include "mem.h"
#include "pod.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Rounds of a plugin; the Go plugins take part in each second. */
#define ROUNDS	      100
#define GO_EVERY      2
#define NAMESPACE_MAX 100

enum { OURS, GO, FLOOR, SUBJECTS };

static const char *const subject_names[SUBJECTS] = {"ours", "go", "floor"};

struct setup {
	const char *plugins[SUBJECTS]; /* a directory, or the floor's program */
	const char *path[SUBJECTS];    /* CNI_PATH */
	const char *work;
};

struct measured {
	const char *plugin;
	const char
		*keys; /* of the configuration; the subject's number and `tail` follow, if given */
	const char *tail;
	const char *host;   /* the floor's link on the host; the subject's number follows a `tail`;
			     NULL: there is no floor */
	const char *behind; /* the plugin of ours that makes the interface, not measured */
	bool is_plain;	    /* no IPAM */
	const char *
		ipam; /* of an IPAM plugin: its keys; the subject's number and `tail` follow a `tail` */
};

/* An id of a VLAN belongs to one link of a parent at a time, and a device to one container. */
static const struct measured all[] = {
	{.plugin = "macvlan", .keys = "\"master\": \"up0\"", .host = "up0"},
	{.plugin = "ipvlan", .keys = "\"master\": \"up0\"", .host = "up0"},
	{.plugin = "vlan",
	 .keys = "\"master\": \"up0\", \"vlanId\": 10",
	 .tail = "",
	 .host = "up0"},
	{.plugin = "dummy", .host = "-"},
	{.plugin = "tap", .host = "-"},
	{.plugin = "ptp", .host = "floor0"},
	{.plugin = "host-device", .keys = "\"device\": \"dev", .tail = "\"", .host = "dev2"},
	{.plugin = "sbr", .host = "-", .behind = "macvlan"},
	{.plugin = "vrf", .keys = "\"vrfname\": \"blue\"", .host = "-", .behind = "macvlan"},
	{.plugin = "loopback", .is_plain = true},
	{.plugin = "tuning",
	 .keys = "\"sysctl\": {\"net.ipv4.conf.IFNAME.arp_filter\": \"1\"}, \"mtu\": 1400",
	 .behind = "macvlan"},
	{.plugin = "bandwidth",
	 .keys = "\"ingressRate\": 8000000, \"ingressBurst\": 8000000, "
		 "\"egressRate\": 8000000, \"egressBurst\": 8000000",
	 .behind = "ptp"},
	{.plugin = "firewall", .behind = "ptp"},
	{.plugin = "portmap",
	 .keys = "\"runtimeConfig\": {\"portMappings\": [{\"containerPort\": 80, "
		 "\"protocol\": \"tcp\", \"hostPort\": 808",
	 .tail = "}]}",
	 .behind = "ptp"},
	{.plugin = "static", .ipam = "\"addresses\": [{\"address\": \"10.99.0.2/16\"}]"},
	/* Go's asks no other host whether it has the address. */
	{.plugin = "dhcp",
	 .ipam = "\"probe\": false, \"daemonSocketPath\": \"/run/others/dhcp",
	 .tail = "\"",
	 .behind = "macvlan"},
};

/* ---- a verb of a subject, for a pod ---- */

static char *with_number(const char *keys, const struct measured *measured, int subject)
{
	if (!measured->tail)
		return cni_strdup(keys);
	return cni_format("%s%d%s", keys, subject, measured->tail);
}

static char *keys_of(const struct measured *measured, int subject)
{
	freeing char *keys = measured->keys ? with_number(measured->keys, measured, subject) : NULL;

	return keys ? cni_format("%s, ", keys) : cni_strdup("");
}

/* All subjects share a ledger: two ipvlans of a parent have no address in common. */
static char *ipam_of(const struct setup *setup, const struct measured *measured, int subject)
{
	if (measured->ipam) {
		freeing char *keys = with_number(measured->ipam, measured, subject);

		return cni_format(", \"ipam\": {\"type\": \"%s\", %s}", measured->plugin, keys);
	}
	if (measured->behind || measured->is_plain)
		return cni_strdup("");
	return cni_format(", \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"%s/data\", "
			  "\"ranges\": [[{\"subnet\": \"10.99.0.0/16\"}]], "
			  "\"routes\": [{\"dst\": \"0.0.0.0/0\"}]}",
			  setup->work);
}

static char *configuration(const struct setup *setup, const struct measured *measured, int subject,
			   const char *prev_result)
{
	freeing char *keys = keys_of(measured, subject);
	freeing char *ipam = ipam_of(setup, measured, subject);
	freeing char *conf = cni_format("{%s\"cniVersion\": \"1.0.0\", \"name\": \"bench-%s\", "
					"\"type\": \"%s\"%s",
					keys, measured->plugin, measured->plugin, ipam);

	return pod_conf(conf, prev_result);
}

static struct process start_floor(const struct setup *setup, const struct measured *measured,
				  int verb, const struct pod *pod)
{
	freeing char *program = cni_strdup(setup->plugins[FLOOR]);
	freeing char *plugin = cni_strdup(measured->plugin);
	freeing char *host = cni_strdup(measured->host);
	/* Apart from what host-local gives out, from the subnet's beginning. */
	freeing char *address = cni_format("10.99.200.%u", 2 + pod->number % 200);
	char add[] = "add";
	char del[] = "del";
	char gateway[] = "10.99.0.1";
	char *args[] = {
		program, verb == ADD ? add : del, plugin, pod->netns, host, address, gateway, NULL};

	return pod_start(args, setup->work, 0);
}

static struct process start(const struct setup *setup, const struct measured *measured, int subject,
			    int verb, const struct pod *pod)
{
	freeing char *program = NULL;
	freeing char *conf = NULL;

	if (subject == FLOOR)
		return start_floor(setup, measured, verb, pod);
	program =
		cni_format("%s/%s", measured->ipam ? setup->path[subject] : setup->plugins[subject],
			   measured->plugin);
	conf = configuration(setup, measured, subject, pod->result);
	return pod_start_plugin(pod,
				&(struct pod_call){.program = program,
						   .path = setup->path[subject],
						   .conf = conf,
						   .verb = verb},
				setup->work, 0);
}

/* The result of ADD is the prevResult of what follows. */
static struct sample run(const struct setup *setup, const struct measured *measured, int subject,
			 int verb, struct pod *pod)
{
	freeing char *what = cni_format("%s of %s, %s", pod_verbs[verb], measured->plugin,
					subject_names[subject]);
	freeing char *output = NULL;
	struct process process = start(setup, measured, subject, verb, pod);
	struct sample sample = process_finish(&process, 0, what, &output);

	if (verb == ADD && subject != FLOOR) {
		free(pod->result);
		pod->result = take_ptr(output);
	}
	return sample;
}

static const struct measured *find(const char *plugin)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].plugin, plugin))
			return &all[i];
	fprintf(stderr, "no plugin '%s' to measure\n", plugin);
	exit(2);
}

/* ---- rounds ---- */

/* A chained plugin finds an interface of ours, also that of Go. */
static void prepare(const struct setup *setup, const struct measured *measured, int subject,
		    int verb, struct pod *pod)
{
	if (measured->behind)
		run(setup, find(measured->behind), subject == GO ? OURS : subject, verb, pod);
}

static bool has_floor(const struct measured *measured)
{
	return measured->host;
}

static bool takes_part(const struct measured *measured, int subject, int verb, size_t round)
{
	if (subject == FLOOR)
		return has_floor(measured) && verb != CHECK;
	return subject != GO || round % GO_EVERY == 0;
}

/* Another one first in each round, also of those with the Go plugins. */
static int in_turn(size_t round, int place)
{
	return (int)(round + round / GO_EVERY + (size_t)place) % SUBJECTS;
}

static void measure_round(const struct setup *setup, const struct measured *measured, size_t round,
			  struct series series[VERBS][SUBJECTS], struct pod *pods)
{
	int subjects = has_floor(measured) ? SUBJECTS : FLOOR;

	for (int subject = 0; subject < subjects; subject++)
		prepare(setup, measured, subject, ADD, &pods[subject]);
	for (int verb = ADD; verb <= DEL; verb++)
		for (int i = 0; i < SUBJECTS; i++) {
			int subject = in_turn(round, i);

			if (takes_part(measured, subject, verb, round))
				series_put(&series[verb][subject],
					   run(setup, measured, subject, verb, &pods[subject]));
		}
	for (int subject = 0; subject < subjects; subject++)
		prepare(setup, measured, subject, DEL, &pods[subject]);
}

static void measure(const struct setup *setup, const struct measured *measured)
{
	static struct series series[VERBS][SUBJECTS];
	freeing char *name = cni_format("plugin, %s", measured->plugin);
	unsigned int number = 0;
	unsigned int dropped = 0;

	memset(series, 0, sizeof(series));
	for (size_t round = 0; round < ROUNDS; round++) {
		struct pod pods[SUBJECTS];

		for (int i = 0; i < SUBJECTS; i++)
			pods[i] = pod_make(setup->work, number++);
		measure_round(setup, measured, round, series, pods);
		for (int i = 0; i < SUBJECTS; i++)
			pod_clear(&pods[i]);
		if (number - dropped >= NAMESPACE_MAX) {
			pod_drop_namespaces(setup->work, dropped, number);
			dropped = number;
		}
	}
	pod_drop_namespaces(setup->work, dropped, number);
	for (int verb = 0; verb < VERBS; verb++)
		for (int subject = 0; subject < SUBJECTS; subject++)
			series_report(&series[verb][subject], name, pod_verbs[verb],
				      subject_names[subject]);
}

int main(int argc, char **argv)
{
	struct setup setup;

	if (argc < 7) {
		fprintf(stderr, "usage: bench-interfaces <our plugins> <our IPAM plugins> "
				"<Go plugins> <floor-links> <work directory> <plugin>...\n");
		return 2;
	}
	setup = (struct setup){
		.plugins = {argv[1], argv[3], argv[4]},
		.path = {argv[2], argv[3], NULL},
		.work = argv[5],
	};
	for (int i = 6; i < argc; i++)
		measure(&setup, find(argv[i]));
	return 0;
}
