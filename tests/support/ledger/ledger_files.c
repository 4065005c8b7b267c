/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the model that is read from the directory. */
#include "ledger_model.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The text of a file of the directory, terminated; the caller frees. */
static char *read_text(const struct model *model, const char *name)
{
	freeing char *path = cni_format("%s/%s", model->dir, name);
	closing int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[256];
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return size < 0 ? NULL : cni_strndup(text, (size_t)size);
}

static int holder_of(const struct model *model, const char *name)
{
	freeing char *text = read_text(model, name);
	freeing char *expected = NULL;
	int holder = -1;

	if (!text || sscanf(text, "c%d", &holder) != 1)
		fail_msg("'%s' holds \"%s\"", name, text ? text : "nothing that can be read");
	expected = cni_format("c%d\r\neth0", holder);
	assert_string_equal(text, expected);
	return holder;
}

static bool is_known(const char *name, bool is_tidy)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lock") ||
	       !strncmp(name, "last_reserved_ip.", strlen("last_reserved_ip.")) ||
	       (!is_tidy && !strncmp(name, ".reserving", strlen(".reserving")));
}

static void read_file(const struct model *model, const char *name, struct model_files *files)
{
	for (size_t set = 0; set < model->pool.sets; set++) {
		int number = model_number(model, set, name);

		if (!number)
			continue;
		files->holders[set][number] = holder_of(model, name);
		return;
	}
	fail_msg("there is a file '%s'", name);
}

struct model_files model_read_files(const struct model *model, bool is_tidy)
{
	struct model_files files;
	DIR *dir = opendir(model->dir);
	const struct dirent *found;

	for (size_t set = 0; set < MODEL_SETS; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			files.holders[set][number] = MODEL_NOBODY;
	if (!dir) {
		assert_int_equal(errno, ENOENT);
		return files;
	}
	while ((found = readdir(dir)))
		if (!is_known(found->d_name, is_tidy))
			read_file(model, found->d_name, &files);
	closedir(dir);
	return files;
}

void model_look(struct model *model)
{
	for (size_t set = 0; set < model->pool.sets; set++) {
		freeing char *name = cni_format("last_reserved_ip.%zu", set);
		freeing char *text = read_text(model, name);

		model->sets[set].before = text ? model_number(model, set, text) : MODEL_NONE;
	}
}

void model_assert_files(const struct model *model, bool is_tidy)
{
	struct model_files files = model_read_files(model, is_tidy);

	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			if (files.holders[set][number] != model->sets[set].addresses[number].holder)
				fail_msg("%s is container %d's by its file, expected %d's",
					 model_text(model, set, number), files.holders[set][number],
					 model->sets[set].addresses[number].holder);
}

/* ---- killed ---- */

/* It was released, which may not have been noted. */
static void release_perhaps(struct model *model, size_t set, int number, struct between now)
{
	model_drop(model, set, number);
	model->sets[set].addresses[number].released.latest = now.latest;
}

void model_release_stale(struct model *model, bool is_killed, struct between now)
{
	struct model_files files = model_read_files(model, false);

	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++) {
			bool is_gone = files.holders[set][number] !=
				       model->sets[set].addresses[number].holder;

			if (!model_may_be_stale(model, set, number))
				continue;
			if (is_killed && is_gone)
				release_perhaps(model, set, number, now);
			else if (!is_killed && (is_gone || model_must_be_stale(model, set, number)))
				model_release(model, set, number, now);
		}
}

void model_follow_release(struct model *model, int container, struct between now)
{
	struct model_files files = model_read_files(model, false);

	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			if (model->sets[set].addresses[number].holder == container &&
			    files.holders[set][number] == MODEL_NOBODY)
				release_perhaps(model, set, number, now);
}

/* The key had its address before, or has the one that it may have got now. */
static void doubt_keys(struct model_set *set, int key, int number)
{
	for (int other = 0; other < MODEL_KEYS; other++)
		if (other == key || (number && set->keys[other].number == number))
			set->keys[other].is_sure = false;
}

/* The address that a container has got in a set, by the files; MODEL_NONE: none, but its earlier
 * one may have become one of this boot. */
static int gained(const struct model *model, size_t set, int container,
		  const struct model_files *files)
{
	int found = MODEL_NONE;

	for (int number = 0; number < MODEL_ROOM; number++)
		if (files->holders[set][number] == container &&
		    model->sets[set].addresses[number].holder != container) {
			assert_int_equal(found, MODEL_NONE);
			found = number;
		}
	return found;
}

void model_follow_add(struct model *model, int container, int key, int wish, struct between now)
{
	struct model_files files = model_read_files(model, false);

	for (size_t set = 0; set < model->pool.sets; set++) {
		int own = model_find(model, set, container, MODEL_FIRST);
		int number = gained(model, set, container, &files);
		struct outlook outlook =
			model_outlook(model, set, container, key, set ? MODEL_NONE : wish);

		if (key != MODEL_NO_KEY)
			doubt_keys(&model->sets[set], key, number ? number : own);
		if (number) {
			model_assert_may_get(model, set, &outlook, key, number, now);
			model_take(model, set, number, container, RECORDED);
			if (own && files.holders[set][own] == MODEL_NOBODY)
				release_perhaps(model, set, own, now);
		} else if (own && model_may_be_stale(model, set, own)) {
			model->sets[set].addresses[own].boot.latest = model->boot;
			model->sets[set].addresses[own].record = PERHAPS_RECORDED;
		}
	}
}
