/* SPDX-License-Identifier: Apache-2.0 */
/* The common subject of all checks: the networks, the attachments of the cache, the links of the host. */
#include "cached_list.h"
#include "cleanup.h"
#include "confdir.h"
#include "doctor.h"
#include "file.h"
#include "mem.h"
#include "result.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX (1U << 20)

/* ---- files ---- */

char *doctor_read_text(const char *path)
{
	char *text = NULL;
	struct cni_error ignored;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, true, TEXT_MAX, &text, &size, &ignored) < 0)
		return NULL;
	return text;
}

char *doctor_read_word(const char *fmt, ...)
{
	freeing char *path = NULL;
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&path, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	text = doctor_read_text(path);
	if (text)
		text[strcspn(text, " \t\n")] = '\0';
	return text;
}

/* ---- networks ---- */

const struct doctor_network *doctor_network_of(const struct doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->network_count; i++)
		if (!strcmp(doctor->networks[i]->name, name))
			return doctor->networks[i];
	return NULL;
}

/* `list` is taken; NULL: it is read, or cannot be. */
static void add_network(struct doctor *doctor, const char *name, struct cni_conflist *list)
{
	struct doctor_network *network = cni_alloc(sizeof(*network));
	struct cni_error err;
	bool is_open;

	network->operands[0] = cni_strdup(name);
	network->name = network->operands[0];
	network->options = *doctor->options;
	network->options.operands = network->operands;
	network->options.operand_count = 1;
	doctor->networks = cni_realloc_array(doctor->networks, doctor->network_count + 1,
					     sizeof(struct doctor_network *));
	doctor->networks[doctor->network_count++] = network;
	is_open = tool_open(&network->options, false, &network->tool, &err) == 0;
	if (is_open && list) {
		network->tool.list = *list;
		*list = (struct cni_conflist){0};
	}
	if (!is_open || tool_load(&network->tool, &err) < 0) {
		const struct finding_words words = {
			.where = doctor->options->conf_dir,
			.so = "no container can be added to this network",
			.try = "cnitool list",
		};

		doctor_find_error(doctor, FINDING_FAILURE, &words, &err);
	}
}

static void add_configured(const char *name, struct cni_conflist *list, const struct cni_error *why,
			   void *data)
{
	struct doctor *doctor = data;

	(void)why;
	if (!doctor->options->operand_count)
		add_network(doctor, name, list);
}

static void open_networks(struct doctor *doctor)
{
	const struct options *options = doctor->options;
	struct cni_error err;

	if (cni_confdir_each(options->conf_dir, add_configured, doctor, &doctor->warnings, &err) <
	    0) {
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	for (size_t i = 0; i < options->operand_count; i++)
		if (!doctor_network_of(doctor, options->operands[i]))
			add_network(doctor, options->operands[i], NULL);
}

bool doctor_wants(const struct doctor *doctor, const char *network)
{
	return !doctor->options->operand_count || doctor_network_of(doctor, network);
}

bool doctor_forwards(const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		const char *type = cni_conflist_type(plugin);

		if (!cni_json_get(plugin, "ipam"))
			continue;
		if (!strcmp(type, "ptp") ||
		    (!strcmp(type, "bridge") &&
		     (cJSON_IsTrue(cni_json_get(plugin, "isGateway")) ||
		      cJSON_IsTrue(cni_json_get(plugin, "isDefaultGateway")))))
			return true;
	}
	return false;
}

/* ---- attachments ---- */

/* libcni does not cache drop-in files: a list without any other plugin has those of today. */
static void read_list(const struct doctor *doctor, struct doctor_attachment *attachment)
{
	const struct cni_cached *cached = attachment->cached;
	const struct doctor_network *network = doctor_network_of(doctor, cached->network);
	struct cni_error ignored;

	if (cni_cached_list(cached, NULL, &attachment->list, &ignored) == 0 ||
	    (network && network->tool.list.plugins &&
	     cni_cached_list(cached, &network->tool.list, &attachment->list, &ignored) == 0))
		return;
	attachment->list = (struct cni_conflist){.name = NULL};
}

static void open_attachments(struct doctor *doctor)
{
	struct cni_error err;

	if (cni_cache_list(doctor->options->cache_dir, NULL, NULL, &doctor->cached,
			   &doctor->cached_count, &doctor->warnings, &err) < 0) {
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	doctor->attachments =
		cni_realloc_array(NULL, doctor->cached_count + 1, sizeof(*doctor->attachments));
	for (size_t i = 0; i < doctor->cached_count; i++) {
		const struct cni_cached *cached = &doctor->cached[i];
		const struct cni_owner owner = {cached->network, cached->container, cached->ifname};
		struct doctor_attachment *attachment;

		if (!doctor_wants(doctor, cached->network))
			continue;
		attachment = &doctor->attachments[doctor->attachment_count++];
		*attachment = (struct doctor_attachment){
			.cached = cached,
			.life = cni_namespace_ask(cached->netns, cached->identity)};
		cni_owner_format(&owner, attachment->owner);
		read_list(doctor, attachment);
	}
}

const struct doctor_attachment *doctor_attachment_of(const struct doctor *doctor, const char *owner)
{
	for (size_t i = 0; i < doctor->attachment_count; i++)
		if (!strcmp(doctor->attachments[i].owner, owner))
			return &doctor->attachments[i];
	return NULL;
}

bool doctor_has_link(const struct doctor *doctor, const char *owner)
{
	for (size_t i = 0; i < doctor->links.count; i++)
		if (!strcmp(doctor->links.items[i].owner, owner))
			return true;
	return false;
}

bool doctor_knows(const struct doctor *doctor, const char *owner)
{
	return doctor_attachment_of(doctor, owner) || doctor_has_link(doctor, owner);
}

/* ---- results ---- */

static bool decode(const struct doctor_attachment *attachment, struct cni_result *ret_result)
{
	struct cni_error ignored;

	*ret_result = (struct cni_result){.interface_count = 0};
	return attachment->cached->result &&
	       cni_result_decode(attachment->cached->result, CNI_0_1_0, "the cached result",
				 ret_result, &ignored) == 0;
}

size_t doctor_addresses(const struct doctor_attachment *attachment, struct cni_net **ret_addresses)
{
	struct cni_result result;
	size_t count = 0;

	*ret_addresses = NULL;
	if (decode(attachment, &result)) {
		count = result.ip_count;
		*ret_addresses = cni_realloc_array(NULL, count + 1, sizeof(**ret_addresses));
		for (size_t i = 0; i < count; i++)
			(*ret_addresses)[i] = result.ips[i].address;
	}
	cni_result_clear(&result);
	return count;
}

const char *doctor_interface(const struct doctor_attachment *attachment)
{
	const cJSON *interfaces = cni_json_get(attachment->cached->result, "interfaces");
	const cJSON *interface;

	/* bridge names the bridge first, ptp the host side of the veth. */
	cJSON_ArrayForEach (interface, interfaces) {
		const char *sandbox = cni_json_get_string(interface, "sandbox");
		const char *name = cni_json_get_string(interface, "name");

		if (name && (!sandbox || !*sandbox))
			return name;
	}
	return "";
}

/* ---- begin and end ---- */

void doctor_open(struct doctor *doctor, const struct options *options)
{
	struct cni_error err;

	*doctor = (struct doctor){.options = options};
	for (size_t i = 0; i < doctor_check_count; i++)
		if (!strcmp(doctor_checks[i].id, "config.files"))
			doctor->check = &doctor_checks[i];
	open_networks(doctor);
	if (cni_host_links(NULL, &doctor->links, &err) < 0)
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
	open_attachments(doctor);
}

void doctor_close(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->network_count; i++) {
		tool_close(&doctor->networks[i]->tool);
		free(doctor->networks[i]->operands[0]);
		free(doctor->networks[i]);
	}
	free(doctor->networks);
	for (size_t i = 0; i < doctor->attachment_count; i++)
		cni_conflist_clear(&doctor->attachments[i].list);
	free(doctor->attachments);
	cni_cached_free(doctor->cached, doctor->cached_count);
	cni_host_links_clear(&doctor->links);
	cni_warnings_clear(&doctor->warnings);
	findings_clear(&doctor->findings);
}
