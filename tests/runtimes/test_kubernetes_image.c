/* SPDX-License-Identifier: Apache-2.0 */
/* The image of conf/kubernetes, built by buildah from what scripts/image stages, and run by podman with the rights
 * that the DaemonSet has. */
#include "bridge.h"
#include "cleanup.h"
#include "kubernetes_scene.h"
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#define STATIC_INSTALLER CNI_C_SOURCE_DIR "/build/static/conf/kubernetes/installer/cni-c-installer"
#define CONTEXT		 RUNTIMES_DIR "/context"
#define IMAGE		 "localhost/cni-c:test"

/* As in daemonset.yaml. */
#define RIGHTS                                                                                     \
	"--read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges "     \
	"--user 0:0 --network host "
#define MOUNTS                                                                                     \
	"-v " NODE_BIN ":/host/opt/cni/bin -v " NODE_CONF ":/host/etc/cni/net.d "                  \
	"-v " ACCOUNT ":/var/run/secrets/kubernetes.io/serviceaccount:ro "                         \
	"-v " NETWORK ":/etc/cni-c/network.conflist:ro --tmpfs /run/cni-c "
#define ENVIRONMENT                                                                                \
	"-e NODE_NAME=n1 -e KUBERNETES_SERVICE_HOST=127.0.0.1 -e KUBERNETES_SERVICE_PORT=6443 "    \
	"-e RETRY_MS=50 "

/* NULL, or why there is nothing to test. */
static const char *lacks(void)
{
	if (podman_is_missing())
		return podman_is_missing();
	if (!runtimes_have("buildah"))
		return "there is no buildah";
	if (access(STATIC_INSTALLER, X_OK) < 0 ||
	    sandbox_run("readelf -l " STATIC_INSTALLER " | grep -q 'program interpreter'") == 0)
		return "there is no static build of the installer (scripts/test, scripts/image)";
	return NULL;
}

static void container_must(const char *probe, const char *text)
{
	sandbox_await("podman exec installer /cni-c-installer ready >" RUNTIMES_DIR "/out 2>&1; "
		      "[ $? = %s ] && grep -q \"%s\" " RUNTIMES_DIR "/out",
		      probe, text);
}

static void image__installs_with_the_rights_of_the_daemonset(void **state)
{
	(void)state;
	if (lacks())
		skip_because("%s", lacks());
	podman_begin_row("podman", NULL,
			 "conf/kubernetes' image: read-only, without capabilities; two mounts");
	kubernetes_begin();
	sandbox_must(CNI_C_SOURCE_DIR "/scripts/image --no-build --context " CONTEXT
				      " && buildah bud -q --timestamp 0 -t " IMAGE " " CONTEXT
				      " >/dev/null");
	kubernetes_node("");
	podman_must("run -d --name installer " RIGHTS MOUNTS ENVIRONMENT IMAGE);
	container_must("1", "^waiting: node 'n1' has no spec.podCIDRs yet");
	kubernetes_node(BOTH_CIDRS);
	container_must("0", "^ready: node 'n1' has '05-cni-c.conflist' with 10.244.1.0/24, ");
	assert_shown(RANGES_BOTH, "plugins.0.ipam.ranges", "cat " CONFLIST);
	sandbox_must("diff -r " CONTEXT "/plugins " NODE_BIN);
	/* The executables need nothing of the image. */
	sandbox_must("CNI_COMMAND=VERSION " NODE_BIN "/bridge </dev/null | "
		     "jq -e '.supportedVersions | length > 0' >/dev/null");
	/* Process 1 of the container ends by itself: 137 would be podman's SIGKILL. */
	podman_must("stop -t 20 installer");
	sandbox_must("[ \"$(podman inspect --format '{{.State.ExitCode}}' installer)\" = 0 ]");
	podman_must("rm installer");
	podman_must("rmi " IMAGE);
	kubernetes_teardown(state);
	sandbox_must("rm -r " CONTEXT " " SANDBOX_DIR "/*");
	podman_end();
}

static int teardown(void **state)
{
	kubernetes_teardown(state);
	return podman_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(image__installs_with_the_rights_of_the_daemonset,
					  teardown),
	};

	return cmocka_run_group_tests(tests, podman_setup, NULL);
}
