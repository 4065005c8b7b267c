/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_wish.h"

#include "cleanup.h"
#include "kernel.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

struct cni_owner firewall_owner(const char *network, const char *container)
{
	return cni_owner_make(network, container, "eth0");
}

const struct cni_firewall *firewall_wish(struct firewall_wish *wish, const char *network,
					 const char *container, const char *one, const char *other,
					 enum cni_firewall_policy policy, const char *bridge)
{
	*wish = (struct firewall_wish){.owner = firewall_owner(network, container)};
	wish->firewall = (struct cni_firewall){.owner = &wish->owner,
					       .addresses = wish->addresses,
					       .device = "cni0",
					       .policy = policy,
					       .bridge = bridge};
	if (one)
		wish->addresses[wish->firewall.count++] = kernel_ip(one);
	if (other)
		wish->addresses[wish->firewall.count++] = kernel_ip(other);
	return &wish->firewall;
}

void firewall_must_add(const char *network, const char *container, const char *one,
		       const char *other, enum cni_firewall_policy policy, const char *bridge)
{
	struct cni_error err;
	struct firewall_wish w;

	if (cni_firewall_add(&nfnl,
			     firewall_wish(&w, network, container, one, other, policy, bridge),
			     &err) < 0)
		fail_msg("%s", err.msg);
}

void firewall_must_del(const char *network, const char *container)
{
	const struct cni_owner of = firewall_owner(network, container);
	struct cni_error err;

	if (cni_firewall_del(&nfnl, &of, &err) < 0)
		fail_msg("%s", err.msg);
}

void firewall_assert_check(const char *container, const char *one, const char *other,
			   enum cni_firewall_policy policy, const char *bridge, const char *message)
{
	struct cni_error err = {.msg = ""};
	struct firewall_wish w;

	assert_int_equal(
		cni_firewall_check(&nfnl,
				   firewall_wish(&w, "blue", container, one, other, policy, bridge),
				   &err),
		message ? -1 : 0);
	if (message) {
		assert_int_equal(err.code, CNI_EMISMATCH);
		assert_string_equal(err.msg, message);
	}
}

void firewall_assert_set(const char *set, const char *expected)
{
	freeing char *text = sandbox_read(
		"nft list %s inet cni_firewall %s | tr '\\n' ' ' | "
		"grep -o 'elements = {[^}]*}' | sed -E 's/elements = \\{ //; s/ \\}//' | "
		"tr ',' '\\n' | sed -E 's/^[ \\t]*//; s/ comment \"([^\"]*)\"/ \\1/; s/\"//g' | "
		"sort | paste -sd,",
		!strcmp(set, "policies") || !strncmp(set, "addresses", 9) ? "map" : "set", set);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

void firewall_assert_no_table(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}
