/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `dhcp daemon`, which are the Go daemon's. */
#ifndef DHCP_FLAGS_H
#define DHCP_FLAGS_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

#define DHCP_SOCKET "/run/cni/dhcp.sock"

struct dhcp_flags {
	const char *pidfile;	 /* "": none */
	const char *host_prefix; /* before the paths of the socket and of namespaces */
	const char *socket;
	bool broadcast;
	uint32_t timeout; /* milliseconds, as the next two */
	uint32_t resend_max;
	uint32_t resend_timeout;
};

/* "-name value", "-name=value", also with two dashes; durations as in Go: "10s", "1m30s", "1.5h". Fails with
 * CNI_ECONFIG. */
int dhcp_flags_read(const char *const *arguments, struct dhcp_flags *ret_flags,
		    struct cni_error *err);

/* A duration in milliseconds, at least one and at most a day. False if it is none. */
bool dhcp_duration_parse(const char *text, uint32_t *ret_milliseconds);

#endif
