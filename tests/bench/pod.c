/* SPDX-License-Identifier: Apache-2.0 */
#include "pod.h"

#include "cleanup.h"
#include "mem.h"
#include "netns.h"

#include <stdlib.h>
#include <sys/mount.h>
#include <time.h>

const char *const pod_verbs[VERBS] = {"ADD", "CHECK", "DEL", "VERSION"};

static char *netns_path(const char *work, unsigned int number)
{
	return cni_format("%s/netns-%u", work, number);
}

struct pod pod_make(const char *work, unsigned int number)
{
	struct pod pod = {.number = number, .netns = netns_path(work, number)};

	netns_make(pod.netns);
	return pod;
}

void pod_clear(struct pod *pod)
{
	free(pod->netns);
	free(pod->result);
}

/* All at once, and then a pause: the kernel takes namespaces down in a worker of its own, which
 * holds the very lock that is measured next. */
void pod_drop_namespaces(const char *work, unsigned int from, unsigned int to)
{
	const struct timespec pause = {.tv_nsec = 300000000};

	for (; from < to; from++) {
		freeing char *path = netns_path(work, from);

		if (umount2(path, MNT_DETACH) < 0)
			process_die("take a network namespace down");
	}
	nanosleep(&pause, NULL);
}

char *pod_conf(const char *conf, const char *prev_result)
{
	return cni_format("%s%s%s}", conf, prev_result ? ", \"prevResult\": " : "",
			  prev_result ? prev_result : "");
}

static char *output_path(const char *work, unsigned int slot)
{
	return cni_format("%s/out-%u", work, slot);
}

struct process pod_start_plugin(const struct pod *pod, const struct pod_call *call,
				const char *work, unsigned int slot)
{
	freeing char *command = cni_format("CNI_COMMAND=%s", pod_verbs[call->verb]);
	freeing char *container = cni_format("CNI_CONTAINERID=bench-%u", pod->number);
	freeing char *netns = cni_format("CNI_NETNS=%s", pod->netns);
	freeing char *path = cni_format("CNI_PATH=%s", call->path);
	freeing char *input = cni_format("%s/in-%u", work, slot);
	freeing char *output = output_path(work, slot);
	freeing char *program = cni_strdup(call->program);
	char ifname[] = "CNI_IFNAME=eth0";
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {command, container, netns, path, ifname, search, NULL};
	char *args[] = {program, NULL};

	process_write(input, call->conf);
	return process_start(args, environment, input, output);
}

struct process pod_start(char **args, const char *work, unsigned int slot)
{
	freeing char *output = output_path(work, slot);
	char *environment[] = {NULL};

	return process_start(args, environment, "/dev/null", output);
}
