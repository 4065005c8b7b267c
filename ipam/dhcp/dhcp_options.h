/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of DHCPv4's options and their names in dhcp-options(5), and the options that the configuration's
 * `provide` and `request` choose. */
#ifndef DHCP_OPTIONS_H
#define DHCP_OPTIONS_H

#include "decode.h"
#include "dhcp_packet.h"
#include "error.h"

#include <cjson/cJSON.h>

/* RFC 2132, and where another one is named. */
enum {
	DHCP_OPTION_PAD = 0,
	DHCP_OPTION_MASK = 1,
	DHCP_OPTION_ROUTERS = 3,
	DHCP_OPTION_NAMESERVERS = 6,
	DHCP_OPTION_DOMAIN = 15,
	DHCP_OPTION_MTU = 26,
	DHCP_OPTION_STATIC_ROUTES = 33,
	DHCP_OPTION_REQUESTED_ADDRESS = 50,
	DHCP_OPTION_LEASE_TIME = 51,
	DHCP_OPTION_OVERLOAD = 52,
	DHCP_OPTION_MESSAGE_TYPE = 53,
	DHCP_OPTION_SERVER = 54,
	DHCP_OPTION_REQUEST_LIST = 55,
	DHCP_OPTION_MESSAGE = 56,
	DHCP_OPTION_MESSAGE_SIZE = 57,
	DHCP_OPTION_RENEWAL_TIME = 58,
	DHCP_OPTION_REBINDING_TIME = 59,
	DHCP_OPTION_CLIENT_ID = 61,
	DHCP_OPTION_SEARCH = 119,	    /* RFC 3397 */
	DHCP_OPTION_CLASSLESS_ROUTES = 121, /* RFC 3442 */
	DHCP_OPTION_MICROSOFT_ROUTES = 249, /* the same under another code, [MS-DHCPE] 2.2.8 */
	DHCP_OPTION_END = 255,
};

/* The code of an option by its name in dhcp-options(5) ("host-name") or its number ("12"); 0 if there is none. */
uint8_t dhcp_option_code(const char *name);

/* The keys of an item of `provide`, and of `request`. */
extern const struct cni_field dhcp_provide_fields[];
extern const struct cni_field dhcp_request_fields[];

/* Puts what the lists of the configuration choose (NULL: none) into `options`: values of `provide`, from CNI_ARGS
 * too, and the list of requested codes. Fails with CNI_ECONFIG, naming key and value. */
int dhcp_options_of_conf(const cJSON *provide, const cJSON *request, const char *arguments,
			 struct dhcp_options *options, struct cni_error *err);

/* Puts the list of requested codes alone. `as_go`: the Go plugin's, whose default ones are 3 and 1. Fails
 * likewise. */
int dhcp_options_put_requested(const cJSON *request, bool as_go, struct dhcp_options *options,
			       struct cni_error *err);

/* Puts the client identifier (RFC 2132, section 9.14, type 0) of an attachment, as the Go plugin makes it: the three
 * names, cut to 254 bytes. */
void dhcp_options_put_client_id(struct dhcp_options *options, const char *container,
				const char *network, const char *ifname);

#endif
