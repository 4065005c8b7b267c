/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct cni_field cni_conf_fields[] = {
	CNI_KEY("type", CNI_TYPE_STRING,
		"The executable, which runtimes look for in their directories of plugins",
		.unless = CNI_REQUIRED),
	CNI_KEY("capabilities", CNI_TYPE_OBJECT,
		"A boolean for each capability: true lets the runtime send its value for each "
		"container, as runtimeConfig"),
	CNI_KEY("args", CNI_TYPE_OBJECT, "Arguments of one attachment, in the object cni"),
	{0},
};

const struct cni_field cni_conf_added_fields[] = {
	CNI_KEY("name", CNI_TYPE_STRING, "The network's name, of the list"),
	CNI_KEY("cniVersion", CNI_TYPE_STRING, "The version that the runtime has chosen"),
	CNI_KEY("runtimeConfig", CNI_TYPE_OBJECT, "The values of the capabilities"),
	CNI_KEY("prevResult", CNI_TYPE_OBJECT, "The result of the plugins before"),
	{0},
};

/* The key of the specification and the one that libcni also sends (containernetworking/cni#1101). */
static const char *const valid_keys[] = {"cni.dev/valid-attachments", "cni.dev/attachments"};

static bool is_valid_key(const char *key)
{
	return !strcasecmp(key, valid_keys[0]) || !strcasecmp(key, valid_keys[1]);
}

/* libcni writes a list without entries as null, and by then has deleted all attachments that it knew of
 * (GCNetworkList() in its api.go): null is an empty list. The caller frees `ret_owners->items`, after
 * a failure as well. */
static int read_owners(const struct cni_conf *conf, const cJSON *list,
		       struct cni_owners *ret_owners, struct cni_error *err)
{
	const cJSON *item;

	*ret_owners = (struct cni_owners){0};
	if (!cJSON_IsArray(list) && !cJSON_IsNull(list))
		return cni_fail(err, CNI_ECONFIG, "'%s' is %s, expected a list", list->string,
				cni_json_show(list));
	ret_owners->items = cni_realloc_array(NULL, (size_t)cJSON_GetArraySize(list),
					      sizeof(*ret_owners->items));
	cJSON_ArrayForEach (item, list) {
		const char *container = cni_json_get_string(item, "containerID");
		const char *ifname = cni_json_get_string(item, "ifname");

		if (!container || !ifname)
			return cni_fail(err, CNI_ECONFIG,
					"'%s' holds an entry without 'containerID' or 'ifname'",
					list->string);
		ret_owners->items[ret_owners->count++] = (struct cni_owner){
			.network = conf->name, .container = container, .ifname = ifname};
	}
	cni_owners_sort(ret_owners);
	return 0;
}

static bool has_all(const struct cni_owners *owners, const struct cni_owners *others)
{
	for (size_t i = 0; i < others->count; i++)
		if (!cni_owners_has(owners, others->items[i].container, others->items[i].ifname))
			return false;
	return true;
}

/* If two spellings of the key have different attachments, the valid ones are unknown. */
static int compare_lists(const struct cni_conf *conf, const cJSON *first, const cJSON *other,
			 struct cni_error *err)
{
	freeing char *shown = cni_strdup(cni_json_show(first));
	struct cni_owners owners;
	int failed = read_owners(conf, other, &owners, err);

	if (!failed && (!has_all(&owners, &conf->valid) || !has_all(&conf->valid, &owners)))
		failed = cni_fail(err, CNI_ECONFIG,
				  "'%s' is %s and '%s' is %s, expected the same attachments",
				  first->string, shown, other->string, cni_json_show(other));
	free(owners.items);
	return failed;
}

static int read_valid(struct cni_conf *conf, struct cni_error *err)
{
	const cJSON *first = NULL;
	const cJSON *member;

	cJSON_ArrayForEach (member, conf->json) {
		if (!is_valid_key(member->string))
			continue;
		if (first && compare_lists(conf, first, member, err) < 0)
			return -1;
		if (!first && read_owners(conf, member, &conf->valid, err) < 0)
			return -1;
		if (!first)
			first = member;
	}
	if (first)
		return 0;
	/* A missing key is not an empty list: empty means that no attachment is valid, and GC
	 * removes all. */
	return cni_fail(err, CNI_ECONFIG,
			"'cni.dev/valid-attachments' is missing, expected the list of attachments "
			"that are still valid");
}

static int read_ipam(struct cni_conf *conf, bool lenient, struct cni_error *err)
{
	const cJSON *ipam = cni_json_get(conf->json, "ipam");
	const cJSON *type = cni_json_get(ipam, "type");

	if (ipam && !cJSON_IsObject(ipam) && !lenient)
		return cni_fail(err, CNI_ECONFIG, "'ipam' is %s, expected an object",
				cni_json_show(ipam));
	if (type && !cJSON_IsString(type) && !lenient)
		return cni_fail(err, CNI_ECONFIG, "'ipam.type' is %s, expected a string",
				cni_json_show(type));
	if (cJSON_IsString(type) && *type->valuestring) {
		/* Always checked, because the value is the name of a program to be run. */
		if (cni_name_check_plugin(type->valuestring, "'ipam.type'", err) < 0)
			return -1;
		conf->ipam_type = type->valuestring;
	}
	conf->ipam = ipam;
	return 0;
}

static int read_prev_result(struct cni_conf *conf, bool lenient, struct cni_error *err)
{
	const cJSON *prev = cni_json_get(conf->json, "prevResult");

	if (!prev)
		return 0;
	if (cni_result_decode(prev, conf->version, "'prevResult'", &conf->prev_result, err) < 0)
		return lenient ? 0 : -1;
	conf->has_prev_result = true;
	return 0;
}

static int read_name(struct cni_conf *conf, struct cni_error *err)
{
	const cJSON *name = cni_json_get(conf->json, "name");

	if (name && !cJSON_IsString(name))
		return cni_fail(err, CNI_ECONFIG, "'name' is %s, expected a string",
				cni_json_show(name));
	if (!name || !*name->valuestring)
		return cni_fail(err, CNI_ECONFIG, "missing network name");
	if (cni_name_check_network(name->valuestring, err) < 0)
		return -1;
	conf->name = name->valuestring;
	return 0;
}

static int read_version(struct cni_conf *conf, enum cni_command command, enum cni_version oldest,
			struct cni_error *err)
{
	const cJSON *version = cni_json_get(conf->json, "cniVersion");

	if (version && !cJSON_IsString(version))
		return cni_fail(err, CNI_EDECODE, "'cniVersion' is %s, expected a string",
				cni_json_show(version));
	if (cni_version_parse(version ? version->valuestring : NULL, oldest, &conf->version, err) <
	    0)
		return -1;
	if (conf->version < cni_command_since(command)) {
		cni_fail(err, CNI_EVERSION, "config version does not allow %s",
			 cni_command_text(command));
		return cni_fail_details(err, "cniVersion is %s, %s came with %s",
					cni_version_text(conf->version), cni_command_text(command),
					cni_version_text(cni_command_since(command)));
	}
	return 0;
}

int cni_conf_read(const char *data, size_t size, enum cni_command command, enum cni_version oldest,
		  struct cni_conf *ret_conf, struct cni_error *err)
{
	bool lenient = command == CNI_DEL || command == CNI_GC;

	*ret_conf = (struct cni_conf){.version = CNI_VERSION_LATEST};
	if (cni_json_parse_object(data, size, "the network configuration on stdin", &ret_conf->json,
				  err) < 0 ||
	    read_name(ret_conf, err) < 0 || read_version(ret_conf, command, oldest, err) < 0 ||
	    read_ipam(ret_conf, lenient, err) < 0 || read_prev_result(ret_conf, lenient, err) < 0)
		return -1;
	if (command == CNI_GC && read_valid(ret_conf, err) < 0)
		return -1;
	if (cni_dns_decode(cni_json_get(ret_conf->json, "dns"), &ret_conf->dns, err) < 0 &&
	    !lenient)
		return -1;
	ret_conf->has_dns = !cni_dns_is_empty(&ret_conf->dns);
	return 0;
}

void cni_conf_clear(struct cni_conf *conf)
{
	cni_dns_clear(&conf->dns);
	cni_result_clear(&conf->prev_result);
	free(conf->valid.items);
	cJSON_Delete(conf->json);
	*conf = (struct cni_conf){0};
}
