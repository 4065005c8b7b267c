/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "choice.h"
#include "cleanup.h"
#include "entries.h"
#include "fault.h"
#include "index.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* How often to look, and how long to wait in between. */
#define LOOKS	      3
#define PAUSE_SECONDS 0.1

/* The state that a single look finds. */
struct look {
	const struct verify_ledger *ledger;
	struct network_dir dir;
	struct boot_id boot;
	struct index *index; /* NULL: there is no sidecar */
	struct listing leases;
	bool *recorded; /* true if the lease has a record */
	struct pool *pool;
	struct verify_report *report;
};

/* ---- findings ---- */

static void append(struct verify_report *report, uint64_t of_file, char *text)
{
	report->items = cni_realloc_array(report->items, report->count + 1, sizeof(*report->items));
	report->items[report->count++] = (struct finding){.text = text, .of_file = of_file};
}

__attribute__((format(printf, 2, 3))) static void find(struct look *look, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	append(look->report, 0, text);
}

void verify_report_clear(struct verify_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->items[i].text);
	free(report->items);
	*report = (struct verify_report){0};
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *one = *(const struct finding *const *)a;
	const struct finding *other = *(const struct finding *const *)b;

	if (one->of_file != other->of_file)
		return one->of_file < other->of_file ? -1 : 1;
	return strcmp(one->text, other->text);
}

/* Keeps the findings of `report` that `next` has as well, and the sidecar's state of `next`. */
static void keep_common(struct verify_report *report, const struct verify_report *next)
{
	freeing const struct finding **sorted = cni_alloc((next->count + 1) * sizeof(*sorted));
	size_t kept = 0;

	for (size_t i = 0; i < next->count; i++)
		sorted[i] = &next->items[i];
	qsort(sorted, next->count, sizeof(*sorted), compare_findings);
	for (size_t i = 0; i < report->count; i++) {
		struct finding *finding = &report->items[i];

		if (bsearch(&finding, sorted, next->count, sizeof(*sorted), compare_findings))
			report->items[kept++] = *finding;
		else
			free(finding->text);
	}
	report->count = kept;
	report->sidecar = next->sidecar;
}

/* ---- files ---- */

static void look_at_lease(struct look *look, const struct lease *lease)
{
	const struct verify_ledger *ledger = look->ledger;
	char holder[HOLDER_TEXT_SIZE];
	char why[ADDRESS_FAULT_SIZE];
	char fault[FILE_FAULT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];

	cni_ip_format(&lease->ip, ip);
	if (*fault_of_file(&ledger->place, lease, fault))
		find(look, "%s: %s%s", ip, fault,
		     lease->state == LEASE_JUNK	    ? ", so it reserves nothing"
		     : lease->state == LEASE_OPAQUE ? ", so nobody gets the address"
						    : "");
	fault_of_address(ledger->confs, ledger->conf_count, &lease->ip, why);
	if (lease->state == LEASE_HELD && *why)
		find(look, "%s: reserved for %s, but it is %s", ip, lease_holder(lease, holder),
		     why);
}

/* ---- doubles ---- */

struct holding {
	const struct lease *lease;
	size_t set;
};

static int compare_owners(const struct holding *a, const struct holding *b)
{
	int order = strcmp(a->lease->container, b->lease->container);

	if (!order)
		order = strcmp(a->lease->ifname, b->lease->ifname);
	if (!order && a->set != b->set)
		order = a->set < b->set ? -1 : 1;
	return order;
}

static int compare_holdings(const void *a, const void *b)
{
	const struct holding *one = a;
	const struct holding *other = b;
	int order = compare_owners(one, other);

	return order ? order : cni_ip_compare(&one->lease->ip, &other->lease->ip);
}

/* Files of old versions do not name the interface, so two of a container may be right. */
static size_t collect_holdings(const struct listing *leases, const struct host_local_conf *conf,
			       struct holding *holdings)
{
	size_t count = 0;

	for (size_t i = 0; i < leases->count; i++) {
		const struct lease *lease = &leases->items[i];
		size_t set = set_with(conf, &lease->ip);

		if (lease->state == LEASE_HELD && *lease->ifname && set < conf->sets.count)
			holdings[count++] = (struct holding){.lease = lease, .set = set};
	}
	if (count)
		qsort(holdings, count, sizeof(*holdings), compare_holdings);
	return count;
}

static void look_at_doubles(struct look *look, const struct host_local_conf *conf)
{
	freeing struct holding *holdings = cni_alloc((look->leases.count + 1) * sizeof(*holdings));
	size_t count = collect_holdings(&look->leases, conf, holdings);

	for (size_t i = 1; i < count; i++) {
		char holder[HOLDER_TEXT_SIZE];
		char one[CNI_IP_TEXT_SIZE];
		char other[CNI_IP_TEXT_SIZE];

		if (compare_owners(&holdings[i - 1], &holdings[i]) != 0)
			continue;
		find(look, "%s: %s holds %s of range set %zu as well",
		     cni_ip_format(&holdings[i].lease->ip, other),
		     lease_holder(holdings[i].lease, holder),
		     cni_ip_format(&holdings[i - 1].lease->ip, one), holdings[i].set);
	}
}

/* ---- temporary files ---- */

static int look_at_temporaries(struct look *look, struct cni_error *err)
{
	clearing_entries struct entries found = {0};

	if (entries_read(look->dir.fd, lease_file_is_temporary, &found) < 0)
		return network_dir_fail(&look->dir, errno, "read the directory", err);
	for (size_t i = 0; i < found.count; i++) {
		struct stat st;

		if (fstatat(look->dir.fd, found.names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			append(look->report, st.st_ino ^ (uint64_t)st.st_ctim.tv_nsec << 32,
			       cni_format("'%s': a temporary file, left by a process that was "
					  "killed",
					  found.names[i]));
	}
	return 0;
}

/* ---- the sidecar ---- */

/* A lease whose file is at fault: its record in the sidecar is not a second fault. */
static bool is_told(const struct lease *lease)
{
	return lease && lease->state != LEASE_HELD;
}

static bool is_about(const struct record_owner *owner, const struct record *record,
		     const struct lease *lease)
{
	struct record_owner holder = record_owner(lease->container, lease->ifname);

	return !strcmp(record->mark, lease->mark) && !strcmp(owner->digits, holder.digits);
}

static void look_at_record(const char *name, const struct record_owner *owner,
			   const struct record *record, void *data)
{
	struct look *look = data;
	const struct lease *lease;
	char ip[CNI_IP_TEXT_SIZE];

	if (!record) {
		find(look, "the sidecar's 'owners/%s' is no record that can be found", name);
		return;
	}
	lease = listing_find(&look->leases, &record->ip);
	cni_ip_format(&record->ip, ip);
	if (!lease)
		find(look, "%s: the sidecar has a record ('owners/%s'), but there is no file", ip,
		     name);
	else if (!is_told(lease) && !is_about(owner, record, lease))
		find(look,
		     "%s: the sidecar has a record ('owners/%s') of another file than the one that "
		     "is there",
		     ip, name);
	else
		look->recorded[lease - look->leases.items] = true;
}

static int look_at_records(struct look *look, struct cni_error *err)
{
	if (record_walk(index_owners(look->index), look_at_record, look) < 0)
		return network_dir_fail(&look->dir, errno, "read the records of", err);
	for (size_t i = 0; i < look->leases.count; i++) {
		const struct lease *lease = &look->leases.items[i];
		char ip[CNI_IP_TEXT_SIZE];

		if (!look->recorded[i] && !is_told(lease))
			find(look,
			     "%s: the sidecar has no record of its file: nobody knows of which "
			     "boot it is",
			     cni_ip_format(&lease->ip, ip));
	}
	return 0;
}

/* A bit that is set. */
static void look_at_bit(const struct cni_ip *ip, bool this_boot, void *data)
{
	struct look *look = data;
	const struct lease *lease = listing_find(&look->leases, ip);
	char text[CNI_IP_TEXT_SIZE];

	cni_ip_format(ip, text);
	if (!lease)
		find(look, "%s: taken in the sidecar, but there is no file: no ADD gives it out",
		     text);
	else if (!is_told(lease) && this_boot == lease_is_stale(lease, &look->boot))
		find(look, "%s: of %s boot in the sidecar, but it is of %s", text,
		     this_boot ? "this" : "an earlier", this_boot ? "an earlier one" : "this one");
}

static void look_at_bits(struct look *look)
{
	uint64_t stale = 0;

	pool_walk(look->pool, look_at_bit, look);
	for (size_t i = 0; i < look->leases.count; i++) {
		const struct lease *lease = &look->leases.items[i];
		char ip[CNI_IP_TEXT_SIZE];

		stale += lease_is_stale(lease, &look->boot);
		if (lease->state != LEASE_JUNK && !pool_is_taken(look->pool, &lease->ip))
			find(look, "%s: free in the sidecar, but there is a file",
			     cni_ip_format(&lease->ip, ip));
	}
	if (index_head(look->index)->stale != stale)
		find(look,
		     "the sidecar counts %ju reservations of an earlier boot, but there are %ju",
		     (uintmax_t)index_head(look->index)->stale, (uintmax_t)stale);
}

/* ---- all of it ---- */

static int look_at_all(struct look *look, struct cni_error *err)
{
	for (size_t i = 0; i < look->leases.count; i++)
		look_at_lease(look, &look->leases.items[i]);
	for (size_t i = 0; i < look->ledger->conf_count; i++)
		look_at_doubles(look, look->ledger->confs[i]);
	if (look_at_temporaries(look, err) < 0)
		return -1;
	if (look->index && look_at_records(look, err) < 0)
		return -1;
	if (look->report->sidecar == SIDECAR_CURRENT)
		look_at_bits(look);
	return 0;
}

static struct timespec written_at(const struct look *look)
{
	struct stat st = {0};

	fstat(look->dir.fd, &st);
	return st.st_mtim;
}

static int look_within(struct look *look, bool *ret_settled, struct cni_error *err)
{
	struct timespec before = written_at(look);
	struct timespec after;

	look->boot = boot_id_read();
	look->index = index_open(&look->dir, &look->boot, false);
	look->report->sidecar = !look->index			? SIDECAR_NONE
				: index_is_current(look->index) ? SIDECAR_CURRENT
								: SIDECAR_OUTDATED;
	if (listing_read(look->dir.fd, false, &look->leases, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s': '%s'", look->ledger->place.data_dir,
				       look->dir.path);
	for (size_t i = 0; i < look->leases.count; i++)
		index_tell(look->index, &look->leases.items[i]);
	look->recorded = cni_alloc(look->leases.count + 1);
	look->pool = pool_new(look->index ? index_dir(look->index) : -1, false);
	if (look_at_all(look, err) < 0)
		return -1;
	after = written_at(look);
	/* A running process has changed the directory and not yet noted so in the sidecar. */
	*ret_settled = look->report->sidecar == SIDECAR_CURRENT && before.tv_sec == after.tv_sec &&
		       before.tv_nsec == after.tv_nsec;
	return 0;
}

static int look_once(const struct verify_ledger *ledger, struct verify_report *ret_report,
		     bool *ret_settled, struct cni_error *err)
{
	struct look look = {.ledger = ledger, .report = ret_report};
	int failed = network_dir_look(&ledger->place, &look.dir, err);

	*ret_report = (struct verify_report){.sidecar = SIDECAR_CURRENT};
	*ret_settled = true;
	if (!failed && look.dir.fd >= 0)
		failed = look_within(&look, ret_settled, err);
	pool_free(look.pool);
	free(look.recorded);
	listing_clear(&look.leases);
	index_close(look.index);
	network_dir_close(&look.dir);
	return failed;
}

int verify(const struct verify_ledger *ledger, struct verify_report *ret_report,
	   struct cni_error *err)
{
	const struct timespec pause = {.tv_nsec = (long)(PAUSE_SECONDS * 1e9)};
	bool settled;

	if (look_once(ledger, ret_report, &settled, err) < 0)
		return -1;
	for (size_t i = 1; i < LOOKS && ret_report->count && !settled; i++) {
		clearing_report struct verify_report next = {0};

		nanosleep(&pause, NULL);
		if (look_once(ledger, &next, &settled, err) < 0)
			return -1;
		keep_common(ret_report, &next);
	}
	return 0;
}
