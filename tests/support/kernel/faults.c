/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRACE	  "/usr/bin/strace"
#define CALLS_MAX 4000

bool faults_possible(void)
{
	return access(STRACE, X_OK) == 0;
}

/* Memory is not refused in this way (a refusal ends the process), and calls that release something
 * do not fail, or have no one to report to. */
static bool is_interesting(const char *name)
{
	static const char *const dull[] = {
		"mmap",		  "munmap",	   "mprotect",	  "madvise", "brk",
		"close",	  "exit_group",	   "getpid",	  "gettid",  "rt_sigaction",
		"rt_sigprocmask", "clock_gettime", "sigaltstack", "futex",   "sched_yield",
		"getppid",	  "exit",	   "prctl",
	};

	for (size_t i = 0; i < sizeof(dull) / sizeof(*dull); i++)
		if (!strcmp(name, dull[i]))
			return false;
	return true;
}

/* The number of this call among those of its name, up to the line `upto` of the log. */
static int count_of(char (*names)[24], size_t upto, const char *name)
{
	int count = 0;

	for (size_t i = 0; i <= upto; i++)
		count += !strcmp(names[i], name);
	return count;
}

static void read_steps(const char *path, struct fault_steps *steps)
{
	static char names[CALLS_MAX][24];
	FILE *log = fopen(path, "re");
	bool has_begun = false;
	char *line = NULL;
	size_t count = 0;
	size_t room = 0;

	assert_non_null(log);
	steps->count = 0;
	while (getline(&line, &room, log) > 0 && count < sizeof(names) / sizeof(*names)) {
		size_t length = strcspn(line, "(\n");

		if (line[length] != '(' || length >= sizeof(*names) || strchr("-+", *line))
			continue;
		has_begun |= !strncmp(line, "read(0,", 7);
		memcpy(names[count], line, length);
		names[count][length] = '\0';
		if (has_begun && is_interesting(names[count]) &&
		    steps->count < sizeof(steps->items) / sizeof(*steps->items)) {
			struct fault_step *step = &steps->items[steps->count++];

			memcpy(step->name, names[count], sizeof(step->name));
			step->nth = count_of(names, count, step->name);
		}
		count++;
	}
	/* All of it was read. */
	assert_true(feof(log));
	free(line);
	fclose(log);
}

/* `inject` NULL: only written down. */
static struct plugin_answer run_under_strace(const struct plugin_call *call, const char *log,
					     const char *trace, const char *inject)
{
	const char *const arguments[] = {"-o", log, "-e", trace, "-e", inject, call->plugin, NULL};
	const char *const without[] = {"-o", log, call->plugin, NULL};
	static const char *const no_leaks[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	struct plugin_call traced = *call;

	/* Which does not work when traced. */
	if (!traced.environment)
		traced.environment = no_leaks;
	traced.plugin = STRACE;
	traced.arguments = inject ? arguments : without;
	return plugin_run(&traced);
}

struct plugin_answer faults_learn(const struct plugin_call *call, const char *log,
				  struct fault_steps *ret_steps)
{
	struct plugin_answer answer = run_under_strace(call, log, NULL, NULL);

	read_steps(log, ret_steps);
	return answer;
}

struct plugin_answer faults_inject(const struct plugin_call *call, const char *log,
				   const struct fault_step *step, const char *error)
{
	freeing char *trace = cni_format("trace=%s", step->name);
	freeing char *fault = cni_format("inject=%s:error=%s:when=%d%s", step->name, error,
					 step->nth, step->is_lasting ? "+" : "");
	struct plugin_answer answer = run_under_strace(call, log, trace, fault);

	fprintf(stderr, "# %s: exit %d\n", fault, answer.exit_code);
	return answer;
}

bool faults_hit_answer(const char *path)
{
	FILE *log = fopen(path, "re");
	bool is_answer = false;
	char *line = NULL;
	size_t room = 0;

	assert_non_null(log);
	while (getline(&line, &room, log) > 0) {
		if (!strstr(line, "(INJECTED)"))
			continue;
		is_answer = !strncmp(line, "write(1,", 8);
		break;
	}
	free(line);
	fclose(log);
	return is_answer;
}
