/* SPDX-License-Identifier: Apache-2.0 */
#include "host_local_conf.h"

#include "args.h"
#include "cleanup.h"
#include "decode.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_DATA_DIR "/var/lib/cni/networks"

/* The keys as they stand in the configuration; what is made of them is struct host_local_conf. */
struct keys {
	const char *data_dir;
	const char *resolv_conf;
	struct range flat; /* the old form: one range directly in `ipam` */
	const cJSON *ranges;
	const cJSON *ip_ranges;
	const cJSON *routes;
	const cJSON *args_ips;
	const cJSON *runtime_ips;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct keys, "dataDir", data_dir, .section = {"ipam"}),
	CNI_FIELD(struct keys, "resolvConf", resolv_conf, .section = {"ipam"}),
	CNI_FIELD(struct keys, "subnet", flat.subnet, .section = {"ipam"}),
	CNI_FIELD(struct keys, "rangeStart", flat.first, .section = {"ipam"}),
	CNI_FIELD(struct keys, "rangeEnd", flat.last, .section = {"ipam"}),
	CNI_FIELD(struct keys, "gateway", flat.gateway, .section = {"ipam"}),
	CNI_FIELD(struct keys, "ranges", ranges, .section = {"ipam"}),
	CNI_FIELD(struct keys, "routes", routes, .section = {"ipam"}),
	CNI_FIELD(struct keys, "ipRanges", ip_ranges, .section = {"runtimeConfig"}),
	CNI_FIELD(struct keys, "ips", args_ips, .section = {"args", "cni"}),
	CNI_FIELD(struct keys, "ips", runtime_ips, .section = {"runtimeConfig"}),
	{0},
};

static int check_list(const cJSON *list, const char *what, struct cni_error *err)
{
	if (!list || cJSON_IsArray(list))
		return 0;
	return cni_fail(err, CNI_ECONFIG, "'%s' is %s, expected a list", what, cni_json_show(list));
}

static int read_range(const cJSON *json, struct range *ret_range, struct cni_error *err)
{
	static const struct cni_field range_fields[] = {
		CNI_FIELD(struct range, "subnet", subnet),
		CNI_FIELD(struct range, "rangeStart", first),
		CNI_FIELD(struct range, "rangeEnd", last),
		CNI_FIELD(struct range, "gateway", gateway),
		{0},
	};

	if (!cJSON_IsObject(json))
		return cni_fail(err, CNI_ECONFIG, "a range is %s, expected an object with 'subnet'",
				cni_json_show(json));
	return cni_decode(range_fields, json, ret_range, false, err);
}

static struct range_set *append_set(struct host_local_conf *conf, size_t room)
{
	struct range_set *set;

	conf->sets = cni_realloc_array(conf->sets, conf->set_count + 1, sizeof(*conf->sets));
	set = &conf->sets[conf->set_count++];
	*set = (struct range_set){.items = cni_alloc((room ? room : 1) * sizeof(*set->items))};
	return set;
}

static int read_set(const cJSON *json, struct host_local_conf *conf, struct cni_error *err)
{
	struct range_set *set;
	const cJSON *item;

	if (!cJSON_IsArray(json))
		return cni_fail(err, CNI_ECONFIG, "a range set is %s, expected a list of ranges",
				cni_json_show(json));
	set = append_set(conf, (size_t)cJSON_GetArraySize(json));
	cJSON_ArrayForEach (item, json) {
		if (read_range(item, &set->items[set->count], err) < 0)
			return -1;
		set->count++;
	}
	return 0;
}

static int read_sets(const cJSON *list, const char *what, struct host_local_conf *conf,
		     struct cni_error *err)
{
	const cJSON *item;
	size_t number = 0;

	if (check_list(list, what, err) < 0)
		return -1;
	cJSON_ArrayForEach (item, list) {
		if (read_set(item, conf, err) < 0)
			return cni_fail_within(err, "'%s[%zu]'", what, number);
		number++;
	}
	return 0;
}

/* Before 0.3.0 a result had room for one address of each family. */
static int check_count(const struct host_local_conf *conf, enum cni_version version,
		       struct cni_error *err)
{
	size_t v4 = 0;

	for (size_t i = 0; i < conf->set_count; i++)
		v4 += conf->sets[i].items[0].first.family == AF_INET;
	if (version < CNI_0_3_0 && (v4 > 1 || conf->set_count - v4 > 1))
		return cni_fail(err, CNI_ECONFIG,
				"CNI version %s does not support more than 1 address per family",
				cni_version_text(version));
	return 0;
}

static int complete_sets(struct host_local_conf *conf, struct cni_error *err)
{
	if (!conf->set_count)
		return cni_fail(err, CNI_ECONFIG,
				"no IP ranges specified: 'ipam' has neither 'ranges' nor 'subnet'");
	for (size_t i = 0; i < conf->set_count; i++)
		if (range_set_complete(&conf->sets[i], err) < 0)
			return cni_fail_within(err, "invalid range set %zu", i);
	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = i + 1; j < conf->set_count; j++) {
			freeing char *one = NULL;
			freeing char *other = NULL;

			if (!range_set_overlaps(&conf->sets[i], &conf->sets[j]))
				continue;
			one = range_set_format(&conf->sets[i]);
			other = range_set_format(&conf->sets[j]);
			return cni_fail(err, CNI_ECONFIG,
					"range set %zu overlaps with %zu: %.200s and %.200s", i, j,
					one, other);
		}
	return 0;
}

static int read_routes(const cJSON *list, struct host_local_conf *conf, struct cni_error *err)
{
	const cJSON *item;

	if (check_list(list, "ipam.routes", err) < 0)
		return -1;
	conf->routes =
		cni_realloc_array(NULL, (size_t)cJSON_GetArraySize(list), sizeof(*conf->routes));
	cJSON_ArrayForEach (item, list) {
		if (cJSON_IsNull(item))
			continue;
		if (cni_route_decode(item, "'ipam.routes'", &conf->routes[conf->route_count], err) <
		    0)
			return -1;
		conf->route_count++;
	}
	return 0;
}

/* "10.1.0.5", or "10.1.0.5/16" as runtimes write what came out of a result; the subnet says the
 * prefix in any case. */
static int request(const char *text, const char *what, struct host_local_conf *conf,
		   struct cni_error *err)
{
	struct cni_net net = {0};

	if (cni_ip_parse(text, &net.ip) < 0 && cni_net_parse(text, &net) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"%s is \"%.64s\", expected an IP address such as \"10.1.0.5\"",
				what, text);
	for (size_t i = 0; i < conf->requested_count; i++)
		if (cni_ip_equal(&conf->requested[i], &net.ip))
			return 0;
	conf->requested = cni_realloc_array(conf->requested, conf->requested_count + 1,
					    sizeof(*conf->requested));
	conf->requested[conf->requested_count++] = net.ip;
	return 0;
}

static int request_list(const cJSON *list, const char *what, struct host_local_conf *conf,
			struct cni_error *err)
{
	freeing char *entry = cni_format("an entry of '%s'", what);
	const cJSON *item;

	if (check_list(list, what, err) < 0)
		return -1;
	cJSON_ArrayForEach (item, list) {
		if (cJSON_IsNull(item))
			continue;
		if (!cJSON_IsString(item))
			return cni_fail(err, CNI_ECONFIG, "%s is %s, expected a string", entry,
					cni_json_show(item));
		if (request(item->valuestring, entry, conf, err) < 0)
			return -1;
	}
	return 0;
}

static int request_from_args(const char *args, struct host_local_conf *conf, struct cni_error *err)
{
	freeing char *ip = NULL;
	const struct cni_arg known[] = {{"IP", &ip}, {0}};

	if (cni_args_parse(args, known, err) < 0)
		return -1;
	return ip && *ip ? request(ip, "ARGS: IP", conf, err) : 0;
}

int host_local_conf_read(const struct cni_call *call, struct host_local_conf *ret_conf,
			 struct cni_error *err)
{
	struct keys keys = {.data_dir = ""};

	*ret_conf = (struct host_local_conf){0};
	if (!call->conf.ipam)
		return cni_fail(err, CNI_ECONFIG, "IPAM config missing 'ipam' key");
	if (cni_decode(fields, call->conf.json, &keys, false, err) < 0)
		return -1;
	ret_conf->data_dir = *keys.data_dir ? keys.data_dir : DEFAULT_DATA_DIR;
	if (*ret_conf->data_dir != '/')
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.dataDir' is \"%.128s\", expected an absolute path",
				ret_conf->data_dir);
	if (keys.resolv_conf && *keys.resolv_conf)
		ret_conf->resolv_conf = keys.resolv_conf;
	if (read_sets(keys.ip_ranges, "runtimeConfig.ipRanges", ret_conf, err) < 0)
		return -1;
	if (cni_ip_is_set(&keys.flat.subnet.ip)) {
		struct range_set *set = append_set(ret_conf, 1);

		set->items[set->count++] = keys.flat;
	}
	if (read_sets(keys.ranges, "ipam.ranges", ret_conf, err) < 0 ||
	    complete_sets(ret_conf, err) < 0 || check_count(ret_conf, call->conf.version, err) < 0)
		return -1;
	if (read_routes(keys.routes, ret_conf, err) < 0 ||
	    request_from_args(call->env.args, ret_conf, err) < 0 ||
	    request_list(keys.args_ips, "args.cni.ips", ret_conf, err) < 0)
		return -1;
	return request_list(keys.runtime_ips, "runtimeConfig.ips", ret_conf, err);
}

void host_local_conf_clear(struct host_local_conf *conf)
{
	for (size_t i = 0; i < conf->set_count; i++)
		free(conf->sets[i].items);
	free(conf->sets);
	free(conf->routes);
	free(conf->requested);
	*conf = (struct host_local_conf){0};
}

const char *host_local_conf_data_dir(const struct cni_call *call)
{
	const char *path = cni_json_get_string(call->conf.ipam, "dataDir");

	return path && *path == '/' ? path : DEFAULT_DATA_DIR;
}
