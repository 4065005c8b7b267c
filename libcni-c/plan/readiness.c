/* SPDX-License-Identifier: Apache-2.0 */
#include "readiness.h"

#include "capability.h"
#include "cleanup.h"
#include "file.h"
#include "kernel.h"
#include "netns.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* ---- the process ---- */

static int enter_own_netns(struct cni_error *err)
{
	closing int own = -1;
	visiting int home = -1;

	return cni_netns_open_own(&own, err) < 0 ? -1 : cni_netns_enter(own, &home, err);
}

int cni_readiness_check(struct cni_error *err)
{
	if (!cni_capability_is_effective(CAP_NET_ADMIN))
		return cni_fail(err, CNI_EUNAVAILABLE,
				"the process has no CAP_NET_ADMIN: run the plugin as root, in the "
				"user namespace that the network belongs to");
	if (enter_own_netns(err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "ADD needs setns(2), which takes CAP_SYS_ADMIN and a seccomp "
				    "profile that allows it");
}

/* ---- the kernel ---- */

int cni_readiness_check_kind(struct cni_nl *nl, const char *kind, struct cni_error *err)
{
	bool known;

	if (cni_link_kind_is_known(nl, kind, &known, err) < 0) {
		err->code = CNI_EUNAVAILABLE;
		return -1;
	}
	if (known)
		return 0;
	return cni_fail(err, CNI_EUNAVAILABLE,
			"this kernel has no links of kind '%s': load its module (modprobe %s), or "
			"use a kernel with it",
			kind, kind);
}

/* RTM_GETVLAN came with Linux 5.6. */
static bool has_vlan_messages(void)
{
	return cni_kernel_is_at_least(5, 6, false);
}

/* Bridges that can filter answer it, maybe with nothing. A module that is not there yet does not. */
static bool refuses_vlan_messages(struct cni_nl *nl)
{
	struct cni_error ignored;
	struct cni_nl_message m;
	struct br_vlan_msg *vlan = cni_nl_init(&m, RTM_GETVLAN, 0, sizeof(*vlan));

	vlan->family = AF_BRIDGE;
	return cni_nl_dump(nl, &m, NULL, NULL, NULL, &ignored) < 0 &&
	       ignored.errnum == EOPNOTSUPP && has_vlan_messages() &&
	       access("/sys/module/bridge", F_OK) == 0;
}

int cni_readiness_check_vlan_filtering(struct cni_nl *nl, const struct cni_link *bridge,
				       struct cni_error *err)
{
	if (bridge ? bridge->can_filter_vlans : !refuses_vlan_messages(nl))
		return 0;
	return cni_fail(err, CNI_EUNAVAILABLE,
			"'vlan' and 'vlanTrunk' need a kernel with bridge VLAN filtering "
			"(CONFIG_BRIDGE_VLAN_FILTERING): leave them out, or use one with it");
}

/* ---- files ---- */

int cni_readiness_check_directory(const char *path, const char *what, struct cni_error *err)
{
	if (cni_file_check_writable(path, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "%s '%s'", what, path);
}

int cni_readiness_check_records(struct cni_error *err)
{
	return cni_readiness_check_directory("/run/cni", "records in", err);
}
