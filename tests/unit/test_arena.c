/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator of the portable build's plugins. */
#include "arena.h"

#include "test.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static void arena__aligns_and_clears(void **state)
{
	static const size_t sizes[] = {0,    1,	    15,	   16,	  17,	  1023,	  1024,	  1025,
				       2048, 65535, 65536, 65537, 100000, 300000, 1 << 20};
	static const char zeroes[1 << 20];

	(void)state;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			char *some = arena_alloc_zeroed(1, sizes[i]);

			assert_non_null(some);
			assert_int_equal((uintptr_t)some % 16, 0);
			assert_memory_equal(some, zeroes, sizes[i]);
			/* The next round gets the same memory. */
			memset(some, 0xff, sizes[i]);
			arena_free(some);
		}
	arena_free(NULL);
}

static void arena__keeps_the_content_of_what_grows(void **state)
{
	unsigned char *some = NULL;
	size_t size = 0;

	(void)state;
	for (size_t next = 1; next < 2 * MIB; next += next / 3 + 1) {
		some = arena_resize(some, next);
		assert_non_null(some);
		assert_int_equal((uintptr_t)some % 16, 0);
		for (size_t i = 0; i < size; i++)
			if (some[i] != (unsigned char)(i * 7))
				fail_msg("byte %zu of %zu changed on the way to %zu", i, size,
					 next);
		for (; size < next; size++)
			some[size] = (unsigned char)(size * 7);
	}
	some = arena_resize(some, 10);
	assert_int_equal(some[9], 63);
	arena_free(some);
}

/* Blocks of many sizes that live at once, each full of a byte of its own. */
static void arena__gives_no_byte_twice(void **state)
{
	enum { COUNT = 400, STEPS = 40000 };
	static struct {
		unsigned char *ptr;
		size_t size;
	} blocks[COUNT];
	uint32_t chance = 1;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		size_t i = (chance >> 8) % COUNT;
		size_t size;

		chance = chance * 1664525U + 1013904223U;
		size = (chance >> 8) % ((chance & 0x80) ? 200000 : 300);
		for (size_t at = 0; at < blocks[i].size; at += 61)
			assert_int_equal(blocks[i].ptr[at], i & 0xff);
		if (chance & 0x40) {
			blocks[i].ptr = arena_resize(blocks[i].ptr, size);
		} else {
			arena_free(blocks[i].ptr);
			blocks[i].ptr = arena_alloc(size);
		}
		assert_non_null(blocks[i].ptr);
		memset(blocks[i].ptr, (int)(i & 0xff), size);
		blocks[i].size = size;
	}
	for (size_t i = 0; i < COUNT; i++)
		arena_free(blocks[i].ptr);
}

static void arena__does_not_grow_with_what_is_freed(void **state)
{
	size_t before;

	(void)state;
	arena_free(arena_alloc(40000));
	before = arena_size();
	for (size_t i = 0; i < 200000; i++) {
		void *one = arena_alloc(40000);
		void *other = arena_alloc(i % 30000);

		arena_free(one);
		arena_free(other);
	}
	for (size_t i = 0; i < 1000; i++)
		arena_free(arena_resize(arena_alloc(MIB), 3 * MIB));
	/* A block of each size, at most. */
	assert_true(arena_size() <= before + MIB);
}

static void arena__refuses_what_is_too_large(void **state)
{
	void *some = arena_alloc(MIB);

	(void)state;
	errno = 0;
	assert_null(arena_alloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_null(arena_alloc(PTRDIFF_MAX));
	errno = 0;
	assert_null(arena_alloc_zeroed(SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_resize(some, SIZE_MAX - 16));
	assert_int_equal(errno, ENOMEM);
	arena_free(some);
}

static int exit_of(void (*deed)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		deed();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void free_twice(void)
{
	void *some = arena_alloc(100);

	arena_free(some);
	arena_free(some);
}

static void free_the_middle(void)
{
	char *some = arena_alloc_zeroed(1, 100);

	arena_free(some + 32);
}

static void resize_after_free(void)
{
	void *some = arena_alloc(100);

	arena_free(some);
	arena_resize(some, 200);
}

static void succeed(void)
{
	arena_free(arena_alloc(100));
}

static void arena__stops_who_frees_what_is_not_allocated(void **state)
{
	void (*const deeds[])(void) = {free_twice, free_the_middle, resize_after_free};

	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		int status = exit_of(deeds[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
	assert_int_equal(exit_of(succeed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena__aligns_and_clears),
		cmocka_unit_test(arena__keeps_the_content_of_what_grows),
		cmocka_unit_test(arena__gives_no_byte_twice),
		cmocka_unit_test(arena__does_not_grow_with_what_is_freed),
		cmocka_unit_test(arena__refuses_what_is_too_large),
		cmocka_unit_test(arena__stops_who_frees_what_is_not_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
