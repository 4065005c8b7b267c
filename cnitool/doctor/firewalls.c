/* SPDX-License-Identifier: Apache-2.0 */
/* The group firewall. The plugin `firewall` knows the forward hook, so doctor asks the one on the plugins' path for its
 * STATUS with a configuration of its own: cnitool links no libnftnl. */
#include "about.h"
#include "attachment_file.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "mem.h"
#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIREWALL "firewall"

/* STATUS of the backend; "": of the one that would be chosen. */
static int ask_backend(const struct doctor *doctor, const char *backend, struct cni_error *err)
{
	const struct cni_request request = {.command = CNI_STATUS,
					    .path = doctor->options->plugin_path};
	const struct cni_conflist list = {.name = (char *)"doctor", .version = CNI_1_1_0};
	freeing_json cJSON *plugin = cni_json_object();

	cni_json_add_string(plugin, "type", FIREWALL);
	cni_json_add_string(plugin, "backend", backend);
	return cni_request_run(&request, &list, plugin, NULL, err);
}

static bool has_our_firewall(const struct doctor *doctor)
{
	return about_is_ours(FIREWALL, doctor->options->plugin_path);
}

/* ---- networks without the plugin ---- */

static bool has_type(const struct cni_conflist *list, const char *type)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (!strcmp(cni_conflist_type(plugin), type))
			return true;
	}
	return false;
}

static void report_dropped(struct doctor *doctor, const struct doctor_network *network,
			   const struct cni_error *why)
{
	freeing char *where = cni_format("network '%s'", network->name);
	struct finding_words words = {
		.where = where,
		.so = "the containers reach nothing beyond the host",
		.try = "append {\"type\": \"firewall\"} to the list of plugins",
	};
	bool has_any = false;

	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];

		if (strcmp(attachment->cached->network, network->name) != 0 ||
		    attachment->life != CNI_NAMESPACE_LIVES)
			continue;
		words.attachment = attachment->owner;
		doctor_find_error(doctor, FINDING_FAILURE, &words, why);
		has_any = true;
	}
	if (!has_any)
		doctor_find_error(doctor, FINDING_FAILURE, &words, why);
}

/* Nothing accepts for these: what backend nftables cannot overrule drops their packets. */
void check_forward_drop(struct doctor *doctor)
{
	struct cni_error err;
	bool is_asked = false;
	int failed = 0;

	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct cni_conflist *list = &doctor->networks[i]->tool.list;

		if (!doctor_forwards(list) || has_type(list, FIREWALL))
			continue;
		if (!is_asked && !has_our_firewall(doctor)) {
			doctor_find(doctor, FINDING_NOTE, NULL,
				    "the plugin firewall of this suite is not on '%s': the forward "
				    "hook is not looked at",
				    doctor->options->plugin_path);
			return;
		}
		if (!is_asked)
			failed = ask_backend(doctor, "nftables", &err);
		is_asked = true;
		if (failed && err.code == CNI_ELIMITED)
			report_dropped(doctor, doctor->networks[i], &err);
	}
}

/* ---- remembered backends ---- */

#define BACKENDS 4

struct backend {
	char name[16];
	bool fails;
	struct cni_error why;
};

/* "backend nftables" is the record's first line (firewall/firewall_record.h). */
static bool read_backend(const struct doctor_attachment *attachment, char name[16],
			 bool *ret_is_chosen)
{
	const struct cni_cached *cached = attachment->cached;
	const struct cni_owner owner = {cached->network, cached->container, cached->ifname};
	freeing char *text = NULL;
	struct cni_error ignored;

	if (cni_attachment_file_read(FIREWALL, &owner, &text, &ignored) < 0 || !text ||
	    sscanf(text, "backend %15s", name) != 1)
		return false;
	*ret_is_chosen = strstr(text, "\nchosen yes\n") != NULL;
	return true;
}

/* Asks for each backend once. */
static const struct backend *ask_once(const struct doctor *doctor, struct backend *backends,
				      const char *name)
{
	struct backend *backend = backends;

	for (; *backend->name; backend++)
		if (!strcmp(backend->name, name))
			return backend;
	if (backend == backends + BACKENDS)
		return NULL;
	snprintf(backend->name, sizeof(backend->name), "%s", name);
	backend->fails = ask_backend(doctor, name, &backend->why) < 0;
	return backend;
}

void check_backend(struct doctor *doctor)
{
	struct backend backends[BACKENDS + 1] = {{.fails = false}};
	bool is_ours = doctor->attachment_count && has_our_firewall(doctor);

	for (size_t i = 0; i < doctor->attachment_count && is_ours; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		freeing char *command =
			cni_format("cnitool reconcile %s", attachment->cached->network);
		struct finding_words words = {
			.so = "the containers reach nothing beyond the host",
			.attachment = attachment->owner,
		};
		const struct backend *backend;
		bool is_chosen;
		char name[16];

		if (attachment->life != CNI_NAMESPACE_LIVES ||
		    !read_backend(attachment, name, &is_chosen) || !strcmp(name, "none"))
			continue;
		backend = ask_once(doctor, backends, name);
		if (!backend || !backend->fails)
			continue;
		words.try = is_chosen ? command
				      : "leave 'backend' out of the list, so that ADD chooses it";
		doctor_find_error(doctor, FINDING_FAILURE, &words, &backend->why);
	}
}

/* ---- other firewalls ---- */

static bool runs(const char *pid_file)
{
	freeing char *text = doctor_read_word("%s", pid_file);
	long pid = text ? strtol(text, NULL, 10) : 0;

	/* "Not permitted" is an answer about a process. */
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static bool has_ufw(void)
{
	freeing char *text = doctor_read_text("/etc/ufw/ufw.conf");

	return text && (strstr(text, "\nENABLED=yes") || !strncmp(text, "ENABLED=yes", 11));
}

void check_other_firewalls(struct doctor *doctor)
{
	static const char wanted[] =
		"/etc/systemd/system/multi-user.target.wants/cni-reconcile.service";
	static const struct finding_words words = {
		.so = "its start or reload may remove or drop what the plugins accept",
		.try = "systemctl enable --now cni-reconcile.service; after its start: cnitool "
		       "reconcile --all",
	};
	const struct {
		const char *name;
		bool is_active;
	} others[] = {
		{"Docker", runs("/run/docker.pid") || runs("/var/run/docker.pid")},
		{"ufw", has_ufw()},
		{"firewalld", runs("/run/firewalld.pid")},
	};
	char target[1];

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].is_active && doctor->network_count &&
		    readlink(wanted, target, sizeof(target)) < 0)
			doctor_find(doctor, FINDING_NOTE, &words,
				    "%s is active, and cni-reconcile.service is not enabled",
				    others[i].name);
}
