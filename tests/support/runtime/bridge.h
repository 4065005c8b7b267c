/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge plugin with host-local on a host of its own for each test, and namespaces to attach.
 *
 *	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
 *	struct pod red;
 *
 *	pod_open(&red, "red");
 *	pod_add(&red, config);
 *	assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
 *	pod_del(&red, config);
 *	pod_close(&red);
 *
 * JSON in tests is written with single quotes. Failures fail the test. */
#ifndef TEST_BRIDGE_H
#define TEST_BRIDGE_H

#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#define BRIDGE CNI_C_BINARY_DIR "/plugins/bridge"

/* CNI_PATH: a test's executables in SANDBOX_BIN take precedence over the plugins that were
 * built. */
#define SANDBOX_BIN SANDBOX_DIR "/bin"
#define BRIDGE_PATH SANDBOX_BIN ":" CNI_C_BINARY_DIR "/ipam"

/* Pieces of a configuration. Addresses are given out from .2 on, the gateway is .1. */
#define GATEWAY	 "'isGateway':true"
#define FULL	 GATEWAY ",'ipMasq':true,'macspoofchk':true," IPAM46
#define RANGE4	 "[{'subnet':'10.1.0.0/24'}]"
#define RANGE6	 "[{'subnet':'fd01::/64'}]"
#define IPAM(of) "'ipam':{'type':'host-local'," of "}"
#define IPAM4	 IPAM("'ranges':[" RANGE4 "]")
#define IPAM6	 IPAM("'ranges':[" RANGE6 "]")
#define IPAM46                                                                                     \
	IPAM("'ranges':[" RANGE4 "," RANGE6 "],"                                                   \
	     "'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]")

int bridge_setup(void **state);
int bridge_teardown(void **state);
#define bridge_test(name) cmocka_unit_test_setup_teardown(name, bridge_setup, bridge_teardown)

/* {"cniVersion": <version>, "name": "blue", "type": "bridge", "bridge": "br0", <more>}, which the
 * caller frees. The last of two equal keys wins, so `more` can say 'bridge':'br1' as well. */
char *bridge_config(const char *version, const char *more);

/* Calls without a container: GC and STATUS. */
struct plugin_call bridge_call(const char *command, const char *config);

struct pod {
	char name[24];	    /* CNI_CONTAINERID, and the namespace's name */
	char netns[48];	    /* its path */
	char host[16];	    /* the host's end of its veth; "" without a successful ADD */
	cJSON *result;	    /* what ADD answered; NULL likewise */
	const char *plugin; /* the executable; NULL: BRIDGE */
};

/* Makes the namespace; nothing is attached yet. */
void pod_open(struct pod *pod, const char *name);
/* Removes it. Does not call DEL. */
void pod_close(struct pod *pod);

/* A call of the plugin for the pod's eth0; what it points to belongs to `pod` and `config`. */
struct plugin_call pod_call(const struct pod *pod, const char *command, const char *config);

/* `config` with what the ADD answered as its prevResult. The caller frees. */
char *pod_config(const struct pod *pod, const char *config);

void pod_add(struct pod *pod, const char *config);
/* The same, and fails the test if the plugin looked up a name below /proc/sys while it was in the namespace: the
 * kernel keeps an entry for each namespace, and each later look-up on the host walks all of them. Needs strace(1). */
void pod_add_without_settings(struct pod *pod, const char *config);
/* Takes note of a successful answer, of a call that the test has made itself. */
void pod_take(struct pod *pod, const struct plugin_answer *answer);
void pod_add_fails(const struct pod *pod, const char *config, int code, const char *text);
/* CHECK and DEL get the prevResult, if there is one. */
void pod_check(const struct pod *pod, const char *config);
void pod_check_fails(const struct pod *pod, const char *config, const char *text);
void pod_del(struct pod *pod, const char *config);

/* Compares what is at `path` ("ips.0.address", "" for all) with `expected`: the text of a string,
 * or JSON in one line. NULL: there is nothing. */
void assert_json(const cJSON *json, const char *path, const char *expected);

/* The same for what a command prints. */
void assert_shown(const char *expected, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text at `path` of what a command prints, which the caller frees; NULL: nothing. */
char *shown(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sandbox_snapshot() without what host-local keeps on purpose, besides reservations: its lock and
 * the address that it gave last, which are removed, and then the directory if it is empty. */
char *bridge_snapshot(void);
void bridge_assert_unchanged(const char *before);

/* Writes an executable shell script to SANDBOX_BIN. */
void bridge_add_script(const char *name, const char *text);

#endif
