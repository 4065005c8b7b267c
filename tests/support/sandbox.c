/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int fail_setup(const char *what)
{
	perror(what);
	return -1;
}

static int mount_empty(const char *path)
{
	mkdir(path, 0755);
	return mount("sandbox", path, "tmpfs", 0, "mode=0755");
}

int sandbox_setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return fail_setup("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_setup("make mounts private");
	if (mount_empty("/run") < 0 || mount_empty("/var/lib/cni") < 0)
		return fail_setup("mount an empty file system");
	if (mount("sandbox", "/sys", "sysfs", 0, NULL) < 0)
		return fail_setup("mount sysfs");
	mkdir(SANDBOX_DIR, 0755);
	return sandbox_run("ip link set lo up") == 0 ? 0 : -1;
}

static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	return text;
}

static int run(const char *command)
{
	int status = system(command); // NOLINT(cert-env33-c): tests run commands

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int sandbox_run(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	return run(command);
}

void sandbox_must(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;
	int code;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	code = run(command);
	if (code != 0)
		fail_msg("'%s' exited with %d", command, code);
}

static char *read_output(const char *command)
{
	FILE *pipe = popen(command, "re"); // NOLINT(cert-env33-c): tests run commands
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char buffer[4096];
	size_t got;
	int status;

	assert_non_null(pipe);
	assert_non_null(out);
	while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0)
		fwrite(buffer, 1, got, out);
	fclose(out);
	status = pclose(pipe);
	if (status != 0)
		fail_msg("'%s' ended with status %d: %s", command, status, text);
	return text;
}

char *sandbox_read(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	return read_output(command);
}

cJSON *sandbox_json(const char *fmt, ...)
{
	freeing char *command = NULL;
	freeing char *text = NULL;
	cJSON *json;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	text = read_output(command);
	json = cJSON_Parse(text);
	if (!json)
		fail_msg("'%s' printed no JSON: %s", command, text);
	return json;
}

void sandbox_add_netns(const char *name)
{
	sandbox_must("ip netns add %s", name);
}

void sandbox_del_netns(const char *name)
{
	sandbox_run("ip netns del %s", name);
}

char *sandbox_snapshot(void)
{
	/* Namespaces' numbers, timers and lifetimes change by themselves; so does, a second after
	 * its last port has gone, whether a bridge has a carrier, and with it the addresses that
	 * the kernel gives it. Stable order where the kernel's is that of hashing. */
	return sandbox_read(
		"{ echo '# links'; ip -o -d link | sed -E 's/^[0-9]+: //; s/@if[0-9]+//; "
		"s/link-netns(id)? [^ ]+//; s/NO-CARRIER,|,LOWER_UP//g; "
		"s/ state (UP|DOWN|UNKNOWN|LOWERLAYERDOWN)//; "
		"s/[a-z_]*_timer +[^ ]+|(topology_change|[gt]so_max|gro_max)[a-z_]* [^ ]+//g; "
		"s/fdb_n_learned [0-9]+//; s/port_id 0x[0-9a-f]+|designated_port [0-9]+|port_no "
		"0x[0-9a-f]+//g' | "
		"sort; "
		"echo '# addresses'; ip -o addr | grep -v ' fe80::' | "
		"sed -E 's/^[0-9]+: //; s/ tentative//; s/valid_lft.*//' | sort; "
		"echo '# routes'; { ip route show table all; ip -6 route show table all; } | "
		"grep -vE '(^| )(fe80:|ff00::/8)' | sed 's/ linkdown//' | sort; "
		"echo '# neighbours'; ip neigh show nud permanent | sort; "
		"echo '# rules'; ip rule; ip -6 rule; "
		"echo '# nft'; nft list ruleset | sed 's/counter packets .* bytes "
		"[0-9]*/counter/'; "
		"echo '# qdiscs'; tc qdisc show | sort; "
		"echo '# sysctls'; sysctl -a 2>/dev/null | grep '^net\\.' | "
		"grep -vE 'random|stable_secret|nf_conntrack_count|flow_limit|base_reachable|"
		"tcp_(fastopen_key|available|allowed)' | sort; "
		"echo '# files'; find " SANDBOX_DIR
		" /var/lib/cni -name .cni-c -prune -o \\( -type f -o -type d -o -type l \\) "
		"-print | sort | while read -r f; do echo \"$f\"; [ -f \"$f\" ] && cat \"$f\" && "
		"echo; "
		"done; "
		"true; } 2>&1");
}

/* The kernel has workers that follow what happens to a link: a route of an IPv6 address may come and
 * go for a moment. What is left behind is still there after a while. */
void sandbox_assert_unchanged(const char *before)
{
	const struct timespec moment = {.tv_nsec = 100000000};
	char *after = sandbox_snapshot();

	for (int i = 0; strcmp(before, after) != 0 && i < 20; i++) {
		free(after);
		nanosleep(&moment, NULL);
		after = sandbox_snapshot();
	}
	sandbox_assert_same(before, after);
	free(after);
}

void sandbox_assert_same(const char *before, const char *after)
{
	if (!strcmp(before, after))
		return;
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(i ? "/run/after" : "/run/before", "we");

		assert_non_null(file);
		fputs(i ? after : before, file);
		fclose(file);
	}
	fflush(stdout);
	sandbox_run("diff -u /run/before /run/after >&2");
	fail_msg("the host is not as it was before");
}

bool sandbox_has_vlan_filtering(void)
{
	bool has = sandbox_run("ip link add vftest type bridge vlan_filtering 1 2>/dev/null") == 0;

	sandbox_run("ip link del vftest 2>/dev/null");
	return has;
}
