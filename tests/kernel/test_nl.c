/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink sockets: dumps, errors, and size limits. */
#include "nl.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "link.h"
#include "mem.h"
#include "nft.h"
#include "process.h"
#include "test.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define PAIRS 500

/* Each has a long alias, so that a dump of them takes many reads. */
static void add_pairs(void)
{
	sandbox_must("for i in $(seq %d); do echo link add va$i type veth peer name vb$i; "
		     "echo link set va$i alias $(printf %%0200d $i); done | ip -batch -",
		     PAIRS);
}

static int count_link(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)message;
	(void)err;
	++*(int *)data;
	return 0;
}

static void begin_dump(struct cni_nl_message *m)
{
	cni_nl_init(m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
}

static void nl__dumps_a_thousand_links(void **state)
{
	struct cni_nl_message m;
	struct cni_error err;
	int count = 0;

	(void)state;
	add_pairs();
	begin_dump(&m);
	assert_int_equal(cni_nl_dump(&rtnl, &m, count_link, NULL, &count, &err), 0);
	assert_int_equal(count, 2 * PAIRS + 1);
}

static int fail_at_once(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)message;
	++*(int *)data;
	return cni_fail(err, CNI_EIO, "enough");
}

/* The rest of the first answer must not be taken for the second one. */
static void nl__reads_on_after_a_failing_callback(void **state)
{
	struct cni_nl_message m;
	struct cni_link link;
	struct cni_error err;
	int count = 0;

	(void)state;
	add_pairs();
	begin_dump(&m);
	assert_int_equal(cni_nl_dump(&rtnl, &m, fail_at_once, NULL, &count, &err), -1);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(count, 1);
	assert_int_equal(cni_link_get(&rtnl, "vb7", &link, &err), 0);
	assert_string_equal(link.name, "vb7");
}

struct interfering {
	int times; /* left to do */
	int links;
	int restarts;
	int made;
};

static int interfere(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	struct interfering *interfering = data;

	(void)message;
	(void)err;
	if (interfering->links++ == 0 && interfering->times > 0) {
		interfering->times--;
		sandbox_must("ip link add late%d type veth peer name later%d", interfering->made,
			     interfering->made);
		interfering->made++;
	}
	return 0;
}

static void restart(void *data)
{
	struct interfering *interfering = data;

	interfering->links = 0;
	interfering->restarts++;
}

static void nl__dumps_again_what_changed_meanwhile(void **state)
{
	struct interfering interfering = {.times = 1};
	struct cni_nl_message m;
	struct cni_error err;

	(void)state;
	add_pairs();
	begin_dump(&m);
	assert_int_equal(cni_nl_dump(&rtnl, &m, interfere, restart, &interfering, &err), 0);
	assert_int_equal(interfering.restarts, 1);
	assert_int_equal(interfering.links, 2 * PAIRS + 3);
}

static void nl__gives_up_on_what_never_stands_still(void **state)
{
	struct interfering interfering = {.times = 1000};
	struct cni_nl_message m;
	struct cni_error err;

	(void)state;
	add_pairs();
	begin_dump(&m);
	assert_int_equal(cni_nl_dump(&rtnl, &m, interfere, restart, &interfering, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, EAGAIN);
	assert_string_equal(err.msg, "the kernel's list changed during each of 16 readings");
	assert_int_equal(interfering.restarts, 15);
}

static void nl__passes_on_the_kernels_own_words(void **state)
{
	struct cni_link_change change = {.mtu = 100000};
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add va type veth peer name vb");
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), &change, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, EINVAL);
	assert_non_null(strstr(err.msg, "Invalid argument (mtu greater than device maximum)"));
}

static void nl__reads_one_answer_and_no_more(void **state)
{
	struct cni_link link;
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add va type veth peer name vb");
	assert_int_equal(cni_link_get(&rtnl, "va", &link, &err), 0);
	assert_string_equal(link.name, "va");
	kernel_assert_no_answer_left(&rtnl);
	assert_int_equal(cni_link_get(&rtnl, "none", &link, &err), -1);
	assert_int_equal(err.errnum, ENODEV);
	kernel_assert_no_answer_left(&rtnl);
	assert_int_equal(cni_link_get(&rtnl, "vb", &link, &err), 0);
	assert_string_equal(link.name, "vb");
}

static void nl__does_not_send_what_does_not_fit(void **state)
{
	const char big[CNI_NL_MESSAGE_SIZE] = "";
	struct cni_nl_message m;
	struct cni_error err;

	(void)state;
	begin_dump(&m);
	cni_nl_put(&m, IFLA_IFALIAS, big, sizeof(big));
	assert_int_equal(cni_nl_transact(&rtnl, &m, NULL, NULL, &err), -1);
	assert_string_equal(err.msg, "a netlink message would pass 4096 bytes");
	begin_dump(&m);
	cni_nl_put(&m, IFLA_IFALIAS, big, 3000);
	CNI_NL_NEST (&m, IFLA_LINKINFO) {
		cni_nl_put(&m, IFLA_IFALIAS, big, 1030);
		CNI_NL_NEST (&m, IFLA_INFO_DATA) {
			CNI_NL_NEST (&m, IFLA_INFO_DATA) {
				CNI_NL_NEST (&m, IFLA_INFO_DATA) {
					cni_nl_put_header(&m, 200);
				}
			}
		}
	}
	assert_true(m.overflowed);
	assert_int_equal(cni_nl_transact(&rtnl, &m, NULL, NULL, &err), -1);
	/* And the next one is as good as new. */
	begin_dump(&m);
	assert_false(m.overflowed);
}

static void nl__socket_stays_where_it_was_opened(void **state)
{
	closing_nl struct cni_nl inside = {0};
	struct cni_link link;
	struct cni_error err;
	closing int netns = -1;

	(void)state;
	sandbox_add_netns("red");
	sandbox_must("ip -n red link add only-inside type veth peer name other");
	netns = kernel_open_netns("red");
	assert_int_equal(cni_nl_open(&inside, NETLINK_ROUTE, netns, &err), 0);
	assert_int_equal(cni_link_get(&inside, "only-inside", &link, &err), 0);
	assert_int_equal(cni_link_get(&rtnl, "only-inside", &link, &err), -1);
	assert_int_equal(err.errnum, ENODEV);
	/* We are still at home: what ip(8) sees, being our child. */
	assert_int_not_equal(sandbox_run("ip link show only-inside 2>/dev/null"), 0);
	sandbox_del_netns("red");
}

/* A change without NLM_F_ACK has no answer, as if the kernel had had no memory for it. */
static void nl__gives_up_when_no_answer_comes(void **state)
{
	struct cni_nl_message m;
	struct cni_link link;
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add va type veth peer name vb");
	((struct ifinfomsg *)cni_nl_init(&m, RTM_NEWLINK, 0, sizeof(struct ifinfomsg)))->ifi_index =
		kernel_index_of(NULL, "va");
	assert_int_equal(cni_nl_get(&rtnl, &m, NULL, NULL, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_string_equal(err.msg, "the kernel has not answered");
	/* The socket can be used again. */
	assert_int_equal(cni_link_get(&rtnl, "vb", &link, &err), 0);
	assert_string_equal(link.name, "vb");
}

static void nl__begins_with_a_random_number(void **state)
{
	uint32_t first[4];
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		closing_nl struct cni_nl nl = {0};

		assert_int_equal(cni_nl_open(&nl, NETLINK_ROUTE, -1, &err), 0);
		first[i] = nl.seq;
	}
	assert_false(first[0] == first[1] && first[1] == first[2] && first[2] == first[3]);
}

static void nl__counts_on_past_the_last_number(void **state)
{
	static const struct cni_nft_table table = {NFPROTO_INET, "mine"};
	struct cni_link link;
	struct cni_error err;

	(void)state;
	rtnl.seq = UINT32_MAX - 1;
	for (int i = 0; i < 4; i++)
		assert_int_equal(cni_link_get(&rtnl, "lo", &link, &err), 0);
	for (uint32_t i = 0; i < 5; i++) {
		freeing_tx struct cni_nft_tx *tx = NULL;

		nfnl.seq = UINT32_MAX - i;
		tx = cni_nft_tx_new(&nfnl, 0);
		cni_nft_add_table(tx, &table);
		assert_int_equal(cni_nft_commit(tx, &err), 0);
	}
}

/* ---- waiting ---- */

static int is_there(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	struct cni_link link;
	int *looks = data;

	++*looks;
	*ret_done = cni_link_get(nl, "awaited", &link, err) == 0;
	return 0;
}

static int refuse(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	(void)nl;
	(void)data;
	(void)ret_done;
	return cni_fail(err, CNI_EIO, "cannot look");
}

static long milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void nl__waits_for_an_announcement(void **state)
{
	struct cni_error err;
	int looks = 0;
	pid_t pid;

	(void)state;
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		process_await_sleep(getppid());
		_exit(sandbox_run("ip link add awaited type veth peer name other") == 0);
	}
	assert_int_equal(cni_nl_wait(&rtnl, NULL, RTNLGRP_LINK, 60000, is_there, &looks, &err), 0);
	/* Looking was worth it only when something had happened. */
	assert_in_range(looks, 2, 12);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	looks = 0;
	assert_int_equal(cni_nl_wait(&rtnl, NULL, RTNLGRP_LINK, 0, is_there, &looks, &err), 0);
	assert_int_equal(looks, 1);
}

static void nl__does_not_wait_for_ever(void **state)
{
	struct timespec start;
	struct cni_error err;
	int looks = 0;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(cni_nl_wait(&rtnl, NULL, RTNLGRP_LINK, 100, is_there, &looks, &err), -1);
	assert_in_range(milliseconds_since(&start), 99, 5000);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_string_equal(err.msg, "not done after 100 ms");
	assert_int_equal(cni_nl_wait(&rtnl, NULL, RTNLGRP_LINK, 100, refuse, NULL, &err), -1);
	assert_string_equal(err.msg, "cannot look");
}

static void nl__reads_the_error_at_the_end_of_a_dump(void **state)
{
	struct {
		struct nlmsghdr header;
		int number;
	} done = {{.nlmsg_len = sizeof(done), .nlmsg_type = NLMSG_DONE}, -EINTR};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_nl_read_error(&done.header, &err), -1);
	assert_int_equal(err.errnum, EINTR);
	assert_string_equal(err.msg, "Interrupted system call");
	done.number = 0;
	assert_int_equal(cni_nl_read_error(&done.header, &err), 0);
	done.header.nlmsg_len = sizeof(done.header);
	assert_int_equal(cni_nl_read_error(&done.header, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(nl__dumps_a_thousand_links),
		kernel_test(nl__reads_on_after_a_failing_callback),
		kernel_test(nl__dumps_again_what_changed_meanwhile),
		kernel_test(nl__gives_up_on_what_never_stands_still),
		kernel_test(nl__passes_on_the_kernels_own_words),
		kernel_test(nl__reads_one_answer_and_no_more),
		kernel_test(nl__does_not_send_what_does_not_fit),
		kernel_test(nl__socket_stays_where_it_was_opened),
		kernel_test(nl__gives_up_when_no_answer_comes),
		kernel_test(nl__begins_with_a_random_number),
		kernel_test(nl__counts_on_past_the_last_number),
		kernel_test(nl__waits_for_an_announcement),
		kernel_test(nl__does_not_wait_for_ever),
		kernel_test(nl__reads_the_error_at_the_end_of_a_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
