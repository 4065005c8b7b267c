/* SPDX-License-Identifier: Apache-2.0 */
/* The group attachments: what is there without an attachment, and the other way round. */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "exec.h"
#include "mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *gc_command(const char *network)
{
	return cni_format("cnitool gc %s --gone --dry-run", network);
}

/* ---- links ---- */

static void look_at_links(struct doctor *doctor, const struct doctor_attachment *attachment)
{
	const cJSON *interfaces = cni_json_get(attachment->cached->result, "interfaces");
	const struct finding_words words = {
		.so = "the container has no network",
		.try = "make the container anew",
		.attachment = attachment->owner,
	};
	const cJSON *interface;

	cJSON_ArrayForEach (interface, interfaces) {
		const char *sandbox = cni_json_get_string(interface, "sandbox");
		const char *name = cni_json_get_string(interface, "name");
		freeing char *path = cni_format("/sys/class/net/%s", name ? name : "");

		if ((!sandbox || !*sandbox) && name && *name && access(path, F_OK) < 0)
			doctor_find(doctor, FINDING_FAILURE, &words,
				    "interface '%s' of the host is missing", name);
	}
}

void check_links(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->attachment_count; i++)
		if (doctor->attachments[i].life == CNI_NAMESPACE_LIVES)
			look_at_links(doctor, &doctor->attachments[i]);
}

void check_gone(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		freeing char *command = gc_command(attachment->cached->network);
		const struct finding_words words = {
			.so = "addresses, ports and records stay taken",
			.try = command,
			.attachment = attachment->owner,
		};

		if (attachment->life == CNI_NAMESPACE_GONE &&
		    !doctor_has_link(doctor, attachment->owner))
			doctor_find(doctor, FINDING_WARNING, &words,
				    "attachments of network '%s' have a namespace that is gone",
				    attachment->cached->network);
	}
}

/* The network of an owner's text; the caller frees. */
static char *network_of(const char *owner)
{
	return cni_strndup(owner, strcspn(owner, "/"));
}

static void report_unknown(struct doctor *doctor, const char *owner, const char *what)
{
	freeing char *network = network_of(owner);
	freeing char *command = gc_command(network);
	const struct finding_words words = {
		.so = "a DEL was lost, or a runtime has another cache",
		.try = command,
		.attachment = owner,
	};

	if (doctor_wants(doctor, network))
		doctor_find(doctor, FINDING_WARNING, &words,
			    "%s of network '%s' without an attachment", what, network);
}

void check_strange_links(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->links.count; i++) {
		const char *owner = doctor->links.items[i].owner;

		if (!doctor_attachment_of(doctor, owner))
			report_unknown(doctor, owner, "links");
	}
}

/* ---- nf_tables ---- */

/* Comments stand at elements, rules, chains and sets. */
static void look_at_comments(struct doctor *doctor, const cJSON *json, const char *table)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json) {
		const char *text = item->string && !strcmp(item->string, "comment")
					   ? cJSON_GetStringValue(item)
					   : NULL;
		const char *slash = text ? strchr(text, '/') : NULL;

		if (slash && strchr(slash + 1, '/') && !strchr(text, ' ') &&
		    !doctor_knows(doctor, text))
			report_unknown(doctor, text, table);
		look_at_comments(doctor, item, table);
	}
}

static void look_at_table(struct doctor *doctor, const char *file, const char *family,
			  const char *table)
{
	char *arguments[] = {(char *)"-j",   (char *)"list", (char *)"table",
			     (char *)family, (char *)table,  NULL};
	freeing char **environment = cni_exec_environment(NULL, 0);
	const struct cni_exec exec = {
		.file = file,
		.type = "nft",
		.arguments = arguments,
		.environment = environment,
		.input = "",
		.deadline_ms = CNI_EXEC_DEADLINE_MS,
	};
	freeing char *what = cni_format("elements in table '%s %s'", family, table);
	freeing_json cJSON *json = NULL;
	freeing char *output = NULL;
	struct cni_error err;
	int code;

	if (cni_exec_command(&exec, &output, &code, &err) < 0)
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
	else if (code == 0 && (json = cJSON_Parse(output)))
		look_at_comments(doctor, json, what);
}

void check_rules(struct doctor *doctor)
{
	static const char *const tables[][2] = {{"inet", "cni"},
						{"inet", "cni_portmap"},
						{"inet", "cni_firewall"},
						{"bridge", "cni"}};
	freeing char *file = NULL;
	struct cni_error err;

	if (cni_exec_find_command("nft", &file, &err) < 0) {
		doctor_find(doctor, FINDING_NOTE, NULL,
			    "nft(8) is not installed: the elements of nf_tables are not looked at");
		return;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		look_at_table(doctor, file, tables[i][0], tables[i][1]);
}

/* ---- files ---- */

#define RUN "/run/cni"

/* "<container>:<ifname>"; a name with a dot in front is a file that is being written. */
static void look_at_files(struct doctor *doctor, const char *plugin, const char *network)
{
	freeing char *path = cni_format(RUN "/%s/%s", plugin, network);
	freeing char *what = cni_format("files in '%s/%s'", RUN, plugin);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *colon = strchr(entry->d_name, ':');
		freeing char *container = NULL;
		char text[CNI_OWNER_TEXT_SIZE];
		struct cni_owner owner;

		if (!colon || *entry->d_name == '.' || strchr(colon + 1, ':'))
			continue;
		container = cni_strndup(entry->d_name, (size_t)(colon - entry->d_name));
		owner = (struct cni_owner){network, container, colon + 1};
		if (!doctor_knows(doctor, cni_owner_format(&owner, text)))
			report_unknown(doctor, text, what);
	}
	if (dir)
		closedir(dir);
}

static void look_at_networks(struct doctor *doctor, const char *plugin)
{
	freeing char *path = cni_format(RUN "/%s", plugin);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			look_at_files(doctor, plugin, entry->d_name);
	if (dir)
		closedir(dir);
}

void check_records(struct doctor *doctor)
{
	DIR *dir = opendir(RUN);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			look_at_networks(doctor, entry->d_name);
	if (dir)
		closedir(dir);
}
