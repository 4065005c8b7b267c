/* SPDX-License-Identifier: Apache-2.0 */
#include "link_settings.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

struct found {
	int index;
	struct cni_link_settings settings;
};

static const struct cni_nl_policy policy[IFLA_MAX + 1] = {
	[IFLA_ADDRESS] = {MNL_TYPE_BINARY, CNI_MAC_SIZE, CNI_MAC_SIZE}, /* of Ethernet alone */
	[IFLA_MTU] = {MNL_TYPE_U32},
	[IFLA_TXQLEN] = {MNL_TYPE_U32},
};

static int keep(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_MAX + 1];
	struct found *found = data;
	struct cni_link_settings *settings = &found->settings;

	(void)err;
	cni_nl_parse(message, policy, table, IFLA_MAX);
	found->index = ifi->ifi_index;
	*settings = (struct cni_link_settings){
		.given = 1U << CNI_LINK_PROMISC | 1U << CNI_LINK_ALLMULTI,
		.promisc = ifi->ifi_flags & IFF_PROMISC,
		.allmulti = ifi->ifi_flags & IFF_ALLMULTI,
		.txqlen = cni_nl_u32(table[IFLA_TXQLEN], 0),
		.mtu = cni_nl_u32(table[IFLA_MTU], 0),
	};
	if (table[IFLA_ADDRESS]) {
		memcpy(settings->mac, cni_nl_binary(table[IFLA_ADDRESS], NULL), CNI_MAC_SIZE);
		settings->given |= 1U << CNI_LINK_MAC;
	}
	if (table[IFLA_TXQLEN])
		settings->given |= 1U << CNI_LINK_TXQLEN;
	if (table[IFLA_MTU])
		settings->given |= 1U << CNI_LINK_MTU;
	return 0;
}

int cni_link_settings_get(struct cni_nl *nl, const char *name, int *ret_index,
			  struct cni_link_settings *ret_settings, struct cni_error *err)
{
	struct found found = {0};
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_string(&m, IFLA_IFNAME, name);
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (cni_nl_get(nl, &m, keep, &found, err) < 0)
		return cni_fail_within(err, "look up link '%s'", name);
	*ret_index = found.index;
	*ret_settings = found.settings;
	return 0;
}

static void put_flag(struct ifinfomsg *ifi, unsigned int flag, bool on)
{
	ifi->ifi_change |= flag;
	if (on)
		ifi->ifi_flags |= flag;
}

static int set(struct cni_nl *nl, int index, const struct cni_link_settings *settings,
	       enum cni_link_setting setting, struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	switch (setting) {
	case CNI_LINK_MAC:
		cni_nl_put(&m, IFLA_ADDRESS, settings->mac, CNI_MAC_SIZE);
		break;
	case CNI_LINK_PROMISC:
		put_flag(ifi, IFF_PROMISC, settings->promisc);
		break;
	case CNI_LINK_ALLMULTI:
		put_flag(ifi, IFF_ALLMULTI, settings->allmulti);
		break;
	case CNI_LINK_TXQLEN:
		cni_nl_put_u32(&m, IFLA_TXQLEN, settings->txqlen);
		break;
	case CNI_LINK_MTU:
		cni_nl_put_u32(&m, IFLA_MTU, settings->mtu);
		break;
	case CNI_LINK_SETTING_COUNT:
		break;
	}
	return cni_nl_transact(nl, &m, NULL, NULL, err);
}

int cni_link_settings_set(struct cni_nl *nl, int index, const struct cni_link_settings *settings,
			  struct cni_error *err)
{
	char text[CNI_LINK_SETTING_TEXT_SIZE];

	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++)
		if (cni_link_settings_have(settings, s) && set(nl, index, settings, s, err) < 0)
			return cni_fail_within(err, "set %s to %s", cni_link_setting_name(s),
					       cni_link_setting_format(settings, s, text));
	return 0;
}

const char *cni_link_setting_name(enum cni_link_setting setting)
{
	static const char *const names[CNI_LINK_SETTING_COUNT] = {
		[CNI_LINK_MAC] = "Ethernet",
		[CNI_LINK_PROMISC] = "promisc",
		[CNI_LINK_ALLMULTI] = "all-multicast mode",
		[CNI_LINK_TXQLEN] = "Transmit Queue Length",
		[CNI_LINK_MTU] = "MTU",
	};

	return names[setting];
}

const char *cni_link_setting_format(const struct cni_link_settings *settings,
				    enum cni_link_setting setting,
				    char text[CNI_LINK_SETTING_TEXT_SIZE])
{
	uint32_t number = setting == CNI_LINK_MTU ? settings->mtu : settings->txqlen;
	bool on = setting == CNI_LINK_PROMISC ? settings->promisc : settings->allmulti;

	if (setting == CNI_LINK_MAC)
		return cni_mac_format(settings->mac, text);
	if (setting == CNI_LINK_MTU || setting == CNI_LINK_TXQLEN)
		snprintf(text, CNI_LINK_SETTING_TEXT_SIZE, "%u", number);
	else
		snprintf(text, CNI_LINK_SETTING_TEXT_SIZE, "%s", on ? "true" : "false");
	return text;
}
