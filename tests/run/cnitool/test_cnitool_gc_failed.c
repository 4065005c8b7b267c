/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool gc where the DEL of a gone attachment fails: the rest of it stays whole, its address
 * above all, until a DEL succeeds. Witnesses are ip(8), nft(8) and the files of host-local. */
#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>

#define LEASES	"/var/lib/cni/networks/blue"
#define BLOCKED SANDBOX_DIR "/blocked"

#define CNITOOL                                                                                    \
	"CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam:" SANDBOX_DIR "/bin "     \
	"NETCONFPATH=" SANDBOX_DIR "/net.d " CNI_C_BINARY_DIR "/cnitool/cnitool "

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir -p " SANDBOX_DIR "/net.d " SANDBOX_DIR "/bin");
	/* tuning, whose DEL fails while there is a file. */
	sandbox_must("cat > " SANDBOX_DIR "/bin/stubborn <<'E'\n"
		     "#!/bin/sh\n"
		     "if [ \"$CNI_COMMAND\" = DEL ] && [ -e " BLOCKED " ]; then\n"
		     "	echo '{\"cniVersion\":\"1.1.0\",\"code\":5,\"msg\":\"blocked\"}'; exit 1\n"
		     "fi\n"
		     "exec " CNI_C_BINARY_DIR "/plugins/tuning\n"
		     "E\n"
		     "chmod 755 " SANDBOX_DIR "/bin/stubborn");
	sandbox_must(
		"cat > " SANDBOX_DIR "/net.d/blue.conflist <<'E'\n"
		"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
		"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":"
		"\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}},"
		"{\"type\":\"stubborn\"}]}\n"
		"E");
	return 0;
}

static void gc__leaves_whole_what_it_could_not_delete(void **state)
{
	static const char *const commands[] = {"gc blue", "gc blue --all"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sandbox_add_netns("red");
		sandbox_must(CNITOOL "add blue red && touch " BLOCKED);
		sandbox_del_netns("red");
		sandbox_must("! " CNITOOL "%s", commands[i]);
		sandbox_must("ls " LEASES
			     "/10.1.0.* >/dev/null && nft list ruleset | grep -q blue/ "
			     "&& ls /var/lib/cni/results | grep -q blue-");
		sandbox_must("rm " BLOCKED);
		sandbox_must(CNITOOL "%s", commands[i]);
		sandbox_must("! ls " LEASES "/10.1.0.* 2>/dev/null && "
			     "! nft list ruleset | grep blue/ && "
			     "! ls /var/lib/cni/results | grep blue-");
	}
}

static void gc__takes_the_others(void **state)
{
	freeing char *left = NULL;

	(void)state;
	sandbox_add_netns("red");
	sandbox_must(CNITOOL "add blue red && touch " BLOCKED);
	sandbox_del_netns("red");
	/* An address that no attachment has. */
	sandbox_must("printf 'other\\r\\neth0' > " LEASES "/10.1.0.99");
	sandbox_must("! " CNITOOL "gc blue");
	left = sandbox_read("ls " LEASES " | grep -c '^10.1.0' | tr -d '\\n'");
	assert_string_equal(left, "1");
	sandbox_must("test ! -e " LEASES "/10.1.0.99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gc__leaves_whole_what_it_could_not_delete),
		cmocka_unit_test(gc__takes_the_others),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
