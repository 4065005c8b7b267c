/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that another user of the host or a process in the container can hold do not hold up a plugin.
 * A host on which there can be no locks does not either. */
#include "bridge.h"
#include "error.h"
#include "firewall_scene.h"
#include "hostile.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Less than a plugin would wait for a lock, which is 10 s. */
#define TIME_MAX 7

#define VALID "'cni.dev/valid-attachments':[{'containerID':'evil','ifname':'eth0'}]"

/* ---- holders of all that they can open ---- */

static pid_t user;
static struct hostile hostile;

/* flock(2) on all that another user can open of the host's namespace and of the plugins' files. */
static void hold_as_another_user(void)
{
	static const char command[] =
		"exec setpriv --pdeathsig KILL --reuid=" HOSTILE_UID " --regid=" HOSTILE_UID
		" --clear-groups sh -c '"
		"exec 3</proc/self/ns/net && flock -x 3 || exit 1; n=4; "
		"for f in / /run /var/lib/cni $(find /run/cni /run/netns /var/lib/cni "
		"2>/dev/null); do [ $n = 9 ] && break; "
		"eval \"exec $n<$f\" 2>/dev/null && flock -xn $n && n=$((n+1)); done; "
		"touch /run/sandbox/public/ready; exec sleep 1000'";

	sandbox_must("mkdir -m 777 /run/sandbox/public");
	user = fork();
	if (user == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(1);
	}
	sandbox_await("[ -e /run/sandbox/public/ready ]");
}

static void hold(void)
{
	hold_as_another_user();
	hostile_open(&hostile, HOSTILE_HOLDS);
}

/* They have held them all the while. */
static void release(void)
{
	sandbox_must("! flock -n /proc/self/ns/net true && ! flock -n %s true", hostile.netns);
	assert_int_equal(waitpid(user, NULL, WNOHANG), 0);
	kill(user, SIGKILL);
	assert_int_equal(waitpid(user, NULL, 0), user);
	hostile_close(&hostile);
}

static struct plugin_answer run_at_once(const struct plugin_call *call)
{
	time_t begin = time(NULL);
	struct plugin_answer answer = plugin_run(call);

	if (time(NULL) - begin > TIME_MAX)
		fail_msg("%s has taken %ld s", call->command, (long)(time(NULL) - begin));
	return answer;
}

static void succeeds_at_once(const struct plugin_call *call)
{
	struct plugin_answer answer = run_at_once(call);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static struct pod evil_pod(void)
{
	struct pod pod = {.name = "evil"};

	snprintf(pod.netns, sizeof(pod.netns), "%s", hostile.netns);
	return pod;
}

/* ---- plugins that go on ---- */

static void locks__of_others_do_not_hold_up_an_add_or_del(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);
	struct plugin_call asked;
	struct pod evil;

	(void)state;
	hold();
	evil = evil_pod();
	asked = pod_call(&evil, "ADD", config);
	succeeds_at_once(&asked);
	asked.command = "DEL";
	succeeds_at_once(&asked);
	assert_shown("[]", "", "ip -j link show type veth");
	release();
}

/* The unnamed link of an ADD that was killed: no other ADD is under way. */
static void locks__of_others_do_not_hold_up_gc(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);
	freeing char *gc = bridge_config("1.1.0", FULL "," VALID);
	struct plugin_call asked = bridge_call("GC", gc);
	struct pod evil;

	(void)state;
	hold();
	evil = evil_pod();
	pod_add(&evil, config);
	sandbox_must("ip link add veth0123456789a master br0 type veth peer name other");
	succeeds_at_once(&asked);
	sandbox_must("! ip link show veth0123456789a 2>/dev/null");
	pod_check(&evil, config);
	pod_del(&evil, config);
	release();
}

/* It takes back the bridge, since no other ADD can have come to count on it. */
static void locks__of_others_do_not_stop_a_rollback(void **state)
{
	freeing char *config = bridge_config(
		"1.1.0", GATEWAY "," IPAM("'ranges':[[{'subnet':'10.1.0.0/24','rangeStart':"
					  "'10.1.0.2','rangeEnd':'10.1.0.2'}]]"));
	freeing char *before = NULL;
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod keeper;
	struct pod evil;

	(void)state;
	hold();
	pod_open(&keeper, "keeper");
	pod_add(&keeper, config);
	sandbox_must("ip link del br0; ip link del %s", keeper.host);
	evil = evil_pod();
	before = bridge_snapshot();
	asked = pod_call(&evil, "ADD", config);
	answer = run_at_once(&asked);
	plugin_assert_error(&answer, CNI_EEXHAUSTED, NULL);
	plugin_answer_clear(&answer);
	bridge_assert_unchanged(before);
	pod_del(&keeper, config);
	pod_close(&keeper);
	release();
}

/* Another user cannot open the lock of host-local's ledger either, which is the Go plugin's. */
static void ledger_lock__cannot_be_opened_by_another_user(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("[ $(stat -c %%a:%%u /var/lib/cni/networks/blue/lock) = 600:0 ] && "
		     "! setpriv --reuid=" HOSTILE_UID " --regid=" HOSTILE_UID " --clear-groups "
		     "flock -n /var/lib/cni/networks/blue/lock true 2>/dev/null");
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- no locks at all ---- */

static void locks__that_cannot_be_had_stop_nothing(void **state)
{
	static const char *const obstacles[] = {
		"mkdir -m 777 /run/cni/locks", "touch /run/cni/locks", "ln -s /tmp /run/cni/locks"};

	(void)state;
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		freeing char *config = bridge_config("1.1.0", FULL);
		freeing char *gc = bridge_config("1.1.0", FULL "," VALID);
		struct plugin_call asked = bridge_call("GC", gc);
		struct pod red;

		sandbox_must("mkdir -p /run/cni && rm -rf /run/cni/locks && %s", obstacles[i]);
		pod_open(&red, "red");
		pod_add(&red, config);
		pod_check(&red, config);
		pod_del(&red, config);
		plugin_succeeds(&asked);
		pod_close(&red);
	}
}

static void locks__that_cannot_be_had_leave_iptables_a_warning(void **state)
{
	freeing char *config = firewall_config(&a1, "'backend':'iptables'");
	struct plugin_call asked = firewall_call(&a1, "ADD", config);
	struct plugin_answer answer;

	(void)state;
	firewall_use_iptables("nft");
	if (sandbox_run("iptables -S FORWARD >/dev/null 2>&1") != 0)
		skip_because("this kernel has no iptables-nft");
	sandbox_must("mkdir -p /run/cni && touch /run/cni/locks");
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "firewall: iptables: open '/run/cni/locks/held'"));
	plugin_answer_clear(&answer);
	firewall_succeeds("CHECK", &a1, "'backend':'iptables'");
	firewall_succeeds("DEL", &a1, "'backend':'iptables'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(locks__of_others_do_not_hold_up_an_add_or_del),
		bridge_test(locks__of_others_do_not_hold_up_gc),
		bridge_test(locks__of_others_do_not_stop_a_rollback),
		bridge_test(ledger_lock__cannot_be_opened_by_another_user),
		bridge_test(locks__that_cannot_be_had_stop_nothing),
		firewall_test(locks__that_cannot_be_had_leave_iptables_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
