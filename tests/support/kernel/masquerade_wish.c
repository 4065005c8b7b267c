/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_wish.h"

#include "cleanup.h"
#include "kernel.h"
#include "masquerade.h"
#include "sandbox.h"
#include "test.h"

struct cni_owner masquerade_owner(const char *network, const char *container)
{
	return cni_owner_make(network, container, "eth0");
}

void masquerade_must_del(const char *network, const char *container)
{
	const struct cni_owner of = masquerade_owner(network, container);
	struct cni_error err;

	if (cni_owned_del(&nfnl, &cni_masquerade_table, &of, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

void masquerade_assert_no_table(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}
