/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 16
#define PATIENCE_S  20

/* ---- lines ---- */

struct lines {
	char **items;
	size_t count;
};

/* The room doubles: it is full when the count is a power of two. */
static void lines_add(struct lines *lines, char *line)
{
	if (!(lines->count & (lines->count - 1)))
		lines->items = cni_realloc_array(lines->items, lines->count ? 2 * lines->count : 1,
						 sizeof(*lines->items));
	lines->items[lines->count++] = line;
}

static void lines_clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct lines){0};
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_sort(struct lines *lines)
{
	if (lines->count)
		qsort(lines->items, lines->count, sizeof(*lines->items), compare);
}

static const regex_t *compiled(regex_t *regex, bool *is_compiled, const char *pattern)
{
	if (!*is_compiled)
		assert_int_equal(regcomp(regex, pattern, REG_EXTENDED), 0);
	*is_compiled = true;
	return regex;
}

/* Whether a bridge has a carrier changes by itself, a second after its last port has gone. */
static void strip(char *line)
{
	static regex_t regex;
	static bool is_compiled;
	const regex_t *noise = compiled(
		&regex, &is_compiled,
		"^[0-9]+: |@if[0-9]+|link-netns(id)? [^ ]+|NO-CARRIER,|,LOWER_UP|"
		" state (UP|DOWN|UNKNOWN|LOWERLAYERDOWN)|[a-z_]*_timer +[^ ]+|"
		"(topology_change|[gt]so_max|gro_max)[a-z_]* [^ ]+|fdb_n_learned [0-9]+|"
		"port_id 0x[0-9a-f]+|designated_port [0-9]+|port_no 0x[0-9a-f]+| tentative|"
		"valid_lft.*| linkdown|packets [0-9]+ bytes [0-9]+");
	regmatch_t match;
	char *at = line;

	while (regexec(noise, at, 1, &match, at == line ? 0 : REG_NOTBOL) == 0) {
		char *from = at + match.rm_so;

		memmove(from, at + match.rm_eo, strlen(at + match.rm_eo) + 1);
		at = from;
	}
}

/* The kernel gives IPv6's link-local addresses and their routes in its own time. */
static bool is_by_itself(const char *line)
{
	static regex_t regex;
	static bool is_compiled;

	return regexec(compiled(&regex, &is_compiled, "(^| )(fe80:|ff00::/8)"), line, 0, NULL, 0) ==
		       0 &&
	       !strstr(line, "PERMANENT");
}

static void print_lines(FILE *out, char *text, bool sorted)
{
	struct lines lines = {0};
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line && rest; line = strsep(&rest, "\n"))
		if (!is_by_itself(line)) {
			strip(line);
			lines_add(&lines, cni_strdup(line));
		}
	if (sorted)
		lines_sort(&lines);
	for (size_t i = 0; i < lines.count; i++)
		fprintf(out, "%s\n", lines.items[i]);
	lines_clear(&lines);
}

/* ---- what the kernel is still at ---- */

/* The flags of the link with this number ("7: "), as ip(8) shows them: "<BROADCAST,UP,LOWER_UP>". */
static bool link_has(const char *text, const char *number, size_t size, const char *flag)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, number, size) && strcspn(line, ">") < strcspn(line, "\n"))
			return memmem(line, strcspn(line, ">"), flag, strlen(flag)) != NULL;
	}
	return false;
}

/* A worker adds the routes of an address of IPv6: soon if there is no duplicate address detection, after it
 * if there is, and with no carrier it does not begin; to lo also while lo is down. `line` is that of an address, as by
 * ip -o. */
static bool has_its_route(const char *text, const char *line)
{
	size_t number = strcspn(line, " ") + 1;
	char name[32] = "";
	char address[64] = "";
	char rest[128] = "";
	freeing char *route = NULL;
	bool nodad;

	if (sscanf(line + number, "%31s inet6 %63[^/]%127[^\n]", name, address, rest) != 3 ||
	    !strstr(rest, "scope global") || strstr(rest, "dadfailed"))
		return true;
	nodad = strstr(rest, "nodad") != NULL;
	if (!link_has(text, line, number, "LOOPBACK") &&
	    !link_has(text, line, number, nodad ? "UP" : "LOWER_UP"))
		return true;
	route = cni_format("local %s dev %s ", address, name);
	return strstr(text, route) != NULL;
}

static bool is_settled(const char *text)
{
	for (const char *at = strstr(text, " inet6 "); at; at = strstr(at + 1, " inet6 ")) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		if (!has_its_route(text, line))
			return false;
	}
	return true;
}

/* A single process for all that ip(8) can print in one. */
static char *ask(void)
{
	struct timespec pause = {.tv_nsec = 5000000};
	time_t start = time(NULL);
	char *text = NULL;

	do {
		if (text)
			nanosleep(&pause, NULL);
		if (text && pause.tv_nsec < 300000000)
			pause.tv_nsec *= 2;
		free(text);
		text = sandbox_read("{ ip -o -d -force -batch - <<'EOF'\n"
				    "link\naddr\nroute show table all\n"
				    "neigh show nud permanent\nrule\n"
				    "EOF\n"
				    "ip -6 rule; tc qdisc show; echo '# nft'; nft list ruleset; "
				    "true; } 2>&1");
	} while (!is_settled(text) && time(NULL) - start < PATIENCE_S);
	return text;
}

/* ---- files ---- */

/* nftw(3) has no room for more. */
static struct lines found;

static int find_setting(const char *path, const struct stat *st, int type, struct FTW *at)
{
	static regex_t regex;
	static bool is_compiled;
	const regex_t *restless =
		compiled(&regex, &is_compiled,
			 "random|stable_secret|nf_conntrack_count|flow_limit|base_reachable|"
			 "tcp_(fastopen_key|available|allowed)");

	(void)st;
	(void)at;
	if (type == FTW_F && regexec(restless, path, 0, NULL, 0) != 0)
		lines_add(&found, cni_strdup(path));
	return FTW_CONTINUE;
}

static int find_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (!strcmp(path + at->base, ".cni-c"))
		return FTW_SKIP_SUBTREE;
	if (type == FTW_D || type == FTW_SL || (type == FTW_F && S_ISREG(st->st_mode)))
		lines_add(&found, cni_strdup(path));
	return FTW_CONTINUE;
}

/* Records below /run/cni: locks are none, and an empty directory of them stays. */
static int find_record(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	if (at->level == 1 && !strcmp(path + at->base, "locks"))
		return FTW_SKIP_SUBTREE;
	if (at->level > 1)
		lines_add(&found, cni_strdup(path));
	return FTW_CONTINUE;
}

/* A link's text is its target. An unreadable file prints nothing. */
static void print_file(FILE *out, const char *path)
{
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	char data[4096];
	struct stat st;
	ssize_t got = fd < 0 ? readlink(path, data, sizeof(data)) : 0;

	fprintf(out, "%s\n", path);
	if (got > 0)
		fprintf(out, "-> %.*s\n", (int)got, data);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	while ((got = read(fd, data, sizeof(data))) > 0)
		fwrite(data, 1, (size_t)got, out);
	fputc('\n', out);
}

static void print_found(FILE *out)
{
	lines_sort(&found);
	for (size_t i = 0; i < found.count; i++)
		print_file(out, found.items[i]);
	lines_clear(&found);
}

char *snapshot_files(const char *const *directories, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < count; i++)
		nftw(directories[i], find_file, DESCRIPTORS, FTW_PHYS | FTW_ACTIONRETVAL);
	print_found(out);
	fclose(out);
	return text;
}

char *snapshot_records(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct stat st;

	assert_non_null(out);
	nftw("/run/cni", find_record, DESCRIPTORS, FTW_PHYS | FTW_ACTIONRETVAL);
	lines_sort(&found);
	for (size_t i = 0; i < found.count; i++)
		if (lstat(found.items[i], &st) == 0)
			fprintf(out, "%o %s\n", st.st_mode, found.items[i]);
	print_found(out);
	fclose(out);
	return text;
}

/* ---- a namespace ---- */

static void print_net(FILE *out, bool sorted)
{
	freeing char *text = ask();
	char *nft = strstr(text, "# nft\n");

	assert_non_null(nft);
	*nft = '\0';
	print_lines(out, text, sorted);
	fputs("# nft\n", out);
	print_lines(out, nft + strlen("# nft\n"), false);
	fputs("# settings\n", out);
	nftw("/proc/sys/net", find_setting, DESCRIPTORS, FTW_PHYS | FTW_ACTIONRETVAL);
	print_found(out);
}

/* The process that is in there, and says it all to `fd`. */
static _Noreturn void look_inside(const char *netns, int fd)
{
	freeing char *path = cni_format("/run/netns/%s", netns);
	closing int inside = open(path, O_RDONLY | O_CLOEXEC);
	FILE *out = fdopen(fd, "w");

	if (inside < 0 || !out || setns(inside, CLONE_NEWNET) < 0)
		_exit(1);
	print_net(out, false);
	_exit(fclose(out) == 0 ? 0 : 1);
}

static char *net_inside(const char *netns)
{
	closing int fd = memfd_create("snapshot", MFD_CLOEXEC);
	int status = 0;
	char *text;
	off_t size;
	pid_t pid;

	assert_true(fd >= 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		look_inside(netns, fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	size = lseek(fd, 0, SEEK_END);
	assert_true(size >= 0);
	text = cni_alloc((size_t)size + 1);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	return text;
}

char *snapshot_net(const char *netns)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (netns)
		return net_inside(netns);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	print_net(out, true);
	fclose(out);
	return text;
}
