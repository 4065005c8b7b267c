/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a node for all plugins: /etc/cni/cni-c.conf, and variables of the environment, which take precedence:
 *
 *	# comment
 *	counters = yes		CNI_C_COUNTERS
 *	log = /var/log/cni.log	CNI_C_LOG
 *
 * Both are off by default. Without the file, reading costs one system call; with both variables, none. A line that is not understood is ignored:
 * no setting makes a call fail. */
#ifndef CNI_SETTINGS_H
#define CNI_SETTINGS_H

#include "decls.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

#define CNI_SETTINGS_FILE "/etc/cni/cni-c.conf"

#define CNI_SETTINGS_TEXT_SIZE 512

struct cni_settings {
	/* A path, "journal" or "stderr": each call is a line there, see log.h. "": nowhere. */
	char log[CNI_SETTINGS_TEXT_SIZE];
	bool counters; /* "yes", "1", "true" or "on": calls are counted, see counters.h */
};

void cni_settings_read(struct cni_settings *ret_settings);

CNI_END_DECLS

#endif
