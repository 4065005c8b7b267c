/* SPDX-License-Identifier: Apache-2.0 */
/* The groups attachments and status: CHECK and STATUS, some at a time. */
#include "chain.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "mem.h"
#include "plugin_types.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A plugin waits for the kernel more than it computes. */
#define WORKERS_PER_CPU 2
#define WORKERS_MAX	16

#define CHECK_SECONDS 10

/* ---- CHECK ---- */

struct answer {
	bool is_done;
	struct cni_error err; /* code 0: the attachment is as ADD left it */
};

/* Shared with the workers. */
struct work {
	atomic_size_t next;
	size_t count;
	struct answer answers[];
};

static void check_one(const struct doctor *doctor, const struct doctor_attachment *attachment,
		      struct answer *answer)
{
	const struct cni_cached *cached = attachment->cached;
	const struct cni_chain chain = {
		.list = &attachment->list,
		.path = doctor->options->plugin_path,
		.cache_dir = doctor->options->cache_dir,
		.container = cached->container,
		.netns = cached->netns,
		.ifname = cached->ifname,
		.leaves_locks = true,
	};

	if (attachment->life != CNI_NAMESPACE_LIVES)
		return;
	if (!attachment->list.name)
		cni_fail(&answer->err, CNI_EMISSING,
			 "the cache does not have the configuration of its ADD");
	else if (attachment->list.version >= CNI_0_4_0 &&
		 cni_chain_check(&chain, &answer->err) == 0)
		answer->err.code = 0;
	/* Deleted meanwhile. */
	if (answer->err.code == CNI_ECONTAINER ||
	    (answer->err.code &&
	     cni_namespace_ask(cached->netns, cached->identity) == CNI_NAMESPACE_GONE))
		answer->err.code = 0;
	answer->is_done = true;
}

/* A plugin that does not answer ends its worker, and then receives SIGTERM itself (spec/exec.h). */
static void work_on(const struct doctor *doctor, struct work *work)
{
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->count) {
		alarm(CHECK_SECONDS);
		check_one(doctor, &doctor->attachments[i], &work->answers[i]);
		alarm(0);
	}
}

static size_t count_workers(size_t jobs)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t workers = (cpus > 0 ? (size_t)cpus : 1) * WORKERS_PER_CPU;

	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	return workers < jobs ? workers : jobs;
}

/* False if there can be no child. */
static bool start_worker(const struct doctor *doctor, struct work *work)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid > 0;
	signal(SIGALRM, SIG_DFL);
	work_on(doctor, work);
	_exit(0);
}

/* A worker that was ended is replaced as long as there is work. Without any worker, nothing is looked at. */
static void share_work(const struct doctor *doctor, struct work *work)
{
	size_t workers = 0;
	int status;

	while (workers < count_workers(work->count) && start_worker(doctor, work))
		workers++;
	while (workers) {
		pid_t pid = wait(&status);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		workers--;
		if (WIFSIGNALED(status) && work->next < work->count && start_worker(doctor, work))
			workers++;
	}
}

static void report(struct doctor *doctor, const struct doctor_attachment *attachment,
		   const struct answer *answer)
{
	freeing char *command = cni_format("cnitool reconcile %s", attachment->cached->network);
	struct finding_words words = {.where = "CHECK", .attachment = attachment->owner};

	if (attachment->life == CNI_NAMESPACE_UNKNOWN) {
		words.so = "nothing tells whether the container is there";
		doctor_find(doctor, FINDING_WARNING, &words,
			    "the namespace '%s' cannot be looked at",
			    attachment->cached->netns ? attachment->cached->netns : "");
	} else if (attachment->life == CNI_NAMESPACE_LIVES && !answer->is_done) {
		doctor_find(doctor, FINDING_UNSEEN, &words, "CHECK did not end within %d seconds",
			    CHECK_SECONDS);
	} else if (answer->err.code) {
		words.so = "the attachment is not as ADD left it";
		words.try = command;
		doctor_find_error(doctor, FINDING_FAILURE, &words, &answer->err);
	}
}

void check_attachments(struct doctor *doctor)
{
	size_t count = doctor->attachment_count;
	size_t size = sizeof(struct work) + count * sizeof(struct answer);
	struct work *work;

	if (!count)
		return;
	work = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED) {
		doctor_find(doctor, FINDING_UNSEEN, NULL, "share memory: %s", strerror(errno));
		return;
	}
	work->count = count;
	share_work(doctor, work);
	for (size_t i = 0; i < count; i++)
		report(doctor, &doctor->attachments[i], &work->answers[i]);
	munmap(work, size);
}

/* ---- STATUS ---- */

/* A plugin that does not speak 1.1.0, or whose IPAM plugin does not, has no STATUS: that is no fault. */
static bool has_status(const cJSON *plugin, const char *path)
{
	const char *ipam = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

	return plugin_speaks(cni_conflist_type(plugin), path, CNI_1_1_0) &&
	       (!ipam || !*ipam || plugin_speaks(ipam, path, CNI_1_1_0));
}

/* The plugins that a runtime would ask if the list were of 1.1.0; the caller frees. */
static cJSON *plugins_with_status(const struct cni_conflist *list, const char *path)
{
	cJSON *plugins = cni_json_array();
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (list->version >= CNI_1_1_0 || has_status(plugin, path))
			cJSON_AddItemToArray(plugins, cni_json_copy(plugin));
	}
	return plugins;
}

static void ask_status(struct doctor *doctor, const struct doctor_network *network)
{
	struct cni_conflist list = network->tool.list;
	freeing_json cJSON *plugins = plugins_with_status(&list, doctor->options->plugin_path);
	const struct cni_chain chain = {
		.list = &list,
		.path = doctor->options->plugin_path,
		.cache_dir = doctor->options->cache_dir,
	};
	freeing char *where = cni_format("network '%s'", network->name);
	struct finding_words words = {.where = where, .so = "ADD fails in this network"};
	struct cni_error err;

	list.version = CNI_1_1_0;
	list.plugins = plugins;
	if (cni_chain_status(&chain, &err) == 0 || err.code == CNI_EVERSION)
		return;
	if (err.code == CNI_ELIMITED)
		words.so = "ADD works, with limited connectivity";
	doctor_find_error(doctor, FINDING_FAILURE, &words, &err);
}

void check_status(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->network_count; i++)
		ask_status(doctor, doctor->networks[i]);
}
