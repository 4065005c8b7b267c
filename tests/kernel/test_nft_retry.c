/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction that another one has overtaken is made again. */
#include "bridge.h"
#include "kernel.h"
#include "nft.h"
#include "test.h"

#include <errno.h>

struct attempts {
	int refused; /* left to be */
	int made;
	uint32_t last;
};

static int attempt(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	struct attempts *attempts = data;

	(void)nl;
	attempts->made++;
	attempts->last = generation;
	if (attempts->refused-- > 0)
		return cni_fail_errno(err, CNI_EKERNEL, ERESTART, "refused");
	return attempts->refused < -1 ? cni_fail(err, CNI_EIO, "no") : 0;
}

static void nft__tries_again_only_what_was_overtaken(void **state)
{
	struct attempts attempts = {.refused = 3};
	struct attempts failing = {.refused = -1};
	struct cni_error err;
	uint32_t generation;

	(void)state;
	assert_int_equal(cni_nft_retry(&nfnl, attempt, &attempts, &err), 0);
	assert_int_equal(attempts.made, 4);
	assert_int_equal(cni_nft_generation(&nfnl, &generation, &err), 0);
	assert_int_equal(attempts.last, generation);
	assert_int_equal(cni_nft_retry(&nfnl, attempt, &failing, &err), -1);
	assert_int_equal(failing.made, 1);
	assert_string_equal(err.msg, "no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(nft__tries_again_only_what_was_overtaken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
