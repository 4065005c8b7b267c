/* SPDX-License-Identifier: Apache-2.0 */
/* An address file of host-local, and last_reserved_ip. The container and the interface that stand in
 * the file whole, as the Go plugin compares them, hold the address, and no others; a file that is
 * written anew from what was read reads the same. */
#include "fuzz.h"
#include "fuzz_files.h"

#include "cleanup.h"
#include "lease_file.h"
#include "listing.h"

#include <fcntl.h>
#include <string.h>

#define DIRECTORY "/run/blue"
#define ADDRESS	  "10.1.0.7"

static const struct cni_ip ip = {.family = AF_INET, .bytes = {10, 1, 0, 7}};

static bool is_blank(uint8_t c)
{
	return !c || strchr(" \t\n\v\f\r", c);
}

/* strings.TrimSpace(), and what a power cut leaves. */
static void trim(const uint8_t **data, size_t *size)
{
	while (*size && is_blank((*data)[*size - 1]))
		--*size;
	for (; *size && is_blank(**data); --*size)
		++*data;
}

/* True if the file's text is exactly `id`, a line break and `ifname`; false otherwise. */
static bool is_text(const uint8_t *data, size_t size, const char *id, const char *ifname)
{
	freeing char *text = *ifname ? cni_format("%s\r\n%s", id, ifname) : cni_strdup(id);

	return size == strlen(text) && !memcmp(data, text, size);
}

/* A NUL in the interface's name reads as something that no interface is called. */
static void check_holder(const struct lease *lease, const uint8_t *data, size_t size)
{
	freeing uint8_t *copy = cni_alloc(size + 1);

	trim(&data, &size);
	memcpy(copy, data, size);
	for (size_t i = 0; i < size; i++)
		copy[i] = copy[i] ? copy[i] : ' ';
	if (lease->state == LEASE_HELD ? !is_text(copy, size, lease->container, lease->ifname)
				       : is_text(data, size, "c1", "eth0"))
		abort();
}

static void check_round(int dir, const struct lease *lease)
{
	freeing char *text = cni_format("%s\r\n%s", lease->container, lease->ifname);
	char mark[LEASE_MARK_SIZE];
	struct lease again;
	struct cni_error err;

	if (lease_file_prepare(dir, 0, text, false, mark, &err) < 0 ||
	    lease_file_publish(dir, 0, &ip, true, &err) < 0 || lease_file_discard(dir, 0) < 0)
		abort();
	lease_file_read(dir, &ip, &again);
	if (again.state != LEASE_HELD || strcmp(again.container, lease->container) != 0 ||
	    strcmp(again.ifname, lease->ifname) != 0 || strcmp(again.mark, mark) != 0)
		abort();
	lease_clear(&again);
}

/* A file that reserves nothing gives way; a lease does not. */
static void check_publish(int dir, const struct lease *lease)
{
	char mark[LEASE_MARK_SIZE];
	struct cni_error err = {.code = 0};
	bool taken;

	if (lease_file_prepare(dir, 0, "c9\r\neth0", false, mark, &err) < 0)
		abort();
	taken = lease_file_publish(dir, 0, &ip, false, &err) < 0;
	if (taken != (lease->state != LEASE_JUNK) || (taken && err.code != CNI_ETAKEN) ||
	    lease_file_discard(dir, 0) < 0)
		abort();
}

static void check_last(int dir, const uint8_t *data, size_t size)
{
	freeing char *text = NULL;
	freeing char *again = NULL;
	char canonical[CNI_IP_TEXT_SIZE];
	struct cni_error err;
	struct cni_ip last;

	fuzz_put(DIRECTORY "/last_reserved_ip.0", data, size);
	text = lease_file_read_last(dir, 0);
	if (!text || cni_ip_parse(text, &last) < 0)
		return;
	if (lease_file_write_last(dir, 0, cni_ip_format(&last, canonical), &err) < 0)
		abort();
	again = lease_file_read_last(dir, 0);
	if (!again || strcmp(again, canonical) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listing listing;
	struct cni_error err;
	struct lease lease;
	closing int dir = -1;

	fuzz_begin(DIRECTORY);
	dir = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_put(DIRECTORY "/" ADDRESS, data, size);
	lease_file_read(dir, &ip, &lease);
	check_holder(&lease, data, size);
	if (listing_read(dir, true, &listing, &err) < 0 || listing.count != 1 ||
	    listing.items[0].state != lease.state)
		abort();
	listing_clear(&listing);
	check_publish(dir, &lease);
	if (lease.state == LEASE_HELD)
		check_round(dir, &lease);
	check_last(dir, data, size);
	lease_clear(&lease);
	return 0;
}
