/* SPDX-License-Identifier: Apache-2.0 */
/* Measures builds of this suite, and floors (floor.c), beside the first of them: bridge with host-local and
 * masquerade. All take turns within each round; the ratio to the first is taken within a round.
 *
 *	bench-builds <work directory> <rounds> <build directory or floor's program>...
 *
 * It wants a network and a mount namespace of its own, and a tmpfs as work directory. Each line on stdout is
 * about a verb of a build: verb, build, samples, the median of wall time and of CPU time in microseconds, and
 * of their ratios to the first build's, in thousandths. */
#include "cleanup.h"
#include "mem.h"
#include "pod.h"
#include "series.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUILDS_MAX 6
/* Its number; a pod that stays, with the network's rules. */
#define RESIDENT 9999

struct build {
	const char *name;
	const char *plugin; /* the bridge plugin, or the floor's program */
	const char *path;   /* CNI_PATH; NULL: a floor */
	const char *conf;   /* without its closing brace */
	unsigned int number;
};

static struct series times[VERBS][BUILDS_MAX];
static struct series ratios[VERBS][BUILDS_MAX];

static struct build describe(const char *name, unsigned int number, const char *work)
{
	struct stat st;
	struct build build = {.name = name, .plugin = name, .number = number};

	if (stat(name, &st) < 0)
		process_die(name);
	if (!S_ISDIR(st.st_mode))
		return build;
	build.plugin = cni_format("%s/plugins/bridge", name);
	build.path = cni_format("%s/ipam", name);
	/* Each has a network of its own: none takes an address over from another one. */
	build.conf = cni_format(
		"{\"cniVersion\": \"1.0.0\", \"name\": \"bench%u\", \"type\": \"bridge\", "
		"\"bridge\": \"bench%u\", \"isGateway\": true, \"ipMasq\": true, "
		"\"ipMasqBackend\": \"nftables\", \"ipam\": {\"type\": \"host-local\", "
		"\"dataDir\": \"%s/data\", \"ranges\": [[{\"subnet\": \"10.%u.0.0/16\"}]], "
		"\"routes\": [{\"dst\": \"0.0.0.0/0\"}]}",
		number, number, work, 100 + number);
	return build;
}

static struct process begin_floor(const struct build *build, int verb, const struct pod *pod,
				  const char *work)
{
	freeing char *program = cni_strdup(build->plugin);
	freeing char *bridge = cni_format("bench%u", build->number);
	freeing char *host_end = cni_format("floor%u", pod->number);
	freeing char *address = cni_format("10.%u.200.2", 100 + build->number);
	freeing char *gateway = cni_format("10.%u.0.1", 100 + build->number);
	char add[] = "add";
	char del[] = "del";
	char prefix[] = "16";
	char *add_args[] = {program, add,    pod->netns, bridge, host_end,
			    address, prefix, gateway,	 NULL};
	char *del_args[] = {program, del, host_end, NULL};

	return pod_start(verb == ADD ? add_args : del_args, work, 0);
}

static struct sample run(const struct build *build, int verb, struct pod *pod, const char *work)
{
	freeing char *what = cni_format("%s of %s", pod_verbs[verb], build->name);
	freeing char *output = NULL;
	freeing char *conf = NULL;
	struct pod_call call = {.program = build->plugin, .path = build->path, .verb = verb};
	struct process process;
	struct sample sample;

	if (build->path) {
		conf = pod_conf(build->conf, verb == CHECK || verb == DEL ? pod->result : NULL);
		call.conf = conf;
		process = pod_start_plugin(pod, &call, work, 0);
	} else {
		process = begin_floor(build, verb, pod, work);
	}
	sample = process_finish(&process, 0, what, &output);
	if (verb == ADD)
		pod->result = take_ptr(output);
	return sample;
}

static void note(int verb, unsigned int build, struct sample sample, struct sample first)
{
	struct sample ratio = {.wall = 1000 * sample.wall / first.wall,
			       .cpu = first.cpu > 0 ? 1000 * sample.cpu / first.cpu : 0};

	series_put(&times[verb][build], sample);
	series_put(&ratios[verb][build], ratio);
}

static void measure_round(const struct build *builds, unsigned int count, unsigned int round,
			  const char *work)
{
	static const int verbs[] = {VERSION, ADD, CHECK, DEL};
	struct sample samples[BUILDS_MAX];
	struct pod pods[BUILDS_MAX];

	for (unsigned int i = 0; i < count; i++)
		pods[i] = pod_make(work, round * BUILDS_MAX + i);
	for (size_t v = 0; v < sizeof(verbs) / sizeof(*verbs); v++) {
		bool is_of_floor = verbs[v] == ADD || verbs[v] == DEL;

		/* Another one first in each round. */
		for (unsigned int place = 0; place < count; place++) {
			unsigned int i = (place + round) % count;

			if (builds[i].path || is_of_floor)
				samples[i] = run(&builds[i], verbs[v], &pods[i], work);
		}
		for (unsigned int i = 0; i < count; i++)
			if (builds[i].path || is_of_floor)
				note(verbs[v], i, samples[i], samples[0]);
	}
	for (unsigned int i = 0; i < count; i++)
		pod_clear(&pods[i]);
	pod_drop_namespaces(work, round * BUILDS_MAX, round * BUILDS_MAX + count);
}

static void report(const struct build *builds, unsigned int count)
{
	for (int verb = 0; verb < VERBS; verb++)
		for (unsigned int i = 0; i < count; i++)
			if (times[verb][i].count)
				printf("%s\t%s\t%zu\t%.0f\t%.0f\t%.0f\t%.0f\n", pod_verbs[verb],
				       builds[i].name, times[verb][i].count,
				       series_median(&times[verb][i],
						     offsetof(struct sample, wall)),
				       series_median(&times[verb][i], offsetof(struct sample, cpu)),
				       series_median(&ratios[verb][i],
						     offsetof(struct sample, wall)),
				       series_median(&ratios[verb][i],
						     offsetof(struct sample, cpu)));
}

int main(int argc, char **argv)
{
	struct build builds[BUILDS_MAX];
	unsigned int count = (unsigned int)argc - 3;
	unsigned int rounds;

	if (argc < 4 || count > BUILDS_MAX || (rounds = (unsigned int)atoi(argv[2])) > SERIES_MAX) {
		fprintf(stderr,
			"usage: bench-builds <work directory> <rounds, at most %d> "
			"<build directory or floor's program>... (at most %d)\n",
			SERIES_MAX, BUILDS_MAX);
		return 2;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct pod resident = pod_make(argv[1], RESIDENT + i);

		builds[i] = describe(argv[3 + i], i, argv[1]);
		if (builds[i].path) {
			run(&builds[i], ADD, &resident, argv[1]);
		} else {
			freeing char *command = cni_format("ip link add bench%u type bridge && "
							   "ip link set bench%u up",
							   i, i);

			if (system(command) != 0)
				process_die(command);
		}
		pod_clear(&resident);
	}
	for (unsigned int round = 0; round < rounds; round++)
		measure_round(builds, count, round, argv[1]);
	report(builds, count);
	return 0;
}
