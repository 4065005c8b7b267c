/* SPDX-License-Identifier: Apache-2.0 */
/* The installer of conf/kubernetes without Kubernetes, on a node "n1" of its own for each test: an API server
 * (api_server.h) that is trusted and accepts the token "t1", three executables to install, and the directories of
 * the node.
 *
 *	api_server_set(api, "200 OK", node);
 *	installer_start(NULL);
 *	installer_await("ready");
 *	...
 *	assert_int_equal(installer_end(SIGTERM), 0);
 */
#ifndef KUBERNETES_SCENE_H
#define KUBERNETES_SCENE_H

#include "api_server.h"
#include "sandbox.h"
#include "test.h"

#include <stdbool.h>
#include <stddef.h>

#define INSTALLER CNI_C_BINARY_DIR "/conf/kubernetes/installer/cni-c-installer"

#define NODE_BIN  SANDBOX_DIR "/bin"
#define NODE_CONF SANDBOX_DIR "/net.d"
#define CONFLIST  NODE_CONF "/05-cni-c.conflist"
/* The image's executables: bandwidth, bridge and host-local, 100,000 bytes each, which no program can execute. */
#define IMAGE_BIN	  SANDBOX_DIR "/image"
#define ACCOUNT		  SANDBOX_DIR "/account"
#define NETWORK		  SANDBOX_DIR "/network.conflist" /* that of conf/kubernetes */
#define INSTALLER_STATE	  SANDBOX_DIR "/state/state"
#define INSTALLER_LOG	  SANDBOX_DIR "/installer.log"
#define INSTALLER_PID	  SANDBOX_DIR "/installer.pid"
#define SERVER_CERT(name) SANDBOX_DIR "/" name ".crt", SANDBOX_DIR "/" name ".key"

/* A Node, with ' in place of ". */
#define NODE_NAMED(name, spec)                                                                     \
	"{'kind':'Node','apiVersion':'v1','metadata':{'name':'" name                               \
	"','resourceVersion':'42'},'spec':{" spec "}}"
#define NODE(spec) NODE_NAMED("n1", spec)
#define CIDR4	   "'10.244.1.0/24'"
#define CIDR6	   "'fd00:10:244:1::/64'"
#define BOTH_CIDRS "'podCIDRs':[" CIDR4 "," CIDR6 "]"

extern struct api_server *api;

int kubernetes_setup(void **state);
int kubernetes_teardown(void **state);
#define kubernetes_test(name)                                                                      \
	cmocka_unit_test_setup_teardown(name, kubernetes_setup, kubernetes_teardown)

/* The setup of a test whose host is a sandbox already; kubernetes_teardown() ends it. */
void kubernetes_begin(void);

/* Another server in place of the one that is there, with the certificate "server", which is trusted, "stranger",
 * which another CA has signed, or "elsewhere", whose name is another address. */
void kubernetes_serve(const char *name);

/* The answer to come: status and body, with ' in place of ". */
void kubernetes_answer(const char *status, const char *body);
/* "200 OK" and a Node. */
#define kubernetes_node(spec) kubernetes_answer("200 OK", NODE(spec))

/* Starts it with more of the environment ("NAME=value", separated by spaces; NULL: nothing), below the words `under`
 * ("strace -f"; NULL: none). It dies with us at the latest. */
void installer_start_under(const char *under, const char *environment);
#define installer_start(environment) installer_start_under(NULL, environment)

/* Sends the signal (0: none), and returns the exit code, or 128 and the signal that ended it. */
int installer_end(int signal);
bool installer_has_ended(void);

/* Waits until the state holds the text. Fails the test after a minute. */
void installer_await(const char *text);
/* The same for its log. */
void installer_await_log(const char *text);

/* The node's directories are empty, but for files that the test has put there before and named `others` ("a.conf
 * b"). */
void installer_assert_wrote_nothing(const char *others);

/* All executables are those of the image, the conflist has these ranges (ipam.ranges in a line, with ' in place of
 * "), and no other file is there. */
void installer_assert_installed(const char *ranges);

#define RANGES_BOTH "[[{'subnet':'10.244.1.0/24'}],[{'subnet':'fd00:10:244:1::/64'}]]"

#endif
