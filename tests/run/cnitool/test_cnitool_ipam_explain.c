/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam explain: the state of an address, and ADDs that confirm it; and cnitool ipam
 * release. */
#include "boots.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define IN_SET " is in range set 0 of network 'pool': 10.1.0.1-10.1.0.254.\n"

/* The output of "ipam explain pool <what>". The caller frees. */
static char *explained(const struct cnitool_scene *scene, const char *what)
{
	freeing char *line = cni_format("ipam explain pool %s", what);
	struct plugin_answer answer = cnitool_run(scene, line);
	char *text;

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	text = cni_strdup(answer.out);
	plugin_answer_clear(&answer);
	return text;
}

static void assert_explained(const struct cnitool_scene *scene, const char *what,
			     const char *expected)
{
	freeing char *before = ipam_snapshot(scene);
	freeing char *text = explained(scene, what);

	if (!strstr(text, expected))
		fail_msg("%s: '%s' is not in:\n%s", what, expected, text);
	ipam_assert_unchanged(scene, before);
}

/* ---- explain ---- */

static void ipam_explain__says_what_is_never_given_out(void **state)
{
	static const struct {
		const char *address;
		const char *expected;
	} cases[] = {
		{"10.1.0.1", "10.1.0.1" IN_SET "Nobody holds it.\n"
			     "ADD never gives it out: it is the subnet's gateway.\n"},
		{"10.1.0.1/24", "10.1.0.1" IN_SET},
		{"10.1.0.0", "10.1.0.0 is in no range set of network 'pool'.\nNobody holds it.\n"
			     "ADD does not give it out.\n"},
		{"10.1.0.77", "it is excluded by 'ipam.exclude'.\n"},
		{"10.2.0.255", "10.2.0.255 is in range set 1 of network 'pool': 10.2.0.0-"
			       "10.2.0.255.\nNobody holds it.\nADD never gives it out: it is the "
			       "subnet's broadcast address.\n"},
		{"10.2.0.0", "it is the subnet's own address.\n"},
		{"fd00::1", "fd00::1 is in no range set"},
		{"FD00:0::0001", "fd00::1 is in no range set"},
	};
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, "\"exclude\":[\"10.1.0.64/26\"],\"ranges\":[[{\"subnet\":"
			      "\"10.1.0.0/24\"}],[{\"subnet\":\"10.2.0.0/24\",\"rangeStart\":"
			      "\"10.2.0.0\",\"rangeEnd\":\"10.2.0.255\"}]]");
	ipam_must(scene, "mkdir leases");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_explained(scene, cases[i].address, cases[i].expected);
}

static void ipam_explain__says_who_holds_an_address(void **state)
{
	const struct cnitool_scene *scene = *state;
	char path[32];
	pid_t pid = ipam_start_netns(path);
	freeing char *since = NULL;
	freeing char *expected = NULL;

	ipam_add(scene, "c1", path);
	since = sandbox_read("date -r %s/" IPAM_LEDGER "10.1.0.2 '+%%F %%T' | tr -d '\\n'",
			     scene->fake.dir);
	expected = cni_format("10.1.0.2" IN_SET
			      "It is reserved for container c1, interface eth0, since %s (",
			      since);
	assert_explained(scene, "10.1.0.2", expected);
	assert_explained(scene, "10.1.0.2",
			 " ago).\n"
			 "It was reserved in this boot; its network namespace is alive.\n"
			 "ADD gives it to nobody until DEL or GC releases it.\n");
	ipam_stop_netns(pid);
	assert_explained(
		scene, "10.1.0.2",
		"It was reserved in this boot; its network namespace is gone.\n"
		"ADD gives it back to container c1, and to others if nothing else is free.\n");
	/* So it does. */
	ipam_add(scene, "c1", IPAM_NOWHERE);
	assert_explained(scene, "c1", "10.1.0.2" IN_SET);
	ipam_put(scene, "10.1.0.9", "by-hand\r\neth0");
	assert_explained(scene, "10.1.0.9",
			 "It was reserved in an unknown boot; its network namespace is unknown.\n"
			 "ADD gives it to nobody until DEL or GC releases it.\n");
}

static void ipam_explain__says_what_becomes_of_an_earlier_boot(void **state)
{
	static const struct {
		const char *reclaim;
		const char *expected;
	} cases[] = {
		{"lazy", "That was in an earlier boot, of which nothing is left.\n"
			 "ADD gives it back to container c1, and to others if it is requested or "
			 "nothing else is free.\n"},
		{"never", "ADD gives it to nobody until DEL or GC releases it, since "
			  "'ipam.reclaim' is \"never\".\n"},
		{"eager", "The next ADD releases it.\n"},
	};
	const struct cnitool_scene *scene = *state;

	ipam_add(scene, "c1", IPAM_NOWHERE);
	boots_next();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *keys = cni_format(IPAM_V4 ",\"reclaim\":\"%s\"", cases[i].reclaim);

		ipam_configure(scene, keys);
		assert_explained(scene, "10.1.0.2", cases[i].expected);
	}
	/* The next free address is unknown before. */
	assert_explained(scene, "10.1.0.9",
			 "Nobody holds it.\nADD gives it out when its turn comes.\n");
	/* So it does, "eager" being the last. */
	ipam_add(scene, "c2", IPAM_NOWHERE);
	assert_explained(scene, "10.1.0.2",
			 "Nobody holds it.\nADD gives it out when its turn comes; the next is ");
}

static void ipam_explain__says_when_an_address_was_released(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, IPAM_V4 ",\"cooldown\":1000");
	ipam_add(scene, "c1", IPAM_NOWHERE);
	assert_explained(scene, "10.1.0.3",
			 "Nobody holds it.\nIt is the next that ADD gives out, "
			 "unless another is requested.\n");
	ipam_del(scene, "c1");
	assert_explained(scene, "10.1.0.2", "Nobody holds it.\nIt was last released ");
	assert_explained(scene, "10.1.0.2", "It rests for ");
	assert_explained(scene, "10.1.0.2",
			 "s more ('ipam.cooldown'): until then ADD gives it out only if it is "
			 "requested or nothing else is free.\n");
	assert_explained(scene, "10.1.0.9",
			 "Nobody holds it.\nADD gives it out when its turn comes; the next is "
			 "10.1.0.3.\n");
	/* The order of releases in another boot is unknown. */
	boots_next();
	assert_explained(scene, "10.1.0.2",
			 "Nobody holds it.\nADD gives it out when its turn comes.\n");
	ipam_add(scene, "c2", IPAM_NOWHERE);
	assert_explained(scene, "10.1.0.2",
			 "Nobody holds it.\nADD gives it out when its turn comes; the next is "
			 "10.1.0.4.\n");
}

static void ipam_explain__says_what_is_damaged(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_put(scene, "10.1.0.5", "");
	ipam_must(scene, "mkdir " IPAM_LEDGER "10.1.0.6");
	assert_explained(scene, "10.1.0.5",
			 "Nobody holds it: its file is empty.\n"
			 "ADD gives it out when its turn comes; the next is 10.1.0.2.\n");
	assert_explained(scene, "10.1.0.6",
			 "It is taken, nobody knows by whom: its file is a directory.\n"
			 "ADD gives it to nobody as long as that is there.\n");
}

static void ipam_explain__knows_containers(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *text = NULL;
	const char *second;

	cnitool_fails(scene, "ipam explain pool c1", "begins with 'c1'");
	ipam_configure(scene, IPAM_DUAL);
	ipam_add(scene, "c0", IPAM_NOWHERE);
	ipam_add(scene, "c1", IPAM_NOWHERE);
	text = explained(scene, "c1");
	second = strstr(text, "\n\nfd00::3 is in range set 1 of network 'pool': fd00::1-");
	assert_true(strstr(text, "10.1.0.3" IN_SET) == text);
	assert_non_null(second);
	assert_null(strstr(text, "c0"));
	assert_null(strstr(second + 2, "\n\n"));
	cnitool_fails(scene, "ipam explain pool c2",
		      "no container of the ledger of network 'pool' has an id that begins with "
		      "'c2'");
	cnitool_fails(scene, "ipam explain pool 10.1.0.300", "begins with '10.1.0.300'");
	cnitool_fails(scene, "ipam explain pool -c c",
		      "2 containers of the ledger of network 'pool' have ids that begin with 'c': "
		      "c0, c1");
	assert_explained(scene, "--container c1", "fd00::3 is in range set 1 of network 'pool'");
}

/* ---- release ---- */

static void ipam_release__releases_what_is_stale(void **state)
{
	static const char released[] =
		"10.1.0.2 released: reserved in an earlier boot, for container c1, interface eth0\n"
		"fd00::2 released: reserved in an earlier boot, for container c1, interface eth0\n";
	static const char would[] =
		"10.1.0.2 would be released: reserved in an earlier boot, for container c1, "
		"interface eth0\n"
		"fd00::2 would be released: reserved in an earlier boot, for container c1, "
		"interface eth0\n";
	static const char none[] = "no reservation is known to be of an earlier boot\n";
	const struct cnitool_scene *scene = *state;
	freeing char *before = NULL;

	ipam_configure(scene, IPAM_DUAL ",\"reclaim\":\"never\"");
	ipam_prints(scene, "ipam release pool --stale", none);
	assert_false(fake_has(&scene->fake, "leases"));
	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_prints(scene, "ipam release pool --stale", none);
	boots_next();
	ipam_add(scene, "c2", IPAM_NOWHERE);
	/* A lease of an unknown boot: kept. */
	ipam_put(scene, "10.1.0.9", "by-hand\r\neth0");
	before = ipam_snapshot(scene);
	ipam_prints(scene, "ipam release pool --dry-run --stale", would);
	ipam_assert_unchanged(scene, before);
	ipam_prints(scene, "ipam release pool --stale", released);
	ipam_must(scene, "test \"$(ls " IPAM_LEDGER " | grep -v last | xargs)\" = "
			 "'10.1.0.3 10.1.0.9 fd00::3 lock'");
	ipam_prints(scene, "ipam release pool --stale", none);
	ipam_finds(scene, "");
}

/* Read-only commands go on while the lock is held. */
static void ipam__takes_no_lock_to_look(void **state)
{
	static const char *const lines[] = {"ipam list pool", "ipam usage pool",
					    "ipam explain pool 10.1.0.2", "ipam verify pool",
					    "ipam release pool --stale --dry-run"};
	const struct cnitool_scene *scene = *state;
	freeing char *path = fake_path(&scene->fake, IPAM_LEDGER "lock");
	freeing char *before = NULL;
	closing int lock = -1;

	ipam_configure(scene, IPAM_V4 ",\"lockTimeout\":1");
	ipam_add(scene, "c1", IPAM_NOWHERE);
	boots_next();
	before = ipam_snapshot(scene);
	lock = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct plugin_answer answer = cnitool_run(scene, lines[i]);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
	cnitool_fails(scene, "ipam release pool --stale", "not free within 1000 ms");
	ipam_assert_unchanged(scene, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(ipam_explain__says_what_is_never_given_out),
		ipam_test(ipam_explain__says_who_holds_an_address),
		ipam_test(ipam_explain__says_what_becomes_of_an_earlier_boot),
		ipam_test(ipam_explain__says_when_an_address_was_released),
		ipam_test(ipam_explain__says_what_is_damaged),
		ipam_test(ipam_explain__knows_containers),
		ipam_test(ipam_release__releases_what_is_stale),
		ipam_test(ipam__takes_no_lock_to_look),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
