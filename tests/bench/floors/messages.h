/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of the floor's programs. A failure ends the program. */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* In a fresh namespace 1 is the loopback device, and 2 is free: asked for, it need not be looked
 * up. */
#define CONTAINER_INDEX 2

/* Says what errno means. */
_Noreturn void message_die(const char *what);

struct mnl_socket *message_socket(void);
int message_open_netns(const char *path);
void message_enter(int netns);

struct nlmsghdr *message_begin(char *buffer, uint16_t type, uint16_t flags);
void message_transact(struct mnl_socket *nl, struct nlmsghdr *message, const char *what);

void message_add_address(struct mnl_socket *nl, unsigned int index, const char *address,
			 unsigned int prefix, uint32_t flags);
void message_set_up(struct mnl_socket *nl, unsigned int index);

struct message_route {
	const char *dst; /* NULL: the default route of IPv4 */
	unsigned int prefix;
	const char *gateway; /* NULL: scope link */
	const char *src;     /* or NULL */
	unsigned int index;
	unsigned int table;  /* 0: main */
	unsigned int metric; /* 0: the kernel's own */
};

/* RTM_NEWROUTE or RTM_DELROUTE. */
void message_route(struct mnl_socket *nl, uint16_t type, const struct message_route *route);

#endif
