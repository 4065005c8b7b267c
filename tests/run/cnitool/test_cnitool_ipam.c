/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam list and usage: their view of a ledger, and their search for it. */
#include "boots.h"
#include "ipam_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <sys/mount.h>

#define HEADINGS "ADDRESS     CONTAINER  INTERFACE  AGE  BOOT     NAMESPACE"

/* ---- list ---- */

static void ipam_list__shows_every_reservation(void **state)
{
	const struct cnitool_scene *scene = *state;
	char alive_path[32];
	char gone_path[32];
	pid_t alive;
	pid_t gone;

	ipam_configure(scene, IPAM_DUAL);
	ipam_prints(scene, "ipam list pool",
		    "ADDRESS  CONTAINER  INTERFACE  AGE  BOOT  NAMESPACE\n");
	ipam_add(scene, "old", IPAM_NOWHERE);
	boots_next();
	alive = ipam_start_netns(alive_path);
	gone = ipam_start_netns(gone_path);
	ipam_add(scene, "alive", alive_path);
	ipam_add(scene, "gone", gone_path);
	ipam_add(scene, "nowhere", IPAM_NOWHERE);
	ipam_stop_netns(gone);
	ipam_put(scene, "10.1.0.10", "by-hand\r\neth1");
	ipam_put(scene, "10.1.0.101", "only-id");
	ipam_must(scene, "touch -d '3 hours ago' " IPAM_LEDGER "10.1.0.10");
	ipam_must(scene, "touch -d '49 hours ago' " IPAM_LEDGER "10.1.0.101");
	ipam_prints(scene, "ipam list pool",
		    HEADINGS "\n"
			     "10.1.0.2    old        eth0       0s   earlier  gone\n"
			     "10.1.0.3    alive      eth0       0s   this     alive\n"
			     "10.1.0.4    gone       eth0       0s   this     gone\n"
			     "10.1.0.5    nowhere    eth0       0s   this     unknown\n"
			     "10.1.0.10   by-hand    eth1       3h   unknown  unknown\n"
			     "10.1.0.101  only-id    -          2d   unknown  unknown\n"
			     "fd00::2     old        eth0       0s   earlier  gone\n"
			     "fd00::3     alive      eth0       0s   this     alive\n"
			     "fd00::4     gone       eth0       0s   this     gone\n"
			     "fd00::5     nowhere    eth0       0s   this     unknown\n");
	ipam_stop_netns(alive);
}

static void ipam_list__shows_damage(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_put(scene, "10.1.0.2", "");
	ipam_put(scene, "10.1.0.3", "two words");
	ipam_put(scene, "10.1.0.4", " \r\n\t");
	ipam_put(scene, "10.1.0.6", "c1\r\n\033[2Jeth0");
	ipam_must(scene, "ln -s nowhere " IPAM_LEDGER "10.1.0.5");
	ipam_must(scene, "mkdir " IPAM_LEDGER "10.1.0.7");
	ipam_must(scene, "head -c 2000 /dev/zero > " IPAM_LEDGER "10.1.0.8");
	ipam_must(scene, "mkfifo " IPAM_LEDGER "10.1.0.9");
	ipam_prints(
		scene, "ipam list pool",
		"ADDRESS   CONTAINER  INTERFACE  AGE  BOOT     NAMESPACE  REMARK\n"
		"10.1.0.2  -          -          -    unknown  unknown    its file is empty\n"
		"10.1.0.3  -          -          -    unknown  unknown    its file holds no "
		"container id\n"
		"10.1.0.4  -          -          -    unknown  unknown    its file holds nothing "
		"but blanks or zeroes\n"
		"10.1.0.5  -          -          -    unknown  unknown    its file is a link\n"
		"10.1.0.6  c1         ?[2Jeth0   0s   unknown  unknown    its file names an "
		"interface that cannot be one\n"
		"10.1.0.7  -          -          -    unknown  unknown    its file is a directory\n"
		"10.1.0.8  -          -          -    unknown  unknown    its file is too large "
		"for a reservation\n"
		"10.1.0.9  -          -          -    unknown  unknown    its file is no regular "
		"one\n");
}

static void ipam_list__is_json(void **state)
{
	static const char *const keys[] = {"address", "container", "interface", "ageSeconds",
					   "boot",    "namespace", "remark",	"dataDir"};
	const struct cnitool_scene *scene = *state;
	freeing char *data_dir = fake_path(&scene->fake, "leases");
	struct plugin_answer answer;
	const cJSON *row;

	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_put(scene, "10.1.0.9", "");
	ipam_must(scene, "touch -d '1000 seconds ago' " IPAM_LEDGER "10.1.0.2");
	answer = cnitool_run(scene, "ipam list pool --json");
	plugin_assert_success(&answer);
	assert_int_equal(cJSON_GetArraySize(answer.json), 2);
	cJSON_ArrayForEach (row, answer.json) {
		assert_int_equal(cJSON_GetArraySize(row), sizeof(keys) / sizeof(*keys));
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			assert_true(cJSON_HasObjectItem(row, keys[i]));
		assert_string_equal(cni_json_get_string(row, "dataDir"), data_dir);
	}
	row = cJSON_GetArrayItem(answer.json, 0);
	assert_string_equal(cni_json_get_string(row, "address"), "10.1.0.2");
	assert_string_equal(cni_json_get_string(row, "container"), "c1");
	assert_string_equal(cni_json_get_string(row, "interface"), "eth0");
	assert_in_range(cni_json_get(row, "ageSeconds")->valueint, 1000, 1060);
	assert_null(cni_json_get(row, "remark"));
	row = cJSON_GetArrayItem(answer.json, 1);
	assert_null(cni_json_get(row, "container"));
	assert_null(cni_json_get(row, "ageSeconds"));
	assert_string_equal(cni_json_get_string(row, "remark"), "its file is empty");
	plugin_answer_clear(&answer);
}

static int mounted_teardown(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *file = fake_path(&scene->fake, "mounted");

	/* If the test failed before it could. */
	umount2(file, MNT_DETACH);
	return cnitool_teardown(state);
}

/* A namespace without processes may be mounted, as those of ip-netns(8) are. */
static void ipam_list__knows_mounted_namespaces(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *file = fake_path(&scene->fake, "mounted");
	char path[32];
	pid_t pid = ipam_start_netns(path);

	fake_write(&scene->fake, "mounted", "");
	assert_int_equal(mount(path, file, NULL, MS_BIND, NULL), 0);
	ipam_stop_netns(pid);
	ipam_add(scene, "c1", file);
	ipam_prints(scene, "ipam list pool",
		    "ADDRESS   CONTAINER  INTERFACE  AGE  BOOT  NAMESPACE\n"
		    "10.1.0.2  c1         eth0       0s   this  alive\n");
	assert_int_equal(umount2(file, MNT_DETACH), 0);
	ipam_prints(scene, "ipam list pool",
		    "ADDRESS   CONTAINER  INTERFACE  AGE  BOOT  NAMESPACE\n"
		    "10.1.0.2  c1         eth0       0s   this  gone\n");
}

/* ---- usage ---- */

static void ipam_usage__counts_each_range_set(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, IPAM_DUAL ",\"exclude\":[\"10.1.0.128/25\"]");
	ipam_prints(
		scene, "ipam usage pool",
		"PLUGIN      SET  SIZE                  USED  STALE  GONE  FREE                  "
		"RANGES\n"
		"host-local  0    126                   0     0      0     126                   "
		"10.1.0.1-10.1.0.254\n"
		"host-local  1    18446744073709551614  0     0      0     18446744073709551614  "
		"fd00::1-fd00::ffff:ffff:ffff:ffff\n");
	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_add(scene, "c2", IPAM_NOWHERE);
	boots_next();
	ipam_add(scene, "c3", IPAM_NOWHERE);
	/* Without an owner, the gateway's, excluded, from elsewhere; and a directory. */
	ipam_put(scene, "10.1.0.50", "");
	ipam_put(scene, "10.1.0.1", "c4\r\neth0");
	ipam_put(scene, "10.1.0.130", "c4\r\neth0");
	ipam_put(scene, "10.2.0.9", "c4\r\neth0");
	ipam_must(scene, "mkdir " IPAM_LEDGER "10.1.0.51");
	ipam_prints(
		scene, "ipam usage pool",
		"PLUGIN      SET  SIZE                  USED  STALE  GONE  FREE                  "
		"RANGES\n"
		"host-local  0    126                   4     2      0     122                   "
		"10.1.0.1-10.1.0.254\n"
		"host-local  1    18446744073709551614  3     2      0     18446744073709551611  "
		"fd00::1-fd00::ffff:ffff:ffff:ffff\n");
}

static void ipam_usage__is_json(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, IPAM_DUAL);
	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_prints(scene, "ipam usage pool --json",
		    "[\n    {\n        \"network\": \"pool\",\n        \"plugin\": "
		    "\"host-local\",\n        \"set\": 0,\n"
		    "        \"ranges\": \"10.1.0.1-10.1.0.254\",\n        \"size\": 253,\n"
		    "        \"used\": 1,\n        \"stale\": 0,\n        \"gone\": 0,\n        "
		    "\"free\": 252\n    },\n"
		    "    {\n        \"network\": \"pool\",\n        \"plugin\": \"host-local\",\n  "
		    "      \"set\": 1,\n"
		    "        \"ranges\": \"fd00::1-fd00::ffff:ffff:ffff:ffff\",\n"
		    "        \"size\": \"18446744073709551614\",\n        \"used\": 1,\n"
		    "        \"stale\": 0,\n        \"gone\": 0,\n        \"free\": "
		    "\"18446744073709551613\"\n    }\n]\n");
}

/* ADD gives out the addresses printed as free, and no others. */
static void ipam_usage__says_how_often_add_works(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, "\"subnet\":\"10.1.0.0/29\",\"exclude\":[\"10.1.0.4\"]");
	for (int i = 0; i < 4; i++) {
		freeing char *container = cni_format("c%d", i);

		ipam_add(scene, container, IPAM_NOWHERE);
	}
	ipam_prints(scene, "ipam usage pool",
		    "PLUGIN      SET  SIZE  USED  STALE  GONE  FREE  RANGES\n"
		    "host-local  0    4     4     0      0     0     10.1.0.1-10.1.0.6\n");
	cnitool_fails(scene, "add pool /run/netns/nowhere", "no IP addresses available");
}

/* ---- where it looks ---- */

static void ipam__reads_what_add_reads(void **state)
{
	static const char expected[] =
		"PLUGIN  SET  SIZE  USED  STALE  GONE  FREE  RANGES\n"
		"one     0    5     0     0      0     5     10.3.0.1-10.3.0.6\n"
		"one     1    13    0     0      0     13    10.4.0.1-10.4.0.14\n";
	struct cnitool_scene *scene = *state;
	freeing char *ranges = fake_path(&scene->fake, "ranges.json");
	freeing char *conf = cni_format(
		"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"two\"},"
		"{\"type\":\"one\",\"capabilities\":{\"ipRanges\":true},\"ipam\":{\"type\":"
		"\"buildkit-cni-host-local\",\"dataDir\":\"%s/leases\",\"rangesFile\":\"%s\"}}]}",
		scene->fake.dir, ranges);

	fake_write(&scene->fake, "ranges.json", "{\"ranges\":[[{\"subnet\":\"10.4.0.0/28\"}]]}");
	fake_write(&scene->fake, "net.d/10-blue.conflist", conf);
	scene->extra[0] = "CAP_ARGS={\"ipRanges\":[[{\"subnet\":\"10.3.0.0/29\"}]]}";
	ipam_prints(scene, "ipam usage blue", expected);
	fake_assert_asked(&scene->fake, "");
}

/* Two plugins of a list may share a data directory, or have one each. */
static void ipam__knows_all_ledgers_of_a_network(void **state)
{
	const struct cnitool_scene *scene = *state;
	const char *dir = scene->fake.dir;
	freeing char *conf = cni_format(
		"{\"cniVersion\":\"1.1.0\",\"name\":\"pool\",\"plugins\":["
		"{\"type\":\"one\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s/leases\","
		"\"subnet\":\"10.1.0.0/29\"}},"
		"{\"type\":\"two\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s/./leases\","
		"\"subnet\":\"10.2.0.0/29\"}},"
		"{\"type\":\"two\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s/more\","
		"\"subnet\":\"10.3.0.0/29\"}}]}",
		dir, dir, dir);

	fake_write(&scene->fake, "net.d/20-pool.conflist", conf);
	ipam_put(scene, "10.1.0.2", "c1\r\neth0");
	ipam_put(scene, "10.2.0.2", "c1\r\neth0");
	fake_write(&scene->fake, "more/pool/10.3.0.2", "c1\r\neth0");
	ipam_prints(scene, "ipam list pool",
		    "ADDRESS   CONTAINER  INTERFACE  AGE  BOOT     NAMESPACE\n"
		    "10.1.0.2  c1         eth0       0s   unknown  unknown\n"
		    "10.2.0.2  c1         eth0       0s   unknown  unknown\n"
		    "10.3.0.2  c1         eth0       0s   unknown  unknown\n");
	ipam_prints(scene, "ipam usage pool",
		    "PLUGIN  SET  SIZE  USED  STALE  GONE  FREE  RANGES\n"
		    "one     0    5     1     0      0     4     10.1.0.1-10.1.0.6\n"
		    "two     0    5     1     0      0     4     10.2.0.1-10.2.0.6\n"
		    "two     0    5     1     0      0     4     10.3.0.1-10.3.0.6\n");
	ipam_finds(scene, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(ipam_list__shows_every_reservation),
		ipam_test(ipam_list__shows_damage),
		ipam_test(ipam_list__is_json),
		cmocka_unit_test_setup_teardown(ipam_list__knows_mounted_namespaces,
						ipam_scene_setup, mounted_teardown),
		ipam_test(ipam_usage__counts_each_range_set),
		ipam_test(ipam_usage__is_json),
		ipam_test(ipam_usage__says_how_often_add_works),
		ipam_test(ipam__reads_what_add_reads),
		ipam_test(ipam__knows_all_ledgers_of_a_network),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
