/* SPDX-License-Identifier: Apache-2.0 */
/* The group cluster: what the node's networks need of the cluster. */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "kept_destinations.h"
#include "list_facts.h"
#include "mem.h"
#include "toml.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- pod CIDRs ---- */

static const struct finding_words no_cidr = {
	.so = "no container can be added",
	.try = "kubectl get node NAME -o jsonpath='{.spec.podCIDRs}'; kube-controller-manager sets "
	       "them "
	       "with --allocate-node-cidrs",
};

static bool has_ranges(const cJSON *plugin)
{
	const cJSON *ipam = cni_json_get(plugin, "ipam");
	const char *subnet = cni_json_get_string(ipam, "subnet");
	const char *file = cni_json_get_string(ipam, "rangesFile");
	const cJSON *set;

	if ((subnet && *subnet) || (file && *file) ||
	    cJSON_IsTrue(cni_json_get(cni_json_get(plugin, "capabilities"), "ipRanges")))
		return true;
	cJSON_ArrayForEach (set, cni_json_get(ipam, "ranges")) {
		if (cJSON_GetArraySize(set))
			return true;
	}
	return false;
}

/* A file of the directory; `text` may be written to. */
typedef void file_visitor(struct doctor *doctor, const char *path, char *text, void *data);

static void visit_files(struct doctor *doctor, file_visitor *visit, void *data)
{
	static const char *const extensions[] = {".conflist", ".conf", ".json"};
	struct dirent **entries;
	int count = scandir(doctor->options->conf_dir, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');

		for (size_t j = 0; dot && j < sizeof(extensions) / sizeof(*extensions); j++) {
			freeing char *path =
				cni_format("%s/%s", doctor->options->conf_dir, entries[i]->d_name);
			freeing char *text =
				!strcmp(dot, extensions[j]) ? doctor_read_text(path) : NULL;

			if (text)
				visit(doctor, path, text, data);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* The names are those of containerd's template data. */
static void look_for_template(struct doctor *doctor, const char *path, char *text, void *data)
{
	struct finding_words words = no_cidr;

	(void)data;
	words.where = path;
	words.try = "name the template in 'conf_template' of containerd, in another directory";
	if (strstr(text, "{{") && strstr(text, "PodCIDR"))
		doctor_find(doctor, FINDING_FAILURE, &words,
			    "the file is a template that was not rendered");
}

/* containerd renders its template when kubelet tells it the node's podCIDR. */
static void look_at_containerd(struct doctor *doctor)
{
	freeing char *config = doctor_read_text("/etc/containerd/config.toml");
	freeing char *template = config ? toml_strings(config, ".cni]", "conf_template") : NULL;
	struct finding_words words = no_cidr;

	words.where = template;
	if (template && *template && !doctor->network_count)
		doctor_find(doctor, FINDING_FAILURE, &words,
			    "containerd has a template, and '%s' has no network: the node has no "
			    "podCIDR yet",
			    doctor->options->conf_dir);
}

void check_pod_cidr(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct doctor_network *network = doctor->networks[i];
		freeing char *where = cni_format("network '%s'", network->name);
		struct finding_words words = no_cidr;
		const cJSON *plugin;

		words.where = where;
		cJSON_ArrayForEach (plugin, network->tool.list.plugins) {
			const char *type =
				cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

			if (type && !strcmp(type, "host-local") && !has_ranges(plugin))
				doctor_find(doctor, FINDING_FAILURE, &words,
					    "network '%s' has no address ranges: the node has no "
					    "podCIDR yet",
					    network->name);
		}
	}
	visit_files(doctor, look_for_template, NULL);
	look_at_containerd(doctor);
}

/* ---- two files of one network ---- */

struct seen {
	struct {
		char *path;
		char *name;
		struct cni_destinations list;
	} * items;
	size_t count;
};

static void compare_with_seen(struct doctor *doctor, const char *path, char *text, void *data)
{
	freeing_json cJSON *json = cJSON_Parse(text);
	const char *name = cni_json_get_string(json, "name");
	struct seen *seen = data;

	if (!name || !doctor_wants(doctor, name))
		return;
	seen->items = cni_realloc_array(seen->items, seen->count + 1, sizeof(*seen->items));
	seen->items[seen->count].path = cni_strdup(path);
	seen->items[seen->count].name = cni_strdup(name);
	seen->items[seen->count].list = list_destinations(
		cni_json_get(json, "plugins") ? cni_json_get(json, "plugins") : json);
	for (size_t i = 0; i < seen->count; i++) {
		const struct finding_words words = {
			.where = path,
			.so = "the list that holds changes with each ADD of another runtime",
			.try = "keep one file for each network, or the key the same in all",
		};

		if (!strcmp(seen->items[i].name, name) &&
		    !cni_destinations_equal(&seen->items[i].list, &seen->items[seen->count].list))
			doctor_find(doctor, FINDING_WARNING, &words,
				    "'nonMasqueradeCIDRs' of network '%s' is another one in '%s'",
				    name, seen->items[i].path);
	}
	seen->count++;
}

void check_twins(struct doctor *doctor)
{
	struct seen seen = {.count = 0};

	visit_files(doctor, compare_with_seen, &seen);
	for (size_t i = 0; i < seen.count; i++) {
		cni_destinations_clear(&seen.items[i].list);
		free(seen.items[i].path);
		free(seen.items[i].name);
	}
	free(seen.items);
}

/* ---- the list that holds ---- */

void check_refreshed(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		const struct doctor_network *network =
			doctor_network_of(doctor, attachment->cached->network);
		clearing_destinations struct cni_destinations list = {.count = 0};
		freeing char *command =
			cni_format("cnitool refresh %s", attachment->cached->network);
		const struct finding_words words = {
			.where = attachment->cached->network,
			.so = "packets keep the container's address, or not, by an older list",
			.try = command,
			.attachment = attachment->owner,
		};

		if (!network || attachment->life != CNI_NAMESPACE_LIVES ||
		    !list_masquerades(network->tool.list.plugins) ||
		    !list_masquerades(attachment->list.plugins))
			continue;
		list = list_destinations(network->tool.list.plugins);
		if (!cni_destinations_are_kept(network->name, &list))
			doctor_find(
				doctor, FINDING_WARNING, &words,
				"'nonMasqueradeCIDRs' of network '%s' was changed after the last "
				"ADD",
				network->name);
	}
}

/* ---- dhcp ---- */

void check_dhcp(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct doctor_network *network = doctor->networks[i];
		const cJSON *plugin;

		cJSON_ArrayForEach (plugin, network->tool.list.plugins) {
			const cJSON *ipam = cni_json_get(plugin, "ipam");
			const char *type = cni_json_get_string(ipam, "type");
			const char *path = cni_json_get_string(ipam, "daemonSocketPath");
			const struct finding_words words = {
				.where = network->name,
				.so = "ADD fails, and leases expire",
				.try = "systemctl enable --now cni-dhcp.socket, or: dhcp daemon",
			};
			struct stat st;

			if (!type || strcmp(type, "dhcp") != 0)
				continue;
			path = path && *path ? path : "/run/cni/dhcp.sock";
			if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
				doctor_find(doctor, FINDING_FAILURE, &words,
					    "the daemon of dhcp has no socket at '%s'", path);
		}
	}
}
