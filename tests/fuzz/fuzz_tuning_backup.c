/* SPDX-License-Identifier: Apache-2.0 */
/* A file that tuning keeps of what there was before. A backup that can be read is printed and read
 * the same, and whatever the file holds, DEL and GC of others leave it and its own DEL removes it.
 * The first byte says whose it is by its name: of the attachment itself, or of its neighbour. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "json.h"
#include "sysctl_path.h"
#include "tuning_backup.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define DIRECTORY "/run/tuning"

static const struct cni_owner owner = {"blue", "c1", "eth0"};
static const struct cni_owner neighbour = {"blue", "c1", "eth1"};
static const struct cni_owner stranger = {"red", "c2", "eth0"};

/* Each value of a backup may be written to the kernel. */
static void check_values(const struct cni_tuning_backup *backup)
{
	for (size_t i = 0; i < backup->earlier.sysctl_count; i++)
		if (!cni_sysctl_path_is_valid(backup->earlier.sysctls[i].path))
			abort();
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_MTU) &&
	    !backup->earlier.link.mtu)
		abort();
}

static void check_round(const char *text)
{
	struct cni_tuning_backup backup;
	struct cni_tuning_backup again;
	freeing char *first = NULL;
	freeing char *second = NULL;

	if (!cni_tuning_backup_parse(text, &backup))
		return;
	check_values(&backup);
	first = cni_tuning_backup_print(&owner, &backup);
	if (!cni_tuning_backup_parse(first, &again))
		abort();
	second = cni_tuning_backup_print(&owner, &again);
	if (strcmp(first, second) != 0)
		abort();
	/* The values before the first change count: a later look adds nothing to them. */
	cni_tuning_backup_add(&again, &backup.earlier);
	free(second);
	second = cni_tuning_backup_print(&owner, &again);
	if (strcmp(first, second) != 0)
		abort();
	cni_tuning_backup_clear(&backup);
	cni_tuning_backup_clear(&again);
}

/* No value is taken for another, and none is added. */
static void check_leave_shared(void)
{
	struct cni_tuning_backup backup = {.about = {.index = 0}};
	size_t count;

	cni_tuning_add_sysctl(&backup.earlier, "net/ipv4/ip_forward", "0");
	cni_tuning_add_sysctl(&backup.earlier, "net/core/somaxconn", "128");
	count = backup.earlier.sysctl_count;
	cni_tuning_backup_leave_shared(DIRECTORY, &owner, &backup);
	if (backup.earlier.sysctl_count != count)
		abort();
	for (size_t i = 0; i < count; i++) {
		const char *value = backup.earlier.sysctls[i].value;

		if (value && strcmp(value, i ? "128" : "0") != 0)
			abort();
	}
	cni_tuning_backup_clear(&backup);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool says_network(const char *text, const char *network)
{
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;
	const char *said;

	if (!text || cni_json_parse_object(text, strlen(text), "it", &json, &ignored) < 0)
		return false;
	said = cni_json_get_string(json, "network");
	return said && !strcmp(said, network);
}

static void check_removed(const char *path, const char *text, const struct cni_owner *whose)
{
	struct cni_owner items[] = {owner, neighbour};
	struct cni_owners valid = {.items = items, .count = 2};
	struct cni_owners none = {.items = NULL};
	struct cni_error err;

	/* GC of another network, and DEL of another attachment. */
	if (cni_tuning_backup_collect(DIRECTORY, "red", &none, &err) < 0 ||
	    cni_tuning_backup_remove(DIRECTORY, &stranger, &err) < 0 ||
	    is_there(path) == says_network(text, "red"))
		abort();
	if (cni_tuning_backup_collect(DIRECTORY, "blue", &valid, &err) < 0 ||
	    cni_tuning_backup_remove(DIRECTORY, whose, &err) < 0 || is_there(path))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_neighbour = fuzz_choose(&data, &size, 2);
	const char *path = is_neighbour ? DIRECTORY "/c1_eth1.json" : DIRECTORY "/c1_eth0.json";
	freeing char *text = NULL;
	struct cni_error err;

	fuzz_begin(DIRECTORY);
	fuzz_put(path, data, size);
	if (cni_tuning_backup_read(DIRECTORY, is_neighbour ? &neighbour : &owner, &text, &err) < 0)
		abort();
	if (text)
		check_round(text);
	check_leave_shared();
	check_removed(path, text, is_neighbour ? &neighbour : &owner);
	return 0;
}
