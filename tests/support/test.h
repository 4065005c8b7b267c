/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with its prerequisites, and a skip that prints its reason. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Skips this test; the reason is printed as a TAP comment, which scripts/test collects. */
#define skip_because(...)                                                                          \
	do {                                                                                       \
		fprintf(stderr, "# skipped %s: ", __func__);                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		skip();                                                                            \
	} while (0)

/* True if the executables have sanitizers: those of the test's own build, or of the one that scripts/with-executables
 * puts in their place. */
static inline bool test_is_sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return getenv("CNI_C_SANITIZED") != NULL;
#endif
}

#endif
