/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include "test.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char script[] =
	"#!/bin/sh\n"
	"type=${0##*/}\n"
	"dir=${0%/bin/*}\n"
	"if [ -z \"$CNI_COMMAND\" ]; then\n"
	"	echo \"CNI $type plugin v0.0.7\" >&2\n"
	"	echo 'CNI protocol versions supported: 0.4.0, 1.0.0' >&2\n"
	"	exit 0\n"
	"fi\n"
	"cat > \"$dir/$type.$CNI_COMMAND\"\n"
	"tr '\\0' '\\n' < /proc/$$/environ | grep ^CNI_ > \"$dir/$type.$CNI_COMMAND.env\"\n"
	"echo \"$CNI_COMMAND $type\" >> \"$dir/log\"\n"
	"if [ -e \"$dir/$type.$CNI_COMMAND.fails\" ]; then\n"
	"	cat \"$dir/$type.$CNI_COMMAND.fails\"\n"
	"	exit 1\n"
	"fi\n"
	"case $CNI_COMMAND in\n"
	"ADD) cat \"$dir/$type.answer\" ;;\n"
	"VERSION) echo '{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.4.0\",\"1.0.0\"]}' "
	";;\n"
	"esac\n";

void fake_open(struct fake *fake)
{
	strcpy(fake->dir, "/tmp/cni-c-test.XXXXXX");
	assert_non_null(mkdtemp(fake->dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void fake_close(struct fake *fake)
{
	assert_int_equal(nftw(fake->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

char *fake_path(const struct fake *fake, const char *path)
{
	return cni_format("%s/%s", fake->dir, path);
}

void fake_write(const struct fake *fake, const char *path, const char *text)
{
	freeing char *file = fake_path(fake, path);
	freeing char *copy = cni_strdup(file);
	struct cni_error err;
	FILE *out;

	assert_int_equal(cni_file_make_directories(dirname(copy), 0700, &err), 0);
	out = fopen(file, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

void fake_add_plugin(const struct fake *fake, const char *type)
{
	freeing char *path = cni_format("bin/%s", type);
	freeing char *file = fake_path(fake, path);
	freeing char *answer = cni_format("%s.answer", type);

	fake_write(fake, path, script);
	assert_int_equal(chmod(file, 0755), 0);
	fake_write(fake, answer,
		   "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
}

char *fake_read(const struct fake *fake, const char *path)
{
	freeing char *file = fake_path(fake, path);
	struct cni_error err;
	char *data;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, file, false, 1U << 20, &data, &size, &err) == 0)
		return data;
	assert_int_equal(err.errnum, ENOENT);
	return NULL;
}

cJSON *fake_read_json(const struct fake *fake, const char *path)
{
	freeing char *data = fake_read(fake, path);
	cJSON *json;

	assert_non_null(data);
	json = cJSON_Parse(data);
	assert_non_null(json);
	return json;
}

bool fake_has(const struct fake *fake, const char *path)
{
	freeing char *file = fake_path(fake, path);

	return access(file, F_OK) == 0;
}

void fake_remove(const struct fake *fake, const char *path)
{
	freeing char *file = fake_path(fake, path);

	assert_int_equal(remove(file), 0);
}

void fake_assert_asked(const struct fake *fake, const char *expected)
{
	freeing char *log = fake_read(fake, "log");

	assert_string_equal(log ? log : "", expected);
	if (log)
		fake_remove(fake, "log");
}
