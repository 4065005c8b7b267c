/* SPDX-License-Identifier: Apache-2.0 */
#include "link_sysctl.h"

#include "cleanup.h"
#include "mem.h"
#include "sysctl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static char *key_of(const char *family, const char *ifname, const char *setting)
{
	return cni_format("net/%s/conf/%s/%s", family, ifname, setting);
}

static bool is(const char *family, const char *ifname, const char *setting, const char *expected)
{
	freeing char *key = key_of(family, ifname, setting);
	struct cni_error ignored;
	char value[16];

	return cni_sysctl_get(key, value, sizeof(value), &ignored) == 0 && !strcmp(value, expected);
}

static bool has_ipv6_off(const char *ifname)
{
	return is("ipv6", ifname, "disable_ipv6", "1");
}

/* ---- router advertisements ---- */

static bool ignores_ra(const char *ifname)
{
	return has_ipv6_off(ifname) ||
	       (is("ipv6", ifname, "accept_ra", "1") && is("ipv6", ifname, "forwarding", "1"));
}

int cni_link_sysctl_refuse_ra(const char *ifname, struct cni_error *err)
{
	freeing char *key = key_of("ipv6", ifname, "accept_ra");

	/* A new link has another value, as a rule. */
	if (cni_sysctl_overwrite(key, "0", err) == 0 || err->errnum == ENOENT || ignores_ra(ifname))
		return 0;
	return cni_fail_within(err, "router advertisements would be accepted (CVE-2020-10749)");
}

int cni_link_sysctl_refuse_ra_status(struct cni_error *err)
{
	static const char key[] = "net/ipv6/conf/default/accept_ra";
	char value[16];

	if (cni_sysctl_get(key, value, sizeof(value), err) < 0 || !strcmp(value, "0") ||
	    access("/proc/sys/net/ipv6/conf/default/accept_ra", W_OK) == 0 || ignores_ra("default"))
		return 0;
	return cni_fail(err, CNI_EUNAVAILABLE,
			"sysctl '%s' is %s and /proc/sys cannot be written, expected 0", key,
			value);
}

/* ---- packets in frames to many ---- */

int cni_link_sysctl_drop_unicast(const char *ifname, struct cni_error *err)
{
	static const char setting[] = "drop_unicast_in_l2_multicast";
	freeing char *v4 = key_of("ipv4", ifname, setting);
	freeing char *v6 = key_of("ipv6", ifname, setting);

	if (cni_sysctl_set(v4, "1", err) < 0 && err->errnum != ENOENT &&
	    !is("ipv4", "all", setting, "1"))
		return -1;
	if (cni_sysctl_set(v6, "1", err) < 0 && err->errnum != ENOENT && !has_ipv6_off(ifname))
		return -1;
	return 0;
}

/* ---- 127.0.0.0/8 ---- */

static bool all_have_localnet(void)
{
	return is("ipv4", "all", "route_localnet", "1");
}

int cni_link_sysctl_set_localnet(const char *ifname, const char *value, struct cni_error *err)
{
	freeing char *key = key_of("ipv4", ifname, "route_localnet");

	if (cni_sysctl_set(key, value, err) == 0)
		return 0;
	return err->errnum != ENOENT && all_have_localnet() ? 0 : -1;
}

int cni_link_sysctl_has_localnet(const char *ifname, struct cni_error *err)
{
	freeing char *key = key_of("ipv4", ifname, "route_localnet");
	char value[16];

	if (cni_sysctl_get(key, value, sizeof(value), err) < 0)
		return -1;
	return !strcmp(value, "1") || all_have_localnet();
}
