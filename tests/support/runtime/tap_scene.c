/* SPDX-License-Identifier: Apache-2.0 */
#include "tap_scene.h"

#include "cleanup.h"
#include "ip.h"
#include "json_text.h"
#include "mem.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#define FRAME_MS 5000

int tap_setup(void **state)
{
	return bridge_setup(state);
}

bool tap_is_possible(void)
{
	closing int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	return tun >= 0;
}

/* ---- the plugin ---- */

char *tap_config(const char *version, const char *more)
{
	freeing char *text = cni_format("{'cniVersion':'%s','name':'blue','type':'tap'%s%s}",
					version, *more ? "," : "", more);

	return json_text(text);
}

struct plugin_call tap_call(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_call call = pod_call(pod, command, config);

	call.plugin = TAP;
	return call;
}

void tap_add(struct pod *pod, const char *config)
{
	struct plugin_call call = tap_call(pod, "ADD", config);
	struct plugin_answer answer = plugin_run(&call);

	pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

void tap_add_fails(const struct pod *pod, const char *config, int code, const char *text)
{
	struct plugin_call call = tap_call(pod, "ADD", config);

	plugin_fails(&call, code, text);
}

void tap_check(const struct pod *pod, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = tap_call(pod, "CHECK", with);

	plugin_succeeds(&call);
}

void tap_check_fails(const struct pod *pod, const char *config, const char *text)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = tap_call(pod, "CHECK", with);

	plugin_fails(&call, CNI_EMISMATCH, text);
}

void tap_del(struct pod *pod, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = tap_call(pod, "DEL", with);

	plugin_succeeds(&call);
	cJSON_Delete(pod->result);
	pod->result = NULL;
}

/* ---- the virtual machine ---- */

static int open_in(const char *netns)
{
	closing int there = -1;
	visiting int home = -1;
	struct cni_error err;

	if (cni_netns_open(netns, &there, &err) < 0 || cni_netns_enter(there, &home, &err) < 0)
		fail_msg("%s", err.msg);
	return open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

/* The effective user and group decide, and with them go the capabilities. */
int tap_attach(const struct pod *pod, uid_t user, gid_t group, bool multi_queue)
{
	closing int tap = open_in(pod->netns);
	struct ifreq request = {.ifr_name = "eth0"};
	int failed = 0;

	assert_true(tap >= 0);
	request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (multi_queue ? IFF_MULTI_QUEUE : 0));
	assert_int_equal(setegid(group), 0);
	assert_int_equal(seteuid(user), 0);
	if (ioctl(tap, TUNSETIFF, &request) < 0)
		failed = errno;
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	return failed ? -failed : take_fd(&tap);
}

static bool is_about(const struct tap_frame *frame, uint16_t ether_type, in_addr_t address)
{
	const struct ether_header *head = (const void *)frame->bytes;
	size_t at =
		sizeof(*head) + (ether_type == ETHERTYPE_ARP ? offsetof(struct ether_arp, arp_tpa)
							     : offsetof(struct iphdr, daddr));

	return frame->size >= at + sizeof(address) && ntohs(head->ether_type) == ether_type &&
	       !memcmp(frame->bytes + at, &address, sizeof(address));
}

bool tap_read(int tap, uint16_t ether_type, const char *address, struct tap_frame *ret_frame)
{
	struct pollfd wait = {.fd = tap, .events = POLLIN};

	while (poll(&wait, 1, FRAME_MS) > 0) {
		ssize_t size = read(tap, ret_frame->bytes, sizeof(ret_frame->bytes));

		ret_frame->size = size > 0 ? (size_t)size : 0;
		if (is_about(ret_frame, ether_type, inet_addr(address)))
			return true;
	}
	return false;
}

void tap_answer_arp(int tap, const struct tap_frame *request, const char *mac)
{
	struct tap_frame reply = *request;
	struct ether_header *head = (void *)reply.bytes;
	struct ether_arp *arp = (void *)(head + 1);
	uint8_t asked[4];

	memcpy(asked, arp->arp_tpa, sizeof(asked));
	memcpy(head->ether_dhost, arp->arp_sha, CNI_MAC_SIZE);
	memcpy(arp->arp_tha, arp->arp_sha, CNI_MAC_SIZE);
	memcpy(arp->arp_tpa, arp->arp_spa, sizeof(asked));
	memcpy(arp->arp_spa, asked, sizeof(asked));
	assert_int_equal(cni_mac_parse(mac, arp->arp_sha), 0);
	memcpy(head->ether_shost, arp->arp_sha, CNI_MAC_SIZE);
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	assert_int_equal(write(tap, reply.bytes, reply.size), reply.size);
}
