/* SPDX-License-Identifier: Apache-2.0 */
/* The file of earlier values: what stands in it, what is read out of it, and which go. */
#include "tuning_backup.h"

#include "backup.h"
#include "fake.h"
#include "json_text.h"
#include "test.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fake dir;
static char *path; /* of the directory of the files, which is not there at first */
static struct cni_error err;

static const struct cni_owner owner = {"blue", "c1", "eth0"};

static int setup(void **state)
{
	(void)state;
	fake_open(&dir);
	path = fake_path(&dir, "cni/tuning");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(path);
	fake_close(&dir);
	return 0;
}

static void write_as(const char *network, const char *container, const char *ifname,
		     const struct cni_tuning_backup *backup)
{
	struct cni_owner other = {network, container, ifname};

	if (cni_tuning_backup_write(path, &other, backup, &err) < 0)
		fail_msg("%s", err.msg);
}

static void backup__holds_what_the_go_plugin_reads_and_more(void **state)
{
	struct cni_tuning_backup backup = backup_of_some();
	freeing_json cJSON *json = NULL;
	struct stat st;

	(void)state;
	write_as("blue", "c1", "eth0", &backup);
	json = fake_read_json(&dir, "cni/tuning/c1_eth0.json");
	json_text_assert(json,
			 "{'mac':'0a:58:0a:01:00:05','promisc':false,'mtu':1500,'allmulti':true,"
			 "'txQLen':1000,'network':'blue','container':'c1','ifname':'eth0',"
			 "'netns':'4711','ifindex':3,'sysctls':[{'path':'net/core/somaxconn',"
			 "'value':'4096'},{'path':'net/ipv4/route/flush'},"
			 "{'path':'net/ipv4/tcp_rmem','value':'1\\t2\\t3'}]}");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	cni_tuning_backup_clear(&backup);
}

static void backup__without_settings_says_whose_it_is(void **state)
{
	struct cni_tuning_backup backup = {.about = {.netns = "1"}};
	freeing_json cJSON *json = NULL;

	(void)state;
	write_as("blue", "c1", "eth0", &backup);
	json = fake_read_json(&dir, "cni/tuning/c1_eth0.json");
	json_text_assert(json, "{'network':'blue','container':'c1','ifname':'eth0','netns':'1'}");
}

static char *read_backup(void)
{
	char *text;

	if (cni_tuning_backup_read(path, &owner, &text, &err) < 0)
		fail_msg("%s", err.msg);
	return text;
}

static void backup__comes_out_as_it_went_in(void **state)
{
	struct cni_tuning_backup backup = backup_of_some();
	struct cni_tuning_backup found;
	freeing char *text = NULL;

	(void)state;
	write_as("blue", "c1", "eth0", &backup);
	text = read_backup();
	assert_non_null(text);
	assert_true(cni_tuning_backup_parse(text, &found));
	assert_string_equal(found.about.netns, "4711");
	assert_int_equal(found.about.index, 3);
	assert_int_equal(found.earlier.link.given, backup.earlier.link.given);
	assert_memory_equal(found.earlier.link.mac, backup.earlier.link.mac, CNI_MAC_SIZE);
	assert_false(found.earlier.link.promisc);
	assert_true(found.earlier.link.allmulti);
	assert_int_equal(found.earlier.link.txqlen, 1000);
	assert_int_equal(found.earlier.link.mtu, 1500);
	assert_int_equal(found.earlier.sysctl_count, 3);
	assert_string_equal(found.earlier.sysctls[0].path, "net/core/somaxconn");
	assert_string_equal(found.earlier.sysctls[0].value, "4096");
	assert_null(found.earlier.sysctls[1].value);
	assert_string_equal(found.earlier.sysctls[2].value, "1\t2\t3");
	cni_tuning_backup_clear(&found);
	cni_tuning_backup_clear(&backup);
}

static void backup__of_the_go_plugin_is_read(void **state)
{
	static const char text[] = "{\n \"mac\": \"1e:ec:04:8d:5e:2c\",\n \"promisc\": true,\n "
				   "\"mtu\": 1500,\n \"allmulti\": false,\n \"txQLen\": 0\n}";
	struct cni_tuning_backup found;

	(void)state;
	assert_true(cni_tuning_backup_parse(text, &found));
	assert_string_equal(found.about.netns, "");
	assert_int_equal(found.about.index, 0);
	assert_int_equal(found.earlier.link.given, (1U << CNI_LINK_SETTING_COUNT) - 1);
	assert_true(found.earlier.link.promisc);
	assert_int_equal(found.earlier.link.txqlen, 0);
	cni_tuning_backup_clear(&found);
}

/* The file's author is unknown: wrong members are ignored, and nothing leads out of net. */
static void backup__may_hold_anything(void **state)
{
	static const char *const nothing[] = {
		"", "{", "[]", "5", "null", "{}{}", "\x01\x02",
	};
	static const char *const little[] = {
		"{}",
		"{'mac':5,'promisc':'x','mtu':'1500','allmulti':1,'txQLen':'9','netns':5,"
		"'ifindex':'x','sysctls':5}",
		"{'mac':'x','mtu':0,'txQLen':-1,'sysctls':{'a':'b'}}",
		"{'mtu':-5,'sysctls':[5,null,{},{'path':5},{'path':''},{'value':'1'}]}",
		"{'sysctls':[{'path':'../../etc/passwd','value':'1'},{'path':'kernel/hostname',"
		"'value':'x'},{'path':'/net/x','value':'1'},{'path':'net/../kernel/x'}]}",
	};
	struct cni_tuning_backup found;

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
		assert_false(cni_tuning_backup_parse(nothing[i], &found));
	for (size_t i = 0; i < sizeof(little) / sizeof(*little); i++) {
		freeing char *text = json_text(little[i]);

		assert_true(cni_tuning_backup_parse(text, &found));
		assert_int_equal(found.earlier.link.given, 0);
		assert_int_equal(found.earlier.sysctl_count, 0);
		assert_string_equal(found.about.netns, "");
		cni_tuning_backup_clear(&found);
	}
}

/* The value before the first change counts. */
static void backup__is_added_to(void **state)
{
	struct cni_tuning_backup backup = {
		.earlier.link = {.given = 1U << CNI_LINK_MTU, .mtu = 1500}};
	struct cni_tuning now = {.link = {.given = 1U << CNI_LINK_MTU | 1U << CNI_LINK_TXQLEN,
					  .mtu = 1400,
					  .txqlen = 7}};

	(void)state;
	cni_tuning_add_sysctl(&backup.earlier, "net/a", "1");
	cni_tuning_add_sysctl(&now, "net/b", "2");
	cni_tuning_add_sysctl(&now, "net/a", "9");
	cni_tuning_backup_add(&backup, &now);
	assert_int_equal(backup.earlier.link.given, now.link.given);
	assert_int_equal(backup.earlier.link.mtu, 1500);
	assert_int_equal(backup.earlier.link.txqlen, 7);
	assert_int_equal(backup.earlier.sysctl_count, 2);
	assert_string_equal(backup.earlier.sysctls[0].value, "1");
	assert_string_equal(backup.earlier.sysctls[1].path, "net/b");
	cni_tuning_backup_clear(&backup);
	cni_tuning_clear(&now);
}

static void backup__that_cannot_be_one_is_none(void **state)
{
	freeing char *file = NULL;

	(void)state;
	assert_null(read_backup());
	fake_write(&dir, "cni/tuning/other", "{}");
	assert_null(read_backup());
	file = fake_path(&dir, "cni/tuning/c1_eth0.json");
	assert_int_equal(mkdir(file, 0700), 0);
	assert_null(read_backup());
	/* A directory is not ours. */
	assert_int_equal(cni_tuning_backup_remove(path, &owner, &err), 0);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("other", file), 0);
	assert_null(read_backup());
	assert_int_equal(cni_tuning_backup_remove(path, &owner, &err), 0);
	assert_int_not_equal(access(file, F_OK), 0);
	assert_true(fake_has(&dir, "cni/tuning/other"));
}

static void backup__goes_with_what_a_killed_add_has_left(void **state)
{
	static const char *const stay[] = {"c1_eth0.jsonx",	 "c1_eth0.json.4711.tmpx",
					   "c1_eth1.json",	 "c11_eth0.json",
					   "xc1_eth0.json",	 "c1_eth0.json_eth0.json",
					   "c1_eth00.json.1.tmp"};
	static const char *const go[] = {"c1_eth0.json", "c1_eth0.json.4711.tmp",
					 "c1_eth0.json.1.tmp"};

	(void)state;
	assert_int_equal(cni_tuning_backup_remove(path, &owner, &err), 0);
	for (size_t i = 0; i < sizeof(stay) / sizeof(*stay); i++) {
		freeing char *name = cni_format("cni/tuning/%s", stay[i]);

		fake_write(&dir, name, "");
	}
	for (size_t i = 0; i < sizeof(go) / sizeof(*go); i++) {
		freeing char *name = cni_format("cni/tuning/%s", go[i]);

		fake_write(&dir, name, "half");
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(cni_tuning_backup_remove(path, &owner, &err), 0);
	for (size_t i = 0; i < sizeof(stay) / sizeof(*stay); i++) {
		freeing char *name = cni_format("cni/tuning/%s", stay[i]);

		assert_true(fake_has(&dir, name));
	}
	for (size_t i = 0; i < sizeof(go) / sizeof(*go); i++) {
		freeing char *name = cni_format("cni/tuning/%s", go[i]);

		assert_false(fake_has(&dir, name));
	}
}

static void backup__is_put_back(void **state)
{
	struct cni_tuning_backup backup = backup_of_some();
	freeing char *text = NULL;

	(void)state;
	fake_write(&dir, "cni/tuning/c1_eth0.json", "as it was");
	write_as("blue", "c1", "eth0", &backup);
	cni_tuning_backup_put_back(path, &owner, "as it was");
	text = fake_read(&dir, "cni/tuning/c1_eth0.json");
	assert_string_equal(text, "as it was");
	cni_tuning_backup_put_back(path, &owner, NULL);
	assert_false(fake_has(&dir, "cni/tuning/c1_eth0.json"));
	cni_tuning_backup_clear(&backup);
}

/* Where nothing can be written nothing may be changed. */
static void backup__that_cannot_be_written_is_an_error(void **state)
{
	struct cni_tuning_backup backup = {.about = {.netns = "1"}};
	freeing char *file = NULL;

	(void)state;
	fake_write(&dir, "cni", "a file");
	assert_int_equal(cni_tuning_backup_write(path, &owner, &backup, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	fake_remove(&dir, "cni");
	write_as("blue", "c2", "eth0", &backup);
	file = fake_path(&dir, "cni/tuning/c1_eth0.json");
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(cni_tuning_backup_write(path, &owner, &backup, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, path));
}

/* ---- beside others ---- */

static void backup__leaves_what_another_interface_has_set_as_well(void **state)
{
	struct cni_tuning_backup backup = backup_of_some();
	struct cni_tuning_backup other = {.about = {.netns = "4711"}};

	(void)state;
	cni_tuning_add_sysctl(&other.earlier, "net/core/somaxconn", "500");
	/* Another container's, and our own. */
	write_as("blue", "c2", "eth0", &other);
	write_as("blue", "c1", "eth0", &backup);
	fake_write(&dir, "cni/tuning/c1_eth7.json", "junk");
	cni_tuning_backup_leave_shared(path, &owner, &backup);
	assert_string_equal(backup.earlier.sysctls[0].value, "4096");
	write_as("red", "c1", "eth1", &other);
	cni_tuning_backup_leave_shared(path, &owner, &backup);
	assert_null(backup.earlier.sysctls[0].value);
	assert_string_equal(backup.earlier.sysctls[2].value, "1\t2\t3");
	cni_tuning_backup_clear(&other);
	cni_tuning_backup_clear(&backup);
}

static void backup__is_collected_by_network_and_owner(void **state)
{
	static const char *const stay[] = {"c1_eth0.json", "c3_eth0.json",	 "c4_eth0.json",
					   "c5_eth0.json", "c6_eth0.json.1.tmp", "other"};
	static const char *const go[] = {"c2_eth0.json", "c1_eth1.json", "c7_eth0.json.1.tmp"};
	struct cni_owner items[] = {{"blue", "c1", "eth0"}, {"blue", "c9", "eth0"}};
	struct cni_owners valid = {.items = items, .count = 2};
	struct cni_tuning_backup backup = {.about = {.netns = "1"}};

	(void)state;
	assert_int_equal(cni_tuning_backup_collect(path, "blue", &valid, &err), 0);
	write_as("blue", "c1", "eth0", &backup);
	write_as("blue", "c1", "eth1", &backup);
	write_as("blue", "c2", "eth0", &backup);
	write_as("red", "c3", "eth0", &backup);
	/* The Go plugin's, junk, half a file, another owner's; a complete one that was not
	 * renamed. */
	fake_write(&dir, "cni/tuning/c4_eth0.json", "{\"mtu\":1500}");
	fake_write(&dir, "cni/tuning/c5_eth0.json", "junk");
	fake_write(&dir, "cni/tuning/c6_eth0.json.1.tmp", "{\"network\":\"bl");
	fake_write(&dir, "cni/tuning/other",
		   "{\"network\":\"blue\",\"container\":\"c8\",\"ifname\":\"eth0\"}");
	fake_write(&dir, "cni/tuning/c7_eth0.json.1.tmp",
		   "{\"network\":\"blue\",\"container\":\"c7\",\"ifname\":\"eth0\"}");
	assert_int_equal(cni_tuning_backup_collect(path, "blue", &valid, &err), 0);
	for (size_t i = 0; i < sizeof(stay) / sizeof(*stay); i++) {
		freeing char *name = cni_format("cni/tuning/%s", stay[i]);

		if (!fake_has(&dir, name))
			fail_msg("%s has gone", stay[i]);
	}
	for (size_t i = 0; i < sizeof(go) / sizeof(*go); i++) {
		freeing char *name = cni_format("cni/tuning/%s", go[i]);

		if (fake_has(&dir, name))
			fail_msg("%s is there", go[i]);
	}
	valid.count = 0;
	assert_int_equal(cni_tuning_backup_collect(path, "blue", &valid, &err), 0);
	assert_false(fake_has(&dir, "cni/tuning/c1_eth0.json"));
	assert_true(fake_has(&dir, "cni/tuning/c3_eth0.json"));
}

int main(void)
{
#define backup_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		backup_test(backup__holds_what_the_go_plugin_reads_and_more),
		backup_test(backup__without_settings_says_whose_it_is),
		backup_test(backup__comes_out_as_it_went_in),
		backup_test(backup__of_the_go_plugin_is_read),
		backup_test(backup__may_hold_anything),
		backup_test(backup__is_added_to),
		backup_test(backup__that_cannot_be_one_is_none),
		backup_test(backup__goes_with_what_a_killed_add_has_left),
		backup_test(backup__is_put_back),
		backup_test(backup__that_cannot_be_written_is_an_error),
		backup_test(backup__leaves_what_another_interface_has_set_as_well),
		backup_test(backup__is_collected_by_network_and_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
