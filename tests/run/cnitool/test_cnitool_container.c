/* SPDX-License-Identifier: Apache-2.0 */
/* --container: what a runtime has attached, by the beginning of its container's id. And check of all. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* {"cniVersion":"1.1.0","name":"blue","plugins":[{"type":"one"}]}, and the same of "green". */
#define OF_BLUE                                                                                    \
	"eyJjbmlWZXJzaW9uIjoiMS4xLjAiLCJuYW1lIjoiYmx1ZSIsInBsdWdpbnMiOlt7InR5cGUiOiJvbmUifV19"
#define OF_GREEN                                                                                   \
	"eyJjbmlWZXJzaW9uIjoiMS4xLjAiLCJuYW1lIjoiZ3JlZW4iLCJwbHVnaW5zIjpbeyJ0eXBlIjoib25lIn1dfQ=="

/* A record as libcni has it; the namespace is that of this process, so that it lives. */
static void attach(const struct cnitool_scene *scene, const char *network, const char *container,
		   const char *ifname)
{
	freeing char *file = cni_format("cache/results/%s-%s-%s", network, container, ifname);
	freeing char *text =
		cni_format("{\"kind\":\"cniCacheV1\",\"containerId\":\"%s\",\"ifName\":\"%s\","
			   "\"networkName\":\"%s\",\"netns\":\"/proc/self/ns/net\",\"config\":"
			   "\"%s\",\"netnsIdentity\":\"none\",\"result\":{\"cniVersion\":\"1.1.0\","
			   "\"ips\":[{\"address\":"
			   "\"10.1.0.8/16\"}]}}",
			   container, ifname, network,
			   !strcmp(network, "blue") ? OF_BLUE : OF_GREEN);

	fake_write(&scene->fake, file, text);
}

static void assert_prints(const struct cnitool_scene *scene, const char *line, int code,
			  const char *expected)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	if (answer.exit_code != code || strcmp(answer.out, expected) != 0)
		fail_msg("%s: exit code %d, stdout %s, stderr %s", line, answer.exit_code,
			 answer.out, answer.err);
	plugin_answer_clear(&answer);
}

static void container__is_named_by_the_beginning_of_its_id(void **state)
{
	const struct cnitool_scene *scene = *state;

	attach(scene, "blue", "4f1c9a", "eth0");
	attach(scene, "blue", "4f1d00", "net1");
	attach(scene, "blue", "77", "eth0");
	attach(scene, "blue", "7701", "eth0");
	cnitool_succeeds(scene, "check blue --container 4f1c");
	cnitool_assert_line(scene, "one.CHECK.env", "CNI_CONTAINERID=4f1c9a\n");
	cnitool_assert_line(scene, "one.CHECK.env", "CNI_NETNS=/proc/self/ns/net\n");
	cnitool_assert_line(scene, "one.CHECK", "\"prevResult\"");
	/* As show prints it, and the only interface it has. */
	cnitool_succeeds(scene, "check blue -c 4f1d…");
	cnitool_assert_line(scene, "one.CHECK.env", "CNI_IFNAME=net1\n");
	/* An id that is the beginning of another. */
	cnitool_succeeds(scene, "check blue -c 77");
	cnitool_assert_line(scene, "one.CHECK.env", "CNI_CONTAINERID=77\n");
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK one\nCHECK one\n");
	cnitool_succeeds(scene, "del blue -c 4f1c9a");
	cnitool_assert_line(scene, "one.DEL.env", "CNI_CONTAINERID=4f1c9a\n");
	assert_false(fake_has(&scene->fake, "cache/results/blue-4f1c9a-eth0"));
	fake_assert_asked(&scene->fake, "DEL one\n");
}

/* Nothing is done then. */
static void container__must_be_one(void **state)
{
	const struct cnitool_scene *scene = *state;

	attach(scene, "blue", "4f1c9a", "eth0");
	attach(scene, "blue", "4f1c9a", "eth1");
	attach(scene, "blue", "4f1d00", "eth0");
	attach(scene, "green", "abc", "eth0");
	cnitool_fails(scene, "del blue -c 4f1",
		      "2 containers of network 'blue' have ids that begin with '4f1': 4f1c9a, "
		      "4f1d00");
	cnitool_fails(scene, "del blue -c 4f1c",
		      "container '4f1c9a' is attached to 'blue' more than once: --ifname names one "
		      "of eth0, eth1");
	cnitool_fails(scene, "del blue -c 4f1c -i eth2",
		      "container '4f1c9a' is not attached to 'blue' as 'eth2', but as eth0, eth1");
	cnitool_fails(scene, "del blue -c abc",
		      "no container of network 'blue' has an id that begins with 'abc'");
	cnitool_fails(scene, "show -c 4f1", "2 containers of this host have ids that begin with");
	fake_assert_asked(&scene->fake, "");
	cnitool_succeeds(scene, "del blue -c 4f1c -i eth1");
	fake_assert_asked(&scene->fake, "DEL one\n");
}

static void check__is_of_all(void **state)
{
	const struct cnitool_scene *scene = *state;

	assert_prints(scene, "check", 0, "nothing is attached\n");
	attach(scene, "blue", "c1", "eth0");
	assert_prints(scene, "check blue", 0, "blue/c1/eth0: fine\n1 attachment: 1 fine\n");
	attach(scene, "blue", "c2", "eth0");
	attach(scene, "green", "c3", "eth0");
	assert_prints(scene, "check", 0,
		      "blue: 2 attachments: fine\ngreen/c3/eth0: fine\n3 attachments: 3 fine\n");
	fake_write(&scene->fake, "one.CHECK.fails", "{\"code\":102,\"msg\":\"it is off\"}");
	assert_prints(scene, "check", 1,
		      "blue: 2 attachments: wrong: plugin 'one' failed CHECK: it is off\n"
		      "  c1/eth0, c2/eth0\n"
		      "green/c3/eth0: wrong: plugin 'one' failed CHECK: it is off\n"
		      "3 attachments: 3 wrong\n");
	assert_prints(scene, "check blue -v", 1,
		      "blue/c1/eth0: wrong: plugin 'one' failed CHECK: it is off\n"
		      "blue/c2/eth0: wrong: plugin 'one' failed CHECK: it is off\n"
		      "2 attachments: 2 wrong\n");
	{
		struct plugin_answer answer = cnitool_run(scene, "check blue -j");

		assert_int_equal(answer.exit_code, 1);
		assert_int_equal(cJSON_GetArraySize(answer.json), 2);
		assert_string_equal(
			cni_json_get_string(cJSON_GetArrayItem(answer.json, 1), "state"), "wrong");
		plugin_answer_clear(&answer);
	}
}

static void status__is_of_all(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(
		&scene->fake, "net.d/20-green.conflist",
		"{\"cniVersion\":\"1.1.0\",\"name\":\"green\",\"plugins\":[{\"type\":\"two\"}]}");
	assert_prints(scene, "status", 0, "blue: ready\ngreen: ready\n");
	assert_prints(scene, "status blue", 0, "");
	fake_write(&scene->fake, "one.STATUS.fails", "{\"code\":50,\"msg\":\"it is off\"}");
	assert_prints(scene, "status", 1,
		      "blue: not ready: plugin 'one' failed STATUS: it is off [code 50]\n"
		      "green: ready\n");
	answer = cnitool_run(scene, "status -j");
	assert_int_equal(answer.exit_code, 1);
	assert_int_equal(cJSON_GetArraySize(answer.json), 2);
	assert_true(cJSON_IsFalse(cni_json_get(cJSON_GetArrayItem(answer.json, 0), "ready")));
	assert_true(cJSON_IsTrue(cni_json_get(cJSON_GetArrayItem(answer.json, 1), "ready")));
	plugin_answer_clear(&answer);
}

/* A row for what was done. */
static void del__prints_json(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	attach(scene, "blue", "c1", "eth0");
	answer = cnitool_run(scene, "check blue -c c1 -j");
	plugin_assert_success(&answer);
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(answer.json, 0), "state"),
			    "fine");
	plugin_answer_clear(&answer);
	answer = cnitool_run(scene, "del blue -c c1 -j");
	plugin_assert_success(&answer);
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(answer.json, 0), "state"),
			    "deleted");
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(container__is_named_by_the_beginning_of_its_id),
		cnitool_test(container__must_be_one),
		cnitool_test(check__is_of_all),
		cnitool_test(status__is_of_all),
		cnitool_test(del__prints_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
