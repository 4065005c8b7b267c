/* SPDX-License-Identifier: Apache-2.0 */
/* host-local beside a model of its promises (ledger_model.h): operations at random, of ours and of
 * the Go plugin, kill -9, reboots, files removed and damaged by hand, and after each a look at the
 * directory. The seed is printed; CNI_C_SEED in the environment repeats it. With CNI_C_SLOW many
 * thousands. */
#include "boots.h"
#include "host_local_calls.h"
#include "ledger_scene.h"
#include "test.h"

#include <stdlib.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define QUICK_OPERATIONS 45
#define SLOW_OPERATIONS	 300
#define SLOW_ROUNDS	 8

static const struct {
	void (*run)(struct scene *scene);
	int weight;
	bool is_theirs;
} operations[] = {
	{scene_add, 30, false},	    {scene_add_requested, 8, false},
	{scene_del, 16, false},	    {scene_check, 6, false},
	{scene_gc, 3, false},	    {scene_status, 3, false},
	{scene_kill_add, 8, false}, {scene_kill_del, 5, false},
	{scene_kill_gc, 2, false},  {scene_their_add, 5, true},
	{scene_their_del, 4, true}, {scene_remove_file, 3, false},
	{scene_reboot, 4, false},   {scene_damage_sidecar, 4, false},
};

static void operate(struct scene *scene)
{
	size_t count = sizeof(operations) / sizeof(*operations);
	bool has_theirs = access(GO_HOST_LOCAL, X_OK) == 0;
	int all = 0;
	int at;
	size_t i = 0;

	for (size_t j = 0; j < count; j++)
		all += operations[j].weight;
	at = scene_chance(scene, all);
	for (; at >= operations[i].weight; i++)
		at -= operations[i].weight;
	if (operations[i].is_theirs && !has_theirs)
		return;
	operations[i].run(scene);
	model_assert_files(&scene->model, scene->is_tidy);
}

struct variant {
	struct model_pool pool;
	int containers;
	bool has_keys;
};

/* Half of all rounds have their data on the disk, where inodes are used again at once. */
static void play(const struct variant *variant, uint64_t seed, int count)
{
	struct scene scene;

	fprintf(stderr, "# CNI_C_SEED=%ju\n", (uintmax_t)seed);
	if (seed % 2 || !getenv("CNI_C_SLOW"))
		assert_int_equal(mount("data", host_local_data_dir, "tmpfs", 0, "mode=0700"), 0);
	scene_open(&scene, &variant->pool, variant->containers, variant->has_keys, seed);
	while (count--)
		operate(&scene);
	scene_close(&scene);
	umount(host_local_data_dir);
}

static uint64_t first_seed(void)
{
	const char *given = getenv("CNI_C_SEED");
	struct timespec now;

	if (given)
		return strtoull(given, NULL, 10);
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)(now.tv_nsec / 1000 + getpid());
}

static void play_all(const struct variant *variant)
{
	bool is_slow = getenv("CNI_C_SLOW");
	uint64_t seed = first_seed();

	if (access(GO_HOST_LOCAL, X_OK) != 0)
		fprintf(stderr, "# without the Go plugin: %s is not installed\n", GO_HOST_LOCAL);
	for (int round = 0; round < (is_slow ? SLOW_ROUNDS : 1); round++) {
		play(variant, seed + (uint64_t)round, is_slow ? SLOW_OPERATIONS : QUICK_OPERATIONS);
		host_local_teardown(NULL);
		host_local_setup(NULL);
	}
	scene_forget_notes();
}

#define BIT(n) ((uint32_t)1 << (n))

static void ledger__keeps_its_promises(void **state)
{
	const struct variant variant = {.pool = {.sets = 1, .last = 14}, .containers = 14};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_exclude(void **state)
{
	const struct variant variant = {.pool = {.sets = 1, .last = 8, .excluded = BIT(2) | BIT(7)},
					.containers = 8};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_a_cooldown_of_seconds(void **state)
{
	const struct variant variant = {.pool = {.sets = 1, .last = 9, .cooldown = 2},
					.containers = 9};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_a_cooldown_of_an_hour(void **state)
{
	const struct variant variant = {.pool = {.sets = 1, .last = 9, .cooldown = 3600},
					.containers = 9};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_sticky_keys(void **state)
{
	const struct variant variant = {
		.pool = {.sets = 1, .last = 10}, .containers = 9, .has_keys = true};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_in_dual_stack(void **state)
{
	const struct variant variant = {.pool = {.sets = 2, .last = 10}, .containers = 10};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_eager_reclaim(void **state)
{
	const struct variant variant = {
		.pool = {.sets = 2, .last = 8, .reclaim = MODEL_EAGER, .cooldown = 3600},
		.containers = 9};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_without_reclaim(void **state)
{
	const struct variant variant = {
		.pool = {.sets = 1, .last = 8, .reclaim = MODEL_NEVER_RECLAIM}, .containers = 9};

	(void)state;
	play_all(&variant);
}

static void ledger__keeps_its_promises_with_all_at_once(void **state)
{
	const struct variant variant = {
		.pool = {.sets = 2, .last = 8, .excluded = BIT(3) | BIT(8), .cooldown = 2},
		.containers = 8,
		.has_keys = true};

	(void)state;
	play_all(&variant);
}

static int teardown(void **state)
{
	scene_show_notes();
	scene_forget_notes();
	return host_local_teardown(state);
}

#define model_test(name) cmocka_unit_test_setup_teardown(name, host_local_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(ledger__keeps_its_promises),
		model_test(ledger__keeps_its_promises_with_exclude),
		model_test(ledger__keeps_its_promises_with_a_cooldown_of_seconds),
		model_test(ledger__keeps_its_promises_with_a_cooldown_of_an_hour),
		model_test(ledger__keeps_its_promises_with_sticky_keys),
		model_test(ledger__keeps_its_promises_in_dual_stack),
		model_test(ledger__keeps_its_promises_with_eager_reclaim),
		model_test(ledger__keeps_its_promises_without_reclaim),
		model_test(ledger__keeps_its_promises_with_all_at_once),
	};

	/* Which takes as long as all the rest, and does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
