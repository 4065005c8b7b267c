/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar: whether it is about the directory as it is. */
#include "index.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct boot_id this_boot = {"0123456789abcdef"};
static const struct boot_id next_boot = {"0123456789abcdee"};

/* The network's directory and its sidecar, both open. */
struct scene {
	struct network_dir dir;
	struct index *index;
};

static void open_scene(struct scene *scene, const struct boot_id *boot)
{
	struct place place = store_dir_place();
	struct cni_error err = {0};

	if (network_dir_make(&place, &scene->dir, &err) < 0)
		fail_msg("%s", err.msg);
	scene->index = index_open(&scene->dir, boot, true);
	assert_non_null(scene->index);
}

static void close_scene(struct scene *scene)
{
	index_close(scene->index);
	network_dir_close(&scene->dir);
}

/* "<data directory>/<name>", until the next call. */
static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", store_dir, name);
	return path;
}

static bool is_current_in(const struct boot_id *boot)
{
	struct scene scene;
	bool is_current;

	open_scene(&scene, boot);
	is_current = index_is_current(scene.index);
	close_scene(&scene);
	return is_current;
}

static bool is_current(void)
{
	return is_current_in(&this_boot);
}

/* With a lease and a record in it. */
static void stamp(void)
{
	struct record_owner owner = record_owner("c1", "eth0");
	struct record record = {.ip = parsed_ip("10.1.0.2"), .boot = this_boot};
	struct scene scene;

	open_scene(&scene, &this_boot);
	store_dir_put("10.1.0.2", "c1\r\neth0");
	assert_int_equal(record_put(index_owners(scene.index), &owner, &record), 0);
	index_stamp(scene.index);
	assert_true(index_is_current(scene.index));
	close_scene(&scene);
}

/* ---- current ---- */

static void index__is_current_once_it_is_stamped(void **state)
{
	struct scene scene;

	(void)state;
	assert_false(is_current());
	stamp();
	assert_true(is_current());
	assert_true(is_current());
	open_scene(&scene, &this_boot);
	assert_true(index_is_current(scene.index));
	*index_head(scene.index) = (struct index_head){.stale = 5, .counted = 77};
	index_save_head(scene.index);
	close_scene(&scene);
	open_scene(&scene, &this_boot);
	assert_true(index_is_current(scene.index));
	assert_int_equal(index_head(scene.index)->stale, 5);
	assert_int_equal(index_head(scene.index)->counted, 77);
	index_forget(scene.index);
	assert_false(index_is_current(scene.index));
	index_forget(scene.index);
	close_scene(&scene);
	assert_false(is_current());
}

/* So that no change within the same tick of the kernel's clock looks the same. */
static void index__is_stamped_with_a_time_in_the_past(void **state)
{
	struct stat st;

	(void)state;
	stamp();
	assert_int_equal(stat(path_of("blue"), &st), 0);
	assert_in_range(time(NULL) - st.st_mtim.tv_sec, 1, 60);
	assert_int_equal(stat(path_of(".cni-c/blue/owners"), &st), 0);
	assert_in_range(time(NULL) - st.st_mtim.tv_sec, 1, 60);
}

static void index__is_not_current_in_another_boot(void **state)
{
	static const struct boot_id unknown = {""};

	(void)state;
	stamp();
	assert_false(is_current_in(&next_boot));
	assert_false(is_current_in(&unknown));
	assert_true(is_current());
}

static void run(const char *command)
{
	freeing char *text = cni_format("cd '%s' && { %s; }", store_dir, command);

	assert_int_equal(system(text), 0); // NOLINT(cert-env33-c): tests run commands
}

/* Each change is made without the sidecar. */
static void index__sees_what_others_do(void **state)
{
	static const char *const changes[] = {
		"touch blue/10.1.0.3",
		"rm blue/10.1.0.2",
		"mv blue/10.1.0.2 blue/10.1.0.3",
		"mkdir blue/x",
		"ln -s x blue/x",
		"echo c9 >x; mv x blue/10.1.0.2",
		"touch x; mv blue/10.1.0.2 x; mv x blue/10.1.0.2",
		"touch -d \"$(stat -c %y blue | sed 's/[.][0-9]*/.5/')\" blue",
		"rm .cni-c/blue/owners/*",
		"ln -s x .cni-c/blue/owners/x",
		"ln -sfn x .cni-c/blue/owners/*.0",
		"rm .cni-c/blue/head",
		"truncate -s -1 .cni-c/blue/head",
		": >.cni-c/blue/head",
		"printf x | dd of=.cni-c/blue/head conv=notrunc status=none",
		"h=.cni-c/blue/head; mv $h $h.old; ln -s head.old $h",
		"h=.cni-c/blue/head; rm $h; mkdir $h",
		"h=.cni-c/blue/head; rm $h; mkfifo $h",
		/* Other directories, with the same in them and the same time. */
		"cp -a blue x; rm -r blue; mv x blue",
		"cd .cni-c/blue; cp -a owners x; rm -r owners; mv x owners",
		"rm -r .cni-c",
		"rm -r .cni-c/blue",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		stamp();
		assert_true(is_current());
		run(changes[i]);
		if (is_current())
			fail_msg("'%s' was not seen", changes[i]);
		run("rm -rf .cni-c blue x");
	}
}

static void index__ignores_readers(void **state)
{
	static const char *const looks[] = {
		"ls -lR . >/dev/null",
		"cat blue/10.1.0.2 .cni-c/blue/head >/dev/null",
		"touch blue/lock", /* which is there */
		"mkdir red; touch red/10.1.0.2",
		"touch .cni-c/blue/10.1.0.0.bits",
	};

	(void)state;
	stamp();
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		run(looks[i]);
		if (!is_current())
			fail_msg("'%s' made a difference", looks[i]);
	}
}

/* ---- open and remove ---- */

static void index__is_not_made_unasked(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, &this_boot);
	index_remove(&scene.dir);
	assert_int_equal(access(path_of(".cni-c"), F_OK), -1);
	assert_null(index_open(&scene.dir, &this_boot, false));
	assert_int_equal(access(path_of(".cni-c"), F_OK), -1);
	close_scene(&scene);
}

/* All names, what they are, and where links lead. */
#define LIST "find . ! -name before -printf '%p %y %l\n' | sort"

static void index__follows_no_link_and_replaces_nothing(void **state)
{
	static const char *const obstacles[] = {
		"touch .cni-c",
		"ln -s else .cni-c",
		"ln -s nowhere .cni-c",
		"mkfifo .cni-c",
		"mkdir .cni-c; touch .cni-c/blue",
		"mkdir .cni-c; ln -s ../else .cni-c/blue",
		"mkdir -p .cni-c/blue; touch .cni-c/blue/owners",
		"mkdir -p .cni-c/blue; ln -s ../../else .cni-c/blue/owners",
	};
	struct place place = store_dir_place();
	struct network_dir dir;
	struct cni_error err;

	(void)state;
	assert_int_equal(network_dir_make(&place, &dir, &err), 0);
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		run("mkdir -p else/blue/deep; touch else/blue/precious else/precious");
		run(obstacles[i]);
		run(LIST " >before");
		if (index_open(&dir, &this_boot, true))
			fail_msg("it was opened despite '%s'", obstacles[i]);
		run(LIST " | cmp - before");
		index_remove(&dir);
		run("test -f else/blue/precious && test -d else/blue/deep && "
		    "test -f else/precious && rm -rf .cni-c else before");
	}
	network_dir_close(&dir);
}

static void index__is_removed_without_those_of_other_networks(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, &this_boot);
	run("mkdir .cni-c/red; touch .cni-c/blue/head .cni-c/blue/owners/x");
	index_remove(&scene.dir);
	assert_int_equal(access(path_of(".cni-c/blue"), F_OK), -1);
	assert_int_equal(access(path_of(".cni-c/red"), F_OK), 0);
	assert_int_equal(access(path_of("blue/lock"), F_OK), 0);
	run("rmdir .cni-c/red");
	index_remove(&scene.dir);
	assert_int_equal(access(path_of(".cni-c"), F_OK), -1);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(index__is_current_once_it_is_stamped),
		store_test(index__is_stamped_with_a_time_in_the_past),
		store_test(index__is_not_current_in_another_boot),
		store_test(index__sees_what_others_do),
		store_test(index__ignores_readers),
		store_test(index__is_not_made_unasked),
		store_test(index__follows_no_link_and_replaces_nothing),
		store_test(index__is_removed_without_those_of_other_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
