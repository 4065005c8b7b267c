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
#include "netns.h"
#include "process.h"
#include "series.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>

/* Rounds of a case; the Go plugins take part in each fourth. */
#define ROUNDS	      SERIES_MAX
#define GO_EVERY      4
#define TOGETHER      20
#define CROWD_ROUNDS  20
#define NAMESPACE_MAX 100
/* Its number. */
#define RESIDENT 9999

enum { OURS, GO, GO_NFTABLES, FLOOR, SUBJECTS };
enum { ADD, CHECK, DEL, VERSION, VERBS };

static const char *const subject_names[SUBJECTS] = {"ours", "go", "go-nft", "floor"};
/* "go" masquerades as the Go plugins do where there is an iptables(8). */
static const char *const backends[SUBJECTS] = {"nftables", "iptables", "nftables", ""};
static const char *const verb_names[VERBS] = {"ADD", "CHECK", "DEL", "VERSION"};

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

/* A container to be, and what its ADD has answered. */
struct pod {
	unsigned int number;
	char *netns;
	char *result;
};

/* ---- namespaces ---- */

static char *netns_path(const struct setup *setup, unsigned int number)
{
	return cni_format("%s/netns-%u", setup->work, number);
}

/* All at once, and then a pause: the kernel takes namespaces down in a worker of its own, which
 * holds the very lock that is measured next. */
static void drop_netns(const struct setup *setup, unsigned int from, unsigned int to)
{
	const struct timespec pause = {.tv_nsec = 300000000};

	for (; from < to; from++) {
		freeing char *path = netns_path(setup, from);

		if (umount2(path, MNT_DETACH) < 0)
			process_die("take a network namespace down");
	}
	nanosleep(&pause, NULL);
}

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
		"\"routes\": [{\"dst\": \"0.0.0.0/0\"}]}%s%s}";
	bool has_prev = verb == CHECK || verb == DEL;

	return cni_format(text, scenario->masquerade ? "true" : "false", backends[subject],
			  scenario->data_dir, has_prev ? ", \"prevResult\": " : "",
			  has_prev ? pod->result : "");
}

static char *output_path(const struct setup *setup, unsigned int slot)
{
	return cni_format("%s/out-%u", setup->work, slot);
}

static struct process start_plugin(const struct setup *setup, const struct scenario *scenario,
				   int subject, int verb, const char *file, const struct pod *pod,
				   unsigned int slot)
{
	freeing char *command = cni_format("CNI_COMMAND=%s", verb_names[verb]);
	freeing char *container = cni_format("CNI_CONTAINERID=bench-%u", pod->number);
	freeing char *netns = cni_format("CNI_NETNS=%s", pod->netns);
	freeing char *path = cni_format("CNI_PATH=%s", setup->path[subject]);
	freeing char *input = cni_format("%s/in-%u", setup->work, slot);
	freeing char *output = output_path(setup, slot);
	freeing char *conf = configuration(scenario, pod, subject, verb);
	freeing char *program = cni_strdup(file);
	char ifname[] = "CNI_IFNAME=eth0";
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {command, container, netns, path, ifname, search, NULL};
	char *args[] = {program, NULL};

	process_write(input, conf);
	return process_start(args, environment, input, output);
}

static struct process start_floor(const struct setup *setup, int verb, const struct pod *pod,
				  unsigned int slot)
{
	freeing char *program = cni_strdup(setup->plugin[FLOOR]);
	freeing char *output = output_path(setup, slot);
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
	char *environment[] = {NULL};

	return process_start(verb == ADD ? add_args : del_args, environment, "/dev/null", output);
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
	freeing char *what = cni_format("%s %s", verb_names[verb], subject_names[subject]);
	freeing char *output = NULL;
	/* DEL of the Go plugins with nf_tables fails when everything is gone, since it then looks
	 * for iptables' chains as well. */
	bool may_fail = subject == GO_NFTABLES && verb == DEL;
	struct sample sample = process_finish(run, may_fail ? PROCESS_ANY : 0, what, &output);

	if (verb == ADD)
		pod->result = take_ptr(output);
	return sample;
}

static struct pod make_pod(const struct setup *setup, unsigned int number)
{
	struct pod pod = {.number = number, .netns = netns_path(setup, number)};

	netns_make(pod.netns);
	return pod;
}

static void clear_pod(struct pod *pod)
{
	free(pod->netns);
	free(pod->result);
}

static void report_all(const char *name, struct series series[VERBS][SUBJECTS])
{
	for (int verb = 0; verb < VERBS; verb++)
		for (int subject = 0; subject < SUBJECTS; subject++)
			series_report(&series[verb][subject], name, verb_names[verb],
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
			pods[i] = make_pod(setup, number++);
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
			clear_pod(&pods[i]);
		if (number - dropped >= NAMESPACE_MAX) {
			drop_netns(setup, dropped, number);
			dropped = number;
		}
	}
	drop_netns(setup, dropped, number);
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
				pods[pod] = make_pod(setup, pod);
			for (int verb = ADD; verb <= DEL; verb++)
				if (subject != FLOOR || verb != CHECK)
					series_put(&series[verb][subject],
						   crowd(setup, scenario, subject, verb, pods));
			for (unsigned int pod = 0; pod < TOGETHER; pod++)
				clear_pod(&pods[pod]);
			drop_netns(setup, 0, TOGETHER);
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
	clear_pod(&pod);
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
			clear_pod(&pod);
		}
	report_all(scenario->name, series);
}

/* Once, so that the bridge is there. */
static void warm_up(const struct setup *setup, const struct scenario *scenario)
{
	for (int subject = 0; subject < SUBJECTS; subject++) {
		struct pod pod = make_pod(setup, 0);

		for (int verb = ADD; verb <= DEL; verb += DEL - ADD) {
			struct process run = begin(setup, scenario, subject, verb, &pod, 0);

			end(&run, subject, verb, &pod);
		}
		clear_pod(&pod);
		drop_netns(setup, 0, 1);
	}
}

/* Another pod of the network, which stays: a node in use. */
static void move_in(const struct setup *setup, const struct scenario *scenario)
{
	struct pod pod = make_pod(setup, RESIDENT);
	struct process run = begin(setup, scenario, OURS, ADD, &pod, 0);

	end(&run, OURS, ADD, &pod);
	clear_pod(&pod);
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
