/* SPDX-License-Identifier: Apache-2.0 */
/* Measures whole processes, from before posix_spawn(3) to after wait4(2): ours, the Go plugins with
 * iptables and with nf_tables, and the floor, in turn within each round, so that whatever else the
 * machine does happens to all. Network namespaces are made and taken down outside of what is timed.
 *
 *	bench <our plugins> <our IPAM plugins> <Go plugins> <floor> <work directory> <data on disk>
 *
 * It wants a network and a mount namespace of its own, and a tmpfs as work directory. Each line on
 * stdout is a median: case, verb, who, samples, and then wall time, its quartiles, CPU time (all in
 * microseconds) and peak memory (KiB), separated by tabs. */
#include "cleanup.h"
#include "mem.h"
#include "pod.h"
#include "series.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Rounds of a case; the Go plugins take part in each fourth. */
#define ROUNDS	      SERIES_MAX
#define GO_EVERY      4
#define TOGETHER      20
#define CROWD_ROUNDS  20
#define NAMESPACE_MAX 100
/* Its number. */
#define RESIDENT 9999

enum { OURS, GO, GO_NFTABLES, FLOOR, SUBJECTS };

static const char *const subject_names[SUBJECTS] = {"ours", "go", "go-nft", "floor"};
/* "go" masquerades as the Go plugins do where there is an iptables(8). */
static const char *const backends[SUBJECTS] = {"nftables", "iptables", "nftables", ""};

struct setup {
	const char *plugin[SUBJECTS]; /* the bridge plugin, or the floor's program */
	const char *ipam[SUBJECTS];   /* host-local */
	const char *path[SUBJECTS];   /* CNI_PATH */
	const char *work;
	const char *disk;
};

struct scenario {
	const char *name;
	const char *data_dir;
	bool masquerade;
	size_t rounds;
};

/* ---- a verb of a subject, for a pod ---- */

static char *configuration(const struct scenario *scenario, const struct pod *pod, int subject,
			   int verb)
{
	static const char text[] =
		"{\"cniVersion\": \"1.0.0\", \"name\": \"bench\", \"type\": \"bridge\", "
		"\"bridge\": \"bench0\", \"isGateway\": true, \"ipMasq\": %s, "
		"\"ipMasqBackend\": \"%s\", \"ipam\": {\"type\": \"host-local\", \"dataDir\": "
		"\"%s\", "
		"\"ranges\": [[{\"subnet\": \"10.99.0.0/16\"}]], "
		"\"routes\": [{\"dst\": \"0.0.0.0/0\"}]}";
	freeing char *conf = cni_format(text, scenario->masquerade ? "true" : "false",
					backends[subject], scenario->data_dir);

	return pod_conf(conf, verb == CHECK || verb == DEL ? pod->result : NULL);
}

static struct process start_plugin(const struct setup *setup, const struct scenario *scenario,
				   int subject, int verb, const char *file, const struct pod *pod,
				   unsigned int slot)
{
	freeing char *conf = configuration(scenario, pod, subject, verb);
	const struct pod_call call = {
		.program = file, .path = setup->path[subject], .conf = conf, .verb = verb};

	return pod_start_plugin(pod, &call, setup->work, slot);
}

static struct process start_floor(const struct setup *setup, int verb, const struct pod *pod,
				  unsigned int slot)
{
	freeing char *program = cni_strdup(setup->plugin[FLOOR]);
	freeing char *host_end = cni_format("floor%u", pod->number);
	/* Apart from what host-local gives out, from the subnet's beginning. */
	freeing char *address = cni_format("10.99.200.%u", 2 + pod->number % 200);
	char add[] = "add";
	char del[] = "del";
	char bridge[] = "bench0";
	char prefix[] = "16";
	char gateway[] = "10.99.0.1";
	char *add_args[] = {program, add,    pod->netns, bridge, host_end,
			    address, prefix, gateway,	 NULL};
	char *del_args[] = {program, del, host_end, NULL};

	return pod_start(verb == ADD ? add_args : del_args, setup->work, slot);
}

static struct process begin(const struct setup *setup, const struct scenario *scenario, int subject,
			    int verb, const struct pod *pod, unsigned int slot)
{
	if (subject == FLOOR)
		return start_floor(setup, verb, pod, slot);
	return start_plugin(setup, scenario, subject, verb, setup->plugin[subject], pod, slot);
}

static struct sample end(struct process *run, int subject, int verb, struct pod *pod)
{
	freeing char *what = cni_format("%s %s", pod_verbs[verb], subject_names[subject]);
	freeing char *output = NULL;
	/* DEL of the Go plugins with nf_tables fails when everything is gone, since it then looks
	 * for iptables' chains as well. */
	bool may_fail = subject == GO_NFTABLES && verb == DEL;
	struct sample sample = process_finish(run, may_fail ? PROCESS_ANY : 0, what, &output);

	if (verb == ADD)
		pod->result = take_ptr(output);
	return sample;
}

static void report_all(const char *name, struct series series[VERBS][SUBJECTS])
{
	for (int verb = 0; verb < VERBS; verb++)
		for (int subject = 0; subject < SUBJECTS; subject++)
			series_report(&series[verb][subject], name, pod_verbs[verb],
				      subject_names[subject]);
}

/* ---- the cases ---- */

/* Each subject in turn, another one first in each round, also of those with the Go plugins. */
static int in_turn(size_t round, int place)
{
	return (int)(round + round / GO_EVERY + (size_t)place) % SUBJECTS;
}

static bool takes_part(const struct scenario *scenario, int subject, size_t round)
{
	if (subject == GO_NFTABLES && !scenario->masquerade)
		return false;
	return (subject != GO && subject != GO_NFTABLES) || round % GO_EVERY == 0;
}

static void one_at_a_time(const struct setup *setup, const struct scenario *scenario)
{
	static struct series series[VERBS][SUBJECTS];
	unsigned int number = 0;
	unsigned int dropped = 0;

	memset(series, 0, sizeof(series));
	for (size_t round = 0; round < scenario->rounds; round++) {
		struct pod pods[SUBJECTS];

		for (int i = 0; i < SUBJECTS; i++)
			pods[i] = pod_make(setup->work, number++);
		for (int verb = ADD; verb <= DEL; verb++)
			for (int i = 0; i < SUBJECTS; i++) {
				int subject = in_turn(round, i);
				struct process run;

				if (!takes_part(scenario, subject, round) ||
				    (subject == FLOOR && verb == CHECK))
					continue;
				run = begin(setup, scenario, subject, verb, &pods[subject], 0);
				series_put(&series[verb][subject],
					   end(&run, subject, verb, &pods[subject]));
			}
		for (int i = 0; i < SUBJECTS; i++)
			pod_clear(&pods[i]);
		if (number - dropped >= NAMESPACE_MAX) {
			pod_drop_namespaces(setup->work, dropped, number);
			dropped = number;
		}
	}
	pod_drop_namespaces(setup->work, dropped, number);
	report_all(scenario->name, series);
}

/* From the first start to the last end. */
static struct sample crowd(const struct setup *setup, const struct scenario *scenario, int subject,
			   int verb, struct pod *pods)
{
	struct process runs[TOGETHER];
	struct sample all = {0};
	double start = process_now();

	for (unsigned int i = 0; i < TOGETHER; i++)
		runs[i] = begin(setup, scenario, subject, verb, &pods[i], i);
	for (unsigned int i = 0; i < TOGETHER; i++) {
		struct sample sample = end(&runs[i], subject, verb, &pods[i]);

		all.cpu += sample.cpu;
		if (sample.memory > all.memory)
			all.memory = sample.memory;
	}
	all.wall = process_now() - start;
	return all;
}

static void together(const struct setup *setup, const struct scenario *scenario)
{
	freeing char *name = cni_format("%s, %d at once", scenario->name, TOGETHER);
	static struct series series[VERBS][SUBJECTS];

	memset(series, 0, sizeof(series));
	for (size_t round = 0; round < CROWD_ROUNDS; round++)
		for (int i = 0; i < SUBJECTS; i++) {
			int subject = in_turn(round, i);
			struct pod pods[TOGETHER];

			if (!takes_part(scenario, subject, 0))
				continue;
			for (unsigned int pod = 0; pod < TOGETHER; pod++)
				pods[pod] = pod_make(setup->work, pod);
			for (int verb = ADD; verb <= DEL; verb++)
				if (subject != FLOOR || verb != CHECK)
					series_put(&series[verb][subject],
						   crowd(setup, scenario, subject, verb, pods));
			for (unsigned int pod = 0; pod < TOGETHER; pod++)
				pod_clear(&pods[pod]);
			pod_drop_namespaces(setup->work, 0, TOGETHER);
		}
	report_all(name, series);
}

/* Runtimes ask each plugin for its versions at their start, and some before each command. */
static void versions(const struct setup *setup, const struct scenario *scenario)
{
	static struct series series[VERBS][SUBJECTS];
	struct pod pod = {.netns = cni_strdup("")};

	for (size_t round = 0; round < ROUNDS; round++)
		for (int subject = OURS; subject <= GO; subject++) {
			struct process run = begin(setup, scenario, subject, VERSION, &pod, 0);

			series_put(&series[VERSION][subject], end(&run, subject, VERSION, &pod));
		}
	pod_clear(&pod);
	report_all("bridge", series);
}

/* host-local without the bridge plugin around it. */
static void ipam_alone(const struct setup *setup, const struct scenario *scenario)
{
	static struct series series[VERBS][SUBJECTS];

	for (unsigned int round = 0; round < ROUNDS; round++)
		for (int subject = OURS; subject <= GO; subject++) {
			struct pod pod = {.number = round, .netns = cni_strdup("/none")};

			for (int verb = ADD; verb <= DEL; verb++) {
				struct process run = start_plugin(setup, scenario, subject, verb,
								  setup->ipam[subject], &pod, 0);

				series_put(&series[verb][subject], end(&run, subject, verb, &pod));
			}
			pod_clear(&pod);
		}
	report_all(scenario->name, series);
}

/* Once, so that the bridge is there. */
static void warm_up(const struct setup *setup, const struct scenario *scenario)
{
	for (int subject = 0; subject < SUBJECTS; subject++) {
		struct pod pod = pod_make(setup->work, 0);

		for (int verb = ADD; verb <= DEL; verb += DEL - ADD) {
			struct process run = begin(setup, scenario, subject, verb, &pod, 0);

			end(&run, subject, verb, &pod);
		}
		pod_clear(&pod);
		pod_drop_namespaces(setup->work, 0, 1);
	}
}

/* Another pod of the network, which stays: a node in use. */
static void move_in(const struct setup *setup, const struct scenario *scenario)
{
	struct pod pod = pod_make(setup->work, RESIDENT);
	struct process run = begin(setup, scenario, OURS, ADD, &pod, 0);

	end(&run, OURS, ADD, &pod);
	pod_clear(&pod);
}

static void measure(const struct setup *setup)
{
	freeing char *memory = cni_format("%s/data", setup->work);
	const struct scenario first = {"first pod, with masquerade", memory, true, ROUNDS / 4};
	const struct scenario plain = {"without masquerade", memory, false, ROUNDS};
	const struct scenario masquerade = {"with masquerade", memory, true, ROUNDS};
	const struct scenario disk = {"data on disk", setup->disk, false, ROUNDS};
	const struct scenario ipam = {"host-local alone", memory, false, ROUNDS};

	warm_up(setup, &masquerade);
	one_at_a_time(setup, &first);
	move_in(setup, &masquerade);
	one_at_a_time(setup, &plain);
	one_at_a_time(setup, &masquerade);
	one_at_a_time(setup, &disk);
	together(setup, &plain);
	together(setup, &masquerade);
	ipam_alone(setup, &ipam);
	versions(setup, &plain);
}

int main(int argc, char **argv)
{
	struct setup setup;

	if (argc != 7) {
		fprintf(stderr, "usage: bench <our plugins> <our IPAM plugins> <Go plugins> "
				"<floor> <work directory> <data on disk>\n");
		return 2;
	}
	setup = (struct setup){
		.plugin = {cni_format("%s/bridge", argv[1]), cni_format("%s/bridge", argv[3]),
			   cni_format("%s/bridge", argv[3]), argv[4]},
		.ipam = {cni_format("%s/host-local", argv[2]), cni_format("%s/host-local", argv[3]),
			 NULL, NULL},
		.path = {argv[2], argv[3], argv[3], NULL},
		.work = argv[5],
		.disk = argv[6],
	};
	measure(&setup);
	return 0;
}
