/* SPDX-License-Identifier: Apache-2.0 */
#include "store_dir.h"

#include "cleanup.h"
#include "file.h"
#include "hash.h"
#include "mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char store_dir[] = "/tmp/store.XXXXXX";

int store_dir_setup(void **state)
{
	(void)state;
	strcpy(store_dir, "/tmp/store.XXXXXX");
	return mkdtemp(store_dir) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int store_dir_teardown(void **state)
{
	(void)state;
	return nftw(store_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int store_dir_fd(void)
{
	int fd = open(store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

char *store_dir_sealed(const char *text)
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(text, strlen(text), digits);
	return cni_format("%s %.8s", text, digits);
}

const char *store_dir_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/blue/%s", store_dir, name);
	return path;
}

void store_dir_put(const char *name, const char *text)
{
	closing int fd = open(store_dir_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

void store_dir_assert(const char *name, const char *expected)
{
	struct cni_error err;
	freeing char *text = NULL;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, store_dir_path(name), false, 4096, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(text, expected);
}

#define TARGET                                                                                     \
	"what is behind a link is nobody's business; what is behind a link is nobody's business"

static const char *target_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/target", store_dir);
	return path;
}

void store_dir_link(const char *path)
{
	closing int fd = open(target_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, TARGET, strlen(TARGET)), (ssize_t)strlen(TARGET));
	assert_int_equal(symlink(target_path(), path), 0);
}

void store_dir_assert_target(void)
{
	struct cni_error err;
	freeing char *text = NULL;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, target_path(), false, 4096, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(size, strlen(TARGET));
	assert_string_equal(text, TARGET);
}

bool store_dir_has(const char *name)
{
	struct stat st;

	return lstat(store_dir_path(name), &st) == 0;
}

struct cni_ip parsed_ip(const char *text)
{
	struct cni_ip parsed;

	assert_int_equal(cni_ip_parse(text, &parsed), 0);
	return parsed;
}

struct place store_dir_place(void)
{
	return (struct place){.data_dir = store_dir, .network = "blue", .lock_ms = 10000};
}

static struct store *must_open(int (*open)(const struct place *place, struct store **ret_store,
					   struct cni_error *err))
{
	struct place place = store_dir_place();
	struct store *store = NULL;
	struct cni_error err = {0};

	if (open(&place, &store, &err) < 0)
		fail_msg("%s", err.msg);
	return store;
}

struct store *store_dir_make(void)
{
	return must_open(store_make);
}

struct store *store_dir_open(void)
{
	return must_open(store_open);
}

struct store *store_dir_look(void)
{
	return must_open(store_look);
}

struct store *store_dir_survey(void)
{
	return must_open(store_survey);
}

void store_dir_assert_holder(struct store *store, const char *address, const char *container,
			     const char *ifname)
{
	struct cni_ip ip = parsed_ip(address);
	struct lease lease;

	assert_int_equal(store_read(store, &ip, &lease), container != NULL);
	if (container) {
		assert_int_equal(lease.state, LEASE_HELD);
		assert_string_equal(lease.container, container);
		assert_string_equal(lease.ifname, ifname);
	}
	lease_clear(&lease);
}

int store_dir_claim(struct store *store, const struct store_claim *claims, size_t count,
		    const char *container, struct cni_error *err)
{
	struct store_holder holder = {.container = container, .ifname = "eth0"};

	return store_reserve(store, claims, count, &holder, err);
}

void store_dir_reserve(struct store *store, const char *address, size_t set, const char *container)
{
	struct store_claim claim = {.ip = parsed_ip(address), .set = set};
	struct cni_error err = {0};

	if (store_dir_claim(store, &claim, 1, container, &err) < 0)
		fail_msg("%s", err.msg);
}

void store_dir_fill(const char *const (*files)[2], size_t count)
{
	struct store *store = store_dir_make();

	store_dir_reserve(store, "10.9.9.9", 9, "someone");
	store_close(store);
	assert_int_equal(unlink(store_dir_path("10.9.9.9")), 0);
	assert_int_equal(unlink(store_dir_path("last_reserved_ip.9")), 0);
	for (size_t i = 0; i < count; i++)
		store_dir_put(files[i][0], files[i][1]);
}
