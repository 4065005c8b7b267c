/* SPDX-License-Identifier: Apache-2.0 */
/* Files of attachments in /run: read, written and listed. In a sandbox /run is ours. */
#include "attachment_claim.h"
#include "attachment_file.h"

#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct cni_owner c1 = {"blue", "c1", "eth0"};
static const struct cni_owner c2 = {"blue", "c2", "eth0"};

static void must_write(const struct cni_owner *owner, const char *text)
{
	struct cni_error err;

	if (cni_attachment_file_write("test", owner, text, &err) < 0)
		fail_msg("%s", err.msg);
}

/* NULL: there is none. */
static void assert_read(const struct cni_owner *owner, const char *expected)
{
	freeing char *text = NULL;
	struct cni_error err;

	if (cni_attachment_file_read("test", owner, &text, &err) < 0)
		fail_msg("%s", err.msg);
	if (!expected)
		assert_null(text);
	else
		assert_string_equal(text, expected);
}

static void must_remove(const struct cni_owner *owner)
{
	struct cni_error err;

	if (cni_attachment_file_remove("test", owner, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The tree of files, as "name mode type". */
static void assert_tree(const char *expected)
{
	freeing char *text =
		sandbox_read("cd /run && [ -d cni ] && "
			     "find cni -printf '%%p %%m %%y\\n' | sort | paste -sd, || "
			     "true");

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void file__is_read_as_it_was_written(void **state)
{
	(void)state;
	assert_read(&c1, NULL);
	must_write(&c1, "one\ntwo\n");
	assert_read(&c1, "one\ntwo\n");
	assert_read(&c2, NULL);
	must_write(&c1, "three\n");
	assert_read(&c1, "three\n");
	assert_tree("cni 700 d,cni/test 700 d,cni/test/blue 700 d,cni/test/blue/c1:eth0 600 f");
	must_write(&c2, "");
	assert_read(&c2, "");
	must_remove(&c1);
	assert_read(&c1, NULL);
	must_remove(&c1);
	/* The network's directory goes with its last file. */
	must_remove(&c2);
	assert_tree("cni 700 d,cni/test 700 d");
	must_remove(&c2);
}

/* However long, and however alike. */
/* A record of many published ports. */
static void file__may_be_long(void **state)
{
	freeing char *text = cni_alloc((2U << 20) + 1);

	(void)state;
	memset(text, 'x', 2U << 20);
	must_write(&c1, text);
	assert_read(&c1, text);
	must_remove(&c1);
}

static void file__has_a_name_of_its_own(void **state)
{
	char network[201];
	char container[201];
	const struct cni_owner longest = {network, container, "abcdefghijklmno"};
	static const struct cni_owner alike[] = {
		{"blue", "a-b", "c"},
		{"blue", "a", "b-c"},
		{"blue", "a.b", "c"},
		{"blue-a", "b", "c"},
	};

	(void)state;
	memset(network, 'n', 200);
	memset(container, 'c', 200);
	network[200] = container[200] = '\0';
	must_write(&longest, "longest");
	for (size_t i = 0; i < 4; i++) {
		freeing char *text = cni_format("%zu", i);

		must_write(&alike[i], text);
	}
	assert_read(&longest, "longest");
	for (size_t i = 0; i < 4; i++) {
		freeing char *text = cni_format("%zu", i);

		assert_read(&alike[i], text);
		must_remove(&alike[i]);
	}
	must_remove(&longest);
}

/* Damage is no obstacle to who reads, nor to who removes or writes anew. */
static void file__that_is_damaged_reads_as_empty(void **state)
{
	static const char *const damages[] = {
		"mkdir /run/cni/test/blue/c1:eth0",
		"ln -s /etc/passwd /run/cni/test/blue/c1:eth0",
		"mkfifo /run/cni/test/blue/c1:eth0",
		"head -c 9000000 /dev/zero | tr '\\0' x > /run/cni/test/blue/c1:eth0",
		"printf 'a\\0b' > /run/cni/test/blue/c1:eth0",
	};

	(void)state;
	must_write(&c2, "kept");
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		sandbox_must("%s", damages[i]);
		assert_read(&c1, "");
		must_remove(&c1);
		assert_read(&c1, NULL);
		sandbox_must("%s", damages[i]);
		if (i) {
			must_write(&c1, "anew");
			assert_read(&c1, "anew");
		}
		must_remove(&c1);
	}
	sandbox_must("grep -q root /etc/passwd");
	assert_read(&c2, "kept");
}

/* A link planted there would redirect our writes. */
static void file__is_not_reached_through_links(void **state)
{
	static const char *const links[] = {
		"ln -s /run/elsewhere /run/cni",
		"mkdir /run/cni && ln -s /run/elsewhere /run/cni/test",
		"mkdir -p /run/cni/test && ln -s /run/elsewhere /run/cni/test/blue",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct cni_error err = {.msg = ""};
		char *text = NULL;

		sandbox_must("mkdir -p /run/elsewhere/test/blue /run/elsewhere/blue && %s",
			     links[i]);
		assert_int_equal(cni_attachment_file_write("test", &c1, "x", &err), -1);
		assert_int_equal(err.code, CNI_EIO);
		assert_int_equal(cni_attachment_file_read("test", &c1, &text, &err), -1);
		assert_int_equal(cni_attachment_file_remove("test", &c1, &err), -1);
		sandbox_must("[ $(find /run/elsewhere -type f | wc -l) = 0 ] && "
			     "rm -r /run/cni /run/elsewhere");
	}
}

static void file__says_why_it_cannot_be_written(void **state)
{
	struct cni_error err = {.msg = ""};

	(void)state;
	must_write(&c1, "before");
	sandbox_must("mount -t tmpfs -o size=4k none /run/cni/test/blue && "
		     "head -c 4096 /dev/zero > /run/cni/test/blue/full");
	assert_int_equal(cni_attachment_file_write("test", &c1, "x", &err), -1);
	assert_int_equal(err.errnum, ENOSPC);
	assert_non_null(strstr(err.msg, "remember the attachment in /run/cni/test/blue"));
	sandbox_must("[ \"$(ls -A /run/cni/test/blue)\" = full ] && umount /run/cni/test/blue");
	assert_read(&c1, "before");
}

static void files__are_those_of_the_network(void **state)
{
	static const struct cni_owner others[] = {
		{"blue", "b", "eth1"}, {"blue", "b", "eth0"}, {"green", "a", "eth0"}};
	struct cni_attachment_files files;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_attachment_files("test", "blue", &files, &err), 0);
	assert_int_equal(files.owners.count, 0);
	for (size_t i = 0; i < 3; i++)
		must_write(&others[i], "x");
	/* A killed ADD's file counts; a name without an owner does not. */
	sandbox_must("cd /run/cni/test/blue && touch .z:eth0 plain :eth0 z: .: .plain");
	assert_int_equal(cni_attachment_files("test", "blue", &files, &err), 0);
	assert_int_equal(files.owners.count, 3);
	assert_true(cni_owners_has(&files.owners, "b", "eth0"));
	assert_true(cni_owners_has(&files.owners, "b", "eth1"));
	assert_true(cni_owners_has(&files.owners, "z", "eth0"));
	assert_string_equal(files.owners.items[0].network, "blue");
	must_remove(&files.owners.items[2]);
	cni_attachment_files_clear(&files);
	sandbox_must("! [ -e /run/cni/test/blue/.z:eth0 ]");
	/* An ADD that was killed early. */
	sandbox_must("mkdir /run/cni/test/red");
	assert_int_equal(cni_attachment_files("test", "red", &files, &err), 0);
	assert_int_equal(files.owners.count, 0);
	sandbox_must("! [ -e /run/cni/test/red ]");
}

/* Last files go, and with them the directory, while others are about to write. */
static void file__is_written_while_its_directory_goes(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct cni_error err;

		for (int i = 0; i < 3000; i++)
			if (cni_attachment_file_write("test", &c2, "x", &err) < 0 ||
			    cni_attachment_file_remove("test", &c2, &err) < 0)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 3000; i++) {
		must_write(&c1, "x");
		must_remove(&c1);
	}
	{
		int status = 0;

		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_tree("cni 700 d,cni/test 700 d");
}

/* ---- claims ---- */

static void must_claim(const char *key, const struct cni_owner *owner)
{
	struct cni_error err;

	if (cni_attachment_claim("test", key, owner, &err) < 0)
		fail_msg("%s", err.msg);
}

static void claim__is_the_last_ones(void **state)
{
	(void)state;
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c1), CNI_CLAIM_NOBODYS);
	must_write(&c1, "x");
	must_write(&c2, "x");
	must_claim("10.1.0.7", &c1);
	must_claim("fd00::7", &c1);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c1), CNI_CLAIM_OURS);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c2), CNI_CLAIM_ANOTHERS);
	must_claim("10.1.0.7", &c2);
	must_claim("10.1.0.7", &c2);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c1), CNI_CLAIM_ANOTHERS);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c2), CNI_CLAIM_OURS);
	assert_int_equal(cni_attachment_claimed("test", "fd00::7", &c1), CNI_CLAIM_OURS);
	/* It is not c1's to give up. */
	cni_attachment_unclaim("test", "10.1.0.7", &c1);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c2), CNI_CLAIM_OURS);
	cni_attachment_unclaim("test", "10.1.0.7", &c2);
	cni_attachment_unclaim("test", "10.1.0.7", &c2);
	cni_attachment_unclaim("test", "fd00::7", &c1);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c1), CNI_CLAIM_NOBODYS);
	must_remove(&c1);
	must_remove(&c2);
	assert_tree("cni 700 d,cni/test 700 d");
}

static void must_claim_beside(const char *key, const struct cni_owner *owner)
{
	struct cni_error err;

	if (cni_attachment_claim_beside("test", key, owner, &err) < 0)
		fail_msg("%s", err.msg);
}

/* In any order, and any of them may go first. */
static void claim__may_be_of_several(void **state)
{
	const struct cni_owner *const owners[] = {&c1, &c2};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct cni_owner *one = owners[i % 2];
		const struct cni_owner *other = owners[1 - i % 2];
		const struct cni_owner *first = i < 2 ? one : other;
		const struct cni_owner *last = i < 2 ? other : one;
		clearing_claims struct cni_attachment_claims claims = {.items = NULL};
		struct cni_error err;

		must_write(&c1, "x");
		must_write(&c2, "x");
		must_claim_beside("10.1.0.7", one);
		must_claim_beside("10.1.0.7", other);
		must_claim_beside("10.1.0.7", other);
		assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c1), CNI_CLAIM_SHARED);
		assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c2), CNI_CLAIM_SHARED);
		assert_int_equal(cni_attachment_claims("test", c2.network, &claims, &err), 0);
		assert_int_equal(claims.count, strcmp(c1.network, c2.network) ? 1 : 2);
		assert_string_equal(claims.items[0].key, "10.1.0.7");
		for (int j = 0; j < 2; j++) {
			cni_attachment_unclaim("test", "10.1.0.7", first);
			assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", first),
					 CNI_CLAIM_ANOTHERS);
			assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", last),
					 CNI_CLAIM_OURS);
		}
		/* A claimant that is gone does not count. */
		must_claim_beside("10.1.0.7", first);
		must_remove(first);
		assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", last), CNI_CLAIM_OURS);
		cni_attachment_unclaim("test", "10.1.0.7", last);
		must_remove(last);
		assert_tree("cni 700 d,cni/test 700 d");
	}
}

/* The attachment is gone. */
static void claim__of_a_gone_attachment_counts_for_nothing(void **state)
{
	(void)state;
	must_write(&c1, "x");
	must_claim("10.1.0.7", &c1);
	must_remove(&c1);
	assert_int_equal(cni_attachment_claimed("test", "10.1.0.7", &c2), CNI_CLAIM_NOBODYS);
	cni_attachment_unclaim("test", "10.1.0.7", &c2);
	assert_tree("cni 700 d,cni/test 700 d");
}

static void claim__survives_what_lies_there(void **state)
{
	static const char *const damages[] = {"touch", "ln -s /etc/passwd",
					      "ln -s ../../../../etc/passwd", "ln -s ../blue",
					      "ln -s ''"};

	(void)state;
	must_write(&c1, "x");
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		sandbox_must("mkdir -p /run/cni/test/.claims; %s /run/cni/test/.claims/k || true",
			     damages[i]);
		must_claim("k", &c1);
		assert_int_equal(cni_attachment_claimed("test", "k", &c1), CNI_CLAIM_OURS);
		cni_attachment_unclaim("test", "k", &c1);
	}
	sandbox_must("grep -q root /etc/passwd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(file__is_read_as_it_was_written),
		kernel_test(file__may_be_long),
		kernel_test(file__has_a_name_of_its_own),
		kernel_test(file__that_is_damaged_reads_as_empty),
		kernel_test(file__is_not_reached_through_links),
		kernel_test(file__says_why_it_cannot_be_written),
		kernel_test(files__are_those_of_the_network),
		kernel_test(file__is_written_while_its_directory_goes),
		kernel_test(claim__is_the_last_ones),
		kernel_test(claim__may_be_of_several),
		kernel_test(claim__of_a_gone_attachment_counts_for_nothing),
		kernel_test(claim__survives_what_lies_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
