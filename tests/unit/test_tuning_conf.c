/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's settings out of its configuration and the runtime's additions. */
#include "tuning_conf.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "test.h"

#include <string.h>

/* Reads {"name": "blue", <keys>} for the interface eth0.5, with CNI_ARGS. */
static int read_conf(const char *keys, const char *args, struct cni_call *call,
		     struct cni_tuning_conf *conf, struct cni_error *err)
{
	freeing char *quoted = cni_format(
		"{'cniVersion':'1.0.0','name':'blue','type':'tuning'%s%s}", *keys ? "," : "", keys);
	freeing char *text = json_text(quoted);

	*call = (struct cni_call){.env = {.args = args, .ifname = "eth0.5"}};
	*conf = (struct cni_tuning_conf){.data_dir = NULL};
	if (cni_conf_read(text, strlen(text), CNI_ADD, CNI_0_1_0, &call->conf, err) < 0)
		return -1;
	return cni_tuning_conf_read(call, conf, err);
}

static void clear(struct cni_call *call, struct cni_tuning_conf *conf)
{
	cni_tuning_conf_clear(conf);
	cni_conf_clear(&call->conf);
}

/* "MTU=1400 net/core/somaxconn=5" */
static char *describe(const struct cni_tuning_conf *conf)
{
	char *text = cni_strdup("");

	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++) {
		char value[CNI_LINK_SETTING_TEXT_SIZE];
		freeing char *before = text;

		text = cni_link_settings_have(&conf->wanted.link, s)
			       ? cni_format("%s%s=%s ", before, cni_link_setting_name(s),
					    cni_link_setting_format(&conf->wanted.link, s, value))
			       : cni_strdup(before);
	}
	for (size_t i = 0; i < conf->wanted.sysctl_count; i++) {
		freeing char *before = text;

		text = cni_format("%s%s=%s ", before, conf->wanted.sysctls[i].path,
				  conf->wanted.sysctls[i].value);
	}
	return text;
}

#define MAC(digit) "0a:58:0a:01:00:0" digit
#define CONF_MAC   "'mac':'" MAC("1") "'"
#define RUN_MAC	   "'runtimeConfig':{'mac':'" MAC("3") "'}"
#define ARGS_MAC   "'args':{'cni':{'mac':'" MAC("4") "'}}"

static const struct {
	const char *keys, *args, *expected;
} cases[] = {
	{"", "", ""},
	{"'sysctl':null,'mac':null,'mtu':null,'promisc':null,'allmulti':null,'txQLen':null,"
	 "'args':null,'runtimeConfig':null,'dataDir':null",
	 "", ""},
	{"'sysctl':{},'mac':'','mtu':0,'promisc':false,'dataDir':''", "", ""},
	{"'mtu':1400", "", "MTU=1400 "},
	{"'MTU':1400,'TxQlen':0,'PROMISC':true,'AllMulti':false", "",
	 "promisc=true all-multicast mode=false Transmit Queue Length=0 MTU=1400 "},
	{"'allmulti':true,'txQLen':5000", "",
	 "all-multicast mode=true Transmit Queue Length=5000 "},
	{"'mtu':1400,'mtu':1300", "", "MTU=1300 "},
	/* the MAC: args.cni, runtimeConfig, CNI_ARGS, configuration */
	{CONF_MAC, "", "Ethernet=" MAC("1") " "},
	{"", "MAC=" MAC("2"), "Ethernet=" MAC("2") " "},
	{RUN_MAC, "", "Ethernet=" MAC("3") " "},
	{ARGS_MAC, "", "Ethernet=" MAC("4") " "},
	{CONF_MAC, "MAC=" MAC("2"), "Ethernet=" MAC("2") " "},
	{CONF_MAC "," RUN_MAC, "", "Ethernet=" MAC("3") " "},
	{CONF_MAC "," ARGS_MAC, "", "Ethernet=" MAC("4") " "},
	{RUN_MAC, "MAC=" MAC("2"), "Ethernet=" MAC("3") " "},
	{ARGS_MAC, "MAC=" MAC("2"), "Ethernet=" MAC("4") " "},
	{ARGS_MAC "," RUN_MAC, "", "Ethernet=" MAC("4") " "},
	{CONF_MAC "," ARGS_MAC "," RUN_MAC, "MAC=" MAC("2"), "Ethernet=" MAC("4") " "},
	/* what is empty says nothing, except in args.cni, which was made for this attachment */
	{CONF_MAC ",'runtimeConfig':{'mac':''}", "MAC=", "Ethernet=" MAC("1") " "},
	{CONF_MAC "," RUN_MAC ",'args':{'cni':{'mac':''}}", "MAC=" MAC("2"), ""},
	{CONF_MAC ",'args':{'cni':{'mac':null}}", "", "Ethernet=" MAC("1") " "},
	{"'mac':'0A-58-0A-01-00-0F'", "", "Ethernet=0a:58:0a:01:00:0f "},
	/* other people's arguments */
	{"", "IgnoreUnknown=1;FOO=BAR;IP=10.1.0.5;K8S_POD_NAME=x;mac=" MAC("2"), ""},
	{"", "IP=10.1.0.5;K8S_POD_NAME=x;GATEWAY=10.1.0.1", ""},
	/* args.cni overrides the configuration for all others, off and 0 included */
	{"'mtu':1400,'promisc':true,'allmulti':true,'txQLen':7,"
	 "'args':{'cni':{'mtu':1300,'allmulti':false,'txQLen':0}}",
	 "", "promisc=true all-multicast mode=false Transmit Queue Length=0 MTU=1300 "},
	{"'mtu':1400,'promisc':true,'args':{'cni':{'mtu':0,'promisc':false}}", "", ""},
	{"'args':{'cni':{'mtu':1300,'promisc':true,'allmulti':true,'txQLen':9}}", "",
	 "promisc=true all-multicast mode=true Transmit Queue Length=9 MTU=1300 "},
	/* and these it must not know */
	{"'runtimeConfig':{'mtu':1300,'promisc':true,'sysctl':{'net.x':'1'}}", "", ""},
	/* sysctls, in their order */
	{"'sysctl':{'net.b':'2','net.a':'1'}", "", "net/b=2 net/a=1 "},
	{"'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}", "",
	 "net/ipv4/conf/eth0.5/arp_filter=1 "},
	{"'sysctl':{'net.a':'1 2\\t3'}", "", "net/a=1 2\t3 "},
	{"'sysctl':{'net.a':null,'net.b':'1'}", "", "net/b=1 "},
	/* args.cni replaces and adds, where there are none as well */
	{"'args':{'cni':{'sysctl':{'net.a':'1'}}}", "", "net/a=1 "},
	{"'sysctl':{'net.a':'1','net.b':'2'},'args':{'cni':{'sysctl':{'net.c':'3','net.a':'9'}}}",
	 "", "net/a=9 net/b=2 net/c=3 "},
	{"'sysctl':{'net.ipv4.conf.IFNAME.x':'1'},"
	 "'args':{'cni':{'sysctl':{'net/ipv4/conf/IFNAME/x':'9'}}}",
	 "", "net/ipv4/conf/eth0.5/x=9 "},
	/* keys that differ in case are different files */
	{"'sysctl':{'net.a':'1','net.A':'2'}", "", "net/a=1 net/A=2 "},
};

static void tuning_conf__of_configuration_and_runtime(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {.msg = ""};
		struct cni_tuning_conf conf;
		freeing char *text = NULL;
		struct cni_call call;

		if (read_conf(cases[i].keys, cases[i].args, &call, &conf, &err) < 0)
			fail_msg("%s %s: %s", cases[i].keys, cases[i].args, err.msg);
		text = describe(&conf);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s %s: '%s', expected '%s'", cases[i].keys, cases[i].args, text,
				 cases[i].expected);
		assert_string_equal(conf.data_dir, "/run/cni/tuning");
		clear(&call, &conf);
	}
}

static const struct {
	const char *keys, *args, *says;
} refused[] = {
	{"'mtu':-1", "", "'mtu' is -1, expected a whole number from 0 to 2147483647"},
	{"'mtu':1.5", "", "'mtu' is 1.5, expected a whole number"},
	{"'mtu':'1400'", "", "'mtu' is \"1400\", expected a whole number"},
	{"'mtu':2147483648", "", "'mtu' is 2147483648"},
	{"'txQLen':-1", "", "'txQLen' is -1"},
	{"'txQLen':true", "", "'txQLen' is true"},
	{"'promisc':'true'", "", "'promisc' is \"true\", expected true or false"},
	{"'promisc':1", "", "'promisc' is 1"},
	{"'allmulti':0", "", "'allmulti' is 0, expected true or false"},
	{"'mac':5", "", "'mac' is 5, expected a string"},
	{"'mac':'nonsense'", "", "invalid args nonsense for MAC addr: expected a hardware address"},
	{"'mac':'0a:58:0a:01:00'", "", "invalid args 0a:58:0a:01:00 for MAC addr"},
	{"'mac':'0a:58:0a:01:00:05:06:07'", "", "invalid args"},
	{"'mac':'01:00:5e:00:00:01'", "", "it is a multicast address"},
	{"'mac':'00:00:00:00:00:00'", "", "it is nobody's address"},
	{"", "MAC=nonsense", "invalid args nonsense for MAC addr"},
	{"", "FOO=BAR", "ARGS: unknown args [\"FOO=BAR\"]"},
	{"", "FOO", "ARGS: invalid pair \"FOO\""},
	{"'runtimeConfig':{'mac':'x'}", "", "invalid args x for MAC addr"},
	{"'runtimeConfig':{'mac':5}", "", "'runtimeConfig.mac' is 5"},
	{"'runtimeConfig':5", "", "'runtimeConfig' is 5, expected an object"},
	{"'args':5", "", "'args' is 5, expected an object"},
	{"'args':{'cni':[]}", "", "'args.cni' is [], expected an object"},
	{"'args':{'cni':{'mtu':'x'}}", "", "'args.cni.mtu' is \"x\""},
	{"'args':{'cni':{'promisc':5}}", "", "'args.cni.promisc' is 5"},
	{"'args':{'cni':{'allmulti':'x'}}", "", "'args.cni.allmulti' is \"x\""},
	{"'args':{'cni':{'mac':'x'}}", "", "invalid args x for MAC addr"},
	{"'sysctl':5", "", "'sysctl' is 5, expected a list or an object"},
	{"'sysctl':[]", "", "'sysctl' is [], expected an object"},
	{"'sysctl':{'net.a':1}", "", "'sysctl': \"net.a\" is 1, expected a string such as \"1\""},
	{"'sysctl':{'net.a':true}", "", "'sysctl': \"net.a\" is true"},
	{"'sysctl':{'net.a':['1']}", "", "'sysctl': \"net.a\" is [\"1\"]"},
	{"'sysctl':{'net.a':''}", "", "'sysctl': \"net.a\" is \"\", expected a string"},
	{"'sysctl':{'kernel.hostname':'x'}", "",
	 "'sysctl': invalid net sysctl key: \"kernel.hostname\""},
	{"'sysctl':{'':'x'}", "", "invalid net sysctl key: \"\""},
	{"'sysctl':{'net':'x'}", "", "invalid net sysctl key: \"net\""},
	{"'args':{'cni':{'sysctl':{'vm.swappiness':'1'}}}", "",
	 "'args.cni.sysctl': invalid net sysctl key: \"vm.swappiness\""},
	{"'args':{'cni':{'sysctl':[]}}", "", "'args.cni.sysctl' is [], expected an object"},
	{"'sysctl':{'net.a':'1','net.a':'1'}", "", "duplicated sysctl keys are not allowed"},
	{"'sysctl':{'net.a':'1','net.b':'1','net/a':'2'}", "",
	 "duplicated sysctl keys are not allowed: \"net.a\" and \"net/a\""},
	{"'sysctl':{'net.ipv4.conf.IFNAME.x':'1','net.ipv4.conf.eth0.x':'1',"
	 "'net..ipv4.conf.IFNAME.x':'0'}",
	 "", "\"net.ipv4.conf.IFNAME.x\" and \"net..ipv4.conf.IFNAME.x\""},
	{"'args':{'cni':{'sysctl':{'net.a':'1','net.a':'2'}}}", "",
	 "'args.cni.sysctl': duplicated sysctl keys are not allowed"},
	{"'dataDir':5", "", "'dataDir' is 5, expected a string"},
	{"'dataDir':'run/cni'", "", "'dataDir' is \"run/cni\", expected an absolute path"},
};

static void tuning_conf__refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct cni_error err = {.msg = ""};
		struct cni_tuning_conf conf;
		struct cni_call call;

		if (read_conf(refused[i].keys, refused[i].args, &call, &conf, &err) == 0)
			fail_msg("%s %s was accepted", refused[i].keys, refused[i].args);
		if (err.code != CNI_ECONFIG || !strstr(err.msg, refused[i].says))
			fail_msg("%s %s: code %d \"%s\", expected \"%s\"", refused[i].keys,
				 refused[i].args, err.code, err.msg, refused[i].says);
		clear(&call, &conf);
	}
}

static void tuning_conf__bounds_the_number_of_sysctls(void **state)
{
	for (size_t count = 1000; count <= 1001; count++) {
		freeing char *keys = cni_alloc(count * 16 + 32);
		struct cni_error err = {.msg = ""};
		struct cni_tuning_conf conf;
		struct cni_call call;
		size_t used = (size_t)sprintf(keys, "'sysctl':{");

		(void)state;
		for (size_t i = 0; i < count; i++)
			used += (size_t)sprintf(keys + used, "%s'net.%zu':'1'", i ? "," : "", i);
		sprintf(keys + used, "}");
		assert_int_equal(read_conf(keys, "", &call, &conf, &err), count > 1000 ? -1 : 0);
		if (count > 1000)
			assert_non_null(strstr(err.msg, "there are more than 1000 sysctls"));
		clear(&call, &conf);
	}
}

/* DEL and GC find the directory whatever became of the rest. */
static void tuning_conf__data_dir_alone(void **state)
{
	static const struct {
		const char *keys, *expected;
	} dirs[] = {
		{"", "/run/cni/tuning"},
		{"'dataDir':'/x/y'", "/x/y"},
		{"'dataDir':''", "/run/cni/tuning"},
		{"'dataDir':5", "/run/cni/tuning"},
		{"'dataDir':'x/y'", "/run/cni/tuning"},
		{"'dataDir':'/x','mtu':-1,'sysctl':5,'args':5", "/x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		struct cni_error err = {.msg = ""};
		struct cni_tuning_conf conf;
		struct cni_call call;

		read_conf(dirs[i].keys, "", &call, &conf, &err);
		assert_string_equal(cni_tuning_conf_data_dir(&call), dirs[i].expected);
		clear(&call, &conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tuning_conf__of_configuration_and_runtime),
		cmocka_unit_test(tuning_conf__refuses_what_is_wrong),
		cmocka_unit_test(tuning_conf__bounds_the_number_of_sysctls),
		cmocka_unit_test(tuning_conf__data_dir_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
