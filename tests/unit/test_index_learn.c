/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar learns leases from its records, and puts the records in order. */
#include "index.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct boot_id this_boot = {"0123456789abcdef"};
static const struct boot_id last_boot = {"0123456789abcdee"};
static const struct netns_id netns = {.dev = 4, .ino = 4026532281, .cookie = 17};

/* The network's directory and its sidecar, both open. */
static struct network_dir dir;
static struct index *sidecar;

static void open_sidecar(const struct boot_id *boot)
{
	struct place place = store_dir_place();
	struct cni_error err = {0};

	if (network_dir_make(&place, &dir, &err) < 0)
		fail_msg("%s", err.msg);
	sidecar = index_open(&dir, boot, true);
	assert_non_null(sidecar);
}

static void close_sidecar(void)
{
	index_close(sidecar);
	network_dir_close(&dir);
}

static int setup(void **state)
{
	if (store_dir_setup(state) < 0)
		return -1;
	open_sidecar(&this_boot);
	return 0;
}

static int teardown(void **state)
{
	close_sidecar();
	return store_dir_teardown(state);
}

#define index_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* At a time of its own, as files are on the disk. */
static void put_lease(const char *address, const char *text)
{
	static time_t seconds = 1000000000;
	struct timespec times[2] = {{.tv_sec = ++seconds}, {.tv_sec = seconds}};

	store_dir_put(address, text);
	assert_int_equal(utimensat(AT_FDCWD, store_dir_path(address), times, 0), 0);
}

static struct lease read_lease(const char *address)
{
	struct cni_ip ip = parsed_ip(address);
	struct lease lease;

	lease_file_read(dir.fd, &ip, &lease);
	return lease;
}

/* With the mark of the address's file as it is now. */
static void put_record(const char *container, const char *address, const struct boot_id *boot)
{
	struct record_owner owner = record_owner(container, "eth0");
	struct record record = {
		.ip = parsed_ip(address), .boot = *boot, .netns = netns, .mark = "00000000"};
	struct lease lease = read_lease(address);

	if (*lease.mark)
		memcpy(record.mark, lease.mark, sizeof(record.mark));
	lease_clear(&lease);
	assert_int_equal(record_put(index_owners(sidecar), &owner, &record), 0);
}

/* The record's boot is `boot`. NULL: there is no record. */
static void assert_recorded(const char *container, const char *ifname, const char *address,
			    const struct boot_id *boot)
{
	struct record_owner owner = record_owner(container, ifname);
	struct cni_ip ip = parsed_ip(address);
	struct record record;

	if (record_find(index_owners(sidecar), &owner, &ip, &record))
		assert_string_equal(record.boot.digits, boot ? boot->digits : "none");
	else
		assert_null(boot);
}

/* ---- tell ---- */

/* `boot` NULL: the lease gets no boot. */
static void assert_told(const char *address, const struct boot_id *boot)
{
	struct lease lease = read_lease(address);

	index_tell(sidecar, &lease);
	assert_string_equal(lease.boot.digits, boot ? boot->digits : "");
	assert_int_equal(netns_id_compare(&lease.netns, &netns) == NETNS_SAME, boot != NULL);
	assert_int_equal(netns_id_is_known(&lease.netns), boot != NULL);
	lease_clear(&lease);
}

static void index__tells_what_the_record_says_of_the_very_file(void **state)
{
	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	put_lease("10.1.0.3", "c2\r\neth0");
	assert_told("10.1.0.2", NULL);
	put_record("c1", "10.1.0.2", &last_boot);
	assert_told("10.1.0.2", &last_boot);
	assert_told("10.1.0.3", NULL);
	/* Written anew it is another file, also for the same container. */
	put_lease("10.1.0.2", "c1\r\neth0");
	assert_told("10.1.0.2", NULL);
	put_record("c1", "10.1.0.2", &this_boot);
	assert_told("10.1.0.2", &this_boot);
	assert_int_equal(unlink(store_dir_path("10.1.0.2")), 0);
	put_lease("10.1.0.2", "c1\r\neth0");
	assert_told("10.1.0.2", NULL);
}

static void index__tells_nothing_of_what_others_hold(void **state)
{
	struct lease lease;

	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	put_record("c2", "10.1.0.2", &last_boot);
	assert_told("10.1.0.2", NULL);
	put_lease("10.1.0.2", "c2\r\nnet1");
	put_record("c2", "10.1.0.2", &last_boot);
	assert_told("10.1.0.2", NULL);
	/* A file that is no reservation has no mark. */
	put_lease("10.1.0.2", "");
	put_record("c2", "10.1.0.2", &last_boot);
	assert_told("10.1.0.2", NULL);
	put_lease("10.1.0.2", "c2\r\neth0");
	put_record("c2", "10.1.0.2", &last_boot);
	lease = read_lease("10.1.0.2");
	index_tell(NULL, &lease);
	assert_string_equal(lease.boot.digits, "");
	lease_clear(&lease);
}

/* ---- learn ---- */

/* The leases' boots: "10.1.0.2=last 10.1.0.3=this 10.1.0.4=". The caller frees. */
static char *learn(int *ret_failed)
{
	clearing_listing struct listing listing = {0};
	struct cni_error err = {0};
	char *text = cni_strdup("");

	assert_int_equal(listing_read(dir.fd, true, &listing, &err), 0);
	*ret_failed = index_learn(sidecar, &listing);
	for (size_t i = 0; i < listing.count; i++) {
		const struct lease *lease = &listing.items[i];
		const char *boot = boot_id_equal(&lease->boot, &last_boot)   ? "last"
				   : boot_id_equal(&lease->boot, &this_boot) ? "this"
									     : lease->boot.digits;
		char ip[CNI_IP_TEXT_SIZE];
		char *longer = cni_format("%s%s%s=%s", text, i ? " " : "",
					  cni_ip_format(&lease->ip, ip), boot);

		free(text);
		text = longer;
	}
	return text;
}

static void assert_learns(const char *expected, uint64_t stale)
{
	int failed;
	freeing char *text = learn(&failed);

	assert_int_equal(failed, 0);
	assert_string_equal(text, expected);
	assert_int_equal(index_head(sidecar)->stale, stale);
	assert_in_range(boot_seconds() - index_head(sidecar)->counted, 0, 600);
}

static void index__learns_of_files_without_records(void **state)
{
	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	put_lease("10.1.0.3", "c1\r\neth0");
	put_lease("10.1.0.4", "c2");
	put_lease("fd00::2", "c1\r\nnet1");
	put_lease("10.1.0.5", "");
	assert_int_equal(mkdir(store_dir_path("10.1.0.6"), 0700), 0);
	assert_learns("10.1.0.2=this 10.1.0.3=this 10.1.0.4=this 10.1.0.5= 10.1.0.6= fd00::2=this",
		      0);
	assert_recorded("c1", "eth0", "10.1.0.2", &this_boot);
	assert_recorded("c1", "eth0", "10.1.0.3", &this_boot);
	assert_recorded("c1", "net1", "fd00::2", &this_boot);
	assert_recorded("c2", "", "10.1.0.4", &this_boot);
	/* And keeps it. */
	assert_learns("10.1.0.2=this 10.1.0.3=this 10.1.0.4=this 10.1.0.5= 10.1.0.6= fd00::2=this",
		      0);
	close_sidecar();
	open_sidecar(&last_boot);
	assert_learns("10.1.0.2=this 10.1.0.3=this 10.1.0.4=this 10.1.0.5= 10.1.0.6= fd00::2=this",
		      4);
}

static void index__keeps_the_records_of_files(void **state)
{
	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	put_lease("10.1.0.3", "c1\r\neth0");
	put_lease("10.1.0.4", "c2\r\neth0");
	put_record("c1", "10.1.0.2", &last_boot);
	put_record("c1", "10.1.0.3", &this_boot);
	put_record("c2", "10.1.0.4", &last_boot);
	assert_learns("10.1.0.2=last 10.1.0.3=this 10.1.0.4=last", 2);
	assert_told("10.1.0.2", &last_boot);
	assert_told("10.1.0.4", &last_boot);
}

/* A lease whose boot is unknown is never stale. */
static void index__drops_records_that_are_of_no_file(void **state)
{
	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	put_lease("10.1.0.3", "c3\r\neth0");
	put_lease("10.1.0.4", "");
	put_lease("10.1.0.6", "c1\r\neth0");
	put_record("c1", "10.1.0.9", &last_boot); /* no file */
	put_record("c1", "10.1.0.3", &last_boot); /* another's by now */
	put_record("c1", "10.1.0.4", &last_boot); /* without an owner by now */
	put_record("c1", "10.1.0.6", &last_boot); /* an earlier file's */
	put_lease("10.1.0.6", "c1\r\neth0");
	assert_learns("10.1.0.2=this 10.1.0.3=this 10.1.0.4= 10.1.0.6=this", 0);
	assert_recorded("c1", "eth0", "10.1.0.9", NULL);
	assert_recorded("c1", "eth0", "10.1.0.3", NULL);
	assert_recorded("c1", "eth0", "10.1.0.4", NULL);
	assert_recorded("c1", "eth0", "10.1.0.2", &this_boot);
	assert_recorded("c1", "eth0", "10.1.0.6", &this_boot);
	assert_recorded("c3", "eth0", "10.1.0.3", &this_boot);
}

static void index__cannot_learn_where_it_cannot_write(void **state)
{
	struct record_owner owner = record_owner("c1", "eth0");
	freeing char *name = cni_format("%s.0", owner.digits);
	freeing char *text = NULL;
	int failed;

	(void)state;
	put_lease("10.1.0.2", "c1\r\neth0");
	assert_int_equal(mkdirat(index_owners(sidecar), name, 0700), 0);
	text = learn(&failed);
	assert_int_equal(failed, -1);
	assert_int_equal(unlinkat(index_owners(sidecar), name, AT_REMOVEDIR), 0);
	assert_learns("10.1.0.2=this", 0);
}

/* ---- rest ---- */

static void set_released(void)
{
	freeing_pool struct pool *pool = pool_new(index_dir(sidecar), false);
	struct cni_ip ip = parsed_ip("10.1.0.7");

	pool_set_released(pool, &ip, 5);
}

static bool is_released(void)
{
	freeing_pool struct pool *pool = pool_new(index_dir(sidecar), false);
	struct cni_ip ip = parsed_ip("10.1.0.7");
	uint32_t seconds;

	return pool_get_released(pool, &ip, &seconds);
}

static void index__forgets_what_was_released_in_another_boot(void **state)
{
	(void)state;
	index_stamp(sidecar);
	set_released();
	put_lease("10.1.0.2", "c1\r\neth0");
	assert_learns("10.1.0.2=this", 0);
	assert_true(is_released());
	index_stamp(sidecar);
	close_sidecar();
	open_sidecar(&last_boot);
	assert_learns("10.1.0.2=this", 1);
	assert_false(is_released());
	/* Times of an unknown boot are forgotten as well. */
	set_released();
	index_forget(sidecar);
	assert_learns("10.1.0.2=this", 1);
	assert_false(is_released());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		index_test(index__tells_what_the_record_says_of_the_very_file),
		index_test(index__tells_nothing_of_what_others_hold),
		index_test(index__learns_of_files_without_records),
		index_test(index__keeps_the_records_of_files),
		index_test(index__drops_records_that_are_of_no_file),
		index_test(index__cannot_learn_where_it_cannot_write),
		index_test(index__forgets_what_was_released_in_another_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
