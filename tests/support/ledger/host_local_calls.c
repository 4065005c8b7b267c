/* SPDX-License-Identifier: Apache-2.0 */
#include "host_local_calls.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

char host_local_data_dir[] = "/tmp/host-local.XXXXXX";

int host_local_setup(void **state)
{
	(void)state;
	strcpy(host_local_data_dir, "/tmp/host-local.XXXXXX");
	return mkdtemp(host_local_data_dir) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int host_local_teardown(void **state)
{
	(void)state;
	umount2(host_local_data_dir, MNT_DETACH);
	return nftw(host_local_data_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

char *host_local_path(const char *name)
{
	return cni_format("%s/blue/%s", host_local_data_dir, name);
}

void host_local_remove_network(void)
{
	freeing char *path = cni_format("%s/blue", host_local_data_dir);

	assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void host_local_put_file(const char *name, const char *text)
{
	freeing char *path = host_local_path(name);
	closing int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* NULL if there is none. */
static char *get_file(const char *name)
{
	freeing char *path = host_local_path(name);
	struct cni_error err;
	char *text = NULL;
	size_t size;

	return cni_file_read_at(AT_FDCWD, path, false, 4096, &text, &size, &err) < 0 ? NULL : text;
}

void host_local_assert_file(const char *name, const char *expected)
{
	freeing char *text = get_file(name);

	if (!expected)
		assert_null(text);
	else if (!text)
		fail_msg("there is no file '%s'", name);
	else
		assert_string_equal(text, expected);
}

static int not_a_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

char *host_local_snapshot(void)
{
	freeing char *path = host_local_path("");
	char *text = cni_strdup("");
	struct dirent **names;
	int count = scandir(path, &names, not_a_dot, alphasort);

	for (int i = 0; i < count; i++) {
		freeing char *content = get_file(names[i]->d_name);
		char *longer = strcmp(names[i]->d_name, "lock") == 0
				       ? cni_strdup(text)
				       : cni_format("%s%s=%s\n", text, names[i]->d_name,
						    content ? content : "?");

		free(text);
		text = longer;
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return text;
}

char *host_local_config(const char *version, const char *ipam, const char *more)
{
	return cni_format("{\"cniVersion\":\"%s\",\"name\":\"blue\",\"type\":\"bridge\","
			  "\"ipam\":{\"type\":\"host-local\",%s%s\"dataDir\":\"%s\"}%s%s}",
			  version, ipam, *ipam ? "," : "", host_local_data_dir, *more ? "," : "",
			  more);
}

struct plugin_call host_local_call(const char *command, const char *container, const char *text)
{
	return (struct plugin_call){.plugin = HOST_LOCAL,
				    .command = command,
				    .container = container,
				    .netns = "/run/netns/nowhere",
				    .ifname = "eth0",
				    .config = text};
}

void host_local_succeeds(const char *command, const char *container, const char *text)
{
	struct plugin_call asked = host_local_call(command, container, text);

	plugin_succeeds(&asked);
}

void host_local_fails(const char *command, const char *container, const char *text, int code,
		      const char *message)
{
	struct plugin_call asked = host_local_call(command, container, text);

	plugin_fails(&asked, code, message);
}

char *host_local_add_by(const char *plugin, const char *container, const char *text)
{
	struct plugin_call asked = host_local_call("ADD", container, text);
	struct plugin_answer answer;
	const cJSON *ips;
	char *address;

	asked.plugin = plugin;
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	ips = cni_json_get(answer.json, "ips");
	address = cni_strdup(cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address"));
	assert_non_null(address);
	plugin_answer_clear(&answer);
	return address;
}

void host_local_assert_adds(const char *container, const char *text, const char *expected)
{
	freeing char *address = host_local_add_by(HOST_LOCAL, container, text);

	assert_string_equal(address, expected);
}
