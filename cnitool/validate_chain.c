/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a network's plugins: the one that makes the interface first, those that change it behind. */
#include "validate.h"

#include <string.h>

/* A plugin that does not describe itself may make an interface. */
static const char *role_of(struct validation *validation, const cJSON *plugin)
{
	const struct catalogue_plugin *known =
		catalogue_get(&validation->catalogue, cni_conflist_type(plugin));
	const char *role = catalogue_role(known);

	return *role ? role : "interface";
}

/* The first plugin behind `from` that makes an interface; NULL: there is none. */
static const char *interface_behind(struct validation *validation, const cJSON *from)
{
	for (const cJSON *plugin = from->next; plugin; plugin = plugin->next)
		if (!strcmp(role_of(validation, plugin), "interface"))
			return cni_conflist_type(plugin);
	return NULL;
}

static void report(struct validation *validation, const struct source *source, const cJSON *plugin,
		   int index)
{
	const struct configured configured = {.source = source, .json = plugin, .index = index};
	struct config_place place = place_of_key(&configured, NULL);
	const char *behind = interface_behind(validation, plugin);
	struct config_finding *finding;

	if (behind) {
		finding = config_findings_add(
			&validation->findings, "chain-order", CONFIG_ERROR, &place,
			"the plugin stands before '%s', which makes the interface", behind);
		config_finding_try(finding, "move this one behind '%s'", behind);
	} else {
		finding =
			config_findings_add(&validation->findings, "chain-order", CONFIG_ERROR,
					    &place, "no plugin before this one makes an interface");
		config_finding_try(finding, "put a plugin such as 'bridge' before this one");
	}
	config_finding_so(finding, "ADD fails: there is no prevResult");
}

/* An IPAM plugin in the list is run as any other: its ADD reserves and makes nothing. */
static void report_ipam(struct validation *validation, const struct source *source,
			const cJSON *plugin, int index)
{
	const struct configured configured = {.source = source, .json = plugin, .index = index};
	struct config_place place = place_of_key(&configured, "type");
	struct config_finding *finding =
		config_findings_add(&validation->findings, "chain-order", CONFIG_ERROR, &place,
				    "'%s' is an IPAM plugin: it makes no interface",
				    cni_conflist_type(plugin));

	config_finding_so(finding, "addresses are reserved that no interface has");
	config_finding_try(finding,
			   "write \"ipam\": {\"type\": \"%s\", ...} in the plugin that makes the "
			   "interface",
			   cni_conflist_type(plugin));
}

void validate_chain(struct validation *validation, const struct source *source)
{
	bool has_result = false;
	const cJSON *plugin;
	int index = 0;

	cJSON_ArrayForEach (plugin, source->list.plugins) {
		const char *role = role_of(validation, plugin);

		if (!strcmp(role, "ipam"))
			report_ipam(validation, source, plugin, index);
		else if (strcmp(role, "chained") != 0)
			has_result = true;
		else if (!has_result)
			report(validation, source, plugin, index);
		index++;
	}
}
