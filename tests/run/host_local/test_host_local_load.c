/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Many workers ADD, CHECK and DEL on one network for a while, some with the Go plugin, some killing
 * their own calls: no address has two owners, and the final state is exact. With CNI_C_SLOW more of
 * them, and for longer. */
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "test.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* 10.1.0.0/22; an address's number is what follows 10.1. */
#define NUMBERS	    1024
#define WORKERS_MAX 64
#define HOLDINGS    4

/* Shared by all workers. */
struct board {
	/* The holder: the worker's number and its container's; 0: none. */
	_Atomic unsigned int holders[NUMBERS];
	_Atomic unsigned int adds;
	_Atomic unsigned int refusals;
	_Atomic unsigned int kills;
	_Atomic bool is_failed;
	char failure[2000];
};

struct worker {
	struct board *board;
	unsigned int number;
	unsigned int containers; /* so far */
	unsigned int held[HOLDINGS];
	size_t count;
	unsigned int random;
	bool may_be_refused;
	const char *config;
	const char *their_config;
};

/* ---- a worker ---- */

static _Noreturn void give_up(const struct worker *worker, const char *what, const char *why)
{
	if (!atomic_exchange(&worker->board->is_failed, true))
		snprintf(worker->board->failure, sizeof(worker->board->failure),
			 "worker %u: %s: %s", worker->number, what, why);
	_exit(1);
}

static unsigned int chance(struct worker *worker, unsigned int count)
{
	worker->random = worker->random * 1103515245 + 12345;
	return (worker->random >> 16) % count;
}

static unsigned int identity(unsigned int worker, unsigned int container)
{
	return (worker + 1) << 24 | container;
}

static char *container_of(unsigned int identity)
{
	return cni_format("w%u-%u", (identity >> 24) - 1, identity & 0xffffff);
}

/* Each fourth worker uses nothing but the Go plugin. */
static bool is_theirs(const struct worker *worker)
{
	return worker->their_config && worker->number % 4 == 3;
}

static struct plugin_call call_of(const struct worker *worker, const char *command,
				  const char *container)
{
	bool theirs = is_theirs(worker);
	struct plugin_call call =
		host_local_call(command, container, theirs ? worker->their_config : worker->config);

	call.plugin = theirs ? GO_HOST_LOCAL : HOST_LOCAL;
	return call;
}

static unsigned int number_of(const struct worker *worker, const struct plugin_answer *answer)
{
	const cJSON *ip = cJSON_GetArrayItem(cni_json_get(answer->json, "ips"), 0);
	const char *text = cni_json_get_string(ip, "address");
	unsigned int high;
	unsigned int low;

	if (!text || sscanf(text, "10.1.%u.%u/", &high, &low) != 2 || high * 256 + low >= NUMBERS)
		give_up(worker, "ADD", answer->out);
	return high * 256 + low;
}

static bool says_exhausted(const struct plugin_answer *answer)
{
	return strstr(answer->out, "no IP addresses available in range set");
}

static void add(struct worker *worker)
{
	unsigned int holder = identity(worker->number, ++worker->containers);
	freeing char *container = container_of(holder);
	struct plugin_call call = call_of(worker, "ADD", container);
	struct plugin_answer answer = plugin_run(&call);
	unsigned int number;

	atomic_fetch_add(&worker->board->adds, 1);
	if (answer.exit_code == 0) {
		number = number_of(worker, &answer);
		if (atomic_exchange(&worker->board->holders[number], holder))
			give_up(worker, "two hold one address", answer.out);
		worker->held[worker->count++] = number;
	} else if (worker->may_be_refused && says_exhausted(&answer)) {
		atomic_fetch_add(&worker->board->refusals, 1);
	} else {
		give_up(worker, "ADD", answer.out);
	}
	plugin_answer_clear(&answer);
}

static void must_succeed(const struct worker *worker, const char *command, const char *container)
{
	struct plugin_call call = call_of(worker, command, container);
	struct plugin_answer answer = plugin_run(&call);

	if (answer.exit_code != 0)
		give_up(worker, command, answer.out);
	plugin_answer_clear(&answer);
}

static void del(struct worker *worker)
{
	size_t i = chance(worker, (unsigned int)worker->count);
	unsigned int number = worker->held[i];
	/* From now on anybody may have it. */
	unsigned int holder = atomic_exchange(&worker->board->holders[number], 0);
	freeing char *container = container_of(holder);

	must_succeed(worker, "DEL", container);
	worker->held[i] = worker->held[--worker->count];
}

static void check(struct worker *worker)
{
	unsigned int number = worker->held[chance(worker, (unsigned int)worker->count)];
	unsigned int holder = atomic_load(&worker->board->holders[number]);
	freeing char *container = container_of(holder);
	freeing char *config =
		cni_format("{\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":"
			   "\"10.1.%u.%u/22\"}]},%s",
			   number / 256, number % 256,
			   (is_theirs(worker) ? worker->their_config : worker->config) + 1);
	struct worker with = *worker;

	with.config = config;
	if (is_theirs(worker))
		with.their_config = config;
	must_succeed(&with, "CHECK", container);
}

/* DEL takes back a killed ADD at any step. */
static void kill_one(struct worker *worker)
{
	unsigned int holder = identity(worker->number, ++worker->containers);
	freeing char *container = container_of(holder);
	struct plugin_call call = call_of(worker, "ADD", container);
	struct plugin_process process = plugin_start(&call);
	struct timespec pause = {.tv_nsec = (long)chance(worker, 20000) * 1000};
	struct plugin_answer answer;

	nanosleep(&pause, NULL);
	kill(process.pid, SIGKILL);
	answer = plugin_finish(&process);
	plugin_answer_clear(&answer);
	atomic_fetch_add(&worker->board->kills, 1);
	must_succeed(worker, "DEL", container);
}

static _Noreturn void work(struct worker *worker, unsigned int seconds)
{
	time_t end = time(NULL) + (time_t)seconds;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (time(NULL) < end && !atomic_load(&worker->board->is_failed)) {
		unsigned int what = chance(worker, 20);

		if (what == 0)
			kill_one(worker);
		else if (worker->count < HOLDINGS && (!worker->count || what < 9))
			add(worker);
		else if (what < 15)
			del(worker);
		else
			check(worker);
	}
	_exit(0);
}

/* ---- all of them ---- */

/* The files are those of the board, each with its holder. */
static void assert_exact(const struct board *board)
{
	freeing char *path = host_local_path("");
	DIR *dir = opendir(path);
	const struct dirent *found;
	unsigned int files = 0;
	unsigned int held = 0;
	unsigned int high;
	unsigned int low;

	assert_non_null(dir);
	while ((found = readdir(dir)))
		if (sscanf(found->d_name, "10.1.%u.%u", &high, &low) == 2)
			files++;
	closedir(dir);
	for (unsigned int number = 0; number < NUMBERS; number++) {
		freeing char *name = cni_format("10.1.%u.%u", number / 256, number % 256);
		freeing char *container = container_of(board->holders[number]);
		freeing char *text = cni_format("%s\r\neth0", container);

		if (!board->holders[number])
			continue;
		host_local_assert_file(name, text);
		held++;
	}
	assert_int_equal(files, held);
}

static void give_all_back(const struct board *board, const char *config)
{
	freeing char *left = NULL;

	for (unsigned int number = 0; number < NUMBERS; number++) {
		freeing char *container = container_of(board->holders[number]);

		if (board->holders[number])
			host_local_succeeds("DEL", container, config);
	}
	left = host_local_snapshot();
	assert_null(strstr(left, "10.1.0.1="));
	assert_null(strstr(left, "\r\n"));
	assert_null(strstr(left, ".reserving"));
}

static struct board *make_board(void)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(board, MAP_FAILED);
	return board;
}

static void wear_out(const char *subnet, bool may_be_refused)
{
	freeing char *ipam = cni_format("\"ranges\":[[{\"subnet\":\"%s\"}]]", subnet);
	freeing char *config = host_local_config("1.1.0", ipam, "");
	freeing char *their_config = host_local_config("1.0.0", ipam, "");
	bool has_theirs = access(GO_HOST_LOCAL, X_OK) == 0;
	bool is_slow = getenv("CNI_C_SLOW");
	unsigned int count = is_slow ? WORKERS_MAX : 16;
	struct board *board = make_board();
	pid_t pids[WORKERS_MAX];

	if (!has_theirs)
		fprintf(stderr, "# without the Go plugin: %s is not installed\n", GO_HOST_LOCAL);
	for (unsigned int i = 0; i < count; i++) {
		struct worker worker = {.board = board,
					.number = i,
					.random = i * 7919 + 1,
					.may_be_refused = may_be_refused,
					.config = config,
					.their_config = has_theirs ? their_config : NULL};

		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i])
			work(&worker, is_slow ? 60 : 2);
	}
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	fprintf(stderr, "# %u workers, %u ADDs, %u refused, %u killed\n", count, board->adds,
		board->refusals, board->kills);
	if (board->is_failed)
		fail_msg("%s", board->failure);
	assert_true(board->adds > count);
	assert_exact(board);
	give_all_back(board, config);
	munmap(board, sizeof(*board));
}

/* There is room for all, so that each ADD has to succeed. */
static void host_local__is_exact_under_load(void **state)
{
	(void)state;
	wear_out("10.1.0.0/22", false);
}

static void host_local__is_exact_under_load_with_too_few_addresses(void **state)
{
	(void)state;
	wear_out(getenv("CNI_C_SLOW") ? "10.1.0.0/25" : "10.1.0.0/27", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(host_local__is_exact_under_load),
		host_local_test(host_local__is_exact_under_load_with_too_few_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
