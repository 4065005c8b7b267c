/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* STATUS: succeeds if ADD would work. It changes nothing and waits for nothing. */
#include "bridge.h"

#include "cleanup.h"
#include "faults.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

static void status_is(const char *more, int code, const char *text)
{
	freeing char *config = bridge_config("1.1.0", more);
	struct plugin_call asked = bridge_call("STATUS", config);
	freeing char *before = sandbox_snapshot();

	/* As containerd calls it: present but empty. */
	asked.container = "";
	asked.netns = "";
	asked.ifname = "";
	asked.args = "";
	if (code)
		plugin_fails(&asked, code, text);
	else
		plugin_succeeds(&asked);
	sandbox_assert_unchanged(before);
}

static void status__of_a_new_host_is_good(void **state)
{
	(void)state;
	status_is(FULL, 0, NULL);
	status_is("", 0, NULL);
}

static void status__of_a_host_in_use_is_good(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	status_is(FULL, 0, NULL);
	pod_close(&red);
}

static void status__says_if_the_bridge_is_another_kind_of_link(void **state)
{
	(void)state;
	sandbox_must("ip link add br0 type veth peer name x");
	status_is(FULL, CNI_EUNAVAILABLE, "not a bridge");
}

/* Where a pod could become the host's router. */
static void status__says_if_accept_ra_cannot_be_turned_off(void **state)
{
	(void)state;
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
	status_is("", CNI_EUNAVAILABLE, "accept_ra");
	sandbox_must("umount /proc/sys");
	status_is("", 0, NULL);
}

static void status__says_what_ipam_says(void **state)
{
	(void)state;
	bridge_add_script("odd", "cat > /run/stdin; echo $CNI_COMMAND > /run/asked; "
				 "echo '{\"code\":50,\"msg\":\"the pool is closed\"}'; exit 1");
	status_is("'ipam':{'type':'odd'}", CNI_EUNAVAILABLE, "the pool is closed");
	sandbox_must("[ $(cat /run/asked) = STATUS ]");
	bridge_add_script("odd", "echo '{\"code\":51,\"msg\":\"the pool is shallow\"}'; exit 1");
	status_is("'ipam':{'type':'odd'}", CNI_ELIMITED, "the pool is shallow");
	bridge_add_script("odd", "exit 0");
	status_is("'ipam':{'type':'odd'}", 0, NULL);
}

static void status__says_if_the_range_is_full(void **state)
{
	(void)state;
	sandbox_must("mkdir -p /var/lib/cni/networks/blue; "
		     "printf 'other\\r\\neth0' > /var/lib/cni/networks/blue/10.1.0.2");
	status_is(GATEWAY ",'ipam':{'type':'host-local','subnet':'10.1.0.0/30'}", CNI_EUNAVAILABLE,
		  "no IP addresses available");
}

static void status__says_if_ipam_is_not_there(void **state)
{
	freeing char *config = bridge_config("1.1.0", "'ipam':{'type':'nowhere'}");
	struct plugin_call asked = bridge_call("STATUS", config);
	struct plugin_answer answer = plugin_run(&asked);

	(void)state;
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(cni_json_get_string(answer.json, "msg"), "nowhere"));
	plugin_answer_clear(&answer);
}

static void status__says_if_the_configuration_is_wrong(void **state)
{
	(void)state;
	status_is("'hairpinMode':true,'promiscMode':true", CNI_ECONFIG, "promiscMode");
	status_is("'ipMasqBackend':'pf'", CNI_ECONFIG, "iptables");
}

/* The second socket is that of netfilter. */
static void status_without_nf_tables(const char *more, const char *text)
{
	freeing char *config = bridge_config("1.1.0", more);

	sandbox_must("printf '%%s' '%s' > /run/config", config);
	sandbox_must("! CNI_COMMAND=STATUS CNI_PATH=" BRIDGE_PATH " strace -qq -o /run/strace "
		     "-e trace=socket -e inject=socket:error=EPROTONOSUPPORT:when=2 " BRIDGE
		     " < /run/config > /run/answer");
	assert_shown("50", "code", "cat /run/answer");
	sandbox_must("grep -q '%s' /run/answer", text);
}

static void status__says_if_there_is_no_nf_tables(void **state)
{
	(void)state;
	if (sandbox_run("strace -V > /dev/null") != 0)
		skip_because("strace is not there");
	status_without_nf_tables(IPAM4 ",'ipMasq':true", "masquerade needs nf_tables");
	status_without_nf_tables("'macspoofchk':true", "macspoofchk needs nf_tables");
	status_without_nf_tables(IPAM4 ",'ipspoofchk':true", "ipspoofchk needs nf_tables");
}

/* Runtimes ask every few seconds, also while an ADD is at work. */
static void status__waits_for_no_lock(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);
	struct plugin_call asked = bridge_call("STATUS", config);
	struct fault_steps steps;
	struct plugin_answer answer;
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	pod_open(&red, "red");
	pod_add(&red, config);
	{
		closing int ledger = open("/var/lib/cni/networks/blue/lock", O_RDWR | O_CLOEXEC);
		closing int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

		assert_int_equal(flock(ledger, LOCK_EX), 0);
		assert_int_equal(flock(host, LOCK_EX), 0);
		answer = faults_learn(&asked, "/run/steps", &steps);
	}
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_in_range(steps.count, 10, 500);
	/* Releasing a lock that is not held tests whether a lock is possible. */
	sandbox_must("! grep flock /run/steps | grep -v LOCK_UN");
	pod_close(&red);
}

static void status__came_with_1_1_0(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	struct plugin_call asked = bridge_call("STATUS", config);

	(void)state;
	plugin_fails(&asked, CNI_EVERSION, "config version does not allow STATUS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(status__of_a_new_host_is_good),
		bridge_test(status__of_a_host_in_use_is_good),
		bridge_test(status__says_if_the_bridge_is_another_kind_of_link),
		bridge_test(status__says_if_accept_ra_cannot_be_turned_off),
		bridge_test(status__says_what_ipam_says),
		bridge_test(status__says_if_the_range_is_full),
		bridge_test(status__says_if_ipam_is_not_there),
		bridge_test(status__says_if_the_configuration_is_wrong),
		bridge_test(status__says_if_there_is_no_nf_tables),
		bridge_test(status__waits_for_no_lock),
		bridge_test(status__came_with_1_1_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
