/* SPDX-License-Identifier: Apache-2.0 */
/* buildah on podman's networks. It hands the namespace over as a descriptor, /proc/<pid>/fd/<n>; when the
 * command of a working container has ended nothing is left of it. */
#include "cleanup.h"
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* There are no cgroups here. */
#define ISOLATION "--isolation oci --runtime-flag cgroup-manager=disabled "
#define RUN	  "buildah run " ISOLATION

static char *version;

static int setup(void **state)
{
	if (podman_setup(state) < 0)
		return -1;
	if (!podman_is_missing() && runtimes_have("buildah"))
		version = sandbox_read("buildah --version | cut -d' ' -f3 | tr -d '\\n'");
	return 0;
}

#define buildah_begin(exercised)                                                                   \
	do {                                                                                       \
		if (podman_is_missing())                                                           \
			skip_because("%s", podman_is_missing());                                   \
		if (!version)                                                                      \
			skip_because("there is no buildah");                                       \
		podman_begin_row("buildah", version, exercised);                                   \
	} while (0)

/* The command prints this text in the working container "box" on these networks. */
static void prints(const char *options, const char *command, const char *expected)
{
	freeing char *got = sandbox_read(RUN "%s box %s", options, command);

	got[strcspn(got, "\n")] = '\0';
	assert_string_equal(got, expected);
}

static void assert_nothing_attached(void)
{
	sandbox_must("! nft list ruleset | grep -q .");
	sandbox_must("! ip link show type veth | grep -q master");
	sandbox_must("! ls /var/lib/cni/networks/*/ | grep -q '^10\\.'");
}

static void run__gets_out_and_leaves_nothing(void **state)
{
	(void)state;
	buildah_begin(
		"run: the way out, a static network and the default one; a command that fails");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	sandbox_must("buildah from --name box " PODMAN_IMAGE " >/dev/null");
	for (int i = 0; i < 2; i++) {
		prints("--network blue", "wget -q -O - http://192.0.2.2:8080/", "192.0.2.1");
		assert_nothing_attached();
	}
	prints("", "wget -q -O - http://192.0.2.2:8080/", "192.0.2.1");
	assert_nothing_attached();
	assert_int_not_equal(sandbox_run(RUN "--network blue box false >/dev/null 2>&1"), 0);
	assert_nothing_attached();
	sandbox_must("buildah rm box >/dev/null");
	podman_must("network rm blue");
	/* buildah leaves the bridge of podman's own network. */
	sandbox_must("ip link del cni-podman0");
	podman_end();
}

static void run__on_two_networks_has_both(void **state)
{
	(void)state;
	buildah_begin("run on two networks");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	podman_must("network create --ipv6 --subnet 10.2.0.0/24 --subnet fd02::/64 yellow");
	sandbox_must("buildah from --name box " PODMAN_IMAGE " >/dev/null");
	prints("--network blue,yellow",
	       "sh -c 'ip -o addr | grep -c -e \" 10.1.0.2/24 \" -e \" 10.2.0.2/24 \" "
	       "-e \" fd02::2/64 \"'",
	       "3");
	assert_nothing_attached();
	sandbox_must("buildah rm box >/dev/null");
	podman_must("network rm blue yellow");
	podman_end();
}

static void build__reaches_the_outside(void **state)
{
	(void)state;
	buildah_begin("build of an image whose steps reach the outside");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	sandbox_must("mkdir " RUNTIMES_DIR "/context; printf 'FROM " PODMAN_IMAGE "\\n"
		     "RUN wget -q -O /seen http://192.0.2.2:8080/\\n"
		     "RUN [ $(cat /seen) = 192.0.2.1 ] && wget -q -O - http://192.0.2.2:8080/\\n' "
		     ">" RUNTIMES_DIR "/context/Containerfile; "
		     "buildah bud " ISOLATION "--network blue -t seen " RUNTIMES_DIR
		     "/context >/dev/null 2>&1");
	assert_nothing_attached();
	sandbox_must("rm -r " RUNTIMES_DIR "/context; buildah rmi seen >/dev/null");
	podman_must("network rm blue");
	podman_end();
}

/* After a failure, what the test has left. */
static int teardown(void **state)
{
	if (version)
		sandbox_run("buildah rm -a >/dev/null 2>&1");
	return podman_teardown(state);
}

#define buildah_test(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		buildah_test(run__gets_out_and_leaves_nothing),
		buildah_test(run__on_two_networks_has_both),
		buildah_test(build__reaches_the_outside),
	};

	return cmocka_run_group_tests_name("buildah", tests, setup, NULL);
}
