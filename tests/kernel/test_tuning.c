/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls by their path, and a set of them: read, set, restored, compared. */
#include "tuning.h"

#include "bridge.h"
#include "kernel.h"
#include "netns.h"
#include "sysctl_path.h"
#include "test.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cni_error err;
static struct cni_tuning_place place;
static struct cni_nl red; /* rtnetlink in there */

/* The namespace "red" with eth0. */
static int setup(void **state)
{
	if (kernel_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	sandbox_must("ip link add v0 type veth peer name eth0 netns red && ip -n red link set eth0 "
		     "address 02:00:00:00:00:05 && ip netns exec red sysctl -qw "
		     "net.core.somaxconn=4096");
	place = (struct cni_tuning_place){.netns = kernel_open_netns("red"),
					  .nl = &red,
					  .ifname = "eth0",
					  .index = kernel_index_of("red", "eth0")};
	return cni_nl_open(&red, 0, place.netns, &err);
}

static int teardown(void **state)
{
	cni_nl_close(&red);
	close(place.netns);
	return kernel_teardown(state);
}

static void must(int result)
{
	if (result < 0)
		fail_msg("%s", err.msg);
}

/* ---- one sysctl ---- */

static void sysctl__of_a_path_is_read_and_set(void **state)
{
	freeing char *value = NULL;
	freeing char *numbers = NULL;

	(void)state;
	must(cni_sysctl_path_write("net/core/somaxconn", "321", &err));
	sandbox_must("[ $(sysctl -n net.core.somaxconn) = 321 ]");
	must(cni_sysctl_path_read("net/core/somaxconn", &value, &err));
	assert_string_equal(value, "321");
	must(cni_sysctl_path_read("net/ipv4/ping_group_range", &numbers, &err));
	assert_non_null(strchr(numbers, '\t'));
	assert_null(strchr(numbers, '\n'));
}

static void sysctl__of_a_path_says_what_is_wrong(void **state)
{
	static const struct {
		const char *path;
		int code, errnum;
	} cases[] = {
		{"net/core/nothing", CNI_ECONFIG, ENOENT},
		{"net/core/somaxconn/x", CNI_ECONFIG, ENOTDIR},
		{"net/core", CNI_ECONFIG, EISDIR},
		{"kernel/hostname", CNI_ECONFIG, ENOENT},
		{"net/../kernel/hostname", CNI_ECONFIG, ENOENT},
		{"/net/core/somaxconn", CNI_ECONFIG, ENOENT},
		{"net/ipv4/route/flush", CNI_EIO, EACCES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *value;

		assert_int_equal(cni_sysctl_path_read(cases[i].path, &value, &err), -1);
		if (err.code != cases[i].code || err.errnum != cases[i].errnum)
			fail_msg("%s: code %d, errno %d, %s", cases[i].path, err.code, err.errnum,
				 err.msg);
	}
	assert_int_equal(cni_sysctl_path_write("net/core/somaxconn", "many", &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_string_equal(err.msg,
			    "set sysctl 'net/core/somaxconn' to \"many\": Invalid argument");
	assert_int_equal(cni_sysctl_path_write("kernel/hostname", "x", &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

/* ---- all together, in the namespace ---- */

static struct cni_tuning wanted(void)
{
	struct cni_tuning tuning = {.link = {.given = 1U << CNI_LINK_MTU | 1U << CNI_LINK_TXQLEN,
					     .mtu = 1400,
					     .txqlen = 7}};

	cni_tuning_add_sysctl(&tuning, "net/core/somaxconn", "321");
	cni_tuning_add_sysctl(&tuning, "net/ipv4/conf/eth0/arp_filter", "1");
	cni_tuning_add_sysctl(&tuning, "net/ipv4/route/flush", "1");
	return tuning;
}

static void assert_red(int mtu, int txqlen, int somaxconn, int filter)
{
	freeing char *mtu_text = cni_format("%d", mtu);
	freeing char *txqlen_text = cni_format("%d", txqlen);

	assert_shown(mtu_text, "0.mtu", "ip -n red -j link show eth0");
	assert_shown(txqlen_text, "0.txqlen", "ip -n red -j link show eth0");
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = %d ]", somaxconn);
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv4.conf.eth0.arp_filter) = %d ]",
		     filter);
}

static void tuning__is_set_and_restored(void **state)
{
	struct cni_tuning tuning = wanted();
	struct cni_tuning before;
	visiting int home = -1;

	(void)state;
	must(cni_netns_enter(place.netns, &home, &err));
	must(cni_tuning_look(&place, &tuning, &before, &err));
	assert_int_equal(before.link.given, tuning.link.given);
	assert_int_equal(before.link.mtu, 1500);
	assert_string_equal(before.sysctls[0].value, "4096");
	assert_string_equal(before.sysctls[1].value, "0");
	assert_null(before.sysctls[2].value);
	must(cni_tuning_apply(&place, &tuning, &before, &err));
	assert_red(1400, 7, 321, 1);
	must(cni_tuning_check(&place, &tuning, &err));
	must(cni_tuning_restore(&place, &before, &err));
	assert_red(1500, 1000, 4096, 0);
	assert_int_equal(cni_tuning_check(&place, &tuning, &err), -1);
	assert_int_equal(err.code, CNI_EMISMATCH);
	cni_tuning_clear(&before);
	cni_tuning_clear(&tuning);
}

static void tuning__that_fails_is_taken_back(void **state)
{
	struct cni_tuning tuning = wanted();
	struct cni_tuning before;
	visiting int home = -1;

	(void)state;
	must(cni_netns_enter(place.netns, &home, &err));
	tuning.link.mtu = 70000;
	must(cni_tuning_look(&place, &tuning, &before, &err));
	assert_int_equal(cni_tuning_apply(&place, &tuning, &before, &err), -1);
	assert_non_null(strstr(err.msg, "'eth0' in the container: set MTU to 70000"));
	assert_red(1500, 1000, 4096, 0);
	cni_tuning_clear(&before);
	tuning.link.mtu = 1400;
	free(tuning.sysctls[1].value);
	tuning.sysctls[1].value = cni_strdup("many");
	must(cni_tuning_look(&place, &tuning, &before, &err));
	assert_int_equal(cni_tuning_apply(&place, &tuning, &before, &err), -1);
	assert_red(1500, 1000, 4096, 0);
	cni_tuning_clear(&before);
	cni_tuning_clear(&tuning);
}

static void tuning__is_restored_as_far_as_there_is_something(void **state)
{
	struct cni_tuning tuning = wanted();
	struct cni_tuning before;
	visiting int home = -1;

	(void)state;
	must(cni_netns_enter(place.netns, &home, &err));
	must(cni_tuning_look(&place, &tuning, &before, &err));
	must(cni_tuning_apply(&place, &tuning, &before, &err));
	sandbox_must("ip -n red link del eth0");
	must(cni_tuning_restore(&place, &before, &err));
	place.index = 0;
	must(cni_tuning_restore(&place, &before, &err));
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = 4096 ]");
	/* And looking finds that it is gone. */
	assert_int_equal(cni_tuning_check(&place, &tuning, &err), -1);
	assert_int_equal(err.code, CNI_EMISMATCH);
	cni_tuning_clear(&before);
	cni_tuning_clear(&tuning);
}

int main(void)
{
#define tuning_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		tuning_test(sysctl__of_a_path_is_read_and_set),
		tuning_test(sysctl__of_a_path_says_what_is_wrong),
		tuning_test(tuning__is_set_and_restored),
		tuning_test(tuning__that_fails_is_taken_back),
		tuning_test(tuning__is_restored_as_far_as_there_is_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
