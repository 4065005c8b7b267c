/* SPDX-License-Identifier: Apache-2.0 */
/* The dhcp plugin and its daemon on a host of their own for each test. The host's link up0 leads to the namespace
 * "lan", where the tests' own server (dhcp_server.h) runs on up1, 10.1.0.1/24. */
#ifndef TEST_DHCP_SCENE_H
#define TEST_DHCP_SCENE_H

#include "bridge.h"
#include "dhcp_server.h"

#define DHCP	CNI_C_BINARY_DIR "/ipam/dhcp"
#define MACVLAN CNI_C_BINARY_DIR "/plugins/macvlan"
#define ON_UP0	"'type':'macvlan','master':'up0',"
#define BY_DHCP "'ipam':{'type':'dhcp','probe':false}"

#define DAEMON_LOG "/run/daemon.log"

extern struct dhcp_server *server;

int dhcp_setup(void **state);
int dhcp_teardown(void **state);
#define dhcp_test(name) cmocka_unit_test_setup_teardown(name, dhcp_setup, dhcp_teardown)

/* The same without the server, for a real one. */
int dhcp_setup_without_server(void **state);

/* Starts the daemon with the flags (NULL at the end of the list), and returns when it serves; it goes on in the
 * background. dhcp_teardown() ends it. */
void daemon_start(const char *const *flags);
/* The same in a time namespace (time_namespaces(7)) whose CLOCK_BOOTTIME is so many seconds later than the host's: the
 * host has slept. False if this kernel has no time namespaces. */
bool daemon_start_later(const char *const *flags, unsigned long seconds);
/* Ends it with the signal. */
void daemon_end(int signal);
pid_t daemon_pid(void);

/* ADD by a daemon with a short -resendtimeout fails for what the server has answered; it is asked again where a busy
 * machine has heard nothing in that time. */
void pod_add_fails_for(const struct pod *pod, const char *config, const char *text);

/* A pod that macvlan attaches. */
void dhcp_pod_open(struct pod *pod, const char *name);

/* As sandbox_await(). A failure shows the daemon's log as well. */
void await(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Waits until the daemon's log has the text. */
void await_log(const char *text);

/* Waits until the kernel has told that eth0 in the namespace has no carrier: it tells of two changes at once where the
 * second one comes before. */
void await_no_carrier(const char *netns);

#endif
