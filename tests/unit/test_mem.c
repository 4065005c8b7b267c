/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is never NULL, and cleanup at the end of a scope. */
#include "mem.h"

#include "cleanup.h"
#include "json.h"
#include "test.h"

#include <string.h>
#include <sys/wait.h>

static void mem__is_cleared_and_never_null(void **state)
{
	freeing char *some = cni_alloc(64);
	freeing char *none = cni_alloc(0);
	static const char zeroes[64];

	(void)state;
	assert_memory_equal(some, zeroes, sizeof(zeroes));
	assert_non_null(none);
}

static void mem__grows_an_array(void **state)
{
	freeing int *items = cni_realloc_array(NULL, 1, sizeof(*items));

	(void)state;
	items[0] = 7;
	items = cni_realloc_array(items, 1000, sizeof(*items));
	items[999] = 8;
	assert_int_equal(items[0], 7);
	items = cni_realloc_array(items, 0, sizeof(*items));
	assert_non_null(items);
}

static void mem__copies_text(void **state)
{
	freeing char *part = cni_strndup("eth0.5", 4);
	freeing char *all = cni_strdup("eth0");
	freeing char *made = cni_format("%s/%d", "a", 5);

	(void)state;
	assert_string_equal(part, "eth0");
	assert_string_equal(all, "eth0");
	assert_string_equal(made, "a/5");
	assert_null(cni_strdup(NULL));
}

static void cleanup__takes_what_it_would_release(void **state)
{
	char *text = cni_strdup("x");
	freeing char *taken = take_ptr(text);
	int fd = 5;

	(void)state;
	assert_null(text);
	assert_string_equal(taken, "x");
	assert_int_equal(take_fd(&fd), 5);
	assert_int_equal(fd, -1);
}

static void mem__says_in_json_that_it_is_exhausted(void **state)
{
	char text[256] = "";
	freeing_json cJSON *json = NULL;
	int status = 0;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		cni_out_of_memory();
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	json = cJSON_Parse(text);
	assert_non_null(json);
	assert_int_equal(cni_json_get(json, "code")->valueint, 100);
	assert_string_equal(cni_json_get_string(json, "msg"), "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mem__is_cleared_and_never_null),
		cmocka_unit_test(mem__grows_an_array),
		cmocka_unit_test(mem__copies_text),
		cmocka_unit_test(cleanup__takes_what_it_would_release),
		cmocka_unit_test(mem__says_in_json_that_it_is_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
