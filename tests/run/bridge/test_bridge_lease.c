/* SPDX-License-Identifier: Apache-2.0 */
/* An address stays reserved as long as any part of its attachment exists, whatever fails. */
#include "bridge.h"
#include "faults.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

#define SMALL "'ipam':{'type':'host-local','subnet':'10.1.0.0/29'}"
/* The same, not run in the bridge's process. */
#define STARTED	   "'ipam':{'type':'outside','subnet':'10.1.0.0/29','dataDir':'/var/lib/cni/networks'}"
#define EVERYTHING GATEWAY ",'ipMasq':true,'macspoofchk':true,"
#define NO_VALID   ",'cni.dev/valid-attachments':[]"

static const char *const ipams[] = {EVERYTHING SMALL, EVERYTHING STARTED, SMALL,
				    EVERYTHING "'ipspoofchk':true," SMALL};
#define IPAM_COUNT (sizeof(ipams) / sizeof(*ipams))

static void add_outside(void)
{
	bridge_add_script("outside", "exec " CNI_C_BINARY_DIR "/ipam/host-local");
}

static bool is_leased(const char *address)
{
	return sandbox_run("test -e /var/lib/cni/networks/blue/%s", address) == 0;
}

static bool is_linked(const struct pod *pod)
{
	return sandbox_run("ip -n %s link show eth0 >/dev/null 2>&1", pod->name) == 0;
}

static bool has_address(const struct pod *pod)
{
	return sandbox_run("ip -n %s -4 addr show eth0 2>/dev/null | grep -q 10.1.0.", pod->name) ==
	       0;
}

/* The same call by root without CAP_NET_ADMIN, who can still write and delete files. */
static struct plugin_answer run_powerless(struct plugin_call call)
{
	static const char *const arguments[] = {"--bounding-set", "-net_admin", "--inh-caps",
						"-net_admin",	  BRIDGE,	NULL};

	call.plugin = "/usr/bin/setpriv";
	call.arguments = arguments;
	return plugin_run(&call);
}

static void assert_kept(const struct pod *red, struct plugin_call call)
{
	struct plugin_answer answer = run_powerless(call);

	plugin_assert_error(&answer, CNI_EKERNEL, "the addresses stay reserved");
	plugin_assert_error(&answer, CNI_EKERNEL, "Operation not permitted");
	plugin_answer_clear(&answer);
	assert_true(is_linked(red));
	assert_true(is_leased("10.1.0.2"));
}

/* Five addresses of eight, one of them the bridge's. */
static void assert_address_is_not_given_out(const char *config)
{
	struct pod pods[5];

	for (int i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		pod_open(&pods[i], name);
		if (i == 4)
			pod_add_fails(&pods[i], config, CNI_EEXHAUSTED, NULL);
		else
			pod_add(&pods[i], config);
	}
	assert_int_not_equal(sandbox_run(
				     "for p in p0 p1 p2 p3 p4; do ip -n $p -4 addr show; done | "
				     "grep -q 10.1.0.2/"),
			     0);
	for (int i = 0; i < 5; i++) {
		pod_del(&pods[i], config);
		pod_close(&pods[i]);
	}
}

static void del__keeps_the_lease_if_the_link_stays(void **state)
{
	(void)state;
	add_outside();
	for (size_t i = 0; i < IPAM_COUNT; i++) {
		freeing char *config = bridge_config("1.0.0", ipams[i]);
		freeing char *with = NULL;
		struct plugin_call call;
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		with = pod_config(&red, config);
		assert_kept(&red, pod_call(&red, "DEL", with));
		/* The second time, and with all that a DEL can do without. */
		call = pod_call(&red, "DEL", config);
		call.netns = "";
		assert_kept(&red, call);
		assert_address_is_not_given_out(config);
		pod_del(&red, config);
		assert_false(is_leased("10.1.0.2"));
		assert_false(is_linked(&red));
		pod_close(&red);
		sandbox_must("rm -rf /var/lib/cni/networks; ip link del br0");
	}
}

static void gc__keeps_the_leases_if_a_link_stays(void **state)
{
	(void)state;
	add_outside();
	for (size_t i = 0; i < IPAM_COUNT; i++) {
		freeing char *config = bridge_config("1.1.0", ipams[i]);
		freeing char *more = cni_format("%s%s", ipams[i], NO_VALID);
		freeing char *gc = bridge_config("1.1.0", more);
		struct plugin_call call = bridge_call("GC", gc);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_kept(&red, call);
		plugin_succeeds(&call);
		assert_false(is_leased("10.1.0.2"));
		assert_false(is_linked(&red));
		pod_close(&red);
		sandbox_must("rm -rf /var/lib/cni/networks; ip link del br0");
	}
}

/* ---- an error anywhere ---- */

/* With an error at each system call, and at all later ones of its name. `command` is what is
 * interrupted, after `prepare` and before a DEL that is not. */
static void fail_everywhere(const char *command, const char *config, unsigned int stride,
			    void (*prepare)(struct pod *pod, const char *config))
{
	struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_answer answer;
	struct plugin_call call;
	size_t kept = 0;
	struct pod red;

	pod_open(&red, "red");
	prepare(&red, config);
	call = strcmp(command, "GC") ? pod_call(&red, command, config)
				     : bridge_call(command, config);
	answer = faults_learn(&call, LOG, steps);
	plugin_answer_clear(&answer);
	pod_del(&red, config);
	for (size_t i = 0; i < steps->count; i += stride) {
		steps->items[i].is_lasting = true;
		prepare(&red, config);
		answer = faults_inject(&call, LOG, &steps->items[i], "EPERM");
		plugin_answer_clear(&answer);
		if (has_address(&red)) {
			kept++;
			if (sandbox_run("cat /var/lib/cni/networks/blue/10.1.0.* | grep -q red"))
				fail_msg("%s %d of %s: has an address that is free",
					 steps->items[i].name, steps->items[i].nth, command);
		}
		pod_del(&red, config);
		assert_false(is_linked(&red));
		assert_shown("[]", "", "ip -j link show type veth");
		assert_shown(NULL, "nftables.1", "nft -j list ruleset");
		sandbox_must("! ls /var/lib/cni/networks/blue | grep -q ^10");
	}
	assert_true(kept > 0);
	pod_close(&red);
	free(steps);
}

static void attach(struct pod *pod, const char *config)
{
	pod_add(pod, config);
}

static void leave(struct pod *pod, const char *config)
{
	(void)pod;
	(void)config;
}

static void del__that_fails_anywhere_keeps_the_lease_of_an_address(void **state)
{
	freeing char *config = bridge_config("1.1.0", EVERYTHING SMALL);

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	fail_everywhere("DEL", config, trace_stride(4), attach);
}

static void gc__that_fails_anywhere_keeps_the_lease_of_an_address(void **state)
{
	freeing char *config = bridge_config("1.1.0", EVERYTHING SMALL NO_VALID);

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	fail_everywhere("GC", config, trace_stride(4), attach);
}

/* The last step but the answer fails (there is no way to 10.9.0.0/16), and then the rollback. */
static void add__whose_rollback_fails_keeps_the_lease_of_an_address(void **state)
{
	freeing char *config =
		bridge_config("1.1.0", EVERYTHING
			      "'ipam':{'type':'host-local','subnet':'10.1.0.0/29','routes':["
			      "{'dst':'10.9.0.0/16','gw':'10.200.0.1'}]}");

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	fail_everywhere("ADD", config, trace_stride(4), leave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(del__keeps_the_lease_if_the_link_stays),
		bridge_test(gc__keeps_the_leases_if_a_link_stays),
		bridge_test(del__that_fails_anywhere_keeps_the_lease_of_an_address),
		bridge_test(gc__that_fails_anywhere_keeps_the_lease_of_an_address),
		bridge_test(add__whose_rollback_fails_keeps_the_lease_of_an_address),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
