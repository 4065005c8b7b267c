/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_options.h"

#include "args.h"
#include "cleanup.h"
#include "decode.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX     255
#define CLIENT_ID_MAX 254

/* The options that a server is asked for: all that a result has room for. */
static const uint8_t requested_by_default[] = {
	DHCP_OPTION_MASK,	  DHCP_OPTION_CLASSLESS_ROUTES, DHCP_OPTION_MICROSOFT_ROUTES,
	DHCP_OPTION_ROUTERS,	  DHCP_OPTION_STATIC_ROUTES,	DHCP_OPTION_NAMESERVERS,
	DHCP_OPTION_DOMAIN,	  DHCP_OPTION_SEARCH,		DHCP_OPTION_MTU,
	DHCP_OPTION_RENEWAL_TIME, DHCP_OPTION_REBINDING_TIME,
};

static const uint8_t requested_by_go[] = {DHCP_OPTION_ROUTERS, DHCP_OPTION_MASK};

/* clang-format off: a line for each. */
static const struct cni_word names[] = {
	{"subnet-mask", 1},
	{"time-offset", 2},
	{"routers", 3},
	{"time-servers", 4},
	{"ien116-name-servers", 5},
	{"domain-name-servers", 6},
	{"log-servers", 7},
	{"cookie-servers", 8},
	{"lpr-servers", 9},
	{"impress-servers", 10},
	{"resource-location-servers", 11},
	{"host-name", 12},
	{"boot-size", 13},
	{"merit-dump", 14},
	{"domain-name", 15},
	{"swap-server", 16},
	{"root-path", 17},
	{"extensions-path", 18},
	{"ip-forwarding", 19},
	{"non-local-source-routing", 20},
	{"policy-filter", 21},
	{"max-dgram-reassembly", 22},
	{"default-ip-ttl", 23},
	{"path-mtu-aging-timeout", 24},
	{"path-mtu-plateau-table", 25},
	{"interface-mtu", 26},
	{"all-subnets-local", 27},
	{"broadcast-address", 28},
	{"perform-mask-discovery", 29},
	{"mask-supplier", 30},
	{"router-discovery", 31},
	{"router-solicitation-address", 32},
	{"static-routes", 33},
	{"trailer-encapsulation", 34},
	{"arp-cache-timeout", 35},
	{"ieee802-3-encapsulation", 36},
	{"default-tcp-ttl", 37},
	{"tcp-keepalive-interval", 38},
	{"tcp-keepalive-garbage", 39},
	{"nis-domain", 40},
	{"nis-servers", 41},
	{"ntp-servers", 42},
	{"vendor-encapsulated-options", 43},
	{"netbios-name-servers", 44},
	{"netbios-dd-server", 45},
	{"netbios-node-type", 46},
	{"netbios-scope", 47},
	{"font-servers", 48},
	{"x-display-manager", 49},
	{"dhcp-requested-address", 50},
	{"dhcp-lease-time", 51},
	{"dhcp-option-overload", 52},
	{"dhcp-message-type", 53},
	{"dhcp-server-identifier", 54},
	{"dhcp-parameter-request-list", 55},
	{"dhcp-message", 56},
	{"dhcp-max-message-size", 57},
	{"dhcp-renewal-time", 58},
	{"dhcp-rebinding-time", 59},
	{"vendor-class-identifier", 60},
	{"dhcp-client-identifier", 61},
	{"nwip-domain", 62},
	{"nwip-suboptions", 63},
	{"nisplus-domain", 64},
	{"nisplus-servers", 65},
	{"tftp-server-name", 66},
	{"bootfile-name", 67},
	{"mobile-ip-home-agent", 68},
	{"smtp-server", 69},
	{"pop-server", 70},
	{"nntp-server", 71},
	{"www-server", 72},
	{"finger-server", 73},
	{"irc-server", 74},
	{"streettalk-server", 75},
	{"streettalk-directory-assistance-server", 76},
	{"user-class", 77},
	{"slp-directory-agent", 78},
	{"slp-service-scope", 79},
	{"fqdn", 81},
	{"nds-servers", 85},
	{"nds-tree-name", 86},
	{"nds-context", 87},
	{"bcms-controller-names", 88},
	{"bcms-controller-address", 89},
	{"uap-servers", 98},
	{"pcode", 100},
	{"tcode", 101},
	{"netinfo-server-address", 112},
	{"netinfo-server-tag", 113},
	{"default-url", 114},
	{"subnet-selection", 118},
	{"domain-search", 119},
	{"classless-static-routes", 121},
	{"vivco", 124},
	{"vivso", 125},
	{0},
};
/* clang-format on */

/* The machine of the lease writes these itself. */
static const uint8_t ours[] = {
	DHCP_OPTION_REQUESTED_ADDRESS, DHCP_OPTION_OVERLOAD,
	DHCP_OPTION_MESSAGE_TYPE,      DHCP_OPTION_SERVER,
	DHCP_OPTION_REQUEST_LIST,      DHCP_OPTION_MESSAGE_SIZE,
};

uint8_t dhcp_option_code(const char *name)
{
	unsigned long code = 0;
	char *end = NULL;

	for (const struct cni_word *word = names; word->word; word++)
		if (!strcmp(word->word, name))
			return (uint8_t)word->number;
	if (*name < '0' || *name > '9')
		return 0;
	code = strtoul(name, &end, 10);
	return *end || code >= DHCP_OPTION_END ? 0 : (uint8_t)code;
}

static int read_code(const char *name, const char *key, uint8_t *ret_code, struct cni_error *err)
{
	*ret_code = dhcp_option_code(name);
	if (*ret_code)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'%s.option' is \"%.64s\", expected a name of dhcp-options(5) or a number "
			"from 1 to 254",
			key, name);
}

static int refuse_ours(uint8_t code, const char *name, struct cni_error *err)
{
	for (size_t i = 0; i < sizeof(ours); i++)
		if (code == ours[i])
			return cni_fail(err, CNI_ECONFIG,
					"'ipam.provide.option' is \"%.64s\", expected an option "
					"that is not the protocol's own: the plugin writes it",
					name);
	return 0;
}

/* ---- provide ---- */

struct provided {
	const char *option;
	const char *value;
	const char *argument;
};

const struct cni_field dhcp_provide_fields[] = {
	CNI_FIELD(struct provided, "option", option,
		  "The option: a name of dhcp-options(5), such as host-name, or a number "
		  "from 1 to 254",
		  .unless = CNI_REQUIRED),
	CNI_FIELD(struct provided, "value", value, "The value, up to 255 bytes, as they are"),
	CNI_FIELD(struct provided, "fromArg", argument,
		  "The argument of CNI_ARGS that overrides value"),
	{0},
};

static int put_value(struct dhcp_options *options, uint8_t code, const char *name,
		     const char *value, struct cni_error *err)
{
	if (strlen(value) > VALUE_MAX)
		return cni_fail(err, CNI_ECONFIG,
				"the value of option \"%.64s\" in 'ipam.provide' has %zu bytes, "
				"expected at most %d",
				name, strlen(value), VALUE_MAX);
	if (dhcp_options_put(options, code, value, strlen(value)))
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'ipam.provide' has more than fits into a message, at option \"%.64s\"",
			name);
}

/* A value of CNI_ARGS overrides the one of the configuration. */
static int put_provided(const cJSON *item, const char *arguments, struct dhcp_options *options,
			struct cni_error *err)
{
	struct provided provided = {.option = "", .value = "", .argument = ""};
	freeing char *argument = NULL;
	uint8_t code;

	if (!cJSON_IsObject(item))
		return cni_fail(err, CNI_ECONFIG, "'ipam.provide' has %s, expected objects",
				cni_json_show(item));
	if (cni_decode(dhcp_provide_fields, item, &provided, false, err) < 0)
		return cni_fail_within(err, "'ipam.provide'");
	if (read_code(provided.option, "ipam.provide", &code, err) < 0 ||
	    refuse_ours(code, provided.option, err) < 0)
		return -1;
	if (*provided.argument)
		argument = cni_args_get(arguments, provided.argument);
	if (argument)
		return put_value(options, code, provided.option, argument, err);
	return *provided.value ? put_value(options, code, provided.option, provided.value, err) : 0;
}

/* ---- request ---- */

struct requested {
	const char *option;
	bool skip_default;
};

const struct cni_field dhcp_request_fields[] = {
	CNI_FIELD(struct requested, "option", option,
		  "The option: a name of dhcp-options(5) or a number from 1 to 254"),
	CNI_FIELD(struct requested, "skipDefault", skip_default,
		  "The server is asked for the listed options only", .unless = "false"),
	{0},
};

static void add_code(uint8_t list[256], size_t *count, uint8_t code)
{
	if (!memchr(list, code, *count))
		list[(*count)++] = code;
}

static int read_requested(const cJSON *request, uint8_t list[256], size_t *count, bool *skip,
			  struct cni_error *err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, request) {
		struct requested requested = {.option = ""};
		uint8_t code;

		if (!cJSON_IsObject(item))
			return cni_fail(err, CNI_ECONFIG, "'ipam.request' has %s, expected objects",
					cni_json_show(item));
		if (cni_decode(dhcp_request_fields, item, &requested, false, err) < 0)
			return cni_fail_within(err, "'ipam.request'");
		*skip |= requested.skip_default;
		if (!*requested.option)
			continue;
		if (read_code(requested.option, "ipam.request", &code, err) < 0)
			return -1;
		add_code(list, count, code);
	}
	return 0;
}

int dhcp_options_put_requested(const cJSON *request, bool as_go, struct dhcp_options *options,
			       struct cni_error *err)
{
	const uint8_t *defaults = as_go ? requested_by_go : requested_by_default;
	size_t default_count = as_go ? sizeof(requested_by_go) : sizeof(requested_by_default);
	uint8_t list[256];
	size_t count = 0;
	bool skip = false;

	if (read_requested(request, list, &count, &skip, err) < 0)
		return -1;
	for (size_t i = 0; !skip && i < default_count; i++)
		add_code(list, &count, defaults[i]);
	if (count && !dhcp_options_put(options, DHCP_OPTION_REQUEST_LIST, list, count))
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.request' has more than fits into a message");
	return 0;
}

int dhcp_options_of_conf(const cJSON *provide, const cJSON *request, const char *arguments,
			 struct dhcp_options *options, struct cni_error *err)
{
	const cJSON *item;

	if (cni_json_check_list(provide, "ipam.provide", err) < 0 ||
	    cni_json_check_list(request, "ipam.request", err) < 0)
		return -1;
	cJSON_ArrayForEach (item, provide)
		if (put_provided(item, arguments, options, err) < 0)
			return -1;
	return dhcp_options_put_requested(request, false, options, err);
}

void dhcp_options_put_client_id(struct dhcp_options *options, const char *container,
				const char *network, const char *ifname)
{
	freeing char *text = cni_format("%c%s/%s/%s", '.', container, network, ifname);
	size_t size = strlen(text);

	text[0] = 0;
	dhcp_options_put(options, DHCP_OPTION_CLIENT_ID, text,
			 size < CLIENT_ID_MAX + 1 ? size : CLIENT_ID_MAX + 1);
}
