/* SPDX-License-Identifier: Apache-2.0 */
#include "link_mac.h"

#include "cleanup.h"
#include "lock.h"

#include <stdio.h>
#include <string.h>

/* Another process holds it for two round trips. */
#define LOCK_MS 5000

bool cni_link_mac_is_usable(const struct cni_link *link)
{
	static const uint8_t zeroes[CNI_MAC_SIZE];

	return link->has_mac && !(link->mac[0] & 1) && memcmp(link->mac, zeroes, CNI_MAC_SIZE) != 0;
}

int cni_link_mac_give(struct cni_nl *nl, struct cni_link *link, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE + sizeof("mac ")];
	uint8_t mac[CNI_MAC_SIZE];
	struct cni_link_change change = {.mac = mac};
	struct cni_error ignored;
	closing int lock = -1;
	int index = link->index;

	snprintf(name, sizeof(name), "mac %s", link->name);
	if (cni_lock_take(name, CNI_LOCK_EXCLUSIVE, LOCK_MS, &lock, &ignored) < 0)
		lock = -1;
	if (cni_link_get_by_index(nl, index, link, err) < 0)
		return -1;
	if (cni_link_mac_is_usable(link))
		return 0;
	cni_link_random_mac(mac);
	if (cni_link_change(nl, index, &change, err) < 0)
		return cni_fail_within(err, "give '%s' a MAC address", link->name);
	return cni_link_get_by_index(nl, index, link, err);
}
