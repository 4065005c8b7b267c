/* SPDX-License-Identifier: Apache-2.0 */
/* `ctr run --cni`, which looks for networks and plugins where it is not told, calls the container's
 * namespace /proc/<pid>/ns/net, and has none at DEL. */
#include "cleanup.h"
#include "containerd.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

/* In our own mount namespace /etc is a copy, and /opt and Debian's plugins are ours. */
static int ctr_setup(void **state)
{
	if (containerd_setup(state) < 0)
		return -1;
	return sandbox_run("set -e; mkdir -p /run/etc; cp -a /etc/. /run/etc; "
			   "mount --bind /run/etc /etc; "
			   "mount -t tmpfs sandbox /opt; mkdir -p /opt/cni/bin /etc/cni; "
			   "rm -rf /etc/cni/net.d; ln -s " RUNTIMES_DIR "/net.d /etc/cni/net.d; "
			   "mount --bind " RUNTIMES_BIN " /opt/cni/bin; "
			   "[ ! -e /usr/lib/cni ] || mount -t tmpfs sandbox /usr/lib/cni");
}

#define RUN                                                                                        \
	CONTAINERD_CTR " run --rm --cni --snapshotter native --runc-binary " RUNTIMES_DIR          \
		       "/crun " POD_IMAGE " "

/* The first ones of the ranges. Its server sees that it is asked by the host. */
#define ADDRESS4 "10.88.0.2"
#define ADDRESS6 "fd88::2"

static void assert_sees(const char *host, const char *expected)
{
	sandbox_must("test $(busybox wget -q -O - 'http://%s" POD_TEXT "' | cut -d' ' -f2) = %s",
		     host, expected);
}

static void container__is_reached_and_gone(void **state)
{
	freeing char *before = NULL;
	freeing char *left = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("ctr run --cni", "a container, both families; DEL without CNI_NETNS");
	sandbox_must(CONTAINERD_CTR " images import --snapshotter native " RUNTIMES_DIR
				    "/pod.tar >/dev/null");
	before = containerd_snapshot();
	sandbox_must("{ " RUN "red >/dev/null 2>" RUNTIMES_DIR "/ctr.log; "
		     "echo $? >" RUNTIMES_DIR "/ctr.code; } &");
	sandbox_await("busybox wget -q -O /dev/null http://" ADDRESS4 POD_TEXT " 2>/dev/null");
	assert_sees(ADDRESS4, "10.88.0.1");
	assert_sees("[" ADDRESS6 "]", "fd88::1");
	sandbox_must(CONTAINERD_CTR " task exec --exec-id 1 red ping -q -c1 -W5 192.0.2.2 "
				    ">/dev/null");
	sandbox_must(CONTAINERD_CTR " task kill -s KILL red");
	sandbox_await("test -s " RUNTIMES_DIR "/ctr.code");
	left = sandbox_read(CONTAINERD_CTR " container ls -q");
	assert_string_equal(left, "");
	containerd_assert_nothing_left(before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {runtimes_test(container__is_reached_and_gone)};

	return cmocka_run_group_tests(tests, ctr_setup, NULL);
}
