/* SPDX-License-Identifier: Apache-2.0 */
/* Links as messages describe them. */
#include "link_read.h"

#include "mem.h"
#include "test.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define SIZE (256 << 10)

static void put_text(struct nlmsghdr *message, uint16_t type, const char *text)
{
	mnl_attr_put_strz(message, type, text);
}

static struct nlmsghdr *begin(void)
{
	struct nlmsghdr *message = cni_alloc(SIZE);
	struct ifinfomsg *ifi;

	mnl_nlmsg_put_header(message);
	message->nlmsg_type = RTM_NEWLINK;
	ifi = mnl_nlmsg_put_extra_header(message, sizeof(*ifi));
	ifi->ifi_index = 7;
	put_text(message, IFLA_IFNAME, "eth0");
	put_text(message, IFLA_IFALIAS, "blue/c1/eth0");
	return message;
}

/* As the kernel describes a macvlan with MACs of which the attribute's length cannot count all: it counts the
 * kind alone. The MACs are texts that `lies` writes. */
static void put_macs(struct nlmsghdr *message, void (*lies)(struct nlmsghdr *message))
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);

	put_text(message, IFLA_INFO_KIND, "macvlan");
	info->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)info);
	lies(message);
	while (message->nlmsg_len <= UINT16_MAX)
		mnl_attr_put(message, 4, 6, "\2\0\0\0\0\1");
}

static void lie_about_all(struct nlmsghdr *message)
{
	put_text(message, IFLA_IFNAME, "eth9");
	put_text(message, IFLA_IFALIAS, "green/c2/eth0");
	mnl_attr_put_u32(message, IFLA_LINK_NETNSID, 5);
	mnl_attr_put(message, IFLA_PERM_ADDRESS, 6, "\2\0\0\0\0\1");
	put_text(message, IFLA_PARENT_DEV_BUS_NAME, "pci");
	put_text(message, IFLA_PARENT_DEV_NAME, "0000:03:00.0");
}

static void lie_about_the_kind(struct nlmsghdr *message)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);

	put_text(message, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(message, info);
}

static void assert_is_honest(const struct cni_link *link)
{
	assert_int_equal(link->index, 7);
	assert_string_equal(link->name, "eth0");
	assert_string_equal(link->alias, "blue/c1/eth0");
	assert_string_equal(link->kind, "macvlan");
	assert_string_equal(link->bus, "");
	assert_string_equal(link->device, "");
	assert_int_equal(link->peer_netns, -1);
	assert_false(link->has_permanent_mac);
}

static void link__is_read_up_to_what_a_container_has_written(void **state)
{
	void (*const lies[])(struct nlmsghdr *) = {lie_about_all, lie_about_the_kind};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct nlmsghdr *message = begin();
		struct cni_link link;

		put_macs(message, lies[i]);
		cni_link_read(message, &link);
		assert_is_honest(&link);
		free(message);
	}
}

/* Within the length that the kind's attribute has. */
static void link__has_the_first_kind(void **state)
{
	struct nlmsghdr *message = begin();
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct cni_link link;

	(void)state;
	put_text(message, IFLA_INFO_KIND, "macvlan");
	put_text(message, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(message, info);
	while (message->nlmsg_len <= UINT16_MAX)
		mnl_attr_put(message, 4, 6, "\2\0\0\0\0\1");
	cni_link_read(message, &link);
	assert_is_honest(&link);
	free(message);
}

/* A device without a kind has nothing that a container could have written in front of its second names. */
static void link__with_many_names_is_read_to_its_end(void **state)
{
	struct nlmsghdr *message = begin();
	struct nlattr *names = mnl_attr_nest_start(message, IFLA_PROP_LIST);
	struct cni_link link;

	(void)state;
	for (size_t i = 0; i < 490; i++) {
		char name[128];

		snprintf(name, sizeof(name), "%0127zu", i);
		put_text(message, IFLA_ALT_IFNAME, name);
	}
	mnl_attr_nest_end(message, names);
	put_text(message, IFLA_PARENT_DEV_BUS_NAME, "pci");
	put_text(message, IFLA_PARENT_DEV_NAME, "0000:03:00.0");
	while (message->nlmsg_len <= UINT16_MAX)
		put_text(message, IFLA_QDISC, "noqueue");
	cni_link_read(message, &link);
	assert_string_equal(link.bus, "pci");
	assert_string_equal(link.device, "0000:03:00.0");
	assert_string_equal(link.kind, "");
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link__is_read_up_to_what_a_container_has_written),
		cmocka_unit_test(link__has_the_first_kind),
		cmocka_unit_test(link__with_many_names_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
