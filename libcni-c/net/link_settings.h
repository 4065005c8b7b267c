/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of an existing link, over rtnetlink(7). */
#ifndef CNI_LINK_SETTINGS_H
#define CNI_LINK_SETTINGS_H

#include "decls.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* In the order in which they are set: a small MTU takes IPv6 from the link, so it comes last. */
enum cni_link_setting {
	CNI_LINK_MAC,
	CNI_LINK_PROMISC,
	CNI_LINK_ALLMULTI,
	CNI_LINK_TXQLEN,
	CNI_LINK_MTU,
	CNI_LINK_SETTING_COUNT,
};

/* Values of some of them: those whose bit (1 << setting) is in `given`. */
struct cni_link_settings {
	unsigned int given;
	uint8_t mac[CNI_MAC_SIZE];
	/* As set by hand (IFF_PROMISC, IFF_ALLMULTI), not because a bridge or a program
	 * that listens wants them so: the kernel keeps these apart. */
	bool promisc;
	bool allmulti;
	uint32_t txqlen; /* packets */
	uint32_t mtu;	 /* bytes */
};

/* True if the setting is among those that are given. */
static inline bool cni_link_settings_have(const struct cni_link_settings *settings,
					  enum cni_link_setting setting)
{
	return settings->given & (1U << setting);
}

/* All of the link `name`, but for the MAC of one that has none of six octets. Fails with
 * CNI_EKERNEL, errnum ENODEV if there is no such link. */
int cni_link_settings_get(struct cni_nl *nl, const char *name, int *ret_index,
			  struct cni_link_settings *ret_settings, struct cni_error *err);

/* Sets those that are given, one after the other, and stops at the first that fails: what was set
 * before it stays. Fails with CNI_EKERNEL, naming it. */
int cni_link_settings_set(struct cni_nl *nl, int index, const struct cni_link_settings *settings,
			  struct cni_error *err);

/* "MTU", and its value as text: "1400", "true", "0a:58:0a:01:00:05". */
#define CNI_LINK_SETTING_TEXT_SIZE 24
const char *cni_link_setting_name(enum cni_link_setting setting);
const char *cni_link_setting_format(const struct cni_link_settings *settings,
				    enum cni_link_setting setting,
				    char text[CNI_LINK_SETTING_TEXT_SIZE]);

CNI_END_DECLS

#endif
