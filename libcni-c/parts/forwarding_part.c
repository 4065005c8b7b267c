/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "sysctl.h"

#include <string.h>
#include <unistd.h>

static const char *const keys[2] = {"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"};
/* The kernel turns it off with forwarding of IPv4, and on again without (inet_forward_change() in the kernel's
 * net/ipv4/devinet.c), even where the administrator had it off before. */
static const char redirects[] = "net/ipv4/conf/all/accept_redirects";

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" host shared", out);
}

static bool is_used(const struct cni_result *result, size_t family)
{
	for (size_t i = 0; i < result->ip_count; i++)
		if (result->ips[i].address.ip.family == (family ? AF_INET6 : AF_INET))
			return true;
	return false;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_forwarding_part *spec = data;

	for (size_t i = 0; i < 2; i++)
		if (spec->changed[i] && cni_attachment_may_take_back(at, CNI_SHARED_HOST) &&
		    (cni_sysctl_set(keys[i], "0", err) < 0 ||
		     (i == 0 && *spec->redirects &&
		      cni_sysctl_set(redirects, spec->redirects, err) < 0)))
			return -1;
	return 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_forwarding_part *spec = data;
	struct cni_error ignored;

	for (size_t i = 0; i < 2; i++) {
		char now[16];

		if (!is_used(at->result, i))
			continue;
		if (cni_sysctl_get(keys[i], now, sizeof(now), err) == 0 && !strcmp(now, "1"))
			continue;
		if (i == 0 && cni_sysctl_get(redirects, spec->redirects, sizeof(spec->redirects),
					     &ignored) < 0)
			spec->redirects[0] = '\0';
		if (cni_sysctl_set(keys[i], "1", err) < 0) {
			undo(at, spec, &ignored);
			return cni_fail_within(err, "failed to enable forwarding");
		}
		spec->changed[i] = true;
	}
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	for (size_t i = 0; i < 2; i++) {
		char value[16];

		if (!is_used(at->result, i))
			continue;
		if (cni_sysctl_get(keys[i], value, sizeof(value), err) < 0)
			return -1;
		if (strcmp(value, "1") != 0)
			return cni_fail(err, CNI_EMISMATCH, "sysctl '%s' is %s, expected 1",
					keys[i], value);
	}
	return 0;
}

/* Which families it will be, only an ADD knows; most networks have IPv4. */
static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	char value[16];

	(void)at;
	(void)data;
	if (cni_sysctl_get(keys[0], value, sizeof(value), err) == 0 && strcmp(value, "1") != 0 &&
	    access("/proc/sys/net/ipv4/ip_forward", W_OK) < 0)
		return cni_fail(err, CNI_EUNAVAILABLE,
				"sysctl '%s' is %s and cannot be written, expected 1", keys[0],
				value);
	return 0;
}

const struct cni_part_ops cni_forwarding_part_ops = {
	.name = "forwarding",
	.size = sizeof(struct cni_forwarding_part),
	.add = add,
	.undo = undo,
	.check = check,
	.mend = add,
	.status = status,
	.print = print,
};
