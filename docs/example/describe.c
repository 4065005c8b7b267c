/* SPDX-License-Identifier: Apache-2.0 */
/* A whole plugin, to begin one of your own from: it stands last in a chain, passes on what the
 * plugins before it have answered, and keeps a file for each attachment, whose text is its owner
 * ("blue/4f1c…/eth0").
 *
 *	{"type": "describe", "directory": "/run/describe"} */
#include <cni-c/cni.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct describe_conf {
	const char *directory;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct describe_conf, "directory", directory,
		  "The directory of the files, which is made if it is absent"),
	{0},
};

static const struct describe_conf defaults = {.directory = "/run/describe"};

/* DEL and GC go on with the default where the key has a wrong value. */
static int read_conf(const struct cni_call *call, struct describe_conf *ret_conf,
		     struct cni_error *err)
{
	bool lenient = call->env.command == CNI_DEL || call->env.command == CNI_GC;

	*ret_conf = defaults;
	return cni_decode(fields, call->conf.json, ret_conf, lenient, err);
}

/* The caller frees. */
static char *path_of(const struct cni_call *call, const struct describe_conf *conf)
{
	return cni_format("%s/%s-%s", conf->directory, call->owner.container, call->owner.ifname);
}

/* The text of a file, which the caller frees; NULL if it cannot be read. */
static char *read_text(int dir, const char *path, struct cni_error *err)
{
	char *text;
	size_t size;

	if (cni_file_read_at(dir, path, false, CNI_OWNER_TEXT_SIZE, &text, &size, err) < 0)
		return NULL;
	return text;
}

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	struct describe_conf conf;
	char *path;
	int failed;

	if (!call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG,
				"'prevResult' is missing: stand after another plugin");
	if (read_conf(call, &conf, err) < 0 ||
	    cni_file_make_directories(conf.directory, 0755, err) < 0)
		return -1;
	path = path_of(call, &conf);
	cni_owner_format(&call->owner, owner);
	failed = cni_file_replace_at(AT_FDCWD, path, owner, strlen(owner), err);
	free(path);
	if (!failed)
		cni_result_copy(&call->conf.prev_result, result);
	return failed;
}

/* An error of CHECK names what was expected and what was found. */
static int check(const struct cni_call *call, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	struct describe_conf conf;
	int failed = 0;
	char *path;
	char *text;

	if (read_conf(call, &conf, err) < 0)
		return -1;
	path = path_of(call, &conf);
	text = read_text(AT_FDCWD, path, err);
	if (!text)
		failed = err->errnum == ENOENT
				 ? cni_fail(err, CNI_EMISMATCH, "'%s' is missing", path)
				 : -1;
	else if (strcmp(text, cni_owner_format(&call->owner, owner)) != 0)
		failed = cni_fail(err, CNI_EMISMATCH, "'%s' holds \"%s\", expected \"%s\"", path,
				  text, owner);
	free(text);
	free(path);
	return failed;
}

/* DEL comes as often as it likes: a file that is absent is success. */
static int del(const struct cni_call *call, struct cni_error *err)
{
	struct describe_conf conf;
	int failed = 0;
	char *path;

	if (read_conf(call, &conf, err) < 0)
		return -1;
	path = path_of(call, &conf);
	if (unlink(path) < 0 && errno != ENOENT)
		failed = cni_fail_errno(err, CNI_EIO, errno, "remove '%s'", path);
	free(path);
	return failed;
}

/* Files of other networks, and files without an owner, are left alone. */
static int collect(int dir, const char *name, const struct cni_stale *stale, struct cni_error *err)
{
	struct cni_error ignored;
	char *text = read_text(dir, name, &ignored);
	int failed = 0;

	if (text && cni_stale_has(stale, text) && unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		failed = cni_fail_errno(err, CNI_EIO, errno, "remove '%s'", name);
	free(text);
	return failed;
}

/* Goes on after a failure, and reports the first. */
static int gc(const struct cni_call *call, struct cni_error *err)
{
	struct cni_stale stale = cni_stale_make(call->conf.name, &call->conf.valid);
	struct cni_error first = {0};
	const struct dirent *entry;
	struct describe_conf conf;
	DIR *list = NULL;

	if (read_conf(call, &conf, err) == 0)
		list = opendir(conf.directory);
	while (list && (entry = readdir(list)))
		if (collect(dirfd(list), entry->d_name, &stale, err) < 0)
			cni_fail_first(&first, err);
	if (list)
		closedir(list);
	cni_stale_clear(&stale);
	return cni_fail_if_any(&first, err);
}

/* Fails if ADD would, and writes nothing. */
static int status(const struct cni_call *call, struct cni_error *err)
{
	struct describe_conf conf;

	if (read_conf(call, &conf, err) < 0)
		return -1;
	if (cni_file_check_writable(conf.directory, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "'directory' \"%s\"", conf.directory);
}

/* The same of the configuration alone, for `cnitool validate`. */
static int validate(const struct cni_call *call, struct cni_error *err)
{
	struct describe_conf conf;

	return read_conf(call, &conf, err);
}

int main(void)
{
	static const struct cni_description description = {
		.about = "Keeps a file for each attachment",
		.role = CNI_ROLE_CHAINED,
		.fields = fields,
		.defaults = &defaults,
	};
	static const struct cni_verbs describe = {
		.type = "describe",
		.version = "1.0.0",
		.add = add,
		.check = check,
		.del = del,
		.gc = gc,
		.status = status,
		.validate = validate,
		.description = &description,
	};

	return cni_verbs_main(&describe);
}
