/* SPDX-License-Identifier: Apache-2.0 */
#include "link_kind.h"

#include "link_read.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

/* ---- the rows ---- */

const struct cni_word cni_link_macvlan_modes[] = {{"private", MACVLAN_MODE_PRIVATE},
						  {"vepa", MACVLAN_MODE_VEPA},
						  {"bridge", MACVLAN_MODE_BRIDGE},
						  {"passthru", MACVLAN_MODE_PASSTHRU},
						  {NULL, 0}};

const struct cni_word cni_link_ipvlan_modes[] = {
	{"l2", IPVLAN_MODE_L2}, {"l3", IPVLAN_MODE_L3}, {"l3s", IPVLAN_MODE_L3S}, {NULL, 0}};

const struct cni_word cni_link_ipvlan_flags[] = {
	{"bridge", 0}, {"private", IPVLAN_F_PRIVATE}, {"vepa", IPVLAN_F_VEPA}, {NULL, 0}};

const struct cni_link_kind cni_link_bridge = {
	.name = "bridge",
	.attributes = {{"vlan_filtering", IFLA_BR_VLAN_FILTERING, 1, NULL, false}}};

const struct cni_link_kind cni_link_veth = {.name = "veth"};

const struct cni_link_kind cni_link_ifb = {.name = "ifb"};

const struct cni_link_kind cni_link_dummy = {.name = "dummy"};

const struct cni_link_kind cni_link_macvlan = {
	.name = "macvlan",
	.has_parent = true,
	.twin = "macvtap",
	.attributes = {{"mode", IFLA_MACVLAN_MODE, 4, cni_link_macvlan_modes, false},
		       /* Since Linux 5.11. */
		       {"bcqueuelen", IFLA_MACVLAN_BC_QUEUE_LEN, 4, NULL, false,
			.is_newer = true}}};

const struct cni_link_kind cni_link_ipvlan = {
	.name = "ipvlan",
	.has_parent = true,
	.shares_mac = true,
	.twin = "ipvtap",
	.attributes = {{"mode", IFLA_IPVLAN_MODE, 2, cni_link_ipvlan_modes, false},
		       {"flags", IFLA_IPVLAN_FLAGS, 2, cni_link_ipvlan_flags, false}}};

const struct cni_link_kind cni_link_vlan = {
	.name = "vlan",
	.has_parent = true,
	.shares_mac = true,
	.attributes = {{"vlanId", IFLA_VLAN_ID, 2, NULL, true}}};

const struct cni_link_kind cni_link_vrf = {
	.name = "vrf", .attributes = {{"table", IFLA_VRF_TABLE, 4, NULL, false}}};

static const struct cni_word tun_types[] = {{"tun", IFF_TUN}, {"tap", IFF_TAP}, {NULL, 0}};

static const struct cni_word booleans[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

/* Kinds are named after their modules: this one's is "tun". */
const struct cni_link_kind cni_link_tap = {
	.name = "tun",
	.attributes = {[CNI_TAP_TYPE] = {.key = "type",
					 .type = IFLA_TUN_TYPE,
					 .size = 1,
					 .words = tun_types},
		       [CNI_TAP_OWNER] = {.key = "owner", .type = IFLA_TUN_OWNER, .size = 4},
		       [CNI_TAP_GROUP] = {.key = "group", .type = IFLA_TUN_GROUP, .size = 4},
		       [CNI_TAP_MULTI_QUEUE] = {.key = "multiQueue",
						.type = IFLA_TUN_MULTI_QUEUE,
						.size = 1,
						.words = booleans}}};

int cni_link_kind_parent(const struct cni_link_kind *kind, const struct cni_link *on)
{
	bool is_alike =
		kind->twin && (!strcmp(on->kind, kind->name) || !strcmp(on->kind, kind->twin));

	return is_alike ? on->peer : on->index;
}

/* ---- words ---- */

int cni_link_choose(const struct cni_link_kind *kind, size_t index, const char *word,
		    struct cni_link_values *values, struct cni_error *err)
{
	const struct cni_link_attribute *attribute = &kind->attributes[index];
	char words[128] = "";

	if (cni_word_parse(attribute->words, word, &values->values[index])) {
		values->given |= 1U << index;
		return 0;
	}
	for (const struct cni_word *row = attribute->words; row && row->word; row++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s\"%s\"",
			 *words ? ", " : "", row->word);
	return cni_fail(err, CNI_ECONFIG, "unknown %s %s: \"%.64s\", expected one of %s",
			kind->name, attribute->key, word, words);
}

/* ---- making ---- */

/* The attributes that a link and a peer have alike. */
static void put_common(struct cni_nl_message *m, const struct cni_link_new *link)
{
	cni_nl_put_string(m, IFLA_IFNAME, link->name);
	if (link->mac)
		cni_nl_put(m, IFLA_ADDRESS, link->mac, CNI_MAC_SIZE);
	if (link->mtu)
		cni_nl_put_u32(m, IFLA_MTU, link->mtu);
	if (link->queues) {
		cni_nl_put_u32(m, IFLA_NUM_TX_QUEUES, link->queues);
		cni_nl_put_u32(m, IFLA_NUM_RX_QUEUES, link->queues);
	}
	if (link->netns >= 0)
		cni_nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)link->netns);
}

static void put_value(struct cni_nl_message *m, const struct cni_link_attribute *attribute,
		      uint32_t value)
{
	if (attribute->size == 1)
		cni_nl_put_u8(m, attribute->type, (uint8_t)value);
	else if (attribute->size == 2)
		cni_nl_put_u16(m, attribute->type, (uint16_t)value);
	else
		cni_nl_put_u32(m, attribute->type, value);
}

static void put_data(struct cni_nl_message *m, const struct cni_link_new *link)
{
	for (size_t i = 0; i < CNI_LINK_VALUES; i++)
		if (link->values.given & 1U << i)
			put_value(m, &link->kind->attributes[i], link->values.values[i]);
	if (link->peer)
		CNI_NL_NEST (m, VETH_INFO_PEER) {
			cni_nl_put_header(m, sizeof(struct ifinfomsg));
			put_common(m, link->peer);
		}
}

void cni_link_put_new(struct cni_nl_message *m, const struct cni_link_new *link)
{
	cni_nl_init(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	put_common(m, link);
	if (link->parent)
		cni_nl_put_u32(m, IFLA_LINK, (uint32_t)link->parent);
	if (link->master)
		cni_nl_put_u32(m, IFLA_MASTER, (uint32_t)link->master);
	CNI_NL_NEST (m, IFLA_LINKINFO) {
		cni_nl_put_string(m, IFLA_INFO_KIND, link->kind->name);
		if (link->values.given || link->peer)
			CNI_NL_NEST (m, IFLA_INFO_DATA) {
				put_data(m, link);
			}
	}
}

int cni_link_fail_new(const struct cni_link_new *link, struct cni_error *err)
{
	if (link->peer)
		return cni_fail_within(err, "add %s '%s' with peer '%s'", link->kind->name,
				       link->name, link->peer->name);
	return cni_fail_within(err, "add %s '%s'", link->kind->name, link->name);
}

int cni_link_add(struct cni_nl *nl, const struct cni_link_new *link, struct cni_error *err)
{
	struct cni_nl_message m;

	cni_link_put_new(&m, link);
	return cni_nl_transact(nl, &m, NULL, NULL, err) < 0 ? cni_link_fail_new(link, err) : 0;
}

/* ---- reading back ---- */

/* More than any row's type. */
#define TYPES 64

struct reading {
	const struct cni_link_kind *kind;
	struct cni_link_values values;
};

static const struct cni_nl_policy link_policy[IFLA_LINKINFO + 1] = {
	[IFLA_LINKINFO] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy info_policy[IFLA_INFO_DATA + 1] = {
	[IFLA_INFO_DATA] = {MNL_TYPE_NESTED},
};

static uint32_t value_of(const struct nlattr *attribute, uint8_t size)
{
	if (size == 1)
		return cni_nl_u8(attribute, 0);
	return size == 2 ? cni_nl_u16(attribute, 0) : cni_nl_u32(attribute, 0);
}

static void read_data(const struct nlattr *nest, struct reading *reading)
{
	static const enum mnl_attr_data_type types[] = {
		[1] = MNL_TYPE_U8, [2] = MNL_TYPE_U16, [4] = MNL_TYPE_U32};
	struct cni_nl_policy policy[TYPES] = {0};
	const struct nlattr *table[TYPES];

	for (size_t i = 0; i < CNI_LINK_VALUES; i++) {
		const struct cni_link_attribute *attribute = &reading->kind->attributes[i];

		if (attribute->type)
			policy[attribute->type].type = types[attribute->size];
	}
	cni_nl_parse_nested(nest, policy, table, TYPES - 1);
	for (size_t i = 0; i < CNI_LINK_VALUES; i++) {
		const struct cni_link_attribute *attribute = &reading->kind->attributes[i];

		if (!attribute->type || !table[attribute->type])
			continue;
		reading->values.given |= 1U << i;
		reading->values.values[i] = value_of(table[attribute->type], attribute->size);
	}
}

static int read_link(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct nlattr *link[IFLA_LINKINFO + 1];
	const struct nlattr *info[IFLA_INFO_DATA + 1];

	(void)err;
	cni_nl_parse(message, link_policy, link, IFLA_LINKINFO);
	cni_nl_parse_nested(link[IFLA_LINKINFO], info_policy, info, IFLA_INFO_DATA);
	read_data(info[IFLA_INFO_DATA], data);
	return 0;
}

static const char *text_of(const struct cni_link_attribute *attribute, uint32_t value,
			   char digits[16])
{
	const char *word = cni_word_text(attribute->words, value);

	if (word)
		return word;
	snprintf(digits, 16, "%u", value);
	return digits;
}

static int compare(const struct cni_link *link, const struct reading *found,
		   const struct cni_link_values *wanted, struct cni_error *err)
{
	for (size_t i = 0; i < CNI_LINK_VALUES; i++) {
		const struct cni_link_attribute *attribute = &found->kind->attributes[i];
		bool is_there = found->values.given & 1U << i;
		char digits[2][16];

		if (!(wanted->given & 1U << i) || (!is_there && attribute->is_newer) ||
		    (is_there && found->values.values[i] == wanted->values[i]))
			continue;
		return cni_fail(err, CNI_EMISMATCH, "'%s' has %s %s, expected %s", link->name,
				attribute->key,
				is_there ? text_of(attribute, found->values.values[i], digits[0])
					 : "none",
				text_of(attribute, wanted->values[i], digits[1]));
	}
	return 0;
}

int cni_link_get_values(struct cni_nl *nl, int index, const struct cni_link_kind *kind,
			struct cni_link_values *ret_values, struct cni_error *err)
{
	struct reading reading = {.kind = kind};
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_GETLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (cni_nl_get(nl, &m, read_link, &reading, err) < 0)
		return cni_fail_within(err, "look up link %d", index);
	*ret_values = reading.values;
	return 0;
}

struct each {
	const struct cni_link_kind *kind;
	int (*cb)(const struct cni_link *link, const struct cni_link_values *values, void *data,
		  struct cni_error *err);
	void (*restart)(void *data);
	void *data;
};

static int visit(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct each *each = data;
	struct reading reading = {.kind = each->kind};
	struct cni_link link;

	cni_link_read(message, &link);
	/* The kernel filters nothing if it does not have the kind. */
	if (strcmp(link.kind, each->kind->name) != 0)
		return 0;
	read_link(message, &reading, err);
	return each->cb(&link, &reading.values, each->data, err);
}

static void restart_each(void *data)
{
	const struct each *each = data;

	if (each->restart)
		each->restart(each->data);
}

int cni_link_each_values(struct cni_nl *nl, const struct cni_link_kind *kind,
			 int (*cb)(const struct cni_link *link,
				   const struct cni_link_values *values, void *data,
				   struct cni_error *err),
			 void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct each each = {kind, cb, restart, data};
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	CNI_NL_NEST (&m, IFLA_LINKINFO) {
		cni_nl_put_string(&m, IFLA_INFO_KIND, kind->name);
	}
	if (cni_nl_dump(nl, &m, visit, restart_each, &each, err) < 0)
		return cni_fail_within(err, "list the links of kind '%s'", kind->name);
	return 0;
}

int cni_link_check_values(struct cni_nl *nl, const struct cni_link *link,
			  const struct cni_link_kind *kind, const struct cni_link_values *values,
			  struct cni_error *err)
{
	struct reading reading = {.kind = kind};

	if (!values->given)
		return 0;
	if (cni_link_get_values(nl, link->index, kind, &reading.values, err) < 0)
		return -1;
	return compare(link, &reading, values, err);
}
