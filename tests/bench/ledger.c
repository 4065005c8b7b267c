/* SPDX-License-Identifier: Apache-2.0 */
/* host-local alone, with more and more reservations in a /16: ours beside Go's, each on a directory
 * of its own with equal files, in turns.
 *
 *	bench-ledger OURS GO MEMORY DISK
 *
 * OURS and GO are executables, MEMORY and DISK directories on a tmpfs and on a disk. Prints what
 * series_report() prints; the scenario is "<where>, <number>". */
#include "process.h"
#include "series.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum verb { ADD, CHECK, DEL, VERBS };
static const char *const verb_names[VERBS] = {"ADD", "CHECK", "DEL"};

enum subject { OURS, GO, SUBJECTS };
static const char *const subject_names[SUBJECTS] = {"ours", "go"};

/* All that host-local may give out of 10.99.0.0/16: not its own address, the gateway, broadcast. */
#define WHOLE_POOL 65533

/* With many reservations Go takes a third of a second for each. */
#define OUR_ROUNDS	 60
#define GO_ROUNDS(count) ((count) < 10000 ? 30 : 5)

struct scene {
	const char *plugin[SUBJECTS];
	char *dir[SUBJECTS];
	char *work; /* for input and output */
};

/* ---- directories ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		process_die(path);
}

/* Files as both plugins write them, of containers without a call. */
static void fill(const char *dir, unsigned int count)
{
	freeing char *network = cni_format("%s/bench", dir);

	if (mkdir(dir, 0755) < 0 || mkdir(network, 0755) < 0)
		process_die(network);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int number = i + 2;
		freeing char *path =
			cni_format("%s/10.99.%u.%u", network, number >> 8, number & 255);
		freeing char *text = cni_format("%064x\r\neth0", i + 1);

		process_write(path, text);
	}
}

static void open_scene(struct scene *scene, const char *base, unsigned int count)
{
	scene->work = cni_format("%s/work", base);
	if (mkdir(scene->work, 0755) < 0 && errno != EEXIST)
		process_die(scene->work);
	for (int subject = 0; subject < SUBJECTS; subject++) {
		scene->dir[subject] = cni_format("%s/%s", base, subject_names[subject]);
		fill(scene->dir[subject], count);
	}
}

static void close_scene(struct scene *scene)
{
	for (int subject = 0; subject < SUBJECTS; subject++) {
		remove_tree(scene->dir[subject]);
		free(scene->dir[subject]);
	}
	remove_tree(scene->work);
	free(scene->work);
}

/* ---- one process ---- */

static struct sample run(const struct scene *scene, enum subject subject, enum verb verb,
			 unsigned int number, char **result, int expected)
{
	freeing char *command = cni_format("CNI_COMMAND=%s", verb_names[verb]);
	freeing char *container = cni_format("CNI_CONTAINERID=bench-%u", number);
	freeing char *input = cni_format("%s/in", scene->work);
	freeing char *output = cni_format("%s/out", scene->work);
	freeing char *program = cni_strdup(scene->plugin[subject]);
	freeing char *text = cni_format(
		"{\"cniVersion\":\"1.0.0\",\"name\":\"bench\",\"type\":\"bridge\",\"ipam\":{"
		"\"type\":\"host-local\",\"dataDir\":\"%s\",\"ranges\":[[{\"subnet\":"
		"\"10.99.0.0/16\"}]]}%s%s}",
		scene->dir[subject], *result ? ",\"prevResult\":" : "", *result ? *result : "");
	char netns[] = "CNI_NETNS=/run/netns/none";
	char ifname[] = "CNI_IFNAME=eth0";
	char path[] = "CNI_PATH=/nowhere";
	char *environment[] = {command, container, netns, ifname, path, NULL};
	char *args[] = {program, NULL};
	struct process process;
	struct sample sample;
	char *answer;

	process_write(input, text);
	process = process_start(args, environment, input, output);
	sample = process_finish(&process, expected, verb_names[verb], &answer);
	if (verb != ADD || expected) {
		free(answer);
		return sample;
	}
	free(*result);
	*result = answer;
	return sample;
}

/* A container that comes, is looked at, and goes. */
static void run_all(const struct scene *scene, enum subject subject, unsigned int number,
		    struct series series[VERBS])
{
	char *result = NULL;

	for (int verb = 0; verb < VERBS; verb++) {
		struct sample sample =
			run(scene, subject, (enum verb)verb, number, &result, EXIT_SUCCESS);

		if (series)
			series_put(&series[verb], sample);
	}
	free(result);
}

/* ---- scenarios ---- */

static void measure(struct scene *scene, const char *base, const char *where, unsigned int count)
{
	static struct series series[SUBJECTS][VERBS];
	freeing char *name = cni_format("%s, %u", where, count);

	memset(series, 0, sizeof(series));
	open_scene(scene, base, count);
	/* Or the disk would be busy with what was filled in. */
	sync();
	/* Our first run learns the files; Go's plugin learns nothing. */
	for (int subject = 0; subject < SUBJECTS; subject++)
		run_all(scene, (enum subject)subject, 1, NULL);
	for (unsigned int round = 0; round < OUR_ROUNDS; round++) {
		run_all(scene, OURS, 2 + round, series[OURS]);
		if (round < GO_ROUNDS(count))
			run_all(scene, GO, 2 + round, series[GO]);
	}
	for (int verb = 0; verb < VERBS; verb++)
		for (int subject = 0; subject < SUBJECTS; subject++)
			series_report(&series[subject][verb], name, verb_names[verb],
				      subject_names[subject]);
	close_scene(scene);
}

/* An ADD that finds nothing. */
static void measure_exhausted(struct scene *scene, const char *base)
{
	static struct series series[SUBJECTS];

	open_scene(scene, base, WHOLE_POOL);
	for (unsigned int round = 0; round <= OUR_ROUNDS; round++)
		for (int subject = 0; subject < SUBJECTS; subject++) {
			char *result = NULL;
			struct sample sample;

			if (subject == GO && round > GO_ROUNDS(WHOLE_POOL))
				continue;
			sample = run(scene, (enum subject)subject, ADD, round, &result, 1);
			/* Not the one that learns. */
			if (round)
				series_put(&series[subject], sample);
		}
	for (int subject = 0; subject < SUBJECTS; subject++)
		series_report(&series[subject], "memory, exhausted", "ADD", subject_names[subject]);
	close_scene(scene);
}

int main(int argc, char **argv)
{
	static const unsigned int counts[] = {1, 1000, 20000, 60000};
	struct scene scene = {.plugin = {NULL}};

	if (argc != 5) {
		fprintf(stderr, "usage: bench-ledger OURS GO MEMORY DISK\n");
		return 2;
	}
	scene.plugin[OURS] = argv[1];
	scene.plugin[GO] = argv[2];
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		measure(&scene, argv[3], "memory", counts[i]);
	measure(&scene, argv[4], "disk", 1);
	measure(&scene, argv[4], "disk", 60000);
	measure_exhausted(&scene, argv[3]);
	return 0;
}
