/* SPDX-License-Identifier: Apache-2.0 */
/* Our cnitool and Go's libcni on one result cache: each checks and deletes attachments of the
 * other. The Go side is built from Debian's golang-github-appc-cni-dev, so this is one of the long
 * tests. */
#include "bridge.h"
#include "cleanup.h"

#include <stdlib.h>

#define GO     SANDBOX_DIR "/libcni"
#define SOURCE CNI_C_SOURCE_DIR "/tests/interop/libcni.go"
#define ENV                                                                                        \
	"NETCONFPATH=" SANDBOX_DIR "/net.d CNI_PATH=" CNI_C_BINARY_DIR                             \
	"/plugins:" CNI_C_BINARY_DIR "/ipam "
#define CNITOOL ENV CNI_C_BINARY_DIR "/cnitool/cnitool "
#define LIBCNI	ENV GO " "

static const char *missing;

/* Once for all tests: compiling takes its time. */
static int build(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	if (!getenv("CNI_C_SLOW"))
		missing = "a long test, for scripts/test --slow";
	else if (sandbox_run("GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=" SANDBOX_DIR
			     "/go go build -o " GO " " SOURCE) != 0)
		missing = "golang-go and golang-github-appc-cni-dev are not there";
	sandbox_must("mkdir " SANDBOX_DIR "/net.d");
	sandbox_must("echo '{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"plugins\":[{\"type\":"
		     "\"bridge\",\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{"
		     "\"type\":\"host-local\",\"subnet\":\"10.1.0.0/24\"}}]}' > " SANDBOX_DIR
		     "/net.d/blue.conflist");
	return 0;
}

static void attach(const char *adder, const char *checker, const char *deleter)
{
	sandbox_add_netns("red");
	sandbox_must("%s add blue /run/netns/red > " SANDBOX_DIR "/result", adder);
	assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	sandbox_must("%s check blue /run/netns/red", checker);
	sandbox_must("%s del blue /run/netns/red", deleter);
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	sandbox_must("test -z \"$(ls /var/lib/cni/results)\"");
	sandbox_must("! ls /var/lib/cni/networks/blue | grep -q '^10'");
	sandbox_must("rm -r /var/lib/cni/networks");
	sandbox_del_netns("red");
}

static void libcni__deletes_what_cnitool_has_added(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	attach(CNITOOL, LIBCNI, LIBCNI);
}

static void cnitool__deletes_what_libcni_has_added(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	attach(LIBCNI, CNITOOL, CNITOOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libcni__deletes_what_cnitool_has_added),
		cmocka_unit_test(cnitool__deletes_what_libcni_has_added),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}
