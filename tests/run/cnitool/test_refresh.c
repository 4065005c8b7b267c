/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool refresh: nonMasqueradeCIDRs of today's file reach attachments that are there; reconcile brings no
 * older ones back. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_network(const char *name, const char *type, const char *list)
{
	sandbox_must(
		"cat > " SANDBOX_DIR "/net.d/%s.conflist <<'E'\n"
		"{\"cniVersion\":\"1.1.0\",\"name\":\"%s\",\"plugins\":[{\"type\":\"%s\","
		"\"bridge\":\"br0\",\"ipMasq\":true,\"nonMasqueradeCIDRs\":[%s],\"isGateway\":true,"
		"\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}},"
		"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}\nE",
		name, name, type, list);
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir " SANDBOX_DIR "/net.d");
	sandbox_add_netns("red");
	return 0;
}

static void assert_prints(const char *line, int code, const char *out, const char *err)
{
	struct plugin_answer answer = cnitool_on_host(line, (const char *const[]){NULL});

	if (answer.exit_code != code || !strstr(answer.out, out) || !strstr(answer.err, err))
		fail_msg("'cnitool %s' exits with %d and prints \"%s\", \"%s\"", line,
			 answer.exit_code, answer.out, answer.err);
	plugin_answer_clear(&answer);
}

/* The IPv4 prefixes in the kernel, by nft(8), and in the file. */
static void assert_prefixes(const char *expected)
{
	freeing char *text = sandbox_read(
		"s=$(nft list sets | grep -o 'keep4-[0-9a-f]*' | head -1); "
		"{ [ -z \"$s\" ] || nft list set inet cni $s; } | tr '{},' '\\n\\n\\n' | "
		"grep -oE '[0-9.]+/[0-9]+' | paste -sd,");

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
	sandbox_must("[ \"$(cat /run/cni/masquerade/*/destinations 2>/dev/null | grep -v '^#' | "
		     "paste -sd,)\" = "
		     "'%s' ]",
		     expected);
}

static void refresh_life(const char *network, const char *type)
{
	char line[64];

	snprintf(line, sizeof(line), "refresh %s", network);
	write_network(network, type, "");
	/* Without attachments there is nothing to keep. */
	write_network(network, type, "\"10.9.0.0/16\"");
	assert_prints(line, 0, "has its configuration of today", "");
	assert_prefixes("");
	write_network(network, type, "");
	snprintf(line, sizeof(line), "add %s red", network);
	assert_prints(line, 0, "10.1.0", "");
	assert_prefixes("");
	snprintf(line, sizeof(line), "refresh %s", network);
	write_network(network, type, "\"10.244.0.0/16\",\"192.0.2.0/24\"");
	assert_prints(line, 0, "has its configuration of today", "");
	assert_prefixes("10.244.0.0/16,192.0.2.0/24");
	/* Twice is once. */
	assert_prints(line, 0, "has its configuration of today", "");
	write_network(network, type, "\"10.244.0.1/16\"");
	assert_prints(line, 1, "", "expected \"10.244.0.0/16\"");
	assert_prefixes("10.244.0.0/16,192.0.2.0/24");
	/* The cached configuration has none. */
	sandbox_must("nft flush ruleset");
	snprintf(line, sizeof(line), "reconcile %s", network);
	assert_prints(line, 0, "mended", "");
	assert_prefixes("10.244.0.0/16,192.0.2.0/24");
	write_network(network, type, "\"198.18.0.0/15\"");
	snprintf(line, sizeof(line), "refresh %s --json", network);
	assert_prints(line, 0, "\"plugin\": \"portmap\"", "");
	assert_prefixes("198.18.0.0/15");
	snprintf(line, sizeof(line), "check %s red", network);
	assert_prints(line, 0, "", "");
	write_network(network, type, "");
	snprintf(line, sizeof(line), "refresh %s", network);
	assert_prints(line, 0, "", "");
	assert_prefixes("");
	snprintf(line, sizeof(line), "check %s red", network);
	assert_prints(line, 0, "", "");
	write_network(network, type, "\"198.18.0.0/15\"");
	snprintf(line, sizeof(line), "refresh %s", network);
	assert_prints(line, 0, "", "");
	assert_prefixes("198.18.0.0/15");
	snprintf(line, sizeof(line), "del %s red", network);
	assert_prints(line, 0, "", "");
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e /run/cni/masquerade/%s",
		     network);
}

static void refresh__applies_the_list_of_today(void **state)
{
	(void)state;
	refresh_life("blue", "bridge");
}

static void refresh__of_ptp(void **state)
{
	(void)state;
	refresh_life("green", "ptp");
}

static void refresh__says_what_it_needs(void **state)
{
	(void)state;
	assert_prints("refresh", 2, "", "expected 'cnitool refresh NETWORK'");
	assert_prints("refresh nowhere", 1, "", "nowhere");
	assert_prints("refresh blue --all", 2, "",
		      "--all is for gc and reconcile, not for refresh");
	write_network("alien", "none-such", "");
	sandbox_must("sed -i 's/,{\"type\":\"portmap\"[^]]*]/]/' " SANDBOX_DIR
		     "/net.d/alien.conflist");
	assert_prints("refresh alien", 1, "", "network 'alien' has no plugin of this suite");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refresh__applies_the_list_of_today),
		cmocka_unit_test(refresh__of_ptp),
		cmocka_unit_test(refresh__says_what_it_needs),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
