/* SPDX-License-Identifier: Apache-2.0 */
/* The record of an attachment is damaged, emptied or gone: no rule is lost. DEL has only the name,
 * as after a reboot of the runtime. firewalld is in test_firewall_firewalld.c. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define RECORD "/run/cni/firewall/blue/a1:eth0"

static const char *const damages[] = {
	"rm " RECORD,
	"rm -r /run/cni/firewall/blue",
	": > " RECORD,
	"truncate -s 30 " RECORD,
	"truncate -s -3 " RECORD,
	"sed -i 's/10.1.0.11/10.1.0.12/' " RECORD,
	"sed -i 's/^backend.*/backend nftables/' " RECORD,
	"echo nonsense > " RECORD,
	"head -c 100 /dev/zero > " RECORD,
	"rm " RECORD " && ln -s /etc/passwd " RECORD,
	"rm " RECORD " && mkdir " RECORD,
};

/* A test's state is the kind of iptables that drops. */
static int setup_with(void **state, const char *kind)
{
	if (firewall_setup(state) < 0)
		return -1;
	firewall_use_iptables("nft");
	*state = (void *)(uintptr_t)kind;
	return 0;
}

static int setup_nft(void **state)
{
	return setup_with(state, "nft");
}

static int setup_legacy(void **state)
{
	return setup_with(state, "legacy");
}

/* The chains of iptables stay: they are there on any host that has had a pod. */
static char *prepare(const char *kind)
{
	sandbox_must("iptables-%s -P FORWARD DROP && ip6tables-%s -P FORWARD DROP", kind, kind);
	firewall_succeeds("ADD", &a1, "");
	firewall_succeeds("DEL", &a1, "");
	return firewall_snapshot();
}

#define skip_unless_it_works()                                                                     \
	do {                                                                                       \
		if (sandbox_run("unshare -n iptables-%s -S >/run/out 2>&1",                        \
				(const char *)*state) != 0)                                        \
			skip_because("this kernel has no iptables-%s", (const char *)*state);      \
	} while (0)

static void del__finds_the_rules_of_a_lost_record(void **state)
{
	freeing char *before = NULL;

	skip_unless_it_works();
	before = prepare(*state);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		firewall_succeeds("ADD", &a1, "");
		sandbox_must("iptables-%s -S CNI-FORWARD | grep -q 10.1.0.11",
			     (const char *)*state);
		sandbox_must("%s", damages[i]);
		firewall_bare_del(&a1);
		firewall_assert_unchanged(before);
		firewall_bare_del(&a1);
		firewall_assert_unchanged(before);
	}
}

static void gc__finds_the_rules_of_a_lost_record(void **state)
{
	freeing char *before = NULL;

	skip_unless_it_works();
	before = prepare(*state);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *others = NULL;

		firewall_succeeds("ADD", &a2, "");
		firewall_succeeds("ADD", &b1, "'name':'green'");
		others = firewall_snapshot();
		firewall_succeeds("ADD", &a1, "");
		if (strstr(damages[i], "-r /run"))
			sandbox_must("rm " RECORD);
		else
			sandbox_must("%s", damages[i]);
		firewall_succeeds("GC", NULL,
				  "'cni.dev/valid-attachments':[{'containerID':'a2','ifname':"
				  "'eth0'}]");
		firewall_assert_unchanged(others);
		firewall_bare_del(&a2);
		firewall_succeeds("DEL", &b1, "'name':'green'");
		firewall_assert_unchanged(before);
	}
}

/* ADD for a container whose earlier ADD is forgotten, on a host that is another by now. */
static void add__finds_the_rules_of_a_lost_record(void **state)
{
	const char *kind = *state;
	freeing char *before = NULL;

	skip_unless_it_works();
	before = prepare(kind);
	firewall_succeeds("ADD", &a1, "");
	sandbox_must("rm " RECORD " && iptables-%s -P FORWARD ACCEPT && ip6tables-%s -P FORWARD "
		     "ACCEPT",
		     kind, kind);
	firewall_succeeds("ADD", &a1, "");
	sandbox_must("grep -q 'backend nftables' " RECORD);
	firewall_bare_del(&a1);
	sandbox_must("iptables-%s -P FORWARD DROP && ip6tables-%s -P FORWARD DROP", kind, kind);
	firewall_assert_unchanged(before);
}

/* The address has gone to another attachment since: its rules are not taken for the lost ones. */
static void del__leaves_the_next_holder_of_the_address_its_rules(void **state)
{
	static const struct host_pod next = {"b1", "br0", "10.1.0.11", "fd01::11"};
	freeing char *before = NULL;

	skip_unless_it_works();
	before = prepare(*state);
	firewall_succeeds("ADD", &a1, "");
	firewall_succeeds("ADD", &next, "");
	sandbox_must("rm " RECORD);
	firewall_bare_del(&a1);
	firewall_succeeds("CHECK", &next, "");
	/* With the prevResult the first one's go. */
	firewall_succeeds("DEL", &a1, "");
	firewall_succeeds("CHECK", &next, "");
	firewall_bare_del(&next);
	firewall_assert_unchanged(before);
}

/* The tool that would withdraw them is gone: DEL says so, and comes again. */
static void del__keeps_the_claim_while_rules_cannot_be_removed(void **state)
{
	(void)state;
	free(prepare("nft"));
	firewall_succeeds("ADD", &a1, "");
	sandbox_must("rm " RECORD);
	firewall_use_iptables("none");
	firewall_fails("DEL", &a1, "", CNI_EMISSING, "iptables");
	sandbox_must("[ -L /run/cni/firewall/.claims/10.1.0.11 ]");
	firewall_use_iptables("nft");
	firewall_bare_del(&a1);
	assert_lines(0, "10.1.0.11", "iptables-nft -S");
	sandbox_must("! [ -e /run/cni/firewall/.claims ]");
}

#define both_tests(name)                                                                           \
	{#name " (nft)", name, setup_nft, firewall_teardown, NULL},                                \
	{                                                                                          \
#name " (legacy)", name, setup_legacy, firewall_teardown, NULL                     \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_tests(del__finds_the_rules_of_a_lost_record),
		both_tests(gc__finds_the_rules_of_a_lost_record),
		both_tests(add__finds_the_rules_of_a_lost_record),
		both_tests(del__leaves_the_next_holder_of_the_address_its_rules),
		{"del__keeps_the_claim_while_rules_cannot_be_removed",
		 del__keeps_the_claim_while_rules_cannot_be_removed, setup_nft, firewall_teardown,
		 NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
