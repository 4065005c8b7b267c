/* SPDX-License-Identifier: Apache-2.0 */
#include "host_local_conf.h"

#include "args.h"
#include "cleanup.h"
#include "ipam_conf.h"
#include "mem.h"
#include "sticky.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_DATA_DIR "/var/lib/cni/networks"

/* Seconds. The lock is held for a few system calls, so only a stopped process holds it this
 * long; kubelet gives up after 120. */
#define DEFAULT_LOCK_TIMEOUT 10
#define MAX_LOCK_TIMEOUT     3600

/* The keys as they stand in the configuration; what is made of them is struct host_local_conf. */
struct keys {
	const char *data_dir;
	uint32_t lock_timeout; /* seconds */
	const char *resolv_conf;
	const char *ranges_file;
	const char *sticky_key;
	uint32_t reclaim;
	uint32_t cooldown;
	const cJSON *exclude;
	struct range flat; /* the old form: one range directly in `ipam` */
	const cJSON *ranges;
	const cJSON *ip_ranges;
	const cJSON *routes;
	const cJSON *args_ips;
	const cJSON *runtime_ips;
};

static const struct keys defaults = {.data_dir = "", .lock_timeout = DEFAULT_LOCK_TIMEOUT};

static const struct cni_word reclaims[] = {
	{"lazy", RECLAIM_LAZY},
	{"eager", RECLAIM_EAGER},
	{"never", RECLAIM_NEVER},
	{0},
};

/* Keys that DEL and GC need as well. */
#define PLACE_FIELDS                                                                               \
	CNI_FIELD(struct keys, "dataDir", data_dir,                                                \
		  "An absolute path: reservations are files in <dataDir>/<network>",               \
		  .section = {"ipam"}, .unless = DEFAULT_DATA_DIR),                                \
		CNI_FIELD(struct keys, "lockTimeout", lock_timeout,                                \
			  "Seconds to wait for the lock of the data directory",                    \
			  .section = {"ipam"}, .min = 1, .max = MAX_LOCK_TIMEOUT)

static const struct cni_field place_fields[] = {
	PLACE_FIELDS,
	{0},
};

static const struct cni_field fields[] = {
	PLACE_FIELDS,
	CNI_FIELD(struct keys, "resolvConf", resolv_conf,
		  "A resolver file that the DNS settings come from, at most 64 KiB",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "rangesFile", ranges_file,
		  "An absolute path: a JSON file with more range sets, at most 1 MiB",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "stickyKey", sticky_key,
		  "A text that CNI_ARGS fills in, such as ${K8S_POD_NAME}: an ADD with the "
		  "same text gets the address it had last",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "reclaim", reclaim,
		  "Reservations of an earlier boot: used last, released at the first ADD, "
		  "or kept",
		  .section = {"ipam"}, .words = reclaims),
	CNI_FIELD(struct keys, "cooldown", cooldown,
		  "Seconds before a released address is given out again", .section = {"ipam"}),
	CNI_FIELD(struct keys, "exclude", exclude,
		  "Addresses and prefixes that are never given out", .section = {"ipam"},
		  .type = CNI_TYPE_STRINGS),
	CNI_FIELD(struct keys, "subnet", flat.subnet,
		  "The subnet of the only range, in the old form that has its keys here",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "rangeStart", flat.first,
		  "The first address of the only range, in the old form that has its keys "
		  "here",
		  .section = {"ipam"}, .unless = "the first usable of the subnet"),
	CNI_FIELD(struct keys, "rangeEnd", flat.last,
		  "The last address of the only range, in the old form that has its keys "
		  "here",
		  .section = {"ipam"}, .unless = "the last usable of the subnet"),
	CNI_FIELD(struct keys, "gateway", flat.gateway,
		  "The gateway of the only range, in the old form that has its keys here",
		  .section = {"ipam"}, .unless = "the first of the subnet"),
	CNI_FIELD(struct keys, "ranges", ranges,
		  "Range sets: an ADD gets an address of each, and the ranges of a set are "
		  "of one family",
		  .section = {"ipam"}, .type = CNI_TYPE_LISTS, .items = range_fields),
	CNI_FIELD(struct keys, "routes", routes, "The routes of the result", .section = {"ipam"},
		  .type = CNI_TYPE_LIST, .items = cni_route_fields),
	CNI_FIELD(struct keys, "ipRanges", ip_ranges, "Range sets before all others",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_LISTS, .items = range_fields),
	CNI_FIELD(struct keys, "ips", args_ips,
		  "Requested addresses, with or without a prefix, at most one for each set",
		  .section = {"args", "cni"}, .type = CNI_TYPE_STRINGS),
	CNI_FIELD(struct keys, "ips", runtime_ips,
		  "Requested addresses, with or without a prefix, at most one for each set",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_STRINGS),
	{0},
};

static const struct cni_argument arguments[] = {
	CNI_ARGUMENT("IP", "A requested address, with or without a prefix"),
	{0},
};

const struct cni_description host_local_description = {
	.about = "Gives out addresses of ranges, and keeps its reservations in files of this host",
	.role = CNI_ROLE_IPAM,
	.fields = fields,
	.defaults = &defaults,
	.arguments = arguments,
};

static int check_count(const struct host_local_conf *conf, enum cni_version version,
		       struct cni_error *err)
{
	size_t v4 = 0;

	for (size_t i = 0; i < conf->sets.count; i++)
		v4 += conf->sets.items[i].items[0].first.family == AF_INET;
	return ipam_conf_check_count(v4, conf->sets.count - v4, version, err);
}

/* "10.1.0.5", or "10.1.0.5/16" as runtimes copy it from a result; the prefix always comes from
 * the subnet. */
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

	if (cni_json_check_list(list, what, err) < 0)
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

/* ---- what operators add ---- */

/* "10.1.0.5" or "10.1.0.128/25"; the prefix may have host bits. */
static int read_excluded(const cJSON *list, struct host_local_conf *conf, struct cni_error *err)
{
	const cJSON *item;

	if (cni_json_check_list(list, "ipam.exclude", err) < 0)
		return -1;
	conf->excluded = cni_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*conf->excluded));
	cJSON_ArrayForEach (item, list) {
		struct cni_net *net = &conf->excluded[conf->excluded_count];
		const char *text = cJSON_IsString(item) ? item->valuestring : "";

		if (cJSON_IsNull(item))
			continue;
		if (cni_net_parse(text, net) < 0) {
			if (cni_ip_parse(text, &net->ip) < 0)
				return cni_fail(err, CNI_ECONFIG,
						"an entry of 'ipam.exclude' is %s, expected an "
						"address or a prefix such as \"10.1.0.128/25\"",
						cni_json_show(item));
			net->prefix = (uint8_t)cni_ip_bits(&net->ip);
		}
		conf->excluded_count++;
	}
	return 0;
}

static void make_spans(struct host_local_conf *conf)
{
	conf->spans = cni_alloc(conf->sets.count * sizeof(*conf->spans));
	for (size_t i = 0; i < conf->sets.count; i++)
		span_list_make(&conf->sets.items[i], conf->excluded, conf->excluded_count,
			       &conf->spans[i]);
}

/* ---- the whole ---- */

static struct place place_of(const struct cni_call *call, const struct keys *keys)
{
	return (struct place){
		.data_dir = *keys->data_dir == '/' ? keys->data_dir : DEFAULT_DATA_DIR,
		.network = call->conf.name,
		.lock_ms = keys->lock_timeout * 1000,
	};
}

static int read_all_sets(const struct keys *keys, struct host_local_conf *conf,
			 struct cni_error *err)
{
	if (range_sets_decode(&conf->sets, keys->ip_ranges, "runtimeConfig.ipRanges", err) < 0)
		return -1;
	if (cni_ip_is_set(&keys->flat.subnet.ip))
		range_sets_add(&conf->sets, &keys->flat);
	if (range_sets_decode(&conf->sets, keys->ranges, "ipam.ranges", err) < 0)
		return -1;
	if (keys->ranges_file && *keys->ranges_file &&
	    range_sets_read_file(&conf->sets, keys->ranges_file, err) < 0)
		return cni_fail_within(err, "'ipam.rangesFile'");
	conf->lacks_ranges = !conf->sets.count;
	if (conf->lacks_ranges)
		return cni_fail(err, CNI_ECONFIG,
				"no IP ranges specified: 'ipam' has none of 'ranges', 'rangesFile' "
				"and 'subnet'");
	return range_sets_complete(&conf->sets, err);
}

static int read_requests(const struct cni_call *call, const struct keys *keys,
			 struct host_local_conf *conf, struct cni_error *err)
{
	if (request_from_args(call->env.args, conf, err) < 0 ||
	    request_list(keys->args_ips, "args.cni.ips", conf, err) < 0)
		return -1;
	return request_list(keys->runtime_ips, "runtimeConfig.ips", conf, err);
}

int host_local_conf_read(const struct cni_call *call, struct host_local_conf *ret_conf,
			 struct cni_error *err)
{
	struct keys keys = defaults;

	*ret_conf = (struct host_local_conf){0};
	if (!call->conf.ipam)
		return cni_fail(err, CNI_ECONFIG, "IPAM config missing 'ipam' key");
	if (cni_decode(fields, call->conf.json, &keys, false, err) < 0)
		return -1;
	if (*keys.data_dir && *keys.data_dir != '/')
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.dataDir' is \"%.128s\", expected an absolute path",
				keys.data_dir);
	ret_conf->place = place_of(call, &keys);
	ret_conf->reclaim = keys.reclaim;
	ret_conf->cooldown = keys.cooldown;
	if (keys.resolv_conf && *keys.resolv_conf)
		ret_conf->resolv_conf = keys.resolv_conf;
	if (read_all_sets(&keys, ret_conf, err) < 0 ||
	    check_count(ret_conf, call->conf.version, err) < 0 ||
	    read_excluded(keys.exclude, ret_conf, err) < 0 ||
	    cni_routes_decode(keys.routes, "'ipam.routes'", &ret_conf->routes,
			      &ret_conf->route_count, err) < 0 ||
	    read_requests(call, &keys, ret_conf, err) < 0)
		return -1;
	make_spans(ret_conf);
	if (!keys.sticky_key || !*keys.sticky_key)
		return 0;
	return sticky_key(keys.sticky_key, call->env.args, call->env.ifname, &ret_conf->key, err);
}

void host_local_conf_clear(struct host_local_conf *conf)
{
	for (size_t i = 0; i < conf->sets.count && conf->spans; i++)
		span_list_clear(&conf->spans[i]);
	free(conf->spans);
	range_sets_clear(&conf->sets);
	free(conf->excluded);
	free(conf->routes);
	free(conf->requested);
	*conf = (struct host_local_conf){0};
}

struct place host_local_conf_place(const struct cni_call *call)
{
	struct keys keys = defaults;
	struct cni_error ignored;

	cni_decode(place_fields, call->conf.json, &keys, true, &ignored);
	return place_of(call, &keys);
}
