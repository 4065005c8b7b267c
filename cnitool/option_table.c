/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the options. */
#include "cache.h"
#include "mem.h"
#include "names.h"
#include "options.h"

#include <string.h>

/* "CONTAINERID/IFNAME"; neither of them can hold a '/'. */
static int read_keep(char *text, struct options *options, struct cni_error *err)
{
	struct cni_owners *keep = &options->keep;
	const char *container = strsep(&text, "/");

	if (!text)
		return cni_fail(err, CNI_EENV,
				"--keep '%s': expected a container's id, '/' and an interface",
				container);
	if (cni_name_check_container(container, err) < 0 ||
	    cni_name_check_interface(text, "the interface", CNI_EENV, err) < 0)
		return cni_fail_within(err, "--keep");
	keep->items = cni_realloc_array(keep->items, keep->count + 1, sizeof(*keep->items));
	keep->items[keep->count++] = (struct cni_owner){.container = container, .ifname = text};
	return 0;
}

#define IS(member) .offset = offsetof(struct options, member)

/* A row is a line or two. */
/* clang-format off */
const struct tool_option tool_options[] = {
	TOOL_OPTION("container", 'c', "ID", "check, del, show, ipam explain",
	 "the container whose id begins so, whoever attached it", .complete = COMPLETE_CONTAINER,
	 IS(container)),
	TOOL_OPTION("ifname", 'i', "NAME", "add, check, del, show, status, gc",
	 "the interface in the container (CNI_IFNAME, else eth0)", IS(ifname)),
	TOOL_OPTION("keep", '\0', "ID/NAME", "gc", "this container's interface stays; may be repeated",
	 .complete = COMPLETE_ATTACHMENT, .read = read_keep),
	TOOL_OPTION("gone", '\0', NULL, "gc, ipam release",
	 "only what has no namespace that lives (gc: the default)", IS(gone)),
	TOOL_OPTION("all", '\0', NULL, "gc, reconcile", "gc: what lives goes, too; reconcile: all networks",
	 IS(all)),
	TOOL_OPTION("stale", '\0', NULL, "ipam release",
	 "what is reserved since an earlier boot; leases of dhcp: the same as --gone", IS(stale)),
	TOOL_OPTION("force", '\0', NULL, "ipam release",
	 "also addresses whose namespace lives, or is not known", IS(force)),
	TOOL_OPTION("dry-run", '\0', NULL, "gc, purge, reconcile, ipam release",
	 "only show what would be done", IS(dry_run)),
	TOOL_OPTION("whole", 'a', NULL, "show", "whole ids and paths", IS(whole)),
	TOOL_OPTION("stats", 's', NULL, "show", "bytes that each container has received and sent", IS(stats)),
	TOOL_OPTION("mermaid", '\0', NULL, "show", "print a graph for mermaid, which GitHub draws",
	 IS(mermaid)),
	TOOL_OPTION("dot", '\0', NULL, "show", "print a graph for dot(1)", IS(dot)),
	TOOL_OPTION("only", '\0', "GROUP", "doctor", "this group of checks, or this check", IS(only)),
	TOOL_OPTION("strict", '\0', NULL, "doctor", "a warning counts as a failure", IS(strict)),
	TOOL_OPTION("list", '\0', NULL, "doctor", "only show the checks", IS(list)),
	TOOL_OPTION("report", '\0', NULL, "doctor", "a text for a bug report, without secrets", IS(report)),
	TOOL_OPTION("textfile", '\0', "PATH", "metrics", "into this file, for a node exporter",
	 .complete = COMPLETE_FILE, IS(textfile)),
	TOOL_OPTION("cache-dir", '\0', "DIR", NULL,
	 "where results are kept (CNI_CACHE_DIR, else " CNI_CACHE_DIR ")",
	 .complete = COMPLETE_DIRECTORY, IS(cache_dir)),
	TOOL_OPTION("json", 'j', NULL, NULL, "print JSON", IS(json)),
	TOOL_OPTION("verbose", 'v', NULL, NULL, "errors with words from inside the plugins", IS(verbose)),
	TOOL_OPTION("help", 'h', NULL, NULL, "this text; after a command, more about it", IS(help)),
	TOOL_OPTION("version", 'V', NULL, NULL, "the version of cnitool", IS(version)),
	{.name = NULL},
};
/* clang-format on */
