/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of a runtime around the configuration: variables, namespaces, versions. The host stays
 * unchanged. */
#include "bad_input.h"
#include "cleanup.h"
#include "error.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A good configuration, whose version is the last one unless these members say otherwise. */
static void assert_refused(struct plugin_call call, const char *members, const char *about,
			   const struct refusal *refusal)
{
	freeing char *config = bad_input_config(members);

	call.config = config;
	bad_input_refused(&call, about, refusal);
}

static void assert_call_refused(struct plugin_call call, const char *about, const char *says)
{
	assert_refused(call, "", about, &(struct refusal){CNI_EENV, {says}});
}

/* ---- missing ---- */

static void bridge__names_all_missing_variables(void **state)
{
	static const struct {
		const char *command, *missing;
	} cases[] = {
		{"ADD", "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME]"},
		{"CHECK", "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME]"},
		{"DEL", "[CNI_CONTAINERID,CNI_IFNAME]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *says =
			cni_format("required env variables %s missing", cases[i].missing);

		assert_call_refused((struct plugin_call){.plugin = BAD_INPUT_BRIDGE,
							 .command = cases[i].command,
							 .path = ""},
				    cases[i].command, says);
	}
}

static void bridge__names_one_missing_variable(void **state)
{
	struct plugin_call whole = bad_input_call(NULL);
	struct plugin_call call = whole;

	(void)state;
	for (int is_empty = 0; is_empty < 2; is_empty++) {
		const char *nothing = is_empty ? "" : NULL;

		call = whole;
		call.container = nothing;
		assert_call_refused(call, "container",
				    "required env variables [CNI_CONTAINERID] missing");
		call = whole;
		call.netns = nothing;
		assert_call_refused(call, "netns", "required env variables [CNI_NETNS] missing");
		call = whole;
		call.ifname = nothing;
		assert_call_refused(call, "ifname", "required env variables [CNI_IFNAME] missing");
	}
}

/* The IPAM plugin is looked for there. */
static void bridge__with_ipam_needs_cni_path_for_every_verb(void **state)
{
	static const char *const commands[] = {"ADD", "CHECK", "DEL", "GC", "STATUS", "MEND"};
	static const char members[] = "\"cni.dev/valid-attachments\":[],\"prevResult\":{}";

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		struct plugin_call call = bad_input_call(NULL);

		call.command = commands[i];
		call.path = "";
		assert_refused(call, members, commands[i],
			       &(struct refusal){CNI_EENV,
						 {"required env variables [CNI_PATH] missing",
						  "'ipam.type' is \"host-local\""}});
	}
}

/* ---- malformed ---- */

static void bridge__refuses_unknown_commands(void **state)
{
	static const char *const commands[] = {"FOO", "add", "ADD ", "ADD\nDEL", "\xff\xfe", "-h"};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		struct plugin_call call = bad_input_call(NULL);

		call.command = commands[i];
		assert_call_refused(call, commands[i], "unknown CNI_COMMAND: ");
	}
}

static void bridge__refuses_malformed_variables(void **state)
{
	char text[301] = "";
	static const char *const containers[] = {"../c1", "c1/c2", "..",   ".c1",	"-c1",
						 "c1 ",	  "c 1",   "c1\n", "c\xc3\xbc", "$(id)"};
	static const char *const ifnames[] = {"eth0/1", "..",	  "../eth0",
					      "eth 0",	"eth0\n", "eth0:1",
					      "eth%d",	".",	  "eth0-is-too-long"};
	struct plugin_call call;

	(void)state;
	memset(text, 'c', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(containers) / sizeof(*containers); i++) {
		call = bad_input_call(NULL);
		call.container = containers[i];
		assert_call_refused(call, containers[i], "CNI_CONTAINERID '");
	}
	for (size_t i = 0; i < sizeof(ifnames) / sizeof(*ifnames); i++) {
		call = bad_input_call(NULL);
		call.ifname = ifnames[i];
		assert_call_refused(call, ifnames[i], "CNI_IFNAME '");
	}
	call = bad_input_call(NULL);
	call.container = text;
	assert_call_refused(call, "a long id", "has 300 characters, at most 200");
	call = bad_input_call(NULL);
	call.ifname = text;
	assert_call_refused(call, "a long name", "at most 15 characters");
	/* DEL as well: what they name is going to be deleted. */
	call = bad_input_call(NULL);
	call.command = "DEL";
	call.container = "../c1";
	assert_call_refused(call, "DEL", "CNI_CONTAINERID '../c1'");
}

static void bridge__refuses_malformed_args(void **state)
{
	static const struct {
		const char *args, *says;
	} cases[] = {
		{"FOO", "ARGS: invalid pair \"FOO\""},
		{"IgnoreUnknown=1;FOO", "ARGS: invalid pair \"FOO\""},
		{"IgnoreUnknown=1;FOO=1=2", "ARGS: invalid pair \"FOO=1=2\""},
		{";", "ARGS: invalid pair \"\""},
		{"FOO=BAR", "ARGS: unknown args [\"FOO=BAR\"]"},
		{"FOO=BAR;IgnoreUnknown=false", "ARGS: unknown args [\"FOO=BAR\"]"},
		{"FOO=BAR;BAR=FOO", "ARGS: unknown args [\"FOO=BAR\" \"BAR=FOO\"]"},
		{"IgnoreUnknown=maybe", "IgnoreUnknown is \"maybe\""},
		{"MAC=nonsense", "MAC 'nonsense'"},
		{"MAC=0a:58:0a:01:00:02:03", "MAC '0a:58:0a:01:00:02:03'"},
		{"MAC=01:00:5e:00:00:01", "multicast"},
		{"IP=nonsense", "\"nonsense\", expected an IP address"},
		{"IP=10.1.0.300", "\"10.1.0.300\", expected an IP address"},
		{"IP=\xff\xff", "expected an IP address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_call call = bad_input_call(NULL);

		call.args = cases[i].args;
		assert_refused(call, "", cases[i].args,
			       &(struct refusal){CNI_ECONFIG, {cases[i].says}});
	}
}

/* ---- the namespace ---- */

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	closing int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void bridge__refuses_what_is_no_namespace(void **state)
{
	static const struct {
		const char *path, *says;
	} cases[] = {
		{"/run/odd/nowhere", "No such file or directory"},
		{"/run/odd/file", "is not a network namespace"},
		{"/run/odd/file/below", "Not a directory"},
		{"/run/odd", "is not a network namespace"},
		{"/run/odd/fifo", "is not a network namespace"},
		{"/run/odd/socket", "No such device or address"},
		{"/run/odd/loop", "symbolic links"},
		{"/dev/null", "is not a network namespace"},
		{"/proc/self/ns/mnt", "is not a network namespace"},
		{"/proc/0/ns/net", "No such file or directory"},
		{"red", "No such file or directory"},
	};

	(void)state;
	sandbox_must("mkdir /run/odd && echo red >/run/odd/file && mkfifo /run/odd/fifo && "
		     "ln -s loop /run/odd/loop");
	make_socket("/run/odd/socket");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *path = cni_format("'%s'", cases[i].path);
		struct plugin_call call = bad_input_call(NULL);

		call.netns = cases[i].path;
		assert_refused(call, "", cases[i].path,
			       &(struct refusal){CNI_EENV, {path, cases[i].says}});
	}
	sandbox_must("rm -r /run/odd");
}

static void bridge__refuses_its_own_namespace(void **state)
{
	static const char *const environment[] = {"CNI_NETNS_OVERRIDE=0", NULL};
	struct plugin_call call = bad_input_call(NULL);

	(void)state;
	call.netns = "/proc/self/ns/net";
	assert_call_refused(call, "ADD", "'/proc/self/ns/net' is the plugin's own");
	call.environment = environment;
	assert_call_refused(call, "no override", "'/proc/self/ns/net' is the plugin's own");
	call.command = "CHECK";
	assert_call_refused(call, "CHECK", "'/proc/self/ns/net' is the plugin's own");
	/* The same by another path. */
	sandbox_must("touch /run/own && mount --bind /proc/self/ns/net /run/own");
	call.command = "ADD";
	call.netns = "/run/own";
	assert_call_refused(call, "bound", "'/run/own' is the plugin's own");
	sandbox_must("umount /run/own && rm /run/own");
}

static void bridge__takes_its_own_namespace_when_told(void **state)
{
	static const char *const words[] = {"CNI_NETNS_OVERRIDE=1", "CNI_NETNS_OVERRIDE=TRUE"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *const environment[] = {words[i], NULL};
		freeing char *config = bad_input_config("");
		struct plugin_call call = bad_input_call(config);

		call.netns = "/proc/self/ns/net";
		call.environment = environment;
		plugin_succeeds(&call);
		sandbox_must("ip addr show dev eth0 | grep -q 'inet 10.1.0.'");
		call.command = "DEL";
		plugin_succeeds(&call);
		assert_int_not_equal(sandbox_run("ip link show eth0 2>/dev/null"), 0);
	}
	sandbox_must("ip link del br0; rm -r " SANDBOX_DIR "/leases");
}

/* ---- versions ---- */

static void bridge__refuses_versions_it_does_not_speak(void **state)
{
	static const char *const versions[] = {"0.0.9", "0.3.2", "1.0.1",
					       "1.2.0", "2.0.0", "99.0.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *members = cni_format("\"cniVersion\":\"%s\"", versions[i]);
		freeing char *found = cni_format("config is \"%s\"", versions[i]);

		assert_refused(bad_input_call(NULL), members, versions[i],
			       &(struct refusal){CNI_EVERSION,
						 {"incompatible CNI versions", found,
						  "plugin supports [\"0.1.0\" \"0.2.0\" \"0.3.0\" "
						  "\"0.3.1\" \"0.4.0\" \"1.0.0\" \"1.1.0\"]"}});
	}
}

static void bridge__refuses_commands_younger_than_the_version(void **state)
{
	static const struct {
		const char *command;
		const char *versions[8];
	} cases[] = {
		{"CHECK", {"0.1.0", "0.2.0", "0.3.0", "0.3.1"}},
		{"GC", {"0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"}},
		{"STATUS", {"0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (const char *const *version = cases[i].versions; *version; version++) {
			freeing char *members = cni_format(
				"\"cniVersion\":\"%s\",\"cni.dev/valid-attachments\":[]", *version);
			freeing char *says =
				cni_format("config version does not allow %s", cases[i].command);
			struct plugin_call call = bad_input_call(NULL);

			call.command = cases[i].command;
			assert_refused(call, members, cases[i].command,
				       &(struct refusal){CNI_EVERSION, {says, *version}});
			call.plugin = BAD_INPUT_HOST_LOCAL;
			assert_refused(call, members, cases[i].command,
				       &(struct refusal){CNI_EVERSION, {says, *version}});
		}
	/* No version is the first one. */
	{
		struct plugin_call call = bad_input_call(NULL);

		call.command = "CHECK";
		assert_refused(call, "\"cniVersion\":null", "no version",
			       &(struct refusal){CNI_EVERSION, {"0.1.0"}});
	}
}

static void bridge__refuses_gc_without_its_list(void **state)
{
	static const struct {
		const char *members;
		const char *says[3];
	} cases[] = {
		{"", {"'cni.dev/valid-attachments'", "missing"}},
		{"\"cni.dev/valid-attachments\":{}",
		 {"'cni.dev/valid-attachments'", "{}", "a list"}},
		{"\"cni.dev/valid-attachments\":[5]",
		 {"'cni.dev/valid-attachments'", "'containerID'", "'ifname'"}},
		{"\"cni.dev/valid-attachments\":[{\"containerID\":\"c1\"}]",
		 {"'cni.dev/valid-attachments'", "'ifname'"}},
		{"\"cni.dev/valid-attachments\":[{\"containerID\":5,\"ifname\":\"eth0\"}]",
		 {"'cni.dev/valid-attachments'", "'containerID'"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_call call = bad_input_call(NULL);
		struct refusal refusal = {CNI_ECONFIG};

		memcpy(refusal.says, cases[i].says, sizeof(cases[i].says));
		call.command = "GC";
		assert_refused(call, cases[i].members, cases[i].members, &refusal);
	}
}

static void bridge__refuses_check_without_a_prev_result(void **state)
{
	struct plugin_call call = bad_input_call(NULL);

	(void)state;
	call.command = "CHECK";
	assert_refused(call, "", "none", &(struct refusal){CNI_ECONFIG, {"prevResult missing"}});
	assert_refused(call, "\"prevResult\":null", "null",
		       &(struct refusal){CNI_ECONFIG, {"prevResult missing"}});
	assert_refused(call, "\"prevResult\":[]", "a list",
		       &(struct refusal){CNI_EDECODE, {"'prevResult'", "[]", "an object"}});
	assert_refused(call, "\"prevResult\":{\"ips\":[{\"address\":\"ten\"}]}", "no address",
		       &(struct refusal){CNI_ECONFIG,
					 {"'prevResult'", "\"ten\"", "CIDR notation"}});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bad_input_test(bridge__names_all_missing_variables),
		bad_input_test(bridge__names_one_missing_variable),
		bad_input_test(bridge__with_ipam_needs_cni_path_for_every_verb),
		bad_input_test(bridge__refuses_unknown_commands),
		bad_input_test(bridge__refuses_malformed_variables),
		bad_input_test(bridge__refuses_malformed_args),
		bad_input_test(bridge__refuses_what_is_no_namespace),
		bad_input_test(bridge__refuses_its_own_namespace),
		/* It leaves traces of its success in sysctls. */
		cmocka_unit_test(bridge__takes_its_own_namespace_when_told),
		bad_input_test(bridge__refuses_versions_it_does_not_speak),
		bad_input_test(bridge__refuses_commands_younger_than_the_version),
		bad_input_test(bridge__refuses_gc_without_its_list),
		bad_input_test(bridge__refuses_check_without_a_prev_result),
	};

	return cmocka_run_group_tests(tests, bad_input_setup, NULL);
}
