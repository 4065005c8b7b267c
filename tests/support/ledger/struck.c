/* SPDX-License-Identifier: Apache-2.0 */
#include "struck.h"

#include "boots.h"
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "reservations.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for three containers. */
#define PLACES 3
#define RANGES                                                                                     \
	"\"ranges\":[[{\"subnet\":\"10.1.0.0/29\",\"rangeEnd\":\"10.1.0.4\"}],"                    \
	"[{\"subnet\":\"fd00::/64\",\"rangeEnd\":\"fd00::4\"}]]"
#define VALID(container)                                                                           \
	"\"cni.dev/valid-attachments\":[{\"containerID\":\"" container "\",\"ifname\":\"eth0\"}]"

/* ---- what there is before ---- */

static void nothing(const char *config)
{
	(void)config;
}

static void one_other(const char *config)
{
	host_local_succeeds("ADD", "c2", config);
}

/* The sidecar knows nothing of c2: all has to be learned. */
static void one_other_unknown(const char *config)
{
	freeing char *sidecar = cni_format("%s/.cni-c", host_local_data_dir);

	host_local_succeeds("ADD", "c2", config);
	sandbox_must("rm -r '%s'", sidecar);
}

static void all_stale(const char *config)
{
	host_local_succeeds("ADD", "c2", config);
	host_local_succeeds("ADD", "c3", config);
	host_local_succeeds("ADD", "c4", config);
	boots_next();
}

static void own_stale(const char *config)
{
	host_local_succeeds("ADD", "c2", config);
	host_local_succeeds("ADD", "c1", config);
	boots_next();
}

static void own_and_another(const char *config)
{
	host_local_succeeds("ADD", "c2", config);
	host_local_succeeds("ADD", "c1", config);
}

const struct struck struck_add_first = {
	.prepare = nothing, .command = "ADD", .after = 2, .all_after = 2};

const struct struck struck_add = {
	.prepare = one_other, .command = "ADD", .after = 2, .all_before = 2, .all_after = 4};

const struct struck struck_add_learning = {.prepare = one_other_unknown,
					   .command = "ADD",
					   .after = 2,
					   .all_before = 2,
					   .all_after = 4};

const struct struck struck_add_stale = {
	.prepare = all_stale, .command = "ADD", .after = 2, .all_before = 6, .all_after = 6};

const struct struck struck_add_own = {.prepare = own_stale,
				      .command = "ADD",
				      .before = 2,
				      .after = 2,
				      .all_before = 4,
				      .all_after = 4};

const struct struck struck_add_another = {.prepare = own_stale,
					  .command = "ADD",
					  .args = "IP=10.1.0.4",
					  .before = 2,
					  .after = 2,
					  .all_before = 4,
					  .all_after = 4};

const struct struck struck_del = {
	.prepare = own_and_another, .command = "DEL", .before = 2, .all_before = 4, .all_after = 2};

const struct struck struck_gc = {.prepare = own_and_another,
				 .command = "GC",
				 .more = VALID("c3"),
				 .before = 2,
				 .all_before = 4};

/* ---- the operation ---- */

static char *configuration(const char *version, const char *more)
{
	return host_local_config(version, RANGES, more);
}

char *struck_config(const struct struck *struck)
{
	return configuration("1.1.0", struck->more ? struck->more : "");
}

struct plugin_call struck_call(const struct struck *struck, const char *config)
{
	struct plugin_call call = host_local_call(struck->command, "c1", config);

	call.path = "/opt/cni/bin";
	call.args = struck->args;
	if (!strcmp(struck->command, "GC"))
		call.container = call.netns = call.ifname = NULL;
	return call;
}

void struck_prepare(const struct struck *struck)
{
	freeing char *config = configuration("1.1.0", "");

	sandbox_must("rm -rf '%s/blue' '%s/.cni-c'", host_local_data_dir, host_local_data_dir);
	struck->prepare(config);
}

static bool is_between(size_t a, size_t is, size_t b)
{
	return (a <= is && is <= b) || (b <= is && is <= a);
}

/* ---- before and after ---- */

/* Neither lost nor made up, at any end. Addresses that c1 gives up go last. */
void struck_assert_between(const struct struck *struck)
{
	struct reservations now = reservations_read();
	size_t given_up = struck->args != NULL;

	if (!is_between(struck->before, now.of[1], struck->after + given_up) ||
	    !is_between(struck->all_before, now.all, struck->all_after + given_up))
		fail_msg("c1 holds %zu, and all hold %zu", now.of[1], now.all);
}

static void assert_exactly(size_t own, size_t all)
{
	struct reservations now = reservations_read();

	if (now.of[1] != own || now.all != all)
		fail_msg("c1 holds %zu instead of %zu, and all hold %zu instead of %zu", now.of[1],
			 own, now.all, all);
}

void struck_assert_before(const struct struck *struck)
{
	assert_exactly(struck->before, struck->all_before);
}

void struck_assert_after(const struct struck *struck)
{
	assert_exactly(struck->after, struck->all_after);
}

static void assert_tidy(void)
{
	assert_int_equal(reservations_read().temporary, 0);
	reservations_assert_recorded();
}

/* ---- what comes next ---- */

/* All that is free can be had, and no more. */
static void assert_room(const char *config, size_t taken)
{
	for (size_t i = taken; i < PLACES; i++) {
		freeing char *container = cni_format("c%zu", 5 + i);

		host_local_succeeds("ADD", container, config);
	}
	host_local_fails("ADD", "c9", config, CNI_EEXHAUSTED, NULL);
	assert_int_equal(reservations_read().all, 2 * PLACES);
	assert_tidy();
}

/* Our next operations, whichever comes first. */
static void go_on(const char *config, unsigned int turn)
{
	freeing char *collected = configuration("1.1.0", VALID("c8"));

	if (turn % 3 == 0)
		host_local_succeeds("DEL", "c1", config);
	else if (turn % 3 == 1)
		host_local_succeeds("GC", NULL, collected);
	else if (reservations_read().all < 2 * PLACES)
		host_local_succeeds("ADD", "c8", config);
	else
		host_local_succeeds("DEL", "c9", config);
	assert_tidy();
	host_local_succeeds("DEL", "c1", config);
	assert_int_equal(reservations_read().of[1], 0);
	host_local_succeeds("GC", NULL, collected);
	if (turn % 2 == 0)
		assert_room(config, reservations_read().all / 2);
}

static void let_them_go_on(const char *config)
{
	freeing char *theirs = configuration("1.0.0", "");
	struct plugin_call del = host_local_call("DEL", "c1", theirs);

	del.plugin = GO_HOST_LOCAL;
	plugin_succeeds(&del);
	assert_int_equal(reservations_read().of[1], 0);
	host_local_succeeds("ADD", "c1", config);
	assert_int_equal(reservations_read().of[1], 2);
	assert_tidy();
}

void struck_assert_goes_on(unsigned int turn)
{
	freeing char *config = configuration("1.1.0", "");

	if (turn % 4 == 3 && access(GO_HOST_LOCAL, X_OK) == 0)
		let_them_go_on(config);
	else
		go_on(config, turn);
}
