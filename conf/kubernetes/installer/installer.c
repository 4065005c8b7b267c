/* SPDX-License-Identifier: Apache-2.0 */
/* The program of the DaemonSet in conf/kubernetes: asks the API server for its own Node, copies the plugins to the
 * node and writes the conflist with the node's podCIDRs, and goes on to ask, since these may change.
 *
 *	cni-c-installer          runs until SIGTERM
 *	cni-c-installer ready    prints the state; exits with 0 if the node has its network
 */
#include "api.h"
#include "cleanup.h"
#include "install.h"
#include "mem.h"
#include "node.h"
#include "readiness.h"
#include "settings.h"
#include "stop.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A failure's wait grows to so many times the first one. */
#define RETRY_FACTOR_MAX 16

struct installer {
	struct settings settings;
	int stop;
	bool has_copied;
	char version[64]; /* of the Node that is known */
	char *state;	  /* the last one that was reported; NULL: none */
	bool has_written; /* this state, for the probe */
};

/* ---- the state ---- */

/* Reports a state once while it lasts, and writes it until that succeeds. `details` may be "", and differ from time
 * to time. */
static void set_state(struct installer *installer, bool is_ready, const char *text,
		      const char *details)
{
	freeing char *line = *details ? cni_format("%s (%s)", text, details) : cni_strdup(text);
	bool is_known = installer->state && !strcmp(installer->state, text);
	struct cni_error err;

	if (is_known && installer->has_written)
		return;
	if (!is_known) {
		free(installer->state);
		installer->state = cni_strdup(text);
		install_log("%s: %s", is_ready ? "ready" : "waiting", line);
	}
	installer->has_written =
		readiness_write(installer->settings.state, is_ready, line, &err) == 0;
	if (!is_known && !installer->has_written)
		install_log("the state cannot be written: %s", err.msg);
}

static void set_ready(struct installer *installer, const struct node *node)
{
	const struct settings *settings = &installer->settings;
	freeing char *cidrs = install_cidrs(node);
	freeing char *text = cni_format("node '%s' has '%s' with %s", settings->node,
					settings->conf_name, cidrs);

	set_state(installer, true, text, "");
}

/* ---- the loop ---- */

static int step(struct installer *installer, struct node *ret_node, struct cni_error *err)
{
	const struct settings *settings = &installer->settings;
	struct api_answer answer = {0};
	int failed = api_get_node(settings, installer->version, installer->stop, &answer, err);

	/* After a failure the newest state is asked for: a cache that lost its history knows no old versions. */
	*installer->version = '\0';
	if (failed)
		return -1;
	failed = node_parse(answer.body, answer.size, settings->node, ret_node, err);
	free(answer.body);
	if (failed || install(settings, ret_node, &installer->has_copied, err) < 0)
		return -1;
	memcpy(installer->version, ret_node->version, sizeof(installer->version));
	return 0;
}

/* Three to five quarters: nodes that started together do not ask together for ever. */
static unsigned int with_jitter(unsigned int milliseconds)
{
	unsigned int random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return milliseconds;
	return milliseconds - milliseconds / 4 + random % (milliseconds / 2 + 1);
}

static void run(struct installer *installer)
{
	const struct settings *settings = &installer->settings;
	unsigned int retry = settings->retry_ms;
	unsigned int wait = 0;
	struct cni_error err = {0};
	struct node node;

	set_state(installer, false, "the installer has begun", "");
	while (!stop_within(installer->stop, wait)) {
		if (step(installer, &node, &err) == 0) {
			set_ready(installer, &node);
			retry = settings->retry_ms;
			wait = with_jitter(settings->interval_ms);
			continue;
		}
		if (stop_within(installer->stop, 0))
			break;
		set_state(installer, false, err.msg, err.details);
		wait = with_jitter(retry);
		if (retry <= settings->retry_ms * (RETRY_FACTOR_MAX / 2))
			retry *= 2;
	}
	install_log("a signal ends the installer: executables and conflist stay");
}

static int fail(const struct cni_error *err)
{
	install_log("%s", err->msg);
	return 1;
}

int main(int argc, char **argv)
{
	struct installer installer = {.stop = -1};
	struct cni_error err;

	if (argc == 2 && !strcmp(argv[1], "ready"))
		return readiness_print(settings_state());
	if (argc != 1) {
		fprintf(stderr, "Usage: %s [ready]\n", argv[0]);
		return 2;
	}
	if (settings_read(&installer.settings, &err) < 0 || stop_open(&installer.stop, &err) < 0)
		return fail(&err);
	run(&installer);
	free(installer.state);
	close(installer.stop);
	return 0;
}
