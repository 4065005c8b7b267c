/* SPDX-License-Identifier: Apache-2.0 */
/* Errors in `ipam`: the plugin's name, and each key of host-local. Asked directly, and through
 * bridge, which has made its links by then: none of them is left. */
#include "bad_input.h"
#include "cleanup.h"
#include "error.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

static void assert_refused(const char *config, const struct refusal *refusal)
{
	struct plugin_call direct = bad_input_call(config);

	direct.plugin = BAD_INPUT_HOST_LOCAL;
	bad_input_refused(&direct, config, refusal);
	bad_input_config_refused(config, refusal);
}

/* `members` stand in `ipam`. */
static void assert_ipam_refused(const char *members, const struct refusal *refusal)
{
	freeing char *config = bad_input_ipam(members);

	assert_refused(config, refusal);
}

/* ---- the plugin ---- */

static void bridge__refuses_an_ipam_that_is_not_there(void **state)
{
	static const struct {
		const char *type, *says;
	} cases[] = {
		{"nonesuch", "failed to find plugin \"nonesuch\""},
		{"host-local ", "failed to find plugin \"host-local \""},
		{"HOST-LOCAL", "failed to find plugin \"HOST-LOCAL\""},
		{"h\xc3\xb6st-local", "failed to find plugin"},
		{"../ipam/host-local", "must be the name of an executable"},
		{"/bin/true", "must be the name of an executable"},
		{"./host-local", "must be the name of an executable"},
		{"..", "must be the name of an executable"},
		{".", "must be the name of an executable"},
		{"host-local/", "must be the name of an executable"},
		{"..\\\\host-local", "must be the name of an executable"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *members = cni_format("\"ipam\":{\"type\":\"%s\"}", cases[i].type);
		freeing char *config = bad_input_config(members);

		bad_input_config_refused(config, &(struct refusal){CNI_ECONFIG,
								   {"'ipam.type'", cases[i].says}});
	}
}

/* A directory, a file that may not be run, one that is no program. */
static void bridge__refuses_an_ipam_that_is_no_program(void **state)
{
	freeing char *config = bad_input_config("\"ipam\":{\"type\":\"odd\"}");
	struct plugin_call call = bad_input_call(config);

	(void)state;
	call.path = "/run/odd";
	sandbox_must("mkdir -p /run/odd/odd");
	bad_input_refused(&call, "a directory",
			  &(struct refusal){CNI_ECONFIG, {"'ipam.type'", "failed to find plugin"}});
	sandbox_must("rmdir /run/odd/odd; echo nonsense >/run/odd/odd");
	bad_input_refused(&call, "not executable", &(struct refusal){CNI_EDELEGATE, {"odd"}});
	sandbox_must("chmod +x /run/odd/odd");
	bad_input_refused(&call, "no program", &(struct refusal){CNI_EDELEGATE, {"odd"}});
	sandbox_must("rm -r /run/odd");
}

/* ---- wrong types ---- */

enum { NUMBER = 1, STRING = 2, LIST = 4, OBJECT = 8 };

/* Some are right nowhere. */
static const struct value {
	int type;
	const char *json;
} values[] = {
	{0, "true"},	   {NUMBER, "5"}, {0, "-5"},	     {0, "0.5"},     {0, "1e+300"},
	{STRING, "\"x\""}, {LIST, "[]"},  {LIST, "[\"x\"]"}, {OBJECT, "{}"}, {OBJECT, "{\"a\":1}"},
};

#define IPAM  "\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"" SANDBOX_DIR "/leases\","
#define POOL  IPAM "\"subnet\":\"10.1.0.0/24\","
#define RANGE IPAM "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\","
#define ROUTE POOL "\"routes\":[{\"dst\":\"10.2.0.0/16\","

/* Each key: what stands before and after its value, of which type that is, and how an error names
 * it and says what it wants. */
static const struct key {
	const char *before, *after;
	int types;
	const char *name, *expected;
} keys[] = {
	{POOL "\"dataDir\":", "}", STRING, "'ipam.dataDir'", "a string"},
	{POOL "\"resolvConf\":", "}", STRING, "'ipam.resolvConf'", "a string"},
	{IPAM "\"subnet\":", "}", 0, "'ipam.subnet'", "CIDR notation"},
	{POOL "\"rangeStart\":", "}", 0, "'ipam.rangeStart'", "an IP address"},
	{POOL "\"rangeEnd\":", "}", 0, "'ipam.rangeEnd'", "an IP address"},
	{POOL "\"gateway\":", "}", 0, "'ipam.gateway'", "an IP address"},
	{POOL "\"ranges\":", "}", LIST, "'ipam.ranges'", "list"},
	{POOL "\"ranges\":[", "]}", LIST, "'ipam.ranges[0]'", "a list of ranges"},
	{POOL "\"ranges\":[[", "]]}", OBJECT, "'ipam.ranges[0]'", "an object"},
	{IPAM "\"ranges\":[[{\"subnet\":", "}]]}", 0, "'subnet'", "CIDR notation"},
	{RANGE "\"rangeStart\":", "}]]}", 0, "'rangeStart'", "an IP address"},
	{RANGE "\"rangeEnd\":", "}]]}", 0, "'rangeEnd'", "an IP address"},
	{RANGE "\"gateway\":", "}]]}", 0, "'gateway'", "an IP address"},
	{POOL "\"routes\":", "}", LIST, "'ipam.routes'", "list"},
	{POOL "\"routes\":[", "]}", OBJECT, "'ipam.routes'", "objects"},
	{POOL "\"routes\":[{\"dst\":", "}]}", 0, "'ipam.routes': 'dst'", "CIDR notation"},
	{ROUTE "\"gw\":", "}]}", 0, "'ipam.routes': 'gw'", "an IP address"},
	{ROUTE "\"mtu\":", "}]}", NUMBER, "'ipam.routes': 'mtu'", "a whole number"},
	{ROUTE "\"advmss\":", "}]}", NUMBER, "'ipam.routes': 'advmss'", "a whole number"},
	{ROUTE "\"priority\":", "}]}", NUMBER, "'ipam.routes': 'priority'", "a whole number"},
	{ROUTE "\"table\":", "}]}", NUMBER, "'ipam.routes': 'table'", "a whole number"},
	{ROUTE "\"scope\":", "}]}", NUMBER, "'ipam.routes': 'scope'", "a whole number"},
	{"\"runtimeConfig\":{\"ipRanges\":", "}", LIST, "'runtimeConfig.ipRanges'", "list"},
	{"\"runtimeConfig\":{\"ipRanges\":[", "]}", LIST, "'runtimeConfig.ipRanges[0]'",
	 "a list of ranges"},
	{"\"runtimeConfig\":{\"ips\":", "}", LIST, "'runtimeConfig.ips'", "list"},
	{"\"runtimeConfig\":{\"ips\":[", "]}", STRING, "'runtimeConfig.ips'", "a string"},
	{"\"args\":{\"cni\":{\"ips\":", "}}", LIST, "'args.cni.ips'", "list"},
	{"\"args\":{\"cni\":{\"ips\":[", "]}}", STRING, "'args.cni.ips'", "a string"},
};

static void assert_wrong_type_refused(const struct key *key, const struct value *value,
				      bool through_bridge)
{
	freeing char *members = cni_format("%s%s%s", key->before, value->json, key->after);
	freeing char *config = bad_input_config(members);
	struct refusal refusal = {CNI_ECONFIG, {key->name, key->expected, value->json}};
	struct plugin_call call = bad_input_call(config);

	if (!through_bridge)
		call.plugin = BAD_INPUT_HOST_LOCAL;
	bad_input_refused(&call, config, &refusal);
}

static void host_local__refuses_wrong_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++)
			if (!(values[j].type & keys[i].types))
				assert_wrong_type_refused(&keys[i], &values[j], false);
}

/* A single wrong type for each key: making and removing links takes the kernel a while. */
static void bridge__passes_wrong_types_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_wrong_type_refused(&keys[i], &values[0], true);
}

/* ---- wrong values ---- */

static const struct {
	const char *range;
	const char *says[4];
} wrong_ranges[] = {
	{"\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\",\"rangeEnd\":\"10.1.0.5\"",
	 {"'rangeStart' 10.1.0.9", "'rangeEnd' 10.1.0.5"}},
	{"\"subnet\":\"fd00::/64\",\"rangeStart\":\"fd00::9\",\"rangeEnd\":\"fd00::5\"",
	 {"'rangeStart' fd00::9", "'rangeEnd' fd00::5"}},
	{"\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.1.5\"",
	 {"'rangeStart' 10.1.1.5", "'subnet' 10.1.0.0/24"}},
	{"\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.0.255.255\"",
	 {"'rangeEnd' 10.0.255.255", "'subnet' 10.1.0.0/24"}},
	{"\"subnet\":\"fd00::/64\",\"rangeEnd\":\"fd00:0:0:1::\"",
	 {"'rangeEnd' fd00:0:0:1::", "'subnet' fd00::/64"}},
	{"\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"fd00::5\"",
	 {"'rangeStart' fd00::5", "'subnet' 10.1.0.0/24"}},
	{"\"subnet\":\"10.1.0.0/24\",\"gateway\":\"fd00::1\"",
	 {"'gateway' fd00::1", "'subnet' 10.1.0.0/24"}},
	{"\"subnet\":\"10.1.0.0/24\",\"gateway\":\"fe80::1\"",
	 {"'gateway' fe80::1", "'subnet' 10.1.0.0/24"}},
	{"\"subnet\":\"10.1.0.0/31\"", {"10.1.0.0/31", "too small", "/30 or shorter"}},
	{"\"subnet\":\"10.1.0.0/32\"", {"10.1.0.0/32", "too small", "/30 or shorter"}},
	{"\"subnet\":\"fd00::/127\"", {"fd00::/127", "too small", "/126 or shorter"}},
	{"\"subnet\":\"fd00::/128\"", {"fd00::/128", "too small", "/126 or shorter"}},
	{"\"subnet\":\"10.1.0.7/24\"", {"10.1.0.7/24", "host bits", "10.1.0.0/24"}},
	{"\"subnet\":\"fd00::7/64\"", {"fd00::7/64", "host bits", "fd00::/64"}},
	{"\"subnet\":\"10.1.0.0\"", {"subnet'", "\"10.1.0.0\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/33\"", {"subnet'", "\"10.1.0.0/33\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/-1\"", {"subnet'", "\"10.1.0.0/-1\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/\"", {"subnet'", "\"10.1.0.0/\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/24x\"", {"subnet'", "\"10.1.0.0/24x\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/255.255.255.0\"", {"subnet'", "CIDR notation"}},
	{"\"subnet\":\"10.1.0/24\"", {"subnet'", "\"10.1.0/24\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.256/24\"", {"subnet'", "\"10.1.0.256/24\"", "CIDR notation"}},
	{"\"subnet\":\"10.01.0.0/24\"", {"subnet'", "\"10.01.0.0/24\"", "CIDR notation"}},
	{"\"subnet\":\"fd00::/129\"", {"subnet'", "\"fd00::/129\"", "CIDR notation"}},
	{"\"subnet\":\"fd00:::/64\"", {"subnet'", "\"fd00:::/64\"", "CIDR notation"}},
	{"\"subnet\":\" 10.1.0.0/24\"", {"subnet'", "\" 10.1.0.0/24\"", "CIDR notation"}},
	{"\"subnet\":\"blue\"", {"subnet'", "\"blue\"", "CIDR notation"}},
	{"\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.5/24\"",
	 {"rangeStart'", "\"10.1.0.5/24\"", "an IP address"}},
	{"\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.1.0\"",
	 {"rangeEnd'", "\"10.1.0\"", "an IP address"}},
	{"\"subnet\":\"10.1.0.0/24\",\"gateway\":\"gw\"", {"gateway'", "\"gw\"", "an IP address"}},
};

static void host_local__refuses_wrong_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_ranges) / sizeof(*wrong_ranges); i++) {
		freeing char *set = cni_format("\"ranges\":[[{%s}]]", wrong_ranges[i].range);
		struct refusal refusal = {CNI_ECONFIG};
		freeing char *old = NULL;
		struct plugin_call call;

		memcpy(refusal.says, wrong_ranges[i].says, sizeof(wrong_ranges[i].says));
		assert_ipam_refused(set, &refusal);
		/* The same in the old form, which makes no difference to bridge. */
		old = bad_input_ipam(wrong_ranges[i].range);
		call = bad_input_call(old);
		call.plugin = BAD_INPUT_HOST_LOCAL;
		bad_input_refused(&call, old, &refusal);
	}
}

static void host_local__refuses_wrong_values(void **state)
{
	static const struct {
		const char *members;
		const char *says[4];
	} cases[] = {
		{"", {"no IP ranges specified", "'ranges'", "'subnet'"}},
		{"\"ranges\":[]", {"no IP ranges specified"}},
		{"\"ranges\":[[]]", {"empty range set"}},
		{"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[]]", {"set 1", "empty range set"}},
		{"\"ranges\":[[{}]]", {"set 0", "'subnet' is missing", "CIDR notation"}},
		{"\"ranges\":[[{\"rangeStart\":\"10.1.0.5\"}]]", {"'subnet' is missing"}},
		{"\"rangeStart\":\"10.1.0.5\"", {"no IP ranges specified"}},
		{"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"10.1.0.0/24\"}]]",
		 {"10.1.0.1-10.1.0.254", "overlap"}},
		{"\"ranges\":[[{\"subnet\":\"10.1.0.0/16\"},{\"subnet\":\"10.1.9.0/24\"}]]",
		 {"10.1.0.1-10.1.255.254 and 10.1.9.1-10.1.9.254", "overlap"}},
		{"\"ranges\":[[{\"subnet\":\"10.1.9.0/24\"}],[{\"subnet\":\"10.1.0.0/16\"}]]",
		 {"range set 0 overlaps with 1"}},
		{"\"ranges\":[[{\"subnet\":\"fd00::/64\"}],[{\"subnet\":\"fd00::/80\"}]]",
		 {"range set 0 overlaps with 1"}},
		{"\"subnet\":\"10.1.0.0/24\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]",
		 {"range set 0 overlaps with 1"}},
		{"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"fd00::/64\"}]]",
		 {"mixed address families"}},
		{"\"subnet\":\"10.1.0.0/24\",\"dataDir\":\"leases\"",
		 {"'ipam.dataDir'", "\"leases\"", "absolute path"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{}]",
		 {"'ipam.routes'", "'dst' is missing"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"gw\":\"10.1.0.1\"}]",
		 {"'ipam.routes'", "'dst' is missing"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"10.2.0.0\"}]",
		 {"'ipam.routes'", "'dst'", "\"10.2.0.0\"", "CIDR notation"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"10.2.0.0/16\",\"gw\":\"::1\"}]",
		 {"'ipam.routes'", "different families"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"::/0\",\"gw\":\"x\"}]",
		 {"'ipam.routes'", "'gw'", "\"x\"", "an IP address"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"::/0\",\"scope\":256}]",
		 {"'ipam.routes'", "'scope'", "256", "0 to 255"}},
		{"\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"::/0\",\"table\":4294967296}]",
		 {"'ipam.routes'", "'table'", "4294967296", "4294967295"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct refusal refusal = {CNI_ECONFIG};

		memcpy(refusal.says, cases[i].says, sizeof(cases[i].says));
		assert_ipam_refused(cases[i].members, &refusal);
	}
}

static void host_local__refuses_wrong_requests(void **state)
{
	static const struct {
		const char *members;
		const char *says[4];
	} cases[] = {
		{"\"runtimeConfig\":{\"ips\":[\"ten\"]}",
		 {"'runtimeConfig.ips'", "\"ten\"", "an IP address"}},
		{"\"args\":{\"cni\":{\"ips\":[\"10.1.0.300\"]}}",
		 {"'args.cni.ips'", "\"10.1.0.300\"", "an IP address"}},
		{"\"args\":{\"cni\":{\"ips\":[\"10.1.0.0/24/24\"]}}",
		 {"'args.cni.ips'", "an IP address"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = bad_input_config(cases[i].members);
		struct refusal refusal = {CNI_ECONFIG};

		memcpy(refusal.says, cases[i].says, sizeof(cases[i].says));
		assert_refused(config, &refusal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bad_input_test(bridge__refuses_an_ipam_that_is_not_there),
		bad_input_test(bridge__refuses_an_ipam_that_is_no_program),
		bad_input_test(host_local__refuses_wrong_types),
		bad_input_test(bridge__passes_wrong_types_on),
		bad_input_test(host_local__refuses_wrong_ranges),
		bad_input_test(host_local__refuses_wrong_values),
		bad_input_test(host_local__refuses_wrong_requests),
	};

	return cmocka_run_group_tests(tests, bad_input_setup, NULL);
}
