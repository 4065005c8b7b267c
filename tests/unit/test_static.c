/* SPDX-License-Identifier: Apache-2.0 */
/* The result of static: the precedence of addresses, and refusals. */
#include "test.h"

int static_main(void);
#define main static_main
#include "../../ipam/static.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "json_text.h"

#define ONE  "'addresses':[{'address':'10.1.0.5/24','gateway':'10.1.0.1'}]"
#define NONE "'addresses':[]"
#define ARGS "'args':{'cni':{'ips':['10.3.0.5/24']}}"
#define RUN  "'runtimeConfig':{'ips':['10.4.0.5/24','fd04::5/64']}"

/* An invocation with {"ipam": {<ipam>}, <more>}; an ADD's answer goes to `ret_result`. */
static int run(enum cni_command command, const char *version, const char *ipam, const char *more,
	       const char *args, struct cni_result *ret_result, struct cni_error *err)
{
	struct cni_env env = {
		.command = command, .netns = "", .ifname = "eth0", .args = args, .path = "/none"};
	freeing char *quoted = cni_format("{'cniVersion':'%s','name':'blue','type':'macvlan',"
					  "'ipam':{'type':'static'%s%s}%s%s}",
					  version, *ipam ? "," : "", ipam, *more ? "," : "", more);
	freeing char *text = json_text(quoted);
	enum cni_version said;

	*ret_result = (struct cni_result){0};
	return cni_verbs_run(&verbs, &env, text, strlen(text), ret_result, &said, err);
}

/* "10.1.0.5/24>10.1.0.1 fd00::5/64" */
static char *describe(const struct cni_result *result)
{
	char *text = cni_strdup("");

	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_result_ip *ip = &result->ips[i];
		freeing char *before = text;
		char net[CNI_NET_TEXT_SIZE];
		char gateway[CNI_IP_TEXT_SIZE];

		assert_int_equal(ip->interface, CNI_NO_INTERFACE);
		text = cni_format("%s%s%s%s%s", before, i ? " " : "",
				  cni_net_format(&ip->address, net),
				  cni_ip_is_set(&ip->gateway) ? ">" : "",
				  cni_ip_format(&ip->gateway, gateway));
	}
	return text;
}

static const struct {
	const char *ipam, *more, *args, *expected;
} winners[] = {
	/* nothing, or one of the four */
	{"", "", "", ""},
	{NONE, "'args':null,'runtimeConfig':null", "", ""},
	{ONE, "", "", "10.1.0.5/24>10.1.0.1"},
	{"", "", "IP=10.2.0.5/24", "10.2.0.5/24"},
	{"", ARGS, "", "10.3.0.5/24"},
	{"", RUN, "", "10.4.0.5/24 fd04::5/64"},
	/* two of them */
	{ONE, "", "IP=10.2.0.5/24", "10.1.0.5/24>10.1.0.1 10.2.0.5/24"},
	{ONE, ARGS, "", "10.3.0.5/24"},
	{ONE, RUN, "", "10.4.0.5/24 fd04::5/64"},
	{"", ARGS, "IP=10.2.0.5/24", "10.3.0.5/24"},
	{"", RUN, "IP=10.2.0.5/24", "10.4.0.5/24 fd04::5/64"},
	{"", ARGS "," RUN, "", "10.4.0.5/24 fd04::5/64"},
	/* all */
	{ONE, ARGS "," RUN, "IP=10.2.0.5/24;GATEWAY=10.2.0.1", "10.4.0.5/24 fd04::5/64"},
	/* what names nothing replaces nothing */
	{ONE, "'args':{'cni':{'ips':[]}},'runtimeConfig':{'ips':[null]}",
	 "IP=;GATEWAY=", "10.1.0.5/24>10.1.0.1"},
	{ONE, "'args':{'cni':{}},'runtimeConfig':{}", "", "10.1.0.5/24>10.1.0.1"},
	{ONE, "'args':{},'runtimeConfig':{'ips':null}", "", "10.1.0.5/24>10.1.0.1"},
	/* a template's addresses need not be right if they are replaced */
	{"'addresses':[{'address':'to be filled in'}]", RUN, "", "10.4.0.5/24 fd04::5/64"},
	/* lists, blanks, both families */
	{"", "", "IP= 10.2.0.5/24 , fd02::5/64,10.2.0.6/24;GATEWAY= 10.2.0.1 ,fd02::1",
	 "10.2.0.5/24>10.2.0.1 fd02::5/64>fd02::1 10.2.0.6/24>10.2.0.1"},
	{"'addresses':[{'address':'10.1.0.5/24'},null,{'address':'fd01::5/64',"
	 "'gateway':'fd01::1'},{'address':'10.1.0.6/24','gateway':''},"
	 "{'address':'10.1.0.7/24','gateway':null}]",
	 "", "", "10.1.0.5/24 fd01::5/64>fd01::1 10.1.0.6/24 10.1.0.7/24"},
	{"'Addresses':[{'ADDRESS':'10.1.0.5/24','GateWay':'10.1.0.1'}]", "", "",
	 "10.1.0.5/24>10.1.0.1"},
	/* a gateway goes to the addresses of its network that have none of their own */
	{ONE, "", "GATEWAY=10.1.0.254", "10.1.0.5/24>10.1.0.1"},
	{"'addresses':[{'address':'10.1.0.5/24'}]", "", "GATEWAY=10.1.0.254",
	 "10.1.0.5/24>10.1.0.254"},
	{"", ARGS, "GATEWAY=10.3.0.1", "10.3.0.5/24>10.3.0.1"},
	{"", RUN, "GATEWAY=fd04::1,10.4.0.1", "10.4.0.5/24>10.4.0.1 fd04::5/64>fd04::1"},
	{"", "", "IP=10.2.0.5/24;GATEWAY=10.2.0.1,10.2.0.2", "10.2.0.5/24>10.2.0.2"},
	{"", "", "IP=10.2.0.5/24;GATEWAY=10.9.0.1", "10.2.0.5/24"},
	{"", "", "GATEWAY=10.2.0.1;IP=10.2.0.5/24", "10.2.0.5/24>10.2.0.1"},
	/* any prefix, host bits, a gateway elsewhere */
	{"'addresses':[{'address':'10.1.0.5/32','gateway':'169.254.1.1'}]", "", "",
	 "10.1.0.5/32>169.254.1.1"},
	{"'addresses':[{'address':'10.1.0.0/0'},{'address':'::/0'}]", "", "", "10.1.0.0/0 ::/0"},
	{"'addresses':[{'address':'::ffff:10.1.0.5/120'}]", "", "", "10.1.0.5/24"},
	/* the same twice is what was asked for */
	{"'addresses':[{'address':'10.1.0.5/24'},{'address':'10.1.0.5/24'}]", "", "",
	 "10.1.0.5/24 10.1.0.5/24"},
	/* other people's arguments */
	{ONE, "", "MAC=0a:58:0a:01:00:05;K8S_POD_NAME=web", "10.1.0.5/24>10.1.0.1"},
	{ONE, "", "IgnoreUnknown=1;FOO=BAR;ip=10.2.0.5/24", "10.1.0.5/24>10.1.0.1"},
};

static void static__answers_with_the_addresses_that_win(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(winners) / sizeof(*winners); i++) {
		struct cni_error err = {0};
		struct cni_result result;
		freeing char *text = NULL;

		if (run(CNI_ADD, "1.0.0", winners[i].ipam, winners[i].more, winners[i].args,
			&result, &err) < 0)
			fail_msg("%s %s %s: %s", winners[i].ipam, winners[i].more, winners[i].args,
				 err.msg);
		text = describe(&result);
		if (strcmp(text, winners[i].expected) != 0)
			fail_msg("%s %s %s: '%s', expected '%s'", winners[i].ipam, winners[i].more,
				 winners[i].args, text, winners[i].expected);
		cni_result_clear(&result);
	}
}

static void static__answers_with_routes_and_resolvers(void **state)
{
	struct cni_error err = {0};
	struct cni_result result;
	char text[CNI_NET_TEXT_SIZE];

	(void)state;
	if (run(CNI_ADD, "1.1.0",
		ONE ",'routes':[{'dst':'0.0.0.0/0'},null,{'dst':'fd00::/8','gw':'fd01::1',"
		    "'mtu':1400,'table':7}],'dns':{'nameservers':['10.1.0.1'],'domain':'x.y',"
		    "'search':['x.y','z'],'options':['ndots:2']}",
		/* of the network's plugin, which says it itself */
		"'dns':{'nameservers':['10.9.9.9']}", "", &result, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(result.route_count, 2);
	assert_string_equal(cni_net_format(&result.routes[0].dst, text), "0.0.0.0/0");
	assert_string_equal(cni_net_format(&result.routes[1].dst, text), "fd00::/8");
	assert_int_equal(result.routes[1].mtu, 1400);
	assert_int_equal(result.routes[1].table, 7);
	assert_int_equal(result.dns.nameserver_count, 1);
	assert_string_equal(result.dns.nameservers[0], "10.1.0.1");
	assert_string_equal(result.dns.domain, "x.y");
	assert_int_equal(result.dns.search_count, 2);
	assert_string_equal(result.dns.search[1], "z");
	assert_string_equal(result.dns.options[0], "ndots:2");
	cni_result_clear(&result);
}

static const struct refused {
	const char *version, *ipam, *more, *args, *says;
} refused[] = {
	{"1.0.0", "'addresses':{}", "", "", "'ipam.addresses' is {}, expected a list"},
	{"1.0.0", "'addresses':'10.1.0.5/24'", "", "",
	 "'ipam.addresses' is \"10.1.0.5/24\", expected a list or an object"},
	{"1.0.0", "'addresses':[5]", "", "", "'ipam.addresses[0]': it is 5, expected an object"},
	{"1.0.0", "'addresses':[null,{}]", "", "",
	 "'ipam.addresses[1]': the 'address' field is expected to be in CIDR notation, got: ''"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5'}]", "", "",
	 "the 'address' field is expected to be in CIDR notation, got: '10.1.0.5'"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5/33'}]", "", "", "got: '10.1.0.5/33'"},
	{"1.0.0", "'addresses':[{'address':'10.1.0/24'}]", "", "", "got: '10.1.0/24'"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5/255.255.255.0'}]", "", "", "got: '10.1.0.5/"},
	{"1.0.0", "'addresses':[{'address':' 10.1.0.5/24'}]", "", "", "got: ' 10.1.0.5/24'"},
	{"1.0.0", "'addresses':[{'address':'fd00::5%eth0/64'}]", "", "", "got: 'fd00::5%eth0/64'"},
	{"1.0.0", "'addresses':[{'address':5}]", "", "", "'address' is 5, expected a string"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5/24','gateway':'10.1.0.1/24'}]", "", "",
	 "'ipam.addresses[0]': 'gateway' is \"10.1.0.1/24\", expected an IP address"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5/24','gateway':5}]", "", "",
	 "'gateway' is 5, expected an IP address"},
	{"1.0.0", "'addresses':[{'address':'10.1.0.5/24','gateway':'fd00::1'}]", "", "",
	 "'address' and 'gateway' are of different families"},
	{"1.0.0", ONE, "", "IP=10.2.0.5",
	 "the 'ip' field is expected to be in CIDR notation, got: '10.2.0.5'"},
	{"1.0.0", ONE, "", "IP=10.2.0.5/24,",
	 "'ip' field is expected to be in CIDR notation, "
	 "got: ''"},
	{"1.0.0", ONE, RUN, "IP=nonsense", "got: 'nonsense'"},
	{"1.0.0", ONE, "", "GATEWAY=nowhere", "invalid gateway address: nowhere"},
	{"1.0.0", ONE, "", "GATEWAY=10.1.0.1,", "invalid gateway address: "},
	{"1.0.0", ONE, "", "IP=10.2.0.5/24;FOO=BAR", "ARGS: unknown args [\"FOO=BAR\"]"},
	{"1.0.0", ONE, "", "IP", "ARGS: invalid pair \"IP\""},
	{"1.0.0", ONE, "'args':{'cni':{'ips':['10.3.0.5']}}", "",
	 "'args.cni': an entry in the 'ips' field is NOT in CIDR notation, got: '10.3.0.5'"},
	{"1.0.0", ONE, "'args':{'cni':{'ips':['nonsense']}}," RUN, "", "got: 'nonsense'"},
	{"1.0.0", ONE, "'args':{'cni':{'ips':'10.3.0.5/24'}}", "",
	 "'args.cni.ips' is \"10.3.0.5/24\", expected a list of strings"},
	{"1.0.0", ONE, "'args':5", "", "'args' is 5, expected an object"},
	{"1.0.0", ONE, "'runtimeConfig':{'ips':['fd04::5']}", "",
	 "'runtimeConfig': an entry in the 'ips' field is NOT in CIDR notation, got: 'fd04::5'"},
	{"1.0.0", ONE, "'runtimeConfig':{'ips':[4]}", "", "'runtimeConfig.ips' is [4], expected"},
	{"1.0.0", "'routes':{}", "", "", "'ipam.routes' is {}, expected a list"},
	{"1.0.0", "'routes':[{}]", "", "", "'ipam.routes': 'dst' is missing"},
	{"1.0.0", "'routes':[{'dst':'default'}]", "", "",
	 "'dst' is \"default\", expected a prefix"},
	{"1.0.0", "'dns':[]", "", "", "'ipam': 'dns' is [], expected an object"},
	{"1.0.0", "'dns':{'nameservers':'10.1.0.1'}", "", "",
	 "'ipam': 'dns.nameservers' is \"10.1.0.1\", expected a list of strings"},
	{"0.2.0", "'addresses':[{'address':'10.1.0.5/24'},{'address':'10.1.0.6/24'}]", "", "",
	 "CNI version 0.2.0 does not support more than 1 address per family"},
	{"0.1.0", ONE, "", "IP=10.1.0.6/24", "CNI version 0.1.0 does not support more than 1"},
	{"0.2.0", "", "'runtimeConfig':{'ips':['fd04::5/64','fd04::6/64']}", "",
	 "does not support more than 1 address per family"},
};

static void static__refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct refused *wrong = &refused[i];
		struct cni_error err = {0};
		struct cni_result result;

		if (run(CNI_ADD, wrong->version, wrong->ipam, wrong->more, wrong->args, &result,
			&err) == 0)
			fail_msg("%s %s %s was accepted", wrong->ipam, wrong->more, wrong->args);
		if (err.code != CNI_ECONFIG || !strstr(err.msg, wrong->says))
			fail_msg("%s %s %s: code %d \"%s\", expected \"%s\"", wrong->ipam,
				 wrong->more, wrong->args, err.code, err.msg, wrong->says);
	}
}

/* ---- CHECK ---- */

#define PREV(ips) "'prevResult':{'cniVersion':'1.0.0','ips':[" ips "]}"

static void static__check_compares_with_what_add_answered(void **state)
{
	static const struct {
		const char *ipam, *more, *args, *says; /* NULL: nothing is wrong */
	} cases[] = {
		{ONE, PREV("{'address':'10.1.0.5/24','gateway':'10.1.0.1'}"), "", NULL},
		{"", PREV(""), "", NULL},
		/* what others have added */
		{ONE,
		 PREV("{'address':'fd00::5/64'},{'address':'10.1.0.5/24','gateway':'10.1.0.1',"
		      "'interface':2}"),
		 "", NULL},
		{"'addresses':[{'address':'10.1.0.5/24'}]",
		 PREV("{'address':'10.1.0.5/24','gateway':'10.1.0.9'}"), "", NULL},
		/* damages */
		{ONE, PREV(""), "", "10.1.0.5/24 on interface eth0: prevResult does not have it"},
		{ONE, PREV("{'address':'10.1.0.6/24','gateway':'10.1.0.1'}"), "",
		 "static: Failed to match addr 10.1.0.5/24 on interface eth0"},
		{ONE, PREV("{'address':'10.1.0.5/16','gateway':'10.1.0.1'}"), "", "10.1.0.5/24"},
		{ONE, PREV("{'address':'10.1.0.5/24','gateway':'10.1.0.2'}"), "",
		 "expected gateway 10.1.0.1, found 10.1.0.2 in prevResult"},
		{ONE, PREV("{'address':'10.1.0.5/24'}"), "", "10.1.0.1, found none in prevResult"},
		{"", RUN "," PREV("{'address':'10.4.0.5/24'}"), "", "addr fd04::5/64"},
		{"", PREV(""), "IP=10.2.0.5/24", "addr 10.2.0.5/24"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {0};
		struct cni_result unused;
		int failed = run(CNI_CHECK, "1.0.0", cases[i].ipam, cases[i].more, cases[i].args,
				 &unused, &err);

		if (!failed != !cases[i].says)
			fail_msg("%s %s: %s", cases[i].ipam, cases[i].more, err.msg);
		if (failed && (err.code != CNI_EMISMATCH || !strstr(err.msg, cases[i].says)))
			fail_msg("%s %s: code %d \"%s\", expected \"%s\"", cases[i].ipam,
				 cases[i].more, err.code, err.msg, cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static__answers_with_the_addresses_that_win),
		cmocka_unit_test(static__answers_with_routes_and_resolvers),
		cmocka_unit_test(static__refuses_what_is_wrong),
		cmocka_unit_test(static__check_compares_with_what_add_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
