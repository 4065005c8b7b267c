/* SPDX-License-Identifier: Apache-2.0 */
#include "announce.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* RFC 4861, section 7.1.2: a router has not forwarded it. */
#define HOPS 255

int cni_announce_open(void)
{
	return socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
}

struct advertisement {
	struct nd_neighbor_advert header;
	struct nd_opt_hdr option;
	uint8_t mac[CNI_MAC_SIZE];
};

static void put_control(struct msghdr *message, int type, const void *data, size_t size)
{
	struct cmsghdr *control = (void *)((char *)message->msg_control + message->msg_controllen);

	*control = (struct cmsghdr){.cmsg_level = IPPROTO_IPV6, .cmsg_type = type};
	/* Their types are glibc's size_t and musl's socklen_t. */
	control->cmsg_len = (socklen_t)CMSG_LEN(size);
	memcpy(CMSG_DATA(control), data, size);
	message->msg_controllen += (socklen_t)CMSG_SPACE(size);
}

int cni_announce_send(int fd, int index, const struct cni_ip *ip, const uint8_t mac[CNI_MAC_SIZE],
		      struct cni_error *err)
{
	static const struct in6_addr all_nodes = {.s6_addr = {0xff, 0x02, [15] = 1}};
	struct advertisement advertisement = {
		.header = {.nd_na_type = ND_NEIGHBOR_ADVERT,
			   .nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE},
		.option = {.nd_opt_type = ND_OPT_TARGET_LINKADDR, .nd_opt_len = 1},
	};
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6, .sin6_addr = all_nodes, .sin6_scope_id = (uint32_t)index};
	struct in6_pktinfo from = {.ipi6_ifindex = (unsigned int)index};
	_Alignas(
		struct cmsghdr) char control[CMSG_SPACE(sizeof(from)) + CMSG_SPACE(sizeof(int))] = {
		0};
	struct iovec content = {.iov_base = &advertisement, .iov_len = sizeof(advertisement)};
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = sizeof(to),
				 .msg_iov = &content,
				 .msg_iovlen = 1,
				 .msg_control = control};
	char text[CNI_IP_TEXT_SIZE];
	int hops = HOPS;

	memcpy(&from.ipi6_addr, ip->bytes, sizeof(from.ipi6_addr));
	memcpy(&advertisement.header.nd_na_target, ip->bytes, sizeof(from.ipi6_addr));
	memcpy(advertisement.mac, mac, CNI_MAC_SIZE);
	put_control(&message, IPV6_PKTINFO, &from, sizeof(from));
	put_control(&message, IPV6_HOPLIMIT, &hops, sizeof(hops));
	if (sendmsg(fd, &message, 0) >= 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "announce %s", cni_ip_format(ip, text));
}
