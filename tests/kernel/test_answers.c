/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's answers to each of our questions (questions.h), which are the corpora of tests/fuzz:
 * with CNI_C_RECORD=1, they are written anew. */
#include "bridge.h"
#include "fake_kernel.h"
#include "kernel.h"
#include "questions.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRIPT_SIZE (1 << 18)

static uint8_t script[SCRIPT_SIZE];

static void write_script(const struct questions *questions, size_t number, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), CNI_C_SOURCE_DIR "/tests/fuzz/corpus/%s/%s", questions->name,
		 questions->items[number].name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputc((int)number, file);
	assert_int_equal(fwrite(script, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* The answers are understood again when they come out of memory. */
static void assert_replayed(const struct questions *questions, struct cni_nl *nl)
{
	for (size_t i = 0; i < questions->count; i++) {
		const struct question *question = &questions->items[i];
		struct cni_error again = {.code = 0};
		struct cni_error err = {.code = 0};
		size_t size;
		int failed;

		fake_kernel_record(script, sizeof(script));
		failed = question->ask(nl, &err);
		size = fake_kernel_end();
		if (size < 2 + sizeof(struct nlmsghdr))
			fail_msg("%s: the kernel has not answered", question->name);
		fake_kernel_answer(script, size);
		if (question->ask(nl, &again) != failed || again.errnum != err.errnum)
			fail_msg("%s: '%s', expected '%s'", question->name, again.msg, err.msg);
		assert_int_equal(fake_kernel_end(), size);
		if (getenv("CNI_C_RECORD"))
			write_script(questions, i, size);
	}
}

static void answers__are_understood(void **state)
{
	(void)state;
	sandbox_must("%s", questions_scene);
	assert_replayed(&rtnetlink_questions, &rtnl);
	assert_replayed(&nftables_questions, &nfnl);
	assert_replayed(&conntrack_questions, &nfnl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(answers__are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
