/* SPDX-License-Identifier: Apache-2.0 */
#include "install.h"

#include "cleanup.h"
#include "executables.h"
#include "json.h"
#include "mem.h"
#include "network.h"
#include "place.h"
#include "target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONFLIST_MAX ((size_t)8 << 20)
/* Root alone reads networks: runtimes are root, and benchmarks of hardening ask for it. */
#define CONFLIST_MODE 0600

void install_log(const char *fmt, ...)
{
	freeing char *line = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	fprintf(stderr, "cni-c-installer: %s\n", line);
}

char *install_cidrs(const struct node *node)
{
	char texts[NODE_CIDRS_MAX][CNI_NET_TEXT_SIZE];

	for (size_t i = 0; i < node->count; i++)
		cni_net_format(&node->cidrs[i], texts[i]);
	return node->count > 1 ? cni_format("%s, %s", texts[0], texts[1]) : cni_strdup(texts[0]);
}

/* The podCIDRs in the mark of a conflist that the installer has written, as JSON in a line; NULL: none. The
 * caller frees. */
static char *cidrs_of(const char *text)
{
	freeing_json cJSON *json = cJSON_Parse(text);
	const cJSON *cidrs = cni_json_get(cni_json_get(json, NETWORK_MARK), "podCIDRs");

	return cidrs ? cni_json_print_compact(cidrs) : NULL;
}

static void report(const struct settings *settings, const struct node *node, const char *earlier,
		   const char *text)
{
	freeing char *before = earlier ? cidrs_of(earlier) : NULL;
	freeing char *now = cidrs_of(text);
	freeing char *cidrs = install_cidrs(node);
	char cidr_text[CNI_NET_TEXT_SIZE];
	struct cni_net cidr;

	install_log("'%s/%s' is written with %s", settings->conf_dir, settings->conf_name, cidrs);
	if (before && now && strcmp(before, now) != 0)
		install_log("podCIDRs of node '%s' have changed from %s to %s: new pods get "
			    "addresses of the new ones, running pods keep theirs",
			    settings->node, before, now);
	if (network_masquerades(text, node, &cidr))
		install_log("warning: nonMasqueradeCIDRs lack %s: pods on other nodes see the "
			    "node's address instead of the pod's",
			    cni_net_format(&cidr, cidr_text));
}

static int write_conflist(const struct target *target, const char *name, const char *text,
			  struct cni_error *err)
{
	closing int source = memfd_create("conflist", MFD_CLOEXEC);
	size_t size = strlen(text);

	if (source < 0 || write(source, text, size) != (ssize_t)size ||
	    lseek(source, 0, SEEK_SET) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "write to memory");
	if (target_put(target, source, name, CONFLIST_MODE, err) < 0)
		return -1;
	return target_sync(target, err);
}

int install(const struct settings *settings, const struct node *node, bool *has_copied,
	    struct cni_error *err)
{
	closing_target struct target target = {.fd = -1};
	freeing char *text = NULL;
	freeing char *earlier = NULL;
	size_t count = 0;

	if (network_compose(settings, node, &text, err) < 0 ||
	    target_open(settings->conf_dir, &target, err) < 0 ||
	    place_check(settings, &earlier, err) < 0)
		return -1;
	if (!*has_copied) {
		int failed = executables_copy(settings, &count, err);

		if (count)
			install_log("%zu executables are written to '%s'", count,
				    settings->bin_dir);
		if (failed)
			return -1;
		*has_copied = true;
	}
	if (earlier && !strcmp(earlier, text))
		return 0;
	if (write_conflist(&target, settings->conf_name, text, err) < 0)
		return -1;
	report(settings, node, earlier, text);
	return 0;
}
