/* SPDX-License-Identifier: Apache-2.0 */
/* static: the addresses that the configuration or the runtime names, and no others. It keeps
 * nothing anywhere, so that DEL and GC have nothing to do. */
#include "cni.h"

#include "cleanup.h"
#include "ipam_conf.h"

#include <stdlib.h>
#include <string.h>

/* The configuration after the keys are read. */
struct static_conf {
	struct cni_result_ip *ips;
	size_t ip_count;
	struct cni_route *routes;
	size_t route_count;
	struct cni_dns dns;
};

static void static_conf_clear(struct static_conf *conf)
{
	free(conf->ips);
	free(conf->routes);
	cni_dns_clear(&conf->dns);
	*conf = (struct static_conf){0};
}
#define clearing_conf __attribute__((cleanup(static_conf_clear)))

/* The keys as they stand in the configuration. */
struct keys {
	const cJSON *addresses;
	const cJSON *routes;
	const cJSON *dns;
	struct cni_strings args_ips;
	struct cni_strings runtime_ips;
};

/* "addresses": [{"address": "10.1.0.5/24", "gateway": "10.1.0.1"}] */
struct entry {
	const char *address;
	struct cni_ip gateway;
};

static const struct cni_field entry_fields[] = {
	CNI_FIELD(struct entry, "address", address, "The address with its prefix",
		  .unless = CNI_REQUIRED),
	CNI_FIELD(struct entry, "gateway", gateway, "The gateway, of the same family"),
	{0},
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct keys, "addresses", addresses, "The addresses", .section = {"ipam"},
		  .type = CNI_TYPE_LIST, .items = entry_fields),
	CNI_FIELD(struct keys, "routes", routes, "The routes", .section = {"ipam"},
		  .type = CNI_TYPE_LIST, .items = cni_route_fields),
	CNI_FIELD(struct keys, "dns", dns, "DNS settings of the result", .section = {"ipam"},
		  .type = CNI_TYPE_OBJECT, .items = cni_dns_fields),
	CNI_FIELD(struct keys, "ips", args_ips,
		  "Addresses with prefixes, instead of IP of CNI_ARGS and addresses",
		  .section = {"args", "cni"}, .type = CNI_TYPE_PREFIXES),
	CNI_FIELD(struct keys, "ips", runtime_ips, "Addresses with prefixes, instead of all others",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_PREFIXES),
	{0},
};

/* ---- the addresses ---- */

static void append(struct static_conf *conf, const struct cni_net *net,
		   const struct cni_ip *gateway)
{
	conf->ips = cni_realloc_array(conf->ips, conf->ip_count + 1, sizeof(*conf->ips));
	conf->ips[conf->ip_count++] = (struct cni_result_ip){
		.address = *net, .gateway = *gateway, .interface = CNI_NO_INTERFACE};
}

static int read_address(const cJSON *item, struct static_conf *conf, struct cni_error *err)
{
	struct entry entry = {.address = ""};
	struct cni_net net;

	if (!cJSON_IsObject(item))
		return cni_fail(err, CNI_ECONFIG, "it is %s, expected an object",
				cni_json_show(item));
	if (cni_decode(entry_fields, item, &entry, false, err) < 0)
		return -1;
	if (cni_net_parse(entry.address, &net) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"the 'address' field is expected to be in CIDR notation, got: "
				"'%.64s'",
				entry.address);
	if (cni_ip_is_set(&entry.gateway) && entry.gateway.family != net.ip.family)
		return cni_fail(err, CNI_ECONFIG,
				"'address' and 'gateway' are of different families");
	if (cni_ip_is_unspecified(&entry.gateway))
		entry.gateway = (struct cni_ip){0};
	append(conf, &net, &entry.gateway);
	return 0;
}

static int read_addresses(const cJSON *list, struct static_conf *conf, struct cni_error *err)
{
	const cJSON *item;
	size_t number = 0;

	if (cni_json_check_list(list, "ipam.addresses", err) < 0)
		return -1;
	cJSON_ArrayForEach (item, list) {
		if (!cJSON_IsNull(item) && read_address(item, conf, err) < 0)
			return cni_fail_within(err, "'ipam.addresses[%zu]'", number);
		number++;
	}
	return 0;
}

static int append_text(struct static_conf *conf, const char *text, const char *complaint,
		       struct cni_error *err)
{
	const struct cni_ip none = {0};
	struct cni_net net;

	if (cni_net_parse(text, &net) < 0)
		return cni_fail(err, CNI_ECONFIG, "%s in CIDR notation, got: '%.64s'", complaint,
				text);
	append(conf, &net, &none);
	return 0;
}

/* The next item of a list with commas, without the blanks around it; NULL at its end. */
static char *next_item(char **rest)
{
	static const char blanks[] = " \t\r\n\v\f";
	char *item = strsep(rest, ",");
	size_t length;

	if (!item)
		return NULL;
	item += strspn(item, blanks);
	length = strlen(item);
	while (length && strchr(blanks, item[length - 1]))
		item[--length] = '\0';
	return item;
}

/* CNI_ARGS: "IP=10.1.0.5/24,fd00::5/64" */
static int append_from_arguments(char *list, struct static_conf *conf, struct cni_error *err)
{
	for (char *item = next_item(&list); item; item = next_item(&list))
		if (append_text(conf, item, "ARGS: the 'ip' field is expected to be", err) < 0)
			return -1;
	return 0;
}

/* These leave none of what was named before them, if they name any. */
static int replace_by(const struct cni_strings *ips, const char *what, struct static_conf *conf,
		      struct cni_error *err)
{
	if (ips->count)
		conf->ip_count = 0;
	for (size_t i = 0; i < ips->count; i++)
		if (append_text(conf, ips->items[i], "an entry in the 'ips' field is NOT", err) < 0)
			return cni_fail_within(err, "'%s'", what);
	return 0;
}

/* CNI_ARGS: "GATEWAY=10.1.0.1,fd00::1", each for the addresses of its network that have none of
 * their own; of two for the same network the last one wins. */
static int set_gateways(char *list, struct static_conf *conf, struct cni_error *err)
{
	freeing struct cni_ip *own = cni_alloc((conf->ip_count + 1) * sizeof(*own));

	for (size_t i = 0; i < conf->ip_count; i++)
		own[i] = conf->ips[i].gateway;
	for (char *item = next_item(&list); item; item = next_item(&list)) {
		struct cni_ip gateway;

		if (cni_ip_parse(item, &gateway) < 0)
			return cni_fail(err, CNI_ECONFIG, "ARGS: invalid gateway address: %.64s",
					item);
		for (size_t i = 0; i < conf->ip_count; i++)
			if (!cni_ip_is_set(&own[i]) &&
			    cni_net_contains(&conf->ips[i].address, &gateway))
				conf->ips[i].gateway = gateway;
	}
	return 0;
}

/* Adds the addresses of `addresses` and of CNI_ARGS; args.cni overrides both, and runtimeConfig overrides
 * all. Overridden values must be valid too, except for `addresses`, which may be a template's. */
static int read_ips(const struct cni_call *call, const struct keys *keys, struct static_conf *conf,
		    struct cni_error *err)
{
	freeing char *ip = NULL;
	freeing char *gateway = NULL;
	const struct cni_arg known[] = {{"IP", &ip}, {"GATEWAY", &gateway}, {NULL, NULL}};
	bool are_replaced = keys->args_ips.count || keys->runtime_ips.count;

	if (cni_args_parse(call->env.args, known, err) < 0)
		return -1;
	if (!are_replaced && read_addresses(keys->addresses, conf, err) < 0)
		return -1;
	if (ip && *ip && append_from_arguments(ip, conf, err) < 0)
		return -1;
	if (replace_by(&keys->args_ips, "args.cni", conf, err) < 0 ||
	    replace_by(&keys->runtime_ips, "runtimeConfig", conf, err) < 0)
		return -1;
	return gateway && *gateway ? set_gateways(gateway, conf, err) : 0;
}

static int check_count(const struct static_conf *conf, enum cni_version version,
		       struct cni_error *err)
{
	size_t v4 = 0;

	for (size_t i = 0; i < conf->ip_count; i++)
		v4 += conf->ips[i].address.ip.family == AF_INET;
	return ipam_conf_check_count(v4, conf->ip_count - v4, version, err);
}

/* ---- the rest ---- */

static int read_keys(const struct cni_call *call, const struct keys *keys, struct static_conf *conf,
		     struct cni_error *err)
{
	if (read_ips(call, keys, conf, err) < 0 || check_count(conf, call->conf.version, err) < 0 ||
	    cni_routes_decode(keys->routes, "'ipam.routes'", &conf->routes, &conf->route_count,
			      err) < 0)
		return -1;
	if (cni_dns_decode(keys->dns, &conf->dns, err) < 0)
		return cni_fail_within(err, "'ipam'");
	return 0;
}

static int read_conf(const struct cni_call *call, struct static_conf *ret_conf,
		     struct cni_error *err)
{
	struct keys keys = {0};
	int failed;

	*ret_conf = (struct static_conf){0};
	if (!call->conf.ipam)
		return cni_fail(err, CNI_ECONFIG, "IPAM config missing 'ipam' key");
	failed = cni_decode(fields, call->conf.json, &keys, false, err);
	if (!failed)
		failed = read_keys(call, &keys, ret_conf, err);
	free(keys.args_ips.items);
	free(keys.runtime_ips.items);
	return failed;
}

/* ---- the verbs ---- */

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	clearing_conf struct static_conf conf = {0};

	if (read_conf(call, &conf, err) < 0)
		return -1;
	for (size_t i = 0; i < conf.ip_count; i++)
		cni_result_add_ip(result, &conf.ips[i]);
	for (size_t i = 0; i < conf.route_count; i++)
		cni_result_add_route(result, &conf.routes[i]);
	cni_dns_append(&result->dns, &conf.dns);
	return 0;
}

static const struct cni_result_ip *find(const struct cni_result *result, const struct cni_net *net)
{
	for (size_t i = 0; i < result->ip_count; i++)
		if (cni_net_equal(&result->ips[i].address, net))
			return &result->ips[i];
	return NULL;
}

/* The main plugin may have found a gateway where the configuration has none, and have more addresses. */
static int check_ip(const struct cni_call *call, const struct cni_result_ip *expected,
		    struct cni_error *err)
{
	const struct cni_result_ip *found = find(&call->conf.prev_result, &expected->address);
	char address[CNI_NET_TEXT_SIZE];
	char wanted[CNI_IP_TEXT_SIZE];
	char has[CNI_IP_TEXT_SIZE];

	cni_net_format(&expected->address, address);
	if (!found)
		return cni_fail(err, CNI_EMISMATCH,
				"static: Failed to match addr %s on interface %s: prevResult does "
				"not have it",
				address, call->env.ifname);
	if (cni_ip_is_set(&expected->gateway) && !cni_ip_equal(&expected->gateway, &found->gateway))
		return cni_fail(err, CNI_EMISMATCH,
				"static: Failed to match addr %s on interface %s: expected gateway "
				"%s, found %s in prevResult",
				address, call->env.ifname,
				cni_ip_format(&expected->gateway, wanted),
				cni_ip_is_set(&found->gateway) ? cni_ip_format(&found->gateway, has)
							       : "none");
	return 0;
}

static int check(const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct static_conf conf = {0};

	if (read_conf(call, &conf, err) < 0)
		return -1;
	if (!call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG, "Required prevResult missing");
	for (size_t i = 0; i < conf.ip_count; i++)
		if (check_ip(call, &conf.ips[i], err) < 0)
			return -1;
	return 0;
}

static int status(const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct static_conf conf = {0};

	return read_conf(call, &conf, err);
}

static const struct cni_argument arguments[] = {
	CNI_ARGUMENT("IP", "More addresses with prefixes, separated by commas"),
	CNI_ARGUMENT("GATEWAY",
		     "Addresses, separated by commas: each is the gateway of the addresses in its "
		     "network that have none of their own"),
	{0},
};

static const struct cni_description description = {
	.about = "Gives out the addresses that the configuration or the runtime names",
	.role = CNI_ROLE_IPAM,
	.fields = fields,
	.arguments = arguments,
};

static const struct cni_verbs verbs = {
	.type = "static",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.add = add,
	.check = check,
	.status = status,
	.mend = check,
	.validate = status,
	.description = &description,
};

int main(void)
{
	return cni_verbs_main(&verbs);
}
