/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of the daemon's socket. */
#ifndef DHCP_ASKER_H
#define DHCP_ASKER_H

#include "dhcp_wire.h"
#include "error.h"

/* Sends the request with `body` (NULL: none) to the daemon on `socket` and returns the body of its answer, which the
 * caller frees. Fails with the daemon's own code; with CNI_EMISSING, errnum ECONNREFUSED, if no daemon
 * listens; with CNI_EMISSING if it is the Go plugin's; with CNI_EAGAIN if it ends or does not answer in
 * `milliseconds`. */
int dhcp_ask(const char *socket, const struct dhcp_request *request, const char *body,
	     unsigned int milliseconds, char **ret_body, struct cni_error *err);

#endif
