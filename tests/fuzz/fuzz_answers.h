/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink answers: the first byte chooses the question (questions.h), the rest is the script of
 * what comes back (fake_kernel.h). The corpora are what a kernel has answered:
 * tests/kernel/test_answers.c. */
#ifndef FUZZ_ANSWERS_H
#define FUZZ_ANSWERS_H

#include "fuzz.h"

#include "fake_kernel.h"
#include "questions.h"

static inline int fuzz_answers(const struct questions *questions, const uint8_t *data, size_t size)
{
	static struct cni_nl nl;
	const struct question *question =
		&questions->items[fuzz_choose(&data, &size, (unsigned int)questions->count)];
	struct cni_error err = {.code = 0};

	if (!nl.socket && cni_nl_open(&nl, questions->protocol, -1, &err) < 0)
		abort();
	fake_kernel_answer(data, size);
	if (question->ask(&nl, &err) < 0 && (err.code != CNI_EKERNEL || !*err.msg))
		abort();
	fake_kernel_end();
	return 0;
}

#endif
