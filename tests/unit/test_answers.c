/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that the kernel does not give: those of tests/fuzz/corpus with each attribute and each
 * message cut, lengthened and filled. In the sanitizers' build a reader that looks past the
 * datagram's end stops the test. */
#include "fake_kernel.h"
#include "questions.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 65536

/* ---- one variation ---- */

static struct {
	const struct question *question;
	struct cni_nl nl;
	const char *file;
	uint8_t bytes[SIZE]; /* the script that is being varied */
	size_t size;
	size_t variations;
} now;

static void ask(void)
{
	/* The buffer has exactly the script's size: a read past the end is a read past the
	 * buffer. */
	freeing uint8_t *script = cni_realloc_array(NULL, now.size, 1);
	struct cni_error err = {.code = 0};

	memcpy(script, now.bytes, now.size);
	fake_kernel_answer(script, now.size);
	if (now.question->ask(&now.nl, &err) < 0 && (err.code != CNI_EKERNEL || !*err.msg))
		fail_msg("%s: code %d '%s'", now.file, err.code, err.msg);
	fake_kernel_end();
	now.variations++;
}

static uint16_t get16(size_t at)
{
	uint16_t value;

	memcpy(&value, now.bytes + at, sizeof(value));
	return value;
}

static uint32_t get32(size_t at)
{
	uint32_t value;

	memcpy(&value, now.bytes + at, sizeof(value));
	return value;
}

/* Asks with `size` bytes at `at` being those of `value`. */
static void ask_with(size_t at, const void *value, size_t size)
{
	uint8_t saved[64];

	memcpy(saved, now.bytes + at, size);
	memcpy(now.bytes + at, value, size);
	ask();
	memcpy(now.bytes + at, saved, size);
}

static void ask_with16(size_t at, uint16_t value)
{
	ask_with(at, &value, sizeof(value));
}

static void ask_with32(size_t at, uint32_t value)
{
	ask_with(at, &value, sizeof(value));
}

/* ---- all variations ---- */

/* Where the lengths are that enclose an attribute: the datagram's, its message's, those of nests.
 */
struct inside {
	size_t datagram, message, nests[8];
	size_t depth;
};

static void set_end(size_t at, size_t start, size_t end, bool is_message)
{
	uint32_t size = (uint32_t)(end - start);

	memcpy(now.bytes + at, &size, is_message ? 4 : 2);
}

/* Everything ends at `end`: nothing of the answer, and nothing else, is behind it. */
static void ask_cut(const struct inside *inside, size_t end)
{
	freeing uint8_t *saved = cni_realloc_array(NULL, now.size, 1);
	size_t size = now.size;

	memcpy(saved, now.bytes, size);
	for (size_t i = 0; i < inside->depth; i++)
		set_end(inside->nests[i], inside->nests[i], end, false);
	set_end(inside->message, inside->message, end, true);
	set_end(inside->datagram, inside->datagram + 2, end, false);
	now.size = end;
	ask();
	memcpy(now.bytes, saved, size);
	now.size = size;
}

static void vary_attributes(struct inside *inside, size_t at, size_t end);

static void vary_attribute(struct inside *inside, size_t at)
{
	static const uint16_t lengths[] = {0, 3, 4, 5, 6, 7, 8, 12, 0x7fff, 0x8000, UINT16_MAX};
	static const uint8_t full[4] = {255, 255, 255, 255};
	uint16_t length = get16(at);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		ask_with16(at, lengths[i]);
	if (length >= 8) {
		ask_with32(at + 4, 1U << 31);
		ask_with(at + 4, full, sizeof(full));
	}
	/* A text without its end. */
	if (length > 4)
		ask_with(at + length - 1, full, 1);
	inside->nests[inside->depth++] = at;
	for (size_t end = at + 4; end <= at + 4 + 9; end++)
		if (end <= at + length)
			ask_cut(inside, end);
	if (length > 4) {
		ask_cut(inside, at + length - 1);
		ask_cut(inside, at + length);
	}
	if (inside->depth < 8 && length >= 8)
		vary_attributes(inside, at + 4, at + length);
	inside->depth--;
}

/* Bytes in the form of attributes are varied as attributes. */
static void vary_attributes(struct inside *inside, size_t at, size_t end)
{
	while (at + 4 <= end && get16(at) >= 4 && at + get16(at) <= end) {
		size_t next = at + ((get16(at) + 3U) & ~3U);

		vary_attribute(inside, at);
		at = next;
	}
}

/* The kernel's words are behind a question of 3 GiB, which is not there. */
static void ask_with_far_words(size_t at, size_t end)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr report;
	} error;

	if (end - at < sizeof(error))
		return;
	memcpy(&error.header, now.bytes + at, sizeof(error.header));
	error.header.nlmsg_type = NLMSG_ERROR;
	error.header.nlmsg_flags = NLM_F_ACK_TLVS;
	error.report = (struct nlmsgerr){.error = -EPERM, .msg.nlmsg_len = 3U << 30};
	ask_with(at, &error, sizeof(error));
}

static void vary_message(size_t datagram, size_t at)
{
	static const uint32_t lengths[] = {0, 15, 16, 17, 20, 24, 1U << 31, UINT32_MAX};
	struct inside inside = {.datagram = datagram, .message = at};
	size_t header = cni_nl_header_size(get16(at + 4));
	size_t end = at + get32(at);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		ask_with32(at, lengths[i]);
	for (size_t cut = at + 16; cut <= at + 16 + header && cut <= end; cut++)
		ask_cut(&inside, cut);
	for (uint16_t type = 0; type < 48; type++)
		ask_with16(at + 4, type);
	for (uint32_t seq = 0; seq < 4; seq++)
		ask_with32(at + 8, seq - 1);
	for (size_t i = 16; i + 4 <= 16 + header && at + i + 4 <= end; i += 4) {
		ask_with32(at + i, 1U << 31);
		ask_with32(at + i, UINT32_MAX);
	}
	ask_with_far_words(at, end);
	vary_attributes(&inside, at + 16 + header, end);
}

static void vary(void)
{
	size_t datagram = 0;

	ask();
	while (datagram + 2 <= now.size) {
		size_t end = datagram + 2 + get16(datagram);
		size_t at = datagram + 2;

		while (at + 16 <= end && get32(at) >= 16 && at + get32(at) <= end) {
			size_t next = at + ((get32(at) + 3U) & ~3U);

			vary_message(datagram, at);
			at = next;
		}
		datagram = end;
	}
}

/* ---- each corpus ---- */

static void read_script(const struct questions *questions, const char *path)
{
	FILE *file = fopen(path, "re");
	int number;

	assert_non_null(file);
	number = fgetc(file);
	assert_in_range(number, 0, questions->count - 1);
	now.question = &questions->items[number];
	now.size = fread(now.bytes, 1, sizeof(now.bytes), file);
	fclose(file);
}

static void vary_all(const struct questions *questions)
{
	freeing char *dir = cni_format(CNI_C_SOURCE_DIR "/tests/fuzz/corpus/%s", questions->name);
	DIR *stream = opendir(dir);
	struct cni_error err;
	struct dirent *entry;

	assert_non_null(stream);
	if (cni_nl_open(&now.nl, questions->protocol, -1, &err) < 0)
		fail_msg("%s", err.msg);
	now.variations = 0;
	while ((entry = readdir(stream))) {
		freeing char *path = cni_format("%s/%s", dir, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		now.file = entry->d_name;
		read_script(questions, path);
		vary();
	}
	closedir(stream);
	cni_nl_close(&now.nl);
	assert_true(now.variations > 1000);
}

static void rtnetlink__answers_are_measured(void **state)
{
	(void)state;
	vary_all(&rtnetlink_questions);
}

static void nftables__answers_are_measured(void **state)
{
	(void)state;
	vary_all(&nftables_questions);
}

static void conntrack__answers_are_measured(void **state)
{
	(void)state;
	vary_all(&conntrack_questions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtnetlink__answers_are_measured),
		cmocka_unit_test(nftables__answers_are_measured),
		cmocka_unit_test(conntrack__answers_are_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
