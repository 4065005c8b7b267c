/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* scripts/install: a directory of a package's files is refused, and the directory that is chosen is the runtime's. */
#include "install_scene.h"

#include "cleanup.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define INTO  " --dir " INSTALL_DIR
#define FROM1 "--from " INSTALL_FROM1
#define DPKG  SANDBOX_DIR "/dpkg"

/* The links to the tools of these commands, which the other tests' PATH lacks. */
static void have(const char *command)
{
	sandbox_must("ln -sf $(command -v %s) " INSTALL_TOOLS "/%s", command, command);
}

static void have_stub(const char *command, const char *script)
{
	sandbox_must("rm -f " INSTALL_TOOLS
		     "/%s && printf '#!/bin/sh\\n%%s\\n' '%s' >" INSTALL_TOOLS
		     "/%s && chmod 755 " INSTALL_TOOLS "/%s",
		     command, script, command, command);
}

static int forget(void **state)
{
	(void)state;
	return sandbox_run("cd " INSTALL_TOOLS
			   " && rm -f dpkg-query rpm podman containerd nerdctl && "
			   "rm -rf " DPKG);
}

/* A database in which a package owns these files. */
static void have_package(const char *name, const char *files)
{
	sandbox_must("mkdir -p " DPKG "/info && cd " DPKG " && { echo 'Package: %s'; echo "
		     "'Status: install ok installed'; echo 'Architecture: all'; echo 'Version: 1'; "
		     "echo 'Maintainer: none'; echo 'Description: none'; echo; } >>status && "
		     "for each in %s; do echo $each; done >info/%s.list",
		     name, files, name);
	have("dpkg-query");
}

static void install__names_the_package_that_owns_the_files(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	have_package("container-plugins", INSTALL_DIR " " INSTALL_DIR "/bridge");
	have_package("flannel-cni", INSTALL_DIR "/flannel");
	install_fails("'" INSTALL_DIR "' has files of the package container-plugins flannel-cni: "
		      "nothing is changed",
		      FROM1 INTO);
	install_assert_as_before(before);
	install_fails("container-plugins flannel-cni", "--dry-run " FROM1 INTO);
	install_succeeds(FROM1 " --dir " SANDBOX_DIR "/other");
	install_succeeds("--force " FROM1 INTO);
	install_assert_version("1");
	/* The name of the file is still the package's. */
	install_fails("container-plugins", "--from " INSTALL_FROM2 INTO);
	install_assert_version("1");
	install_succeeds("--rollback" INTO);
	install_assert_as_before(before);
}

/* The package's list has the name that leads there by a link, as before /usr was merged. */
static void install__knows_an_owner_by_another_name(void **state)
{
	(void)state;
	sandbox_must("ln -sfn " INSTALL_DIR " " SANDBOX_DIR "/alias");
	have_package("kubernetes-cni", SANDBOX_DIR "/alias/bridge");
	install_fails("kubernetes-cni", FROM1 " --dir " SANDBOX_DIR "/alias");
	sandbox_must("rm -r " DPKG);
	have_package("kubernetes-cni", "/elsewhere/bridge");
	install_succeeds(FROM1 INTO);
	sandbox_must("rm -r " DPKG " && rm " SANDBOX_DIR "/alias");
}

static void install__stops_if_the_owners_cannot_be_known(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	have_package("container-plugins", INSTALL_DIR "/bridge");
	sandbox_must("echo damaged >" DPKG "/status");
	install_fails("dpkg-query failed", FROM1 INTO);
	install_assert_as_before(before);
}

/* rpm is not Debian's: a stub prints what rpm 4.18 prints. */
static void install__asks_rpm(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	have_stub("rpm",
		  "case $1 in -qa) echo filesystem-3.18; exit ;; esac; shift 3; code=0; "
		  "for each; do case $each in */bridge) echo containernetworking-plugins ;; "
		  "*) echo \"file $each is not owned by any package\"; code=1 ;; esac; done; "
		  "exit $code");
	install_fails("files of the package containernetworking-plugins: nothing is changed",
		      FROM1 INTO);
	install_assert_as_before(before);
	/* The tool alone, on a machine of another distribution, knows nothing. */
	have_stub("rpm", "exit 0");
	install_fails("no database of packages knows the owner", FROM1 INTO);
	install_assert_as_before(before);
}

/* ---- the directory ---- */

#define CRI    "[plugins.\"io.containerd.grpc.v1.cri\".cni]\\n"
#define CRI3   "[plugins.'io.containerd.cri.v1.runtime'.cni]\\n"
#define EXPECT "--dry-run --force " FROM1

static void write_conf(const char *file, const char *text)
{
	sandbox_must("mkdir -p $(dirname %s) && printf '%s' >%s", file, text, file);
}

static void assert_said(const char *words)
{
	freeing char *said = sandbox_read("cat " SANDBOX_DIR "/said");

	if (!strstr(said, words))
		fail_msg("expected '%s' in: %s", words, said);
}

static void assert_chosen(const char *words)
{
	install_succeeds(EXPECT);
	assert_said(words);
}

/* Files of runtimes are in an /etc and a /var/lib of the test's own. */
static int empty_etc(void **state)
{
	if (forget(state) < 0)
		return -1;
	return sandbox_run("mount -t tmpfs none /etc && mount -t tmpfs none /var/lib");
}

static int real_etc(void **state)
{
	(void)state;
	return sandbox_run("umount /etc && umount /var/lib");
}

static void install__chooses_the_directory_of_the_runtime(void **state)
{
	(void)state;
	assert_chosen("/opt/cni/bin is the directory of the Go plugins");
	have_stub("containerd", "exit 0");
	assert_chosen("/opt/cni/bin is in the path of containerd\n");
	write_conf("/etc/containerd/config.toml",
		   "version = 2\\n" CRI "  # bin_dir = \"/no\"\\n  bin_dir = \"/usr/lib/cni\"\\n"
		   "[plugins.\"io.containerd.image-verifier.v1.bindir\"]\\nbin_dir = "
		   "\"/verifier\"\\n");
	assert_chosen("/usr/lib/cni is in the path of containerd\n");
	write_conf("/etc/containerd/config.toml",
		   "version = 3\\n" CRI3
		   "bin_dir = \"\"\\nbin_dirs = [\\n  \"/srv/cni\", # first\\n"
		   "  # \"/no\",\\n  \"/opt/cni/bin\",\\n]\\n");
	assert_chosen("/srv/cni is in the path of containerd\n");
	write_conf("/etc/crio/crio.conf.d/10.conf",
		   "[crio.network]\\nplugin_dirs = [\"/usr/libexec/cni\", \"/opt/cni/bin/\"]\\n");
	assert_chosen("/opt/cni/bin is in the path of containerd, CRI-O\n");
	write_conf("/etc/nomad.d/client.hcl",
		   "client {\\n  cni_path = \"/opt/nomad:/opt/cni/bin\"\\n}\\n");
	assert_chosen("/opt/cni/bin is in the path of containerd, CRI-O, Nomad\n");
	write_conf("/etc/buildkit/buildkitd.toml",
		   "[worker.oci]\\n  cniBinaryPath = \"/opt/buildkit\"\\n");
	install_fails(
		"no directory is in the path of all runtimes of this machine: choose with --dir\n"
		"containerd /srv/cni:/opt/cni/bin\nCRI-O /usr/libexec/cni:/opt/cni/bin/\n"
		"Nomad /opt/nomad:/opt/cni/bin\nBuildKit /opt/buildkit\n",
		EXPECT);
	sandbox_must(
		"rm -r /etc/containerd /etc/crio /etc/nomad.d /etc/buildkit && rm " INSTALL_TOOLS
		"/containerd");
	write_conf("/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
		   CRI3 "bin_dirs = [\"/var/lib/rancher/k3s/data/cni\"]\\n");
	assert_chosen("/var/lib/rancher/k3s/data/cni is in the path of k3s\n");
}

static void install__knows_which_podman_uses_cni(void **state)
{
	(void)state;
	have_stub("podman", "echo podman version 5.4.2");
	assert_chosen("/opt/cni/bin is the directory of the Go plugins");
	have_stub("podman", "echo podman version 4.3.1");
	assert_chosen("/usr/local/libexec/cni is in the path of podman\n");
	write_conf("/var/lib/containers/storage/defaultNetworkBackend", "netavark");
	assert_chosen("/opt/cni/bin is the directory of the Go plugins");
	write_conf(
		"/etc/containers/containers.conf",
		"[network]\\nnetwork_backend = \"cni\"\\ncni_plugin_dirs = [\"/srv/podman\"]\\n");
	assert_chosen("/srv/podman is in the path of podman\n");
}

static void install__warns_of_runtimes_that_execute_others(void **state)
{
	(void)state;
	write_conf("/etc/crio/crio.conf",
		   "[crio.network]\\nplugin_dirs = [\"/var/lib/first\", \"" INSTALL_DIR "\"]\\n");
	write_conf("/var/lib/first/portmap", "portmap");
	write_conf("/etc/nerdctl/nerdctl.toml", "cni_path = \"/srv/nerdctl\"\\n");
	install_succeeds("--force " FROM1 INTO);
	assert_said(
		"warning: CRI-O executes /var/lib/first/portmap: it looks there before " INSTALL_DIR
		"\n");
	assert_said("warning: nerdctl does not look in " INSTALL_DIR ", but in /srv/nerdctl\n");
}

#define TEST(name)	     cmocka_unit_test_setup_teardown(name, install_scene_reset, forget)
#define DIRECTORY_TEST(name) cmocka_unit_test_setup_teardown(name, empty_etc, real_etc)

static int setup(void **state)
{
	return setenv("DPKG_ADMINDIR", DPKG, 1) < 0 ? -1 : install_scene_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(install__names_the_package_that_owns_the_files),
		TEST(install__knows_an_owner_by_another_name),
		TEST(install__stops_if_the_owners_cannot_be_known),
		TEST(install__asks_rpm),
		DIRECTORY_TEST(install__chooses_the_directory_of_the_runtime),
		DIRECTORY_TEST(install__knows_which_podman_uses_cni),
		DIRECTORY_TEST(install__warns_of_runtimes_that_execute_others),
	};

	return cmocka_run_group_tests_name("install_owner", tests, setup, NULL);
}
