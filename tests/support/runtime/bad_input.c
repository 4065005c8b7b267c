/* SPDX-License-Identifier: Apache-2.0 */
#include "bad_input.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "snapshot.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The host before the test: whole, and what can be looked at after each case. */
static char *whole;
static char *glimpse;
static char *files;

/* Sockets that the kernel tells of each link and address that changes, here and in "red": to ask it after
 * each case would cost more than the case. */
static int watches[2] = {-1, -1};

static char *look(void)
{
	/* "ip addr" shows the links as well. */
	return sandbox_read("ip addr; ip -n red addr");
}

static char *look_at_files(void)
{
	static const char *const directories[] = {SANDBOX_DIR, "/var/lib/cni"};

	return snapshot_files(directories, 2);
}

static int watch(void)
{
	const struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
					   .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
							RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		return -1;
	return fd;
}

static int watch_both(void)
{
	closing int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	closing int red = open("/run/netns/red", O_RDONLY | O_CLOEXEC);

	watches[0] = watch();
	if (home < 0 || red < 0 || setns(red, CLONE_NEWNET) < 0)
		return -1;
	watches[1] = watch();
	return setns(home, CLONE_NEWNET) == 0 && watches[0] >= 0 && watches[1] >= 0 ? 0 : -1;
}

/* Also if the socket could not hold all that was told. */
static bool has_changed(void)
{
	bool changed = false;
	char data[8192];

	for (size_t i = 0; i < 2; i++)
		while (recv(watches[i], data, sizeof(data), 0) >= 0 || errno == ENOBUFS)
			changed = true;
	return changed;
}

int bad_input_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	return watch_both();
}

int bad_input_before(void **state)
{
	(void)state;
	whole = sandbox_snapshot();
	has_changed();
	glimpse = look();
	files = look_at_files();
	return 0;
}

int bad_input_after(void **state)
{
	freeing char *before = take_ptr(whole);

	(void)state;
	free(take_ptr(glimpse));
	free(take_ptr(files));
	sandbox_assert_unchanged(before);
	return 0;
}

struct plugin_call bad_input_call(const char *config)
{
	return (struct plugin_call){.plugin = BAD_INPUT_BRIDGE,
				    .command = "ADD",
				    .container = "c1",
				    .netns = "/run/netns/red",
				    .ifname = "eth0",
				    .path = BAD_INPUT_CNI_PATH,
				    .config = config};
}

char *bad_input_config(const char *members)
{
	return cni_format("{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\","
			  "\"bridge\":\"br0\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":"
			  "\"" SANDBOX_DIR "/leases\",\"subnet\":\"10.1.0.0/24\"}%s%s}",
			  *members ? "," : "", members);
}

char *bad_input_ipam(const char *members)
{
	freeing char *ipam = cni_format("\"ipam\":{\"type\":\"host-local\",\"dataDir\":"
					"\"" SANDBOX_DIR "/leases\"%s%s}",
					*members ? "," : "", members);

	return bad_input_config(ipam);
}

static bool is_utf8(const char *text)
{
	freeing char *copy = cni_strdup(text);
	size_t room = 4 * strlen(text) + 4;
	freeing char *wide = cni_alloc(room);
	iconv_t convert = iconv_open("UCS-4LE", "UTF-8");
	size_t left = strlen(text);
	char *from = copy;
	char *to = wide;
	size_t failed;

	failed = iconv(convert, &from, &left, &to, &room);
	iconv_close(convert);
	return failed == 0;
}

/* True if the text is one object with the members of an error and nothing after it. */
static bool is_error_object(const char *text)
{
	const char *end = NULL;
	freeing_json cJSON *json = cJSON_ParseWithOpts(text, &end, false);
	const cJSON *member;

	if (!cJSON_IsObject(json) || strcmp(end, "\n") != 0 || !is_utf8(text))
		return false;
	cJSON_ArrayForEach (member, json)
		if (strcmp(member->string, "code") != 0 &&
		    (!cJSON_IsString(member) || (strcmp(member->string, "cniVersion") != 0 &&
						 strcmp(member->string, "msg") != 0 &&
						 strcmp(member->string, "details") != 0)))
			return false;
	return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "code")) &&
	       cJSON_HasObjectItem(json, "cniVersion") && cJSON_HasObjectItem(json, "msg");
}

static bool is_said(const struct plugin_answer *answer, const char *text)
{
	const char *msg = cni_json_get_string(answer->json, "msg");
	const char *details = cni_json_get_string(answer->json, "details");

	return strstr(msg, text) || (details && strstr(details, text));
}

void bad_input_refused(const struct plugin_call *call, const char *about,
		       const struct refusal *refusal)
{
	struct plugin_answer answer = plugin_run(call);
	freeing char *now = NULL;
	freeing char *files_now = NULL;

	if (answer.exit_code != 1 || *answer.err || !is_error_object(answer.out))
		fail_msg("%.400s: exit %d, expected 1 and an error on stdout\n%s\n%s", about,
			 answer.exit_code, answer.out, answer.err);
	if (cni_json_get(answer.json, "code")->valueint != refusal->code)
		fail_msg("%.400s: expected code %d\n%s", about, refusal->code, answer.out);
	for (const char *const *text = refusal->says; *text; text++)
		if (!is_said(&answer, *text))
			fail_msg("%.400s: expected to read \"%s\"\n%s", about, *text, answer.out);
	files_now = look_at_files();
	if (strcmp(files_now, files) != 0)
		fail_msg("%.400s: the files were\n%s\nand are now\n%s", about, files, files_now);
	now = has_changed() ? look() : cni_strdup(glimpse);
	if (strcmp(now, glimpse) != 0)
		fail_msg("%.400s: the host was\n%s\nand is now\n%s", about, glimpse, now);
	plugin_answer_clear(&answer);
}

void bad_input_config_refused(const char *config, const struct refusal *refusal)
{
	struct plugin_call call = bad_input_call(config);

	bad_input_refused(&call, config, refusal);
}
