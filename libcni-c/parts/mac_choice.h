/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC address that is asked for, of all the places where one can be asked for. */
#ifndef CNI_MAC_CHOICE_H
#define CNI_MAC_CHOICE_H

#include "args.h"
#include "decls.h"
#include "error.h"
#include "ip.h"
#include "verbs.h"

CNI_BEGIN_DECLS

/* MAC of CNI_ARGS, for DESCRIBE. */
extern const struct cni_argument cni_mac_arguments[];

/* Writes the MAC of the first of these that is neither NULL nor "": `of_runtime` (runtimeConfig.mac, of the
 * capability "mac"), `of_args` (args.cni.mac), MAC in CNI_ARGS, `of_conf` (a key of the plugin's own). Writes
 * "" if none is given. Fails with CNI_ECONFIG if CNI_ARGS cannot be read, if the text is no MAC, and for a
 * multicast or an all-zero MAC. */
int cni_choose_mac(const struct cni_call *call, const char *of_runtime, const char *of_args,
		   const char *of_conf, char ret_mac[CNI_MAC_TEXT_SIZE], struct cni_error *err);

CNI_END_DECLS

#endif
