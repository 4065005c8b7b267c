/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK of a kind's values, beside kernels that lack an attribute. */
#include "error.h"
#include "fake_kernel.h"
#include "link_kind.h"
#include "nl.h"
#include "test.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct cni_nl nl;

static int setup(void **state)
{
	struct cni_error err;

	(void)state;
	return cni_nl_open(&nl, NETLINK_ROUTE, -1, &err);
}

static int teardown(void **state)
{
	(void)state;
	fake_kernel_end();
	cni_nl_close(&nl);
	return 0;
}

/* Writes the answer of one link into `script`; 0: the attribute is not shown. */
static size_t write_macvlan(uint8_t *script, uint32_t mode, uint32_t length)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_NEWLINK, 0, sizeof(*ifi));
	uint16_t size;

	ifi->ifi_index = 7;
	CNI_NL_NEST (&m, IFLA_LINKINFO) {
		cni_nl_put_string(&m, IFLA_INFO_KIND, "macvlan");
		CNI_NL_NEST (&m, IFLA_INFO_DATA) {
			if (mode)
				cni_nl_put_u32(&m, IFLA_MACVLAN_MODE, mode);
			if (length)
				cni_nl_put_u32(&m, IFLA_MACVLAN_BC_QUEUE_LEN, length);
		}
	}
	m.header->nlmsg_flags = 0;
	m.header->nlmsg_seq = 1;
	size = (uint16_t)m.header->nlmsg_len;
	memcpy(script, &(uint8_t[]){(uint8_t)size, (uint8_t)(size >> 8)}, 2);
	memcpy(script + 2, m.header, size);
	return size + 2U;
}

/* A kernel before 5.11 shows no queue length, and every kernel a mode. */
static void link_values__what_the_kernel_is_too_old_for_is_no_mismatch(void **state)
{
	static const struct {
		uint32_t mode, length;
		bool matches;
	} cases[] = {{4, 0, true}, {4, 77, true}, {4, 1000, false}, {0, 77, false}, {8, 0, false}};
	const struct cni_link_values wanted = {.given = 3, .values = {4, 77}};
	const struct cni_link link = {.index = 7, .name = "eth0"};
	uint8_t script[1024];
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fake_kernel_answer(script, write_macvlan(script, cases[i].mode, cases[i].length));
		assert_int_equal(cni_link_check_values(&nl, &link, &cni_link_macvlan, &wanted,
						       &err),
				 cases[i].matches ? 0 : -1);
		assert_true(cases[i].matches || err.code == CNI_EMISMATCH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			link_values__what_the_kernel_is_too_old_for_is_no_mismatch, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
