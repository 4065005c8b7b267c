/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge_vlan.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

bool cni_bridge_vlan_set_is_empty(const struct cni_bridge_vlan_set *set)
{
	for (size_t i = 0; i < sizeof(set->bits) / sizeof(*set->bits); i++)
		if (set->bits[i])
			return false;
	return true;
}

static void put_vlan(struct cni_nl_message *m, uint32_t id, uint16_t flags)
{
	struct bridge_vlan_info info = {.vid = (uint16_t)id, .flags = flags};

	cni_nl_put(m, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
}

/* The most ranges in a message: a trunk may consist of 2047, too many for one. */
#define RANGES_MAX 200

/* The ranges of `set` from *id on; *id is then where the next message begins. */
static void put_tagged(struct cni_nl_message *m, const struct cni_bridge_vlan_set *set,
		       uint32_t *id)
{
	for (int ranges = 0; *id <= CNI_BRIDGE_VLAN_MAX && ranges < RANGES_MAX; ++*id) {
		uint32_t last = *id;

		if (!cni_bridge_vlan_set_has(set, *id))
			continue;
		while (last < CNI_BRIDGE_VLAN_MAX && cni_bridge_vlan_set_has(set, last + 1))
			last++;
		if (last == *id) {
			put_vlan(m, *id, 0);
		} else {
			put_vlan(m, *id, BRIDGE_VLAN_INFO_RANGE_BEGIN);
			put_vlan(m, last, BRIDGE_VLAN_INFO_RANGE_END);
		}
		*id = last;
		ranges++;
	}
}

static struct ifinfomsg *begin(struct cni_nl_message *m, uint16_t type, int index)
{
	struct ifinfomsg *ifi = cni_nl_init(m, type, 0, sizeof(*ifi));

	ifi->ifi_family = AF_BRIDGE;
	ifi->ifi_index = index;
	return ifi;
}

int cni_bridge_vlan_add(struct cni_nl *nl, int index, const struct cni_bridge_vlan_port *port,
			struct cni_error *err)
{
	struct cni_nl_message m;

	for (uint32_t id = 1; id <= CNI_BRIDGE_VLAN_MAX;) {
		begin(&m, RTM_SETLINK, index);
		CNI_NL_NEST (&m, IFLA_AF_SPEC) {
			put_tagged(&m, &port->tagged, &id);
			/* In the last message, so that it is untagged even if the trunk has it. */
			if (id > CNI_BRIDGE_VLAN_MAX && port->native)
				put_vlan(&m, port->native,
					 BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
		}
		if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
			return cni_fail_within(err, "add VLANs to bridge port %d", index);
	}
	return 0;
}

int cni_bridge_vlan_del(struct cni_nl *nl, int index, uint32_t id, struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, RTM_DELLINK, index);
	CNI_NL_NEST (&m, IFLA_AF_SPEC) {
		put_vlan(&m, id, 0);
	}
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "take VLAN %u from bridge port %d", id, index);
	return 0;
}

struct reading {
	int index;
	uint32_t first; /* of the range that is being read */
	struct cni_bridge_vlan_port port;
};

static const struct cni_nl_policy policy[IFLA_AF_SPEC + 1] = {
	[IFLA_AF_SPEC] = {MNL_TYPE_NESTED},
};
static const struct cni_nl_policy vlan_policy = {MNL_TYPE_BINARY, sizeof(struct bridge_vlan_info)};

static int read_vlan(const struct nlattr *attribute, void *data)
{
	const struct bridge_vlan_info *info;
	struct reading *reading = data;

	if (mnl_attr_get_type(attribute) != IFLA_BRIDGE_VLAN_INFO ||
	    !cni_nl_fits(attribute, &vlan_policy))
		return MNL_CB_OK;
	info = cni_nl_binary(attribute, NULL);
	if (!(info->flags & BRIDGE_VLAN_INFO_RANGE_END))
		reading->first = info->vid;
	if (info->flags & BRIDGE_VLAN_INFO_RANGE_BEGIN)
		return MNL_CB_OK;
	if (info->flags & BRIDGE_VLAN_INFO_PVID)
		reading->port.native = info->vid;
	for (uint32_t id = reading->first; id <= info->vid && id <= CNI_BRIDGE_VLAN_MAX; id++)
		if (!(info->flags & BRIDGE_VLAN_INFO_UNTAGGED))
			cni_bridge_vlan_set_add(&reading->port.tagged, id);
	return MNL_CB_OK;
}

static int read_port(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_AF_SPEC + 1];
	struct reading *reading = data;

	(void)err;
	if (ifi->ifi_index != reading->index)
		return 0;
	cni_nl_parse(message, policy, table, IFLA_AF_SPEC);
	if (table[IFLA_AF_SPEC])
		mnl_attr_parse_nested(table[IFLA_AF_SPEC], read_vlan, reading);
	return 0;
}

static void forget(void *data)
{
	((struct reading *)data)->port = (struct cni_bridge_vlan_port){0};
}

int cni_bridge_vlan_get(struct cni_nl *nl, int index, struct cni_bridge_vlan_port *ret_port,
			struct cni_error *err)
{
	struct reading reading = {.index = index};
	struct cni_nl_message m;

	begin(&m, RTM_GETLINK, 0);
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	/* rtnetlink has no way to ask for one port; CHECK of a VLAN network is the only reader. */
	if (cni_nl_dump(nl, &m, read_port, forget, &reading, err) < 0)
		return cni_fail_within(err, "list the VLANs of bridge port %d", index);
	*ret_port = reading.port;
	return 0;
}
