/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* host-local with a sidecar that is gone, damaged or something else: its results are right, because
 * the address files are the truth. */
#include "cleanup.h"
#include "error.h"
#include "ledger.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The target of our links: nothing in it may change. */
#define ELSE "/run/elsewhere"

static char *elsewhere(void)
{
	return sandbox_read("cd " ELSE " && find . -printf '%%p %%y %%m %%s %%T@ %%l\\n' | sort && "
			    "find . -type f | sort | xargs cksum");
}

/* Has the layout of a sidecar, for a followed link. */
static void make_elsewhere(void)
{
	sandbox_must("rm -rf " ELSE " && mkdir -p " ELSE "/blue/owners " ELSE "/owners && cd " ELSE
		     " && for f in . blue; do for g in head 10.1.0.0.bits 10.1.0.0.released "
		     "10.1.0.0.keys 10.1.0.2 precious; do echo $g >$f/$g; done; done");
}

/* ---- damage ---- */

static const char *const damages[] = {
	/* gone */
	"rm -r .cni-c",
	"rm -r .cni-c/blue",
	"rm -r .cni-c/blue/owners",
	"rm .cni-c/blue/owners/*",
	"rm .cni-c/blue/head",
	"rm .cni-c/blue/10.1.0.0.bits",
	"rm .cni-c/blue/10.1.0.0.*",
	/* cut off */
	"for f in .cni-c/blue/[h1]*; do : >$f; done",
	"for f in .cni-c/blue/[h1]*; do truncate -s 7 $f; done",
	"truncate -s 8192 .cni-c/blue/*.bits",
	"truncate -s -1 .cni-c/blue/head",
	/* garbled, with and without being noticed by the head */
	"for f in .cni-c/blue/[h1]*; do head -c 20000 /dev/urandom >$f; done",
	"for f in .cni-c/blue/1*; do yes garbage | head -c 262144 >$f; done",
	"head -c 16384 /dev/zero >.cni-c/blue/10.1.0.0.bits",
	"for f in .cni-c/blue/owners/*; do ln -sfn garbage $f; done",
	"for f in .cni-c/blue/owners/*; do rm $f; echo garbage >$f; done",
	"for f in .cni-c/blue/owners/*; do rm $f; mkdir $f; done",
	"cd .cni-c/blue/owners; for f in *; do mv $f x$f; done",
	/* something else */
	"for f in .cni-c/blue/[h1]*; do rm $f; mkdir $f; done",
	"for f in .cni-c/blue/[h1]*; do rm $f; mkfifo $f; done",
	"for f in .cni-c/blue/[h1]*; do rm $f; ln -s nowhere $f; done",
	"for f in .cni-c/blue/[h1]*; do rm $f; ln -s " ELSE "/${f##*/} $f; done",
	"rm -r .cni-c/blue/owners; echo >.cni-c/blue/owners",
	"rm -r .cni-c/blue/owners; ln -s " ELSE "/owners .cni-c/blue/owners",
	"rm -r .cni-c/blue; mkfifo .cni-c/blue",
	"rm -r .cni-c/blue; ln -s " ELSE "/blue .cni-c/blue",
	"rm -r .cni-c; echo >.cni-c",
	"rm -r .cni-c; mkfifo .cni-c",
	"rm -r .cni-c; ln -s nowhere .cni-c",
	"rm -r .cni-c; ln -s " ELSE " .cni-c",
	"rm -r .cni-c; ln -s blue .cni-c",
	"rm -r .cni-c; ln -s .cni-c .cni-c",
};

/* The ledger has c1 with .2 and c2 with .3. Each verb is the first to meet the damage. */

static void meets_add(const char *text)
{
	char *address = host_local_add_by(HOST_LOCAL, "c4", text);
	freeing char *name = cni_strndup(address, strcspn(address, "/"));

	host_local_assert_file(name, "c4\r\neth0");
	assert_true(strcmp(name, "10.1.0.4") >= 0 && strcmp(name, "10.1.0.6") <= 0);
	free(address);
	host_local_fails("ADD", "c1", text, CNI_ETAKEN, "10.1.0.2 has been allocated to c1");
	host_local_assert_file("10.1.0.2", "c1\r\neth0");
	host_local_assert_file("10.1.0.3", "c2\r\neth0");
}

static void meets_del(const char *text)
{
	host_local_succeeds("DEL", "c9", text);
	host_local_succeeds("DEL", "c2", text);
	ledger_assert_addresses("10.1.0.2");
	host_local_assert_file("10.1.0.2", "c1\r\neth0");
}

static void meets_check(const char *text)
{
	host_local_succeeds("CHECK", "c1", text);
	host_local_fails("CHECK", "c9", text, CNI_EMISMATCH, NULL);
	ledger_assert_addresses("10.1.0.2 10.1.0.3");
}

static void meets_gc(const char *text)
{
	freeing char *gc = host_local_config(
		"1.1.0", "",
		"\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]");

	(void)text;
	host_local_succeeds("GC", NULL, gc);
	ledger_assert_addresses("10.1.0.3");
	host_local_assert_file("10.1.0.3", "c2\r\neth0");
}

static void assert_goes_on(const char *text)
{
	freeing char *gc = host_local_config("1.1.0", "", "\"cni.dev/valid-attachments\":[]");

	host_local_succeeds("STATUS", NULL, text);
	host_local_succeeds("GC", NULL, gc);
	ledger_run("test \"$(ls -A blue | tr '\\n' ' ')\" = 'last_reserved_ip.0 lock '");
}

/* Each damage with one of the verbs, or with all of them. */
static void assert_meets(void (*meets)(const char *text), size_t turn)
{
	freeing char *text = host_local_config("1.1.0", POOL ",\"cooldown\":1000", "");
	size_t step = getenv("CNI_C_SLOW") ? 1 : 4;
	freeing char *before = NULL;

	make_elsewhere();
	before = elsewhere();
	for (size_t i = turn % step; i < sizeof(damages) / sizeof(*damages); i += step) {
		freeing char *after = NULL;

		host_local_succeeds("ADD", "c1", text);
		host_local_succeeds("ADD", "c2", text);
		ledger_run(damages[i]);
		meets(text);
		assert_goes_on(text);
		after = elsewhere();
		if (strcmp(after, before) != 0)
			fail_msg("'%s' changed what is elsewhere: %s", damages[i], after);
		ledger_run("rm -rf blue .cni-c");
	}
}

static void sidecar__may_be_anything_to_add(void **state)
{
	(void)state;
	assert_meets(meets_add, 0);
}

static void sidecar__may_be_anything_to_del(void **state)
{
	(void)state;
	assert_meets(meets_del, 1);
}

static void sidecar__may_be_anything_to_check(void **state)
{
	(void)state;
	assert_meets(meets_check, 2);
}

static void sidecar__may_be_anything_to_gc(void **state)
{
	(void)state;
	assert_meets(meets_gc, 3);
}

/* ---- none at all ---- */

/* The witness is the Go plugin. */
static void sidecar__need_not_be(void **state)
{
	static const char *const obstacles[] = {"echo >.cni-c", "ln -s nowhere .cni-c",
						"ln -s " ELSE " .cni-c"};
	freeing char *text = NULL;
	freeing char *before = NULL;
	struct plugin_call call;

	(void)state;
	if (access(GO_HOST_LOCAL, X_OK) < 0)
		skip_because("%s is not installed", GO_HOST_LOCAL);
	text = host_local_config("1.0.0", POOL, "");
	call = host_local_call("CHECK", "c3", text);
	call.plugin = GO_HOST_LOCAL;
	make_elsewhere();
	before = elsewhere();
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		freeing char *after = NULL;

		ledger_run(obstacles[i]);
		for (int j = 2; j <= 6; j++) {
			freeing char *container = cni_format("c%d", j);
			freeing char *expected = cni_format("10.1.0.%d/29", j);

			host_local_assert_adds(container, text, expected);
		}
		host_local_fails("ADD", "c7", text, CNI_EEXHAUSTED, NULL);
		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
		call.command = "CHECK";
		host_local_succeeds("DEL", "c5", text);
		host_local_assert_adds("c7", text, "10.1.0.3/29");
		host_local_assert_adds("c3", text, "10.1.0.5/29");
		plugin_succeeds(&call);
		after = elsewhere();
		assert_string_equal(after, before);
		ledger_run("rm -r blue .cni-c");
	}
}

/* An ADD that fails takes back the directory that it made, and what the sidecar is. */
static void sidecar__that_leads_elsewhere_is_not_removed_by_a_failed_add(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	sandbox_must("mount -t tmpfs -o size=64k tmpfs %s", host_local_data_dir);
	make_elsewhere();
	before = elsewhere();
	ledger_run("ln -s " ELSE " .cni-c; cat /dev/zero >filler 2>/dev/null; test -s filler");
	host_local_fails("ADD", "c1", text, CNI_EIO, "No space left on device");
	after = elsewhere();
	assert_string_equal(after, before);
	ledger_run("test ! -e blue && test -L .cni-c");
}

/* A record of no file, and no way to remove it. */
static void sidecar__that_cannot_be_written_blocks_no_call(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *before = NULL;

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	ledger_run("rm blue/10.1.0.2");
	ledger_run("mount --bind . . && mount -o remount,bind,ro .");
	before = ledger_state();
	/* Ends the test if one of them does not end. */
	alarm(60);
	host_local_fails("ADD", "c3", text, CNI_EIO, "Read-only file system");
	host_local_fails("DEL", "c2", text, CNI_EIO, "Read-only file system");
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "Read-only file system");
	host_local_succeeds("DEL", "c1", text);
	host_local_succeeds("CHECK", "c2", text);
	alarm(0);
	ledger_assert_state(before);
}

/* ---- by hand ---- */

static void sidecar__sees_what_is_removed_by_hand(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	host_local_assert_adds("c3", text, "10.1.0.4/29");
	ledger_run("rm blue/10.1.0.3");
	host_local_fails("CHECK", "c2", text, CNI_EMISMATCH, NULL);
	host_local_assert_adds("c4", text, "10.1.0.5/29");
	host_local_assert_adds("c5", text, "10.1.0.6/29");
	host_local_assert_adds("c6", text, "10.1.0.3/29");
	host_local_fails("ADD", "c7", text, CNI_EEXHAUSTED, NULL);
	ledger_run("rm blue/10.1.0.6");
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c7", text, "10.1.0.6/29");
	/* And what is put there. */
	host_local_succeeds("DEL", "c6", text);
	host_local_put_file("10.1.0.3", "c8\r\neth0");
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, NULL);
	host_local_fails("ADD", "c9", text, CNI_EEXHAUSTED, NULL);
	host_local_succeeds("DEL", "c8", text);
	host_local_assert_adds("c9", text, "10.1.0.3/29");
}

/* ---- bits ---- */

#define FORGET ": >.cni-c/blue/10.1.0.0.bits; printf 10.1.0.6 >blue/last_reserved_ip.0"

static void sidecar__that_forgot_what_is_taken_gives_no_address_twice(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	ledger_run(FORGET);
	host_local_assert_adds("c3", text, "10.1.0.4/29");
	host_local_assert_file("10.1.0.2", "c1\r\neth0");
	host_local_assert_file("10.1.0.3", "c2\r\neth0");
}

/* The address that seems to rest longest is taken, among those that seem free. */
static void sidecar__that_forgot_what_is_taken_does_not_exhaust_a_pool(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL ",\"cooldown\":1000", "");

	(void)state;
	for (int i = 2; i <= 6; i++) {
		freeing char *container = cni_format("c%d", i);

		host_local_succeeds("ADD", container, text);
	}
	host_local_succeeds("DEL", "c2", text);
	host_local_assert_adds("c7", text, "10.1.0.2/29");
	for (int i = 3; i <= 6; i++) {
		freeing char *container = cni_format("c%d", i);

		host_local_succeeds("DEL", container, text);
	}
	ledger_run(FORGET);
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c8", text, "10.1.0.3/29");
	host_local_assert_file("10.1.0.2", "c7\r\neth0");
}

/* There are more of them than the head says. */
static void sidecar__that_takes_all_for_taken_is_found_out(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	ledger_run(
		"yes $(printf '\\377') | tr -d '\\n' | head -c 16384 >.cni-c/blue/10.1.0.0.bits");
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c2", text, "10.1.0.3/29");
}

/* ---- records ---- */

static void assert_a_record_each(const char *addresses)
{
	ledger_assert_addresses(addresses);
	ledger_run("test $(ls .cni-c/blue/owners | wc -l) = $(ls blue | grep -c '^[0-9]')");
}

static void sidecar__has_a_record_of_each_reservation(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *two = host_local_config("1.1.0", POOL, LEDGER_REQUEST("10.1.0.2"));
	freeing char *gc = host_local_config("1.1.0", "", "\"cni.dev/valid-attachments\":[]");

	(void)state;
	for (int i = 2; i <= 5; i++) {
		freeing char *container = cni_format("c%d", i);

		host_local_succeeds("ADD", container, text);
	}
	assert_a_record_each("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5");
	host_local_succeeds("DEL", "c4", text);
	assert_a_record_each("10.1.0.2 10.1.0.3 10.1.0.5");
	ledger_reboot();
	/* An address that is replaced, and one that is taken back. */
	host_local_assert_adds("c6", two, "10.1.0.2/29");
	host_local_assert_adds("c3", text, "10.1.0.3/29");
	assert_a_record_each("10.1.0.2 10.1.0.3 10.1.0.5");
	host_local_fails("ADD", "c3", text, CNI_ETAKEN, NULL);
	host_local_succeeds("DEL", "c9", text);
	assert_a_record_each("10.1.0.2 10.1.0.3 10.1.0.5");
	host_local_succeeds("GC", NULL, gc);
	assert_a_record_each("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(sidecar__may_be_anything_to_add),
		host_local_test(sidecar__may_be_anything_to_del),
		host_local_test(sidecar__may_be_anything_to_check),
		host_local_test(sidecar__may_be_anything_to_gc),
		host_local_test(sidecar__need_not_be),
		host_local_test(sidecar__that_leads_elsewhere_is_not_removed_by_a_failed_add),
		host_local_test(sidecar__that_cannot_be_written_blocks_no_call),
		host_local_test(sidecar__sees_what_is_removed_by_hand),
		host_local_test(sidecar__that_forgot_what_is_taken_gives_no_address_twice),
		host_local_test(sidecar__that_forgot_what_is_taken_does_not_exhaust_a_pool),
		host_local_test(sidecar__that_takes_all_for_taken_is_found_out),
		host_local_test(sidecar__has_a_record_of_each_reservation),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
