/* SPDX-License-Identifier: Apache-2.0 */
/* The firewalld backend, with firewalld itself on a bus of its own. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKEND "'backend':'firewalld'"

/* firewall-cmd(1) takes half a second. */
#define ASK                                                                                        \
	"dbus-send --system --print-reply=literal --dest=org.fedoraproject.FirewallD1 "            \
	"/org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1.zone."

static bool is_running;
static pid_t bus;
static pid_t firewalld;

/* Dies with us. */
static pid_t start(const char *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void stop(pid_t pid, int signal)
{
	if (pid <= 0)
		return;
	kill(pid, signal);
	waitpid(pid, NULL, 0);
}

static void wait_until(const char *command)
{
	if (sandbox_comes("%s", command))
		return;
	sandbox_run("tail -n 5 /run/*.log");
	fail_msg("it does not come: %s", command);
}

static void start_firewalld(void)
{
	firewalld = start("exec firewalld --nofork --nopid --log-target console "
			  ">/run/firewalld.log 2>&1");
	wait_until(ASK "getSources string:block");
}

/* Its zones are the packaged ones; what it writes, it writes into memory. */
static void start_both(void)
{
	sandbox_must("mkdir -p /run/dbus && mount -t tmpfs none /etc/firewalld && "
		     "echo '<busconfig><type>system</type>"
		     "<listen>unix:path=/run/dbus/system_bus_socket</listen>"
		     "<auth>EXTERNAL</auth><policy context=\"default\">"
		     "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>"
		     "<allow own=\"*\"/></policy></busconfig>' "
		     ">/run/bus.conf && "
		     /* A zone that lets nothing through, but from what is in another. */
		     "printf 'DefaultZone=block\\nFirewallBackend=nftables\\n' "
		     ">/etc/firewalld/firewalld.conf");
	bus = start("exec dbus-daemon --config-file=/run/bus.conf --nofork 2>/run/bus.log");
	wait_until("[ -S /run/dbus/system_bus_socket ]");
	start_firewalld();
}

static int setup(void **state)
{
	if (firewall_setup(state) < 0)
		return -1;
	is_running = sandbox_run("which firewalld dbus-send dbus-daemon >/run/out 2>&1") == 0;
	if (is_running)
		start_both();
	return 0;
}

static int teardown(void **state)
{
	stop(firewalld, SIGKILL);
	stop(bus, SIGKILL);
	sandbox_run("umount /etc/firewalld 2>/dev/null");
	return firewall_teardown(state);
}

#define skip_unless_running()                                                                      \
	do {                                                                                       \
		if (!is_running)                                                                   \
			skip_because("firewalld, dbus-daemon or dbus-send is not installed");      \
	} while (0)

static void assert_sources(const char *zone, const char *expected)
{
	/* "   array [ 10.1.0.11/32 fd01::11/128 ]" */
	freeing char *text = sandbox_read(ASK "getSources string:%s | tr -s ' ' '\\n' | grep / | "
					      "sort | paste -sd' '",
					  zone);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void change_sources(const char *method, const char *zone, const char *source)
{
	sandbox_must(ASK "%s string:%s string:%s >/run/out", method, zone, source);
}

/* Starting firewalld takes a second: a single test sees all. */
static void firewalld__has_addresses_as_sources(void **state)
{
	freeing char *before = NULL;

	(void)state;
	skip_unless_running();
	before = firewall_snapshot();
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("STATUS", NULL, BACKEND);
	firewall_succeeds("ADD", &a1, BACKEND);
	assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("CHECK", &a1, BACKEND);
	/* Again: it is there already. */
	firewall_succeeds("ADD", &a1, BACKEND);
	assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
	/* Another zone; and the automatic choice. */
	firewall_succeeds("ADD", &a2, BACKEND ",'firewalldZone':'internal'");
	assert_sources("internal", "10.1.0.12/32 fd01::12/128");
	firewall_succeeds("ADD", &b1, "");
	assert_sources("trusted", "10.1.0.11/32 10.2.0.11/32 fd01::11/128 fd02::11/128");
	firewall_succeeds("CHECK", &b1, "");
	/* With the zone forgotten, as after a reload; and nothing else known. */
	firewall_bare_del(&a2);
	assert_sources("internal", "");
	firewall_bare_del(&b1);
	firewall_succeeds("DEL", &a1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_sources("trusted", "");
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
	firewall_assert_unchanged(before);
}

static void firewalld__check_says_what_is_missing(void **state)
{
	(void)state;
	skip_unless_running();
	firewall_succeeds("ADD", &a1, BACKEND);
	change_sources("removeSource", "trusted", "fd01::11/128");
	firewall_fails("CHECK", &a1, BACKEND, CNI_EMISMATCH,
		       "fd01::11/128 is not a source of the zone 'trusted' of firewalld");
	firewall_succeeds("MEND", &a1, BACKEND);
	firewall_succeeds("CHECK", &a1, BACKEND);
	/* It does not remember what came over the bus. */
	sandbox_must("dbus-send --system --print-reply --dest=org.fedoraproject.FirewallD1 "
		     "/org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1.reload "
		     ">/run/out");
	firewall_fails("CHECK", &a1, BACKEND, CNI_EMISMATCH, "10.1.0.11/32 is not a source");
	firewall_succeeds("MEND", &a1, BACKEND);
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	/* In another zone it is another owner's work, and stays. */
	change_sources("removeSource", "trusted", "10.1.0.11/32");
	change_sources("addSource", "drop", "10.1.0.11/32");
	firewall_fails("CHECK", &a1, BACKEND, CNI_EMISMATCH, "10.1.0.11/32 is not a source");
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_sources("trusted", "");
	assert_sources("drop", "10.1.0.11/32");
	change_sources("removeSource", "drop", "10.1.0.11/32");
}

/* All or nothing; and in firewalld's words. */
static void firewalld__refuses_and_nothing_is_left(void **state)
{
	freeing char *before = NULL;

	(void)state;
	skip_unless_running();
	before = firewall_snapshot();
	firewall_fails("ADD", &a1, BACKEND ",'firewalldZone':'nowhere'", CNI_EDELEGATE,
		       "INVALID_ZONE");
	firewall_assert_unchanged(before);
	change_sources("addSource", "drop", "fd01::11/128");
	firewall_fails("ADD", &a1, BACKEND, CNI_EDELEGATE, "ZONE_CONFLICT");
	assert_sources("trusted", "");
	assert_sources("drop", "fd01::11/128");
	change_sources("removeSource", "drop", "fd01::11/128");
	firewall_assert_unchanged(before);
}

/* The address was given to b1 before the DEL of a1 came: firewalld has it once. */
static void firewalld__late_del_leaves_the_next_one_its_source(void **state)
{
	static const struct host_pod next = {"b1", "br0", "10.1.0.11", "fd01::11"};
	freeing char *before = NULL;

	(void)state;
	skip_unless_running();
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("ADD", &next, BACKEND);
	for (int i = 0; i < 2; i++) {
		firewall_succeeds("DEL", &a1, BACKEND);
		assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
		firewall_succeeds("CHECK", &next, BACKEND);
	}
	firewall_succeeds("DEL", &next, BACKEND);
	assert_sources("trusted", "");
	firewall_assert_unchanged(before);
}

/* Networks with the same range: firewalld has the address once for both. */
static void firewalld__source_of_two_networks_goes_with_the_last(void **state)
{
	static const struct host_pod next = {"b1", "br1", "10.1.0.11", "fd01::11"};
	static const char *const of[] = {BACKEND, BACKEND ",'name':'green'"};
	static const struct host_pod *const pods[] = {&a1, &next};
	freeing char *before = NULL;

	(void)state;
	skip_unless_running();
	before = firewall_snapshot();
	for (size_t i = 0; i < 4; i++) {
		freeing char *none = cni_format("%s,'cni.dev/valid-attachments':[]", of[i % 2]);

		firewall_succeeds("ADD", &a1, of[0]);
		firewall_succeeds("ADD", &next, of[1]);
		for (int j = 0; j < 2; j++) {
			if (i < 2)
				firewall_succeeds("DEL", pods[i % 2], of[i % 2]);
			else
				firewall_succeeds("GC", NULL, none);
			assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
			firewall_succeeds("CHECK", pods[1 - i % 2], of[1 - i % 2]);
		}
		firewall_succeeds("DEL", pods[1 - i % 2], of[1 - i % 2]);
		assert_sources("trusted", "");
		firewall_assert_unchanged(before);
	}
}

static void firewalld__gc_removes_sources(void **state)
{
	freeing char *before = NULL;

	(void)state;
	skip_unless_running();
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("ADD", &a2, BACKEND);
	firewall_succeeds("GC", NULL,
			  "'cni.dev/valid-attachments':[{'containerID':'a2','ifname':'eth0'}]");
	assert_sources("trusted", "10.1.0.12/32 fd01::12/128");
	firewall_succeeds("CHECK", &a2, BACKEND);
	firewall_succeeds("GC", NULL, "'cni.dev/valid-attachments':[]");
	assert_sources("trusted", "");
	firewall_assert_unchanged(before);
}

/* DEL and GC know the addresses by the claims, and the zone by the configuration. */
static void firewalld__forgets_sources_of_a_lost_record(void **state)
{
	static const char *const damages[] = {"rm /run/cni/firewall/blue/a1:eth0",
					      ": > /run/cni/firewall/blue/a1:eth0",
					      "sed -i s/10.1/10.7/ /run/cni/firewall/blue/a1:eth0"};

	(void)state;
	skip_unless_running();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		firewall_succeeds("ADD", &a1, BACKEND);
		sandbox_must("%s", damages[i]);
		if (i % 2)
			firewall_succeeds("GC", NULL, "'cni.dev/valid-attachments':[]");
		else
			firewall_bare_del(&a1);
		assert_sources("trusted", "");
		sandbox_must("! [ -e /run/cni/firewall/.claims ]");
	}
}

/* It comes after the pods, as at a boot, or is stopped and started again. */
static void firewalld__that_comes_later_gets_what_was_chosen(void **state)
{
	(void)state;
	skip_unless_running();
	stop(firewalld, SIGTERM);
	firewall_succeeds("ADD", &a1, "");
	assert_lines(1, "backend nftables", "cat /run/cni/firewall/blue/a1:eth0");
	firewall_succeeds("ADD", &a2, "'backend':'nftables'");
	firewall_succeeds("CHECK", &a1, "");
	start_firewalld();
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, "firewalld is running");
	firewall_succeeds("MEND", &a1, "");
	firewall_succeeds("CHECK", &a1, "");
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
	assert_lines(0, "10.1.0.11", "nft list table inet cni_firewall");
	/* A configured backend is not moved. */
	firewall_succeeds("MEND", &a2, "'backend':'nftables'");
	assert_sources("trusted", "10.1.0.11/32 fd01::11/128");
	firewall_bare_del(&a1);
	firewall_bare_del(&a2);
	assert_sources("trusted", "");
}

/* Made with firewalld, deleted when it is no more: what it knew has gone with it. Last, for it is
 * not started again. */
static void firewalld__stopped_has_forgotten(void **state)
{
	(void)state;
	skip_unless_running();
	firewall_succeeds("ADD", &a1, "");
	stop(firewalld, SIGTERM);
	firewalld = 0;
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, "10.1.0.11/32 is not a source");
	firewall_fails("STATUS", NULL, BACKEND, CNI_EUNAVAILABLE, "firewalld is not running");
	firewall_fails("ADD", &a2, BACKEND, CNI_EMISSING, "firewalld is not running");
	firewall_succeeds("DEL", &a1, "");
	sandbox_must("! ls /run/cni/firewall/blue 2>/dev/null");
	/* The next one is made without it. */
	firewall_succeeds("ADD", &a1, "");
	assert_lines(1, "backend nftables", "cat /run/cni/firewall/blue/a1:eth0");
	firewall_succeeds("DEL", &a1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firewalld__has_addresses_as_sources),
		cmocka_unit_test(firewalld__check_says_what_is_missing),
		cmocka_unit_test(firewalld__refuses_and_nothing_is_left),
		cmocka_unit_test(firewalld__late_del_leaves_the_next_one_its_source),
		cmocka_unit_test(firewalld__source_of_two_networks_goes_with_the_last),
		cmocka_unit_test(firewalld__gc_removes_sources),
		cmocka_unit_test(firewalld__forgets_sources_of_a_lost_record),
		cmocka_unit_test(firewalld__that_comes_later_gets_what_was_chosen),
		cmocka_unit_test(firewalld__stopped_has_forgotten),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
