/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's sidecar, damaged. Each step of the input changes something in it: the head, the bits,
 * the times of release, the keys, a link. The first byte says whether the sidecar counts as current
 * afterwards, as after damage to the disk, and what is asked then. The address files decide: an ADD
 * gets an address that has no file, a DEL finds its lease, no other file changes, and a sidecar that
 * has learned anew has no fault. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "host_local.h"
#include "record.h"
#include "sticky.h"
#include "verify.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LEDGER	"/run/ledger"
#define NETWORK LEDGER "/blue"
#define SIDECAR LEDGER "/.cni-c/blue"
#define OWNERS	SIDECAR "/owners"

#define IPAM(more)                                                                                 \
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\",\"ipam\":{"               \
	"\"type\":\"host-local\",\"dataDir\":\"" LEDGER "\"," more "\"subnet\":\"10.1.0.0/24\","   \
	"\"rangeStart\":\"10.1.0.2\",\"rangeEnd\":\"10.1.0.6\"}}"

static const char *const confs[] = {
	IPAM(""),
	IPAM("\"cooldown\":600,\"stickyKey\":\"${POD}\","),
};

/* The last numbers of the addresses; c1 has the first, c2 and c3 the others. */
#define FIRST 2
#define LAST  6
#define HELD  3

static const char *const holders[HELD] = {"c1", "c2", "c3"};

/* The head's counts alone tell of damaged bits that no search has looked at. */
static bool is_head_damaged;

/* ---- the plugin ---- */

static int run(enum cni_command command, const char *container, const char *conf,
	       struct cni_result *ret_result, struct cni_error *err)
{
	struct cni_env env = {.command = command,
			      .container = container,
			      .netns = "/run/netns/red",
			      .ifname = "eth0",
			      .args = "IgnoreUnknown=1;POD=web",
			      .path = ""};
	enum cni_version version;

	return cni_verbs_run(&host_local, &env, conf, strlen(conf), ret_result, &version, err);
}

/* The last number of the address that an ADD got; 0 if it got none. */
static unsigned int add(const char *container, const char *conf, struct cni_error *err)
{
	struct cni_result result = {0};
	unsigned int number = 0;

	if (run(CNI_ADD, container, conf, &result, err) == 0) {
		if (result.ip_count != 1)
			abort();
		number = result.ips[0].address.ip.bytes[3];
	}
	cni_result_clear(&result);
	return number;
}

/* ---- the files ---- */

/* The text of an address's file, which the caller frees; NULL if there is none. */
static char *file_of(unsigned int number)
{
	freeing char *path = cni_format(NETWORK "/10.1.0.%u", number);
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return size < 0 ? NULL : cni_strndup(text, (size_t)size);
}

static void take_files(char *ret_files[LAST + 1])
{
	for (unsigned int i = FIRST; i <= LAST; i++)
		ret_files[i] = file_of(i);
}

static void free_files(char *files[LAST + 1])
{
	for (unsigned int i = FIRST; i <= LAST; i++)
		free(files[i]);
}

/* But for the address `except`, all is as it was. */
static void check_files(char *const before[LAST + 1], unsigned int except)
{
	for (unsigned int i = FIRST; i <= LAST; i++) {
		freeing char *now = file_of(i);

		if (i != except && (!now != !before[i] || (now && strcmp(now, before[i]) != 0)))
			abort();
	}
}

/* ---- damage ---- */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct input *in)
{
	return (uint8_t)fuzz_choose(&in->data, &in->size, 256);
}

static void put_bytes(const char *file, off_t offset, const void *data, size_t size)
{
	freeing char *path = cni_format(SIDECAR "/%s", file);
	closing int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, data, size, offset) != (ssize_t)size)
		abort();
}

static void damage_head(struct input *in)
{
	off_t offset = next(in) % 128;
	uint8_t value = next(in);

	put_bytes("head", offset, &value, sizeof(value));
	is_head_damaged = true;
}

/* Bits of the range only: no search looks at those of other addresses. */
static void damage_bits(struct input *in, off_t plane)
{
	uint8_t value = next(in) & 0x7c;

	put_bytes("10.1.0.0.bits", plane, &value, sizeof(value));
}

static void cut(struct input *in)
{
	static const char *const files[] = {"10.1.0.0.bits", "head", "10.1.0.0.released"};
	freeing char *path = cni_format(SIDECAR "/%s", files[next(in) % 3]);

	if (truncate(path, next(in)) == 0)
		is_head_damaged |= strstr(path, "head") != NULL;
}

static void damage_released(struct input *in)
{
	off_t number = next(in);
	uint32_t value = (uint32_t)next(in) << 24 | (uint32_t)next(in) << 8 | next(in);

	put_bytes("10.1.0.0.released", number * 4, &value, sizeof(value));
}

/* The key that an ADD looks for, at an address that it may not have. */
static void damage_keys(struct input *in)
{
	uint64_t key = 0;
	struct cni_error err;
	off_t number = next(in) % 8;

	if (sticky_key("${POD}", "POD=web", "eth0", &key, &err) < 0)
		abort();
	put_bytes("10.1.0.0.keys", number * 8, &key, sizeof(key));
}

/* A holder's link, or one that it does not have. */
static char *link_of(struct input *in)
{
	struct record_owner owner = record_owner(holders[next(in) % HELD], "eth0");

	return cni_format(OWNERS "/%s.%u", owner.digits, next(in) % 4 ? 0U : next(in) % 3U);
}

static void put_link(const char *path, const char *target)
{
	if (!*target)
		return;
	unlink(path);
	if (symlink(target, path) < 0)
		abort();
}

static void replace_link(struct input *in)
{
	freeing char *path = link_of(in);
	size_t size = next(in);
	freeing char *target = NULL;

	if (size > in->size)
		size = in->size;
	target = cni_strndup((const char *)in->data, size);
	in->data += size;
	in->size -= size;
	put_link(path, target);
}

static void edit_link(struct input *in)
{
	freeing char *path = link_of(in);
	char target[256] = "";
	ssize_t size = readlink(path, target, sizeof(target) - 1);
	size_t at = next(in);

	if (size <= 0)
		return;
	target[at % (size_t)size] = (char)next(in);
	put_link(path, target);
}

static void damage(struct input *in)
{
	switch (next(in) % 8) {
	case 0:
		damage_head(in);
		break;
	case 1:
		damage_bits(in, 0);
		break;
	case 2:
		damage_bits(in, 8192);
		break;
	case 3:
		cut(in);
		break;
	case 4:
		damage_released(in);
		break;
	case 5:
		damage_keys(in);
		break;
	case 6:
		replace_link(in);
		break;
	default:
		edit_link(in);
	}
}

static struct timespec time_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		abort();
	return st.st_mtim;
}

static void set_time(const char *path, struct timespec time)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time};

	if (utimensat(AT_FDCWD, path, times, 0) < 0)
		abort();
}

static void damage_all(struct input *in, bool is_current)
{
	struct timespec owners = time_of(OWNERS);

	is_head_damaged = false;
	for (int i = 0; i < 8 && in->size; i++)
		damage(in);
	if (is_current)
		set_time(OWNERS, owners);
}

/* ---- what is asked ---- */

/* Two files of the Go plugin, c3's of an old version, which has no interface's name; c1's ADD learns
 * of them. Keys are left to the damage: to look for one takes longer than all else. */
static void fill(void)
{
	struct cni_error err;

	fuzz_begin(NETWORK);
	fuzz_put(NETWORK "/10.1.0.3", "c2\r\neth0", 8);
	fuzz_put(NETWORK "/10.1.0.4", "c3", 2);
	if (add("c1", confs[0], &err) != FIRST)
		abort();
}

static void check_add(const char *conf)
{
	char *before[LAST + 1];
	struct cni_error err;
	unsigned int number;

	take_files(before);
	number = add("c9", conf, &err);
	if (!number && (err.code != CNI_EEXHAUSTED || !is_head_damaged))
		abort();
	if (number && (number < FIRST || number > LAST || before[number]))
		abort();
	check_files(before, number);
	free_files(before);
}

static void check_del(const char *conf, unsigned int holder)
{
	char *before[LAST + 1];
	struct cni_error err;

	take_files(before);
	for (int i = 0; i < 2; i++)
		if (run(CNI_DEL, holders[holder], conf, NULL, &err) < 0)
			abort();
	if (access(NETWORK, F_OK) == 0) {
		freeing char *left = file_of(FIRST + holder);

		if (left)
			abort();
	}
	check_files(before, FIRST + holder);
	free_files(before);
}

/* A sidecar that has learned anew has no fault. */
static void check_learned(const char *text)
{
	struct cni_call call = {.env = {.container = "c1", .ifname = "eth0", .args = ""}};
	struct host_local_conf conf = {0};
	const struct host_local_conf *const all[] = {&conf};
	struct verify_report report;
	struct cni_error err;

	unlink(SIDECAR "/head");
	if (run(CNI_DEL, "c8", text, NULL, &err) < 0 ||
	    cni_conf_read(text, strlen(text), CNI_ADD, CNI_0_1_0, &call.conf, &err) < 0 ||
	    host_local_conf_read(&call, &conf, &err) < 0)
		abort();
	if (verify(&(struct verify_ledger){.place = conf.place, .confs = all, .conf_count = 1},
		   &report, &err) < 0)
		abort();
	if (report.count || report.sidecar != SIDECAR_CURRENT) {
		for (size_t i = 0; i < report.count; i++)
			fprintf(stderr, "%s\n", report.items[i].text);
		abort();
	}
	verify_report_clear(&report);
	host_local_conf_clear(&conf);
	cni_conf_clear(&call.conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t what = next(&in);
	const char *conf = confs[what & 1];

	fill();
	damage_all(&in, what & 2);
	if (what & 4)
		check_del(conf, (what >> 3) % HELD);
	if (what & 32)
		check_add(conf);
	if (what & 64)
		check_learned(confs[0]);
	return 0;
}
