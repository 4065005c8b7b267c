/* SPDX-License-Identifier: Apache-2.0 */
#include "forger.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Sequence numbers that a program is likely to have reached. */
#define SEQS 24

struct forger_state {
	atomic_bool is_ready;
	atomic_bool is_wanted;
	atomic_bool is_forging;
	atomic_size_t delivered;
	atomic_size_t refused;
};

/* ---- lies ---- */

/* Adds an answer to question number `seq` at `at`; returns its size. */
typedef size_t lie(char *at, uint32_t seq);

static struct nlmsghdr *begin(char *at, uint16_t type, uint32_t seq)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(at);

	header->nlmsg_type = type;
	header->nlmsg_seq = seq;
	return header;
}

static struct nlmsghdr *begin_link(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, RTM_NEWLINK, seq);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(header, sizeof(*ifi));

	ifi->ifi_index = 2;
	ifi->ifi_flags = 1;
	mnl_attr_put_strz(header, IFLA_IFNAME, "eth0");
	return header;
}

static size_t another_mac(char *at, uint32_t seq)
{
	static const uint8_t mac[] = {2, 0x66, 0x66, 0x66, 0x66, 0x66};
	struct nlmsghdr *header = begin_link(at, seq);

	mnl_attr_put(header, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(header, IFLA_MTU, 666);
	mnl_attr_put_u8(header, IFLA_OPERSTATE, 6);
	return header->nlmsg_len;
}

static size_t refusal(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, NLMSG_ERROR, seq);
	struct nlmsgerr *report = mnl_nlmsg_put_extra_header(header, sizeof(*report));

	report->error = -EPERM;
	return header->nlmsg_len;
}

/* The kernel's words are behind a question of 3 GiB, which is not there. */
static size_t far_words(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, NLMSG_ERROR, seq);
	struct nlmsgerr *report = mnl_nlmsg_put_extra_header(header, sizeof(*report));

	header->nlmsg_flags = NLM_F_ACK_TLVS;
	report->error = -EPERM;
	report->msg.nlmsg_len = 3U << 30;
	return header->nlmsg_len;
}

static size_t success(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, NLMSG_ERROR, seq);

	mnl_nlmsg_put_extra_header(header, sizeof(struct nlmsgerr));
	return header->nlmsg_len;
}

static size_t end_of_list(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, NLMSG_DONE, seq);

	mnl_nlmsg_put_extra_header(header, sizeof(int));
	return header->nlmsg_len;
}

/* Numbers and texts of one byte, the last of them at the very end. */
static size_t short_attributes(char *at, uint32_t seq)
{
	static const uint16_t types[] = {IFLA_MTU,     IFLA_LINK,    IFLA_LINK_NETNSID,
					 IFLA_MASTER,  IFLA_TXQLEN,  IFLA_ADDRESS,
					 IFLA_IFALIAS, IFLA_LINKINFO};
	struct nlmsghdr *header = begin_link(at, seq);

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		mnl_attr_put(header, types[i], 1, "x");
	return header->nlmsg_len;
}

static size_t long_attribute(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin_link(at, seq);
	struct nlattr *last = mnl_nlmsg_get_payload_tail(header);

	mnl_attr_put_u32(header, IFLA_MTU, 666);
	last->nla_len = UINT16_MAX;
	return header->nlmsg_len;
}

static size_t no_payload(char *at, uint32_t seq)
{
	return begin(at, RTM_NEWLINK, seq)->nlmsg_len;
}

static size_t qdisc(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, RTM_NEWQDISC, seq);

	mnl_nlmsg_put_extra_header(header, sizeof(struct tcmsg));
	mnl_attr_put(header, TCA_KIND, 3, "tbf");
	mnl_attr_put(header, TCA_OPTIONS, 1, "x");
	return header->nlmsg_len;
}

static size_t address(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, RTM_NEWADDR, seq);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(header, sizeof(*ifa));

	header->nlmsg_flags = NLM_F_MULTI;
	*ifa = (struct ifaddrmsg){AF_INET, 24, 0, 0, 2};
	mnl_attr_put_u32(header, IFA_LOCAL, 0x66666666);
	return header->nlmsg_len;
}

static size_t generation(char *at, uint32_t seq)
{
	struct nlmsghdr *header = begin(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN, seq);

	mnl_nlmsg_put_extra_header(header, sizeof(struct nfgenmsg));
	mnl_attr_put(header, NFTA_GEN_ID, 1, "x");
	return header->nlmsg_len;
}

static lie *const lies[] = {another_mac, refusal,	   far_words,	   success,
			    end_of_list, short_attributes, long_attribute, no_payload,
			    qdisc,	 address,	   generation};

/* ---- telling them ---- */

static void send_to(struct forger_state *state, int fd, const struct sockaddr_nl *to,
		    const char *text, size_t size)
{
	if (sendto(fd, text, size, MSG_DONTWAIT, (const void *)to, sizeof(*to)) >= 0)
		state->delivered++;
	else
		state->refused++;
}

/* All sequence numbers in one datagram, so that one of them is right. */
static void lie_to(struct forger_state *state, int fd, const struct sockaddr_nl *to)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		char text[SEQS * 128];
		size_t size = 0;

		for (uint32_t seq = 1; seq <= SEQS; seq++)
			size += (lies[i](text + size, seq) + 3) & ~(size_t)3;
		send_to(state, fd, to, text, size);
	}
}

/* Each line begins with an address, the protocol and the port (netlink_native_seq_show() in the
 * kernel's net/netlink/af_netlink.c). */
static void lie_to_all(struct forger_state *state, int fd, int protocol, uint32_t own)
{
	FILE *file = fopen("/proc/self/net/netlink", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		struct sockaddr_nl to = {.nl_family = AF_NETLINK};
		unsigned int port;
		int found;

		if (sscanf(line, "%*s %d %u", &found, &port) != 2 || found != protocol || !port ||
		    port == own)
			continue;
		to.nl_pid = port;
		lie_to(state, fd, &to);
	}
	if (file)
		fclose(file);
}

static void announce(int fd, uint32_t group)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = 1U << (group - 1)};
	char text[256];

	sendto(fd, text, another_mac(text, 0), MSG_DONTWAIT, (const void *)&to, sizeof(to));
}

static int open_socket(int protocol, uint32_t *ret_port)
{
	struct sockaddr_nl own = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(own);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 || bind(fd, (const void *)&own, sizeof(own)) < 0 ||
	    getsockname(fd, (void *)&own, &size) < 0)
		_exit(1);
	*ret_port = own.nl_pid;
	return fd;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(1);
	close(fd);
}

_Noreturn static void forge(struct forger_state *state)
{
	uint32_t port[2];
	int fd[2];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		_exit(1);
	/* New credentials clear it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/gid_map", "0 0 1");
	fd[0] = open_socket(NETLINK_ROUTE, &port[0]);
	fd[1] = open_socket(NETLINK_NETFILTER, &port[1]);
	state->is_ready = true;
	for (;;) {
		state->is_forging = state->is_wanted;
		if (!state->is_forging) {
			sched_yield();
			continue;
		}
		lie_to_all(state, fd[0], NETLINK_ROUTE, port[0]);
		lie_to_all(state, fd[1], NETLINK_NETFILTER, port[1]);
		announce(fd[0], RTNLGRP_LINK);
		announce(fd[0], RTNLGRP_IPV6_IFADDR);
	}
}

/* ---- the test's side ---- */

void forger_open(struct forger *forger)
{
	*forger =
		(struct forger){.state = mmap(NULL, sizeof(*forger->state), PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
	assert_true(forger->state != MAP_FAILED);
	fflush(stdout);
	forger->pid = fork();
	assert_true(forger->pid >= 0);
	if (forger->pid == 0)
		forge(forger->state);
	while (!forger->state->is_ready) {
		assert_int_equal(waitpid(forger->pid, NULL, WNOHANG), 0);
		sched_yield();
	}
	snprintf(forger->netns, sizeof(forger->netns), "/proc/%d/ns/net", forger->pid);
}

void forger_close(struct forger *forger)
{
	if (forger->pid <= 0)
		return;
	kill(forger->pid, SIGKILL);
	waitpid(forger->pid, NULL, 0);
	munmap(forger->state, sizeof(*forger->state));
	*forger = (struct forger){.pid = 0};
}

static void set_wanted(struct forger *forger, bool wanted)
{
	forger->state->is_wanted = wanted;
	while (forger->state->is_forging != wanted)
		sched_yield();
}

void forger_start(struct forger *forger)
{
	set_wanted(forger, true);
}

void forger_stop(struct forger *forger)
{
	set_wanted(forger, false);
}

size_t forger_delivered(const struct forger *forger)
{
	return forger->state->delivered;
}

size_t forger_refused(const struct forger *forger)
{
	return forger->state->refused;
}

bool forger_has_reached(const struct forger *forger)
{
	return forger_refused(forger) > 0;
}
