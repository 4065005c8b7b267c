/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that move: the request that moves and renames, and how a device is known again. */
#include "device.h"
#include "link_names.h"
#include "part_calls.h"
#include "sandbox.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct cni_nl *host(void)
{
	return &part_at.nl[CNI_HOST];
}

static struct cni_nl *inside(void)
{
	return &part_at.nl[CNI_CONTAINER];
}

static int move_to(const char *name, const char *new_name, struct cni_error *err)
{
	const struct cni_link_change change = {
		.netns = &part_at.netns, .name = new_name, .alias = name};
	struct cni_link link;

	return cni_link_get(host(), name, &link, err) < 0
		       ? -1
		       : cni_link_change(host(), link.index, &change, err);
}

static void change__moves_and_renames_at_once(void **state)
{
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add v0 mtu 1400 type veth peer name v1");
	assert_int_equal(move_to("v0", "eth0", &err), 0);
	sandbox_must("ip -n red link show eth0 | grep -q 'mtu 1400'");
	sandbox_must("ip -n red link show eth0 | grep -q 'alias v0'");
	assert_int_not_equal(sandbox_run("ip link show v0 2>/run/out"), 0);
}

/* Both names are taken there: nothing moves. */
static void change__refuses_names_that_are_taken(void **state)
{
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1");
	sandbox_must("ip -n red link add v0 type bridge");
	sandbox_must("ip -n red link add eth0 type bridge");
	assert_int_equal(move_to("v0", "eth0", &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	sandbox_must("ip link show v0 >/run/out");
}

/* Its own name is free there: the device may have moved, and is known again. */
static void find__knows_a_device_that_has_moved_halfway(void **state)
{
	struct cni_device_id id;
	struct cni_error err;
	struct cni_link link;
	closing int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1");
	sandbox_must("ip -n red link add eth0 type bridge");
	assert_int_equal(cni_link_get(host(), "v0", &link, &err), 0);
	id = cni_device_identify(&link);
	assert_int_equal(move_to("v0", "eth0", &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	if (cni_device_find(host(), -1, &id, "v0", &link, &err) == 0)
		return;
	assert_int_equal(err.errnum, ENODEV);
	assert_int_equal(cni_device_find(inside(), home, &id, "eth0", &link, &err), 0);
	assert_string_equal(link.name, "v0");
}

static void find__is_not_deceived(void **state)
{
	closing int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct cni_device_id id;
	struct cni_error err;
	struct cni_link link;

	(void)state;
	sandbox_must("ip link add v0 address 02:00:00:00:00:05 type veth peer name v1");
	assert_int_equal(cni_link_get(host(), "v0", &link, &err), 0);
	id = cni_device_identify(&link);
	sandbox_must("ip -n red link add eth0 index %d address 02:00:00:00:00:05 type veth peer "
		     "name q0 index %d",
		     link.index, link.peer);
	sandbox_must("ip -n red link set eth0 alias v0");
	assert_int_equal(cni_device_find(inside(), home, &id, "eth0", &link, &err), -1);
	assert_int_equal(err.errnum, ENODEV);
	assert_int_equal(cni_device_find(host(), -1, &id, "other", &link, &err), 0);
	assert_string_equal(link.name, "v0");
}

static void names__of_one_link(void **state)
{
	clearing_link_names struct cni_link_names names = {0};
	struct cni_error err;
	struct cni_link link;

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1");
	assert_int_equal(cni_link_get(host(), "v0", &link, &err), 0);
	assert_int_equal(cni_link_names_read_second(host(), link.index, &names, &err), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(cni_link_names_add_second(host(), link.index, "second", &err), 0);
	assert_int_equal(
		cni_link_names_add_second(host(), link.index, "a-third-and-longer-one", &err), 0);
	cni_link_names_clear(&names);
	assert_int_equal(cni_link_names_read_second(host(), link.index, &names, &err), 0);
	assert_int_equal(names.count, 2);
	assert_true(cni_link_names_has(&names, "a-third-and-longer-one"));
	assert_int_equal(cni_link_names_drop_second(host(), link.index, "second", &err), 0);
	assert_int_equal(sandbox_run("ip link show v0 | grep -q second"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(change__moves_and_renames_at_once),
		part_test(change__refuses_names_that_are_taken),
		part_test(find__knows_a_device_that_has_moved_halfway),
		part_test(find__is_not_deceived),
		part_test(names__of_one_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
