/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of dhcp: its configuration, and requests to the daemon. */
#ifndef DHCP_PLUGIN_H
#define DHCP_PLUGIN_H

#include "verbs.h"

extern const struct cni_verbs dhcp_plugin;

#endif
