/* SPDX-License-Identifier: Apache-2.0 */
/* A whole plugin, to begin one of your own from: it stands last in a chain, passes on what the
 *plugins before it have answered, and keeps a line about each attachment in a file.
 *
 *	{"type": "describe", "directory": "/run/describe"} */
#include <cni.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct describe_conf {
	const char *directory;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct describe_conf, "directory", directory),
	{0},
};

static int find_file(const struct cni_call *call, char **ret_file, struct cni_error *err)
{
	struct describe_conf conf = {.directory = "/run/describe"};
	bool lenient = call->env.command == CNI_DEL;

	if (cni_decode(fields, call->conf.json, &conf, lenient, err) < 0)
		return -1;
	*ret_file =
		cni_format("%s/%s-%s", conf.directory, call->owner.container, call->owner.ifname);
	return cni_file_make_directories(conf.directory, 0755, err);
}

static int add(const void *data, const struct cni_call *call, struct cni_result *result,
	       struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	freeing char *file = NULL;

	(void)data;
	if (!call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG,
				"'prevResult' is missing: stand after another plugin");
	if (find_file(call, &file, err) < 0)
		return -1;
	cni_owner_format(&call->owner, owner);
	if (cni_file_replace_at(AT_FDCWD, file, owner, strlen(owner), err) < 0)
		return -1;
	cni_result_copy(&call->conf.prev_result, result);
	return 0;
}

static int del(const void *data, const struct cni_call *call, struct cni_error *err)
{
	freeing char *file = NULL;

	(void)data;
	if (find_file(call, &file, err) < 0)
		return -1;
	unlink(file); /* it may be gone: DEL comes as often as it likes */
	return 0;
}

int main(void)
{
	static const struct cni_verbs describe = {.type = "describe", .add = add, .del = del};

	return cni_verbs_main(&describe);
}
