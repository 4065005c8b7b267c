/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a node for all plugins: /etc/cni/cni-c.conf, and variables of the environment, which take precedence:
 *
 *	# comment
 *	counters = yes		CNI_C_COUNTERS
 *	log = /var/log/cni.log	CNI_C_LOG
 *
 * Both are off by default. Without the file, reading costs one system call; with both variables, none. A line that
 * is not understood is ignored: no setting makes a call fail. The manual cni-c.conf(5) is made of the same table. */
#ifndef CNI_SETTINGS_H
#define CNI_SETTINGS_H

#include "decls.h"
#include "help_text.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

#define CNI_SETTINGS_FILE "/etc/cni/cni-c.conf"

#define CNI_SETTINGS_TEXT_SIZE 512

struct cni_settings {
	/* A path, "journal" or "stderr": each call is a line there, see log.h. "": nowhere. */
	char log[CNI_SETTINGS_TEXT_SIZE];
	bool counters; /* "yes", "1", "true" or "on": calls are counted, see counters.h */
};

/* A row of the table, made by CNI_SETTING(). */
struct cni_setting {
	const char *key;
	const char *variable; /* of the environment: takes precedence over the file */
	const char *values;   /* the accepted ones */
	const char *unless;   /* what holds without the key */
	const char *help;     /* one sentence without a full stop */
	size_t offset;	      /* in struct cni_settings */
	void (*read)(const char *text, void *member);
};

/* A row without help does not compile. The type of `member` picks the reader. */
#define CNI_SETTING(key_, variable_, member_, values_, unless_, help_)                               \
	{                                                                                            \
		.key = (key_), .variable = (variable_), .values = CNI_HELP(values_),               \
		.unless = CNI_HELP(unless_), .help = CNI_HELP(help_),                              \
		.offset = offsetof(struct cni_settings, member_),                                  \
		.read = _Generic(((struct cni_settings *)0)->member_, bool                         \
				 : cni_setting_read_switch, char *                                 \
				 : cni_setting_read_text) \
	}

/* The readers that CNI_SETTING() picks. */
void cni_setting_read_switch(const char *text, void *member);
void cni_setting_read_text(const char *text, void *member);

/* The rows, ending with one without a key. */
extern const struct cni_setting cni_setting_rows[];

void cni_settings_read(struct cni_settings *ret_settings);

CNI_END_DECLS

#endif
