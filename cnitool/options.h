/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: options and operands, with the environment as fallback. The options are rows of one
 * table: getopt_long(3), the help, the usage checks and the completion of shells come from the rows. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "error.h"
#include "help_text.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

/* Strings belong to argv, to the environment, or are constant. */
struct options {
	bool help;
	bool version;
	bool json;
	bool verbose;
	bool stale;
	bool dry_run;
	bool all;
	bool gone;
	bool force;
	bool mermaid;
	bool dot;
	bool whole;
	bool stats;
	bool strict;
	bool list;
	bool report;
	const char *textfile;	 /* --textfile; NULL: standard output */
	const char *only;	 /* --only; NULL: all checks */
	const char *container;	 /* --container; NULL: none */
	const char *ifname;	 /* --ifname, CNI_IFNAME, eth0 */
	const char *cache_dir;	 /* --cache-dir, CNI_CACHE_DIR, /var/lib/cni */
	const char *conf_dir;	 /* NETCONFPATH, /etc/cni/net.d */
	const char *plugin_path; /* CNI_PATH, the directory that plugins are installed in */
	const char *args;	 /* CNI_ARGS; NULL: none */
	const char *cap_args;	 /* CAP_ARGS; NULL: none */
	struct cni_owners keep;	 /* --keep, sorted */
	char **words;		 /* the command and its operands */
	size_t word_count;
	char **operands; /* behind the words of the command's name; options_take_name() */
	size_t operand_count;
	unsigned long long given; /* a bit for each row of tool_options */
};

enum tool_complete {
	COMPLETE_NOTHING,
	COMPLETE_DIRECTORY,
	COMPLETE_FILE,
	COMPLETE_ATTACHMENT, /* CONTAINER/IFNAME of the network */
	COMPLETE_CONTAINER,  /* of the network */
};

/* In the order in which a row is read. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct tool_option {
	const char *name;     /* "ifname" */
	char short_name;      /* 'i'; '\0': none */
	const char *value;    /* "NAME"; NULL: the option is a flag */
	const char *commands; /* that take the option: "gc, ipam release"; NULL: all */
	const char *summary;
	enum tool_complete complete; /* of the value */
	/* The member of struct options: a bool of a flag, a const char * of a value. */
	size_t offset;
	/* Reads the value instead; NULL: none. */
	int (*read)(char *value, struct options *options, struct cni_error *err);
};

/* A row; without a summary it does not compile. More members follow. */
#define TOOL_OPTION(name_, short_name_, value_, commands_, summary_, ...)                          \
	{                                                                                          \
		(name_), (short_name_), (value_), (commands_), CNI_HELP(summary_), __VA_ARGS__     \
	}

/* The rows, ending with one without a name. */
extern const struct tool_option tool_options[];

/* True if the option of this name was on the command line. */
bool options_has(const struct options *options, const char *name);

/* True if the command of this name takes the option. */
bool tool_option_is_of(const struct tool_option *option, const char *command);

/* Reads options wherever they stand. `ret_options->json` is set even on failure, for the error to be
 * printed as requested. In any case options_clear() afterwards. Fails with CNI_EENV. */
int options_read(int argc, char **argv, struct options *ret_options, struct cni_error *err);

/* The first `words` words are the command's name: the operands follow. */
void options_take_name(struct options *options, size_t words);

/* Fails with CNI_EENV if an option was given that the command does not take. */
int options_check(const struct options *options, const char *command, struct cni_error *err);

void options_clear(struct options *options);

#endif
