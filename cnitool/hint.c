/* SPDX-License-Identifier: Apache-2.0 */
#include "hint.h"

#include "cleanup.h"
#include "mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMED_NETNS "/run/netns"

/* A row holds for an error with the code (0: any) and with both texts (NULL: none) in its message or details;
 * the first such row counts. In a hint {network}, {file}, {netns} and {path} come from the command line and the
 * environment, {elsewhere}, {names}, {holder} and {link} from this host or the message: a
 * row with a word that is not known does not hold. */
static const struct row {
	int code;
	const char *has;
	const char *has_too;
	const char *hint;
} rows[] = {
	{0, "Operation not permitted", NULL,
	 "as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN; inside a container nf_tables may be "
	 "forbidden"},
	{0, "needs root", NULL, "sudo cnitool …"},
	{0, "No space left on device", NULL,
	 "df -h /var/lib/cni /run, and df -i: blocks and inodes"},
	{0, "Read-only file system", NULL, "findmnt -T /var/lib/cni"},
	{0, "Permission denied", NULL, "sudo cnitool …: the files belong to root"},
	{0, "failed to find plugin", NULL, "CNI_PATH={elsewhere} cnitool …: the plugin is there"},
	{0, "failed to find plugin", NULL,
	 "install it to one of {path}, or name its directory by CNI_PATH"},
	{0, "Exec format error", NULL,
	 "file on the executable: it is for another machine, or no program"},
	{0, "no network '", "which has none",
	 "put a file into the directory, such as those of conf/, or name another one by "
	 "NETCONFPATH"},
	{0, "no network '", NULL, "cnitool list"},
	{0, "failed to open netns", NULL, "a path, or a name of ip-netns(8), which has {names}"},
	{0, "failed to open netns", NULL, "ip netns add NAME: ip-netns(8) has no namespace"},
	{0, "no IP addresses available", NULL,
	 "cnitool ipam usage {network}, then cnitool gc {network} --gone: that frees what no "
	 "container has"},
	{CNI_ETAKEN, "is already published by", NULL,
	 "cnitool show, and cnitool gc {network} --gone if that container is gone"},
	{CNI_ETAKEN, "is attached to '", "already", "cnitool del {network} {netns} first"},
	{CNI_ETAKEN, "whose namespace is alive", NULL,
	 "cnitool show {network}: the container has the address now"},
	{CNI_ETAKEN, "duplicate allocation", NULL,
	 "cnitool del {network} {netns} first, or cnitool ipam list {network}"},
	{CNI_ETAKEN, "is reserved for container", NULL, "cnitool ipam list {network}"},
	{CNI_ELOCKED, "held by process", NULL,
	 "again later, or end the process that holds the lock: {holder}"},
	{CNI_ELOCKED, NULL, NULL, "again later"},
	{CNI_ECONTAINER, "is not attached", NULL,
	 "cnitool show {network}: another --ifname or --cache-dir?"},
	{CNI_ECONTAINER, "an id that begins with", NULL, "cnitool show -a"},
	{CNI_EMISMATCH, " is down", NULL, "ip link set {link} up, then cnitool check again"},
	{CNI_EMISMATCH, "in the container", NULL,
	 "del and add: what is missing in a container cannot be put back while it runs"},
	{CNI_EMISMATCH, NULL, NULL,
	 "cnitool reconcile {network}: puts back rules, gateway addresses and forwarding"},
	{CNI_ELIMITED, NULL, NULL,
	 "nft list ruleset, then accept there, or \"backend\": \"iptables\" for firewall in "
	 "{file}"},
	{CNI_EVERSION, "CHECK", NULL,
	 "\"cniVersion\": \"1.0.0\" in the network's file, then del and add"},
	{CNI_EDECODE, "not valid JSON", NULL, "cnitool validate shows the place"},
	{CNI_ECONFIG, NULL, NULL, "cnitool validate {file}"},
	{CNI_EDELEGATE, NULL, NULL, "CNI_C_TRACE=1 cnitool …: prints each step of the plugin"},
};

/* ---- what the host has ---- */

/* A directory of other installations that has the plugin. */
static char *find_elsewhere(const char *msg)
{
	static const char *const directories[] = {"/opt/cni/bin", "/usr/lib/cni",
						  "/usr/libexec/cni", "/usr/local/lib/cni",
						  "/usr/local/libexec/cni"};
	const char *name = strchr(msg, '"');
	freeing char *type = name ? cni_strndup(name + 1, strcspn(name + 1, "\"")) : NULL;

	for (size_t i = 0; type && i < sizeof(directories) / sizeof(*directories); i++) {
		freeing char *file = cni_format("%s/%s", directories[i], type);

		if (*type && !strchr(type, '/') && access(file, X_OK) == 0)
			return cni_strdup(directories[i]);
	}
	return NULL;
}

static int is_visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* "blue, green" */
static char *list_names(void)
{
	struct dirent **names;
	int count = scandir(NAMED_NETNS, &names, is_visible, alphasort);
	char *text = NULL;

	for (int i = 0; i < count; i++) {
		if (i < 8) {
			char *longer = cni_format("%s%s%s", text ? text : "", text ? ", " : "",
						  names[i]->d_name);

			free(text);
			text = longer;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return text;
}

/* "process 4711 (sleep)" */
static char *name_holder(const char *msg)
{
	static const char before[] = "held by process ";
	const char *at = strstr(msg, before);
	long pid = at ? strtol(at + strlen(before), NULL, 10) : 0;
	freeing char *path = cni_format("/proc/%ld/comm", pid);
	FILE *file = pid > 0 ? fopen(path, "re") : NULL;
	char comm[32] = "?";

	if (!file)
		return NULL;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	return cni_format("process %ld (%s)", pid, comm);
}

/* The name that stands before "' is down". */
static char *name_link(const char *msg)
{
	const char *end = strstr(msg, "' is down");
	const char *begin = end;

	while (begin && begin > msg && begin[-1] != '\'')
		begin--;
	return begin && begin < end && begin > msg ? cni_strndup(begin, (size_t)(end - begin))
						   : NULL;
}

/* ---- the words of a hint ---- */

/* The caller frees; NULL: not known. */
static char *value_of(const char *word, size_t length, const struct hint_context *context,
		      const struct cni_error *err)
{
	const struct options *options = context->options;
	const char *netns = options->operand_count > 1 ? options->operands[1] : NULL;
	const struct {
		const char *word;
		const char *value;
	} known[] = {
		{"network", context->network},
		{"file", context->file},
		{"netns", netns},
		{"path", options->plugin_path},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].word) == length && !strncmp(known[i].word, word, length))
			return known[i].value ? cni_strdup(known[i].value) : NULL;
	if (!strncmp(word, "elsewhere", length))
		return find_elsewhere(err->msg);
	if (!strncmp(word, "link", length))
		return name_link(err->msg);
	return !strncmp(word, "names", length) ? list_names() : name_holder(err->msg);
}

/* NULL: one of its words is not known. */
static char *fill_in(const char *hint, const struct hint_context *context,
		     const struct cni_error *err)
{
	freeing char *text = cni_strdup("");

	for (const char *at = hint; *at;) {
		size_t plain = strcspn(at, "{");
		size_t length = at[plain] ? strcspn(at + plain, "}") - 1 : 0;
		freeing char *value =
			at[plain] ? value_of(at + plain + 1, length, context, err) : cni_strdup("");
		char *longer;

		if (!value)
			return NULL;
		longer = cni_format("%s%.*s%s", text, (int)plain, at, value);
		free(text);
		text = longer;
		at += plain + (at[plain] ? length + 2 : 0);
	}
	return take_ptr(text);
}

static bool has(const struct cni_error *err, const char *text)
{
	return !text || strstr(err->msg, text) || strstr(err->details, text);
}

char *hint_for(const struct hint_context *context, const struct cni_error *err)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *hint;

		if ((rows[i].code && rows[i].code != err->code) || !has(err, rows[i].has) ||
		    !has(err, rows[i].has_too))
			continue;
		hint = fill_in(rows[i].hint, context, err);
		if (hint)
			return hint;
	}
	return NULL;
}
