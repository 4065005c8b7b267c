/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: options and operands, with the environment as fallback. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "error.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

/* Strings belong to argv, to the environment, or are constant. */
struct options {
	bool help;
	bool version;
	bool json;
	bool stale;
	bool dry_run;
	bool all;
	bool gone;
	bool strict;
	bool list;
	bool report;
	const char *textfile;	 /* --textfile; NULL: standard output */
	const char *only;	 /* --only; NULL: all */
	const char *ifname;	 /* --ifname, CNI_IFNAME, eth0 */
	const char *cache_dir;	 /* --cache-dir, CNI_CACHE_DIR, /var/lib/cni */
	const char *conf_dir;	 /* NETCONFPATH, /etc/cni/net.d */
	const char *plugin_path; /* CNI_PATH, the directory that plugins are installed in */
	const char *args;	 /* CNI_ARGS; NULL: none */
	const char *cap_args;	 /* CAP_ARGS; NULL: none */
	struct cni_owners keep;	 /* --keep, sorted */
	const char *command;	 /* NULL: none */
	char **operands;	 /* after the command */
	size_t operand_count;
};

/* Reads options wherever they stand. `ret_options->json` is set even on failure, so that the error
 * can be printed as asked. In any case options_clear() afterwards. Fails with CNI_EENV. */
int options_read(int argc, char **argv, struct options *ret_options, struct cni_error *err);

void options_clear(struct options *options);

/* The options and variables, each on a line, for --help. */
extern const char options_help[];

#endif
