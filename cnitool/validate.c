/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool validate: what is wrong with the configurations of networks. */
#include "validate.h"

#include "cleanup.h"
#include "commands.h"
#include "mem.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

struct config_place place_of_key(const struct configured *configured, const char *key)
{
	const struct source *source = configured->source;

	return (struct config_place){
		.file = source->file,
		.network = source->name,
		.plugin = configured->index,
		.type = cni_conflist_type(configured->json),
		.key = key,
		.text = source->text,
	};
}

const char *ipam_type_of(const cJSON *plugin)
{
	const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

	return type && *type ? type : NULL;
}

/* ---- the executables ---- */

static void check_executable(const struct configured *configured,
			     const struct catalogue_plugin *plugin, const char *key)
{
	struct validation *validation = configured->validation;
	struct config_place place = place_of_key(configured, key);
	freeing char *elsewhere = NULL;
	struct config_finding *finding;

	if (plugin->description)
		return;
	if (plugin->is_found) {
		finding = config_findings_add(&validation->findings, "no-description", CONFIG_NOTE,
					      &place, "'%s' does not describe its keys: %s",
					      plugin->type, plugin->why);
		config_finding_so(finding, "its keys are not looked at");
		return;
	}
	elsewhere = catalogue_elsewhere(plugin->type, validation->catalogue.path);
	finding = config_findings_add(&validation->findings, "plugin-missing", CONFIG_ERROR, &place,
				      "there is no plugin '%s' in '%s'%s%s", plugin->type,
				      validation->catalogue.path, elsewhere ? ": it is in " : "",
				      elsewhere ? elsewhere : "");
	config_finding_so(finding, "ADD fails, unless the runtime looks in other directories");
	if (elsewhere)
		config_finding_try(
			finding,
			"add the directory to CNI_PATH, and see the runtime's own setting");
}

/* ---- the values, by the plugins' own words ---- */

/* Ranges that the runtime sends, in the place of those that it will: they are not here. */
static cJSON *placeholders(const cJSON *ipam)
{
	static const char ranges[] = "{\"ipRanges\": [[{\"subnet\": \"192.0.2.0/24\"}]]}";

	if (cni_json_get(ipam, "ranges") || cni_json_get(ipam, "subnet") ||
	    cni_json_get(ipam, "rangesFile"))
		return NULL;
	return cni_need(cJSON_Parse(ranges));
}

/* The key that a plugin's error begins with: "'ipam.addresses[0]' is …". The caller frees. */
static char *key_of(const char *msg)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.";
	size_t length = *msg == '\'' ? strspn(msg + 1, letters) : 0;

	return length && strchr("'[", msg[1 + length]) ? cni_strndup(msg + 1, length) : NULL;
}

static void check_values(const struct configured *configured, const struct catalogue_plugin *plugin,
			 const char *ipam_key)
{
	static const char prefix[] = "failed VALIDATE: ";
	const cJSON *ipam = cni_json_get(configured->json, "ipam");
	freeing_json cJSON *args = placeholders(ipam);
	const struct cni_request request = {
		.command = CNI_VALIDATE,
		.type = plugin->type,
		.path = configured->validation->catalogue.path,
		.capability_args = args,
	};
	freeing char *key = NULL;
	struct config_place place;
	struct config_finding *finding;
	struct cni_error err;
	const char *msg;

	if (!plugin->description ||
	    cni_request_run(&request, &configured->source->list, configured->json, NULL, &err) == 0)
		return;
	/* A version of the plugin that has no such verb. */
	if (err.code == CNI_EENV && strstr(err.msg, "unknown CNI_COMMAND"))
		return;
	msg = strstr(err.msg, prefix) ? strstr(err.msg, prefix) + strlen(prefix) : err.msg;
	key = key_of(msg);
	place = place_of_key(configured, key ? key : ipam_key);
	finding =
		config_findings_add(&configured->validation->findings, "wrong-value", CONFIG_ERROR,
				    &place, "%s%s%s%s", msg, *err.details ? " (" : "", err.details,
				    *err.details ? ")" : "");
	config_finding_so(finding, "ADD fails with code %d", err.code);
}

/* ---- keys without an effect ---- */

static void check_layer3(const struct configured *configured)
{
	static const char *const keys[] = {"isGateway", "isDefaultGateway", "ipMasq"};

	if (configured->ipam || !catalogue_key(configured->plugin, NULL, "ipam"))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct config_place place = place_of_key(configured, keys[i]);
		struct config_finding *finding;

		if (!cJSON_IsTrue(cni_json_get(configured->json, keys[i])))
			continue;
		finding = config_findings_add(&configured->validation->findings, "no-ipam",
					      CONFIG_WARNING, &place,
					      "'%s' is true and there is no 'ipam'", keys[i]);
		config_finding_so(finding,
				  "the key has no effect: the container gets no addresses");
		config_finding_try(finding, "add \"ipam\", or leave out '%s'", keys[i]);
	}
}

static void check_plugin(struct validation *validation, const struct source *source,
			 const cJSON *json, int index)
{
	const char *ipam = ipam_type_of(json);
	struct configured configured = {
		.validation = validation,
		.source = source,
		.json = json,
		.index = index,
		.plugin = catalogue_get(&validation->catalogue, cni_conflist_type(json)),
	};

	/* A name that leads out of the directory is refused by the plugin's own VALIDATE. */
	if (ipam && !strchr(ipam, '/'))
		configured.ipam = catalogue_get(&validation->catalogue, ipam);
	check_executable(&configured, configured.plugin, "type");
	if (configured.ipam && catalogue_key(configured.plugin, NULL, "ipam"))
		check_executable(&configured, configured.ipam, "ipam.type");
	validate_keys(&configured);
	validate_capabilities(&configured);
	check_layer3(&configured);
	check_values(&configured, configured.plugin, NULL);
	if (configured.ipam && catalogue_key(configured.plugin, NULL, "ipam"))
		check_values(&configured, configured.ipam, "ipam");
}

/* ---- a file, and all ---- */

static void check_version(struct validation *validation, const struct source *source)
{
	struct config_place place = {.file = source->file,
				     .network = source->name,
				     .plugin = CONFIG_NO_PLUGIN,
				     .key = "cniVersion",
				     .text = source->text};
	struct config_finding *finding;

	if (source->list.version >= CNI_1_1_0)
		return;
	finding = config_findings_add(&validation->findings, "old-version", CONFIG_NOTE, &place,
				      "cniVersion is %s: STATUS and GC came with 1.1.0",
				      cni_version_text(source->list.version));
	config_finding_so(finding,
			  "runtimes do not ask whether the network is ready, and things of "
			  "attachments that are gone stay");
	config_finding_try(finding, "write \"1.1.0\", if the runtime knows it");
}

void validate_source(struct validation *validation, const struct source *source)
{
	const cJSON *plugin;
	int index = 0;

	if (source->json)
		validate_list_keys(validation, source);
	if (!source->list.name)
		return;
	check_version(validation, source);
	validate_chain(validation, source);
	cJSON_ArrayForEach (plugin, source->list.plugins)
		check_plugin(validation, source, plugin, index++);
}

int validate_networks(const char *dir, const char *path, char *const *names, size_t count,
		      struct validation *ret_validation, struct cni_error *err)
{
	*ret_validation = (struct validation){.catalogue = {.path = path}};
	if (sources_read(ret_validation, dir, names, count, err) < 0)
		return -1;
	for (size_t i = 0; i < ret_validation->count; i++)
		if (ret_validation->sources[i].is_wanted)
			validate_source(ret_validation, &ret_validation->sources[i]);
	validate_names(ret_validation);
	validate_ranges(ret_validation);
	validate_destinations(ret_validation);
	return 0;
}

void validation_clear(struct validation *validation)
{
	catalogue_clear(&validation->catalogue);
	config_findings_clear(&validation->findings);
	for (size_t i = 0; i < validation->count; i++)
		source_clear(&validation->sources[i]);
	free(validation->sources);
	*validation = (struct validation){.count = 0};
}
