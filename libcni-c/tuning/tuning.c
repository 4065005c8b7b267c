/* SPDX-License-Identifier: Apache-2.0 */
#include "tuning.h"

#include "cleanup.h"
#include "mem.h"
#include "sysctl_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cni_tuning_add_sysctl(struct cni_tuning *tuning, const char *path, const char *value)
{
	tuning->sysctls = cni_realloc_array(tuning->sysctls, tuning->sysctl_count + 1,
					    sizeof(*tuning->sysctls));
	tuning->sysctls[tuning->sysctl_count++] =
		(struct cni_tuning_sysctl){.path = cni_strdup(path), .value = cni_strdup(value)};
}

struct cni_tuning_sysctl *cni_tuning_find_sysctl(const struct cni_tuning *tuning, const char *path)
{
	for (size_t i = 0; i < tuning->sysctl_count; i++)
		if (!strcmp(tuning->sysctls[i].path, path))
			return &tuning->sysctls[i];
	return NULL;
}

void cni_tuning_clear(struct cni_tuning *tuning)
{
	for (size_t i = 0; i < tuning->sysctl_count; i++) {
		free(tuning->sysctls[i].path);
		free(tuning->sysctls[i].value);
	}
	free(tuning->sysctls);
	*tuning = (struct cni_tuning){.sysctls = NULL};
}

/* ---- looking ---- */

/* Some can only be written, as net/ipv4/route/flush, and one cannot be read before it is. */
static bool is_secret(const char *path, const struct cni_error *err)
{
	const char *name = strrchr(path, '/');

	return err->errnum == EACCES ||
	       (err->errnum == EIO && name && !strcmp(name, "/stable_secret"));
}

static int look_at_sysctl(const char *path, char **ret_value, struct cni_error *err)
{
	*ret_value = NULL;
	if (cni_sysctl_path_read(path, ret_value, err) == 0 || is_secret(path, err))
		return 0;
	return -1;
}

static int look_at_sysctls(const struct cni_tuning *wanted, struct cni_tuning *now,
			   struct cni_error *err)
{
	for (size_t i = 0; i < wanted->sysctl_count; i++) {
		freeing char *value = NULL;

		if (look_at_sysctl(wanted->sysctls[i].path, &value, err) < 0)
			return -1;
		cni_tuning_add_sysctl(now, wanted->sysctls[i].path, value);
	}
	return 0;
}

static int look_at_link(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
			struct cni_tuning *now, struct cni_error *err)
{
	int index;

	if (!wanted->link.given)
		return 0;
	if (cni_link_settings_get(place->nl, place->ifname, &index, &now->link, err) < 0)
		return -1;
	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++)
		if (cni_link_settings_have(&wanted->link, s) &&
		    !cni_link_settings_have(&now->link, s))
			return cni_fail(err, CNI_ECONFIG,
					"'%s' is of a kind without an address of six octets: its "
					"%s cannot be set",
					place->ifname, cni_link_setting_name(s));
	now->link.given = wanted->link.given;
	return 0;
}

int cni_tuning_look(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		    struct cni_tuning *ret_now, struct cni_error *err)
{
	*ret_now = (struct cni_tuning){.sysctls = NULL};
	if (look_at_link(place, wanted, ret_now, err) == 0 &&
	    look_at_sysctls(wanted, ret_now, err) == 0)
		return 0;
	cni_tuning_clear(ret_now);
	return -1;
}

/* ---- setting ---- */

static bool is_gone(const struct cni_error *err)
{
	return err->errnum == ENOENT || err->errnum == ENOTDIR || err->errnum == ENODEV;
}

static void restore_sysctl(const struct cni_tuning_sysctl *sysctl, struct cni_error *first)
{
	struct cni_error next = {0};

	if (sysctl->value && cni_sysctl_path_write(sysctl->path, sysctl->value, &next) < 0 &&
	    !is_gone(&next))
		cni_fail_first(first, &next);
}

static bool is_as_in(const struct cni_tuning_sysctl *sysctl)
{
	struct cni_error ignored;
	freeing char *now = NULL;

	return cni_sysctl_path_read(sysctl->path, &now, &ignored) < 0 || !sysctl->value ||
	       cni_sysctl_values_equal(now, sysctl->value);
}

/* The first `count` of them, backwards; and then those again that others have changed with them, as
 * "all" and each interface's own do. */
static int restore_sysctls(const struct cni_tuning *earlier, size_t count, struct cni_error *err)
{
	struct cni_error first = {0};

	for (size_t i = count; i-- > 0;)
		restore_sysctl(&earlier->sysctls[i], &first);
	for (size_t i = 0; i < count; i++)
		if (!is_as_in(&earlier->sysctls[i]))
			restore_sysctl(&earlier->sysctls[i], &first);
	return cni_fail_if_any(&first, err);
}

static int restore_link(const struct cni_tuning_place *place, const struct cni_tuning *earlier,
			struct cni_error *err)
{
	struct cni_error first = {0};

	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT && place->index; s++) {
		struct cni_link_settings one = earlier->link;
		struct cni_error next = {0};

		one.given &= 1U << s;
		if (cni_link_settings_set(place->nl, place->index, &one, &next) < 0 &&
		    !is_gone(&next))
			cni_fail_first(&first, &next);
	}
	if (cni_fail_if_any(&first, err) < 0)
		return cni_fail_within(err, "'%s' in the container", place->ifname);
	return 0;
}

int cni_tuning_restore(const struct cni_tuning_place *place, const struct cni_tuning *earlier,
		       struct cni_error *err)
{
	struct cni_error next = {0};
	int failed = restore_link(place, earlier, err);

	if (restore_sysctls(earlier, earlier->sysctl_count, &next) == 0)
		return failed;
	if (!failed)
		*err = next;
	return -1;
}

/* `ret_done` is how many may have been set. */
static int apply_sysctls(const struct cni_tuning *wanted, size_t *ret_done, struct cni_error *err)
{
	*ret_done = 0;
	for (size_t i = 0; i < wanted->sysctl_count; i++) {
		*ret_done = i + 1;
		if (cni_sysctl_path_write(wanted->sysctls[i].path, wanted->sysctls[i].value, err) <
		    0)
			return -1;
	}
	return 0;
}

int cni_tuning_apply(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     const struct cni_tuning *before, struct cni_error *err)
{
	struct cni_error ignored;
	size_t done;

	if (apply_sysctls(wanted, &done, err) == 0) {
		if (cni_link_settings_set(place->nl, place->index, &wanted->link, err) == 0)
			return 0;
		cni_fail_within(err, "'%s' in the container", place->ifname);
		restore_link(place, before, &ignored);
	}
	restore_sysctls(before, done, &ignored);
	return -1;
}

/* ---- comparing ---- */

static bool are_settings_equal(const struct cni_link_settings *a, const struct cni_link_settings *b,
			       enum cni_link_setting setting)
{
	char a_text[CNI_LINK_SETTING_TEXT_SIZE];
	char b_text[CNI_LINK_SETTING_TEXT_SIZE];

	return !strcmp(cni_link_setting_format(a, setting, a_text),
		       cni_link_setting_format(b, setting, b_text));
}

static int check_link(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		      const struct cni_tuning *now, struct cni_error *err)
{
	char expected[CNI_LINK_SETTING_TEXT_SIZE];
	char found[CNI_LINK_SETTING_TEXT_SIZE];

	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++)
		if (cni_link_settings_have(&wanted->link, s) &&
		    !are_settings_equal(&wanted->link, &now->link, s))
			return cni_fail(err, CNI_EMISMATCH,
					"Tuning configured %s of %s is %s, current value is %s",
					cni_link_setting_name(s), place->ifname,
					cni_link_setting_format(&wanted->link, s, expected),
					cni_link_setting_format(&now->link, s, found));
	return 0;
}

/* Tabs stand between numbers. */
static char *on_one_line(const char *value)
{
	char *line = cni_strdup(value);

	for (char *blank = line; (blank = strpbrk(blank, "\t\n"));)
		*blank = ' ';
	return line;
}

static int check_sysctls(const struct cni_tuning *wanted, const struct cni_tuning *now,
			 struct cni_error *err)
{
	for (size_t i = 0; i < wanted->sysctl_count; i++) {
		freeing char *found = NULL;

		if (!now->sysctls[i].value ||
		    cni_sysctl_values_equal(wanted->sysctls[i].value, now->sysctls[i].value))
			continue;
		found = on_one_line(now->sysctls[i].value);
		return cni_fail(
			err, CNI_EMISMATCH,
			"Tuning configured value of /proc/sys/%s is %.64s, current value is "
			"%.64s",
			wanted->sysctls[i].path, wanted->sysctls[i].value, found);
	}
	return 0;
}

int cni_tuning_check(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     struct cni_error *err)
{
	struct cni_tuning now;
	int failed;

	if (cni_tuning_look(place, wanted, &now, err) < 0) {
		if (err->code == CNI_ECONFIG || err->errnum == ENODEV)
			err->code = CNI_EMISMATCH;
		return -1;
	}
	failed = check_sysctls(wanted, &now, err) < 0 || check_link(place, wanted, &now, err) < 0;
	cni_tuning_clear(&now);
	return failed ? -1 : 0;
}
