/* SPDX-License-Identifier: Apache-2.0 */
/* The group host: rights, kernel, space, connections. */
#include "capability.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "link.h"
#include "mem.h"
#include "nl.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define PERCENT_FREE 1U
#define PERCENT_USED 90U

/* ---- rights ---- */

void check_rights(struct doctor *doctor)
{
	static const struct finding_words words = {
		.so = "rules, ledgers, CHECK and STATUS are not looked at",
		.try = "run cnitool doctor as root",
	};

	doctor->has_rights = cni_capability_is_effective(CAP_NET_ADMIN) &&
			     cni_capability_is_effective(CAP_SYS_ADMIN);
	if (!doctor->has_rights)
		doctor_find(doctor, FINDING_UNSEEN, &words,
			    "the process has not both CAP_NET_ADMIN and CAP_SYS_ADMIN");
}

/* ---- kernel ---- */

/* The links that a plugin makes. */
static const struct {
	const char *type;
	const char *kinds[3];
} made[] = {
	{"bridge", {"bridge", "veth"}},
	{"ptp", {"veth"}},
	{"macvlan", {"macvlan"}},
	{"ipvlan", {"ipvlan"}},
	{"vlan", {"vlan"}},
	{"dummy", {"dummy"}},
	{"vrf", {"vrf"}},
	{"bandwidth", {"ifb"}},
};

static void ask_kind(struct doctor *doctor, struct cni_nl *nl, const char *kind,
		     const char *network)
{
	freeing char *where = cni_format("network '%s'", network);
	freeing char *command = cni_format("modprobe %s", kind);
	const struct finding_words words = {
		.where = where, .so = "ADD fails in this network", .try = command};
	struct cni_error err;
	bool known;

	if (cni_link_kind_is_known(nl, kind, &known, &err) < 0)
		doctor_find_error(doctor, FINDING_UNSEEN, &words, &err);
	else if (!known)
		doctor_find(doctor, FINDING_FAILURE, &words,
			    "this kernel has no links of kind '%s'", kind);
}

static void ask_network(struct doctor *doctor, struct cni_nl *nl,
			const struct doctor_network *network)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, network->tool.list.plugins) {
		for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
			if (strcmp(cni_conflist_type(plugin), made[i].type) != 0)
				continue;
			for (const char *const *kind = made[i].kinds; *kind; kind++)
				ask_kind(doctor, nl, *kind, network->name);
		}
	}
}

void check_kernel(struct doctor *doctor)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error err;

	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, &err) < 0) {
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	for (size_t i = 0; i < doctor->network_count; i++)
		ask_network(doctor, &nl, doctor->networks[i]);
}

/* ---- space ---- */

/* The file system that has `path`, or will have it. */
static int find_statvfs(const char *path, struct statvfs *ret_fs)
{
	freeing char *part = cni_strdup(path);

	while (statvfs(part, ret_fs) < 0) {
		char *slash = strrchr(part, '/');

		if ((errno != ENOENT && errno != ENOTDIR) || !slash || !part[1])
			return -1;
		slash[slash == part] = '\0';
	}
	return 0;
}

static void report_share(struct doctor *doctor, const char *path, const char *what, double have,
			 double all)
{
	const struct finding_words words = {
		.where = path,
		.so = have > 0 ? "ADD fails as soon as none is left" : "ADD fails",
		.try = "make room on the file system",
	};

	if (all > 0 && have < all * PERCENT_FREE / 100)
		doctor_find(doctor, have > 0 ? FINDING_WARNING : FINDING_FAILURE, &words,
			    "%.0f of %.0f %s are free", have, all, what);
}

static void look_at_space(struct doctor *doctor, const char *path)
{
	const struct finding_words read_only = {
		.where = path, .so = "ADD fails", .try = "mount -o remount,rw"};
	struct statvfs fs;

	if (find_statvfs(path, &fs) < 0) {
		doctor_find(doctor, FINDING_UNSEEN, &read_only, "the file system of '%s': %s", path,
			    strerror(errno));
		return;
	}
	if (fs.f_flag & ST_RDONLY)
		doctor_find(doctor, FINDING_FAILURE, &read_only, "the file system is read-only");
	report_share(doctor, path, "blocks", (double)fs.f_bfree, (double)fs.f_blocks);
	report_share(doctor, path, "inodes", (double)fs.f_ffree, (double)fs.f_files);
}

void check_space(struct doctor *doctor)
{
	look_at_space(doctor, "/run/cni");
	look_at_space(doctor, doctor->options->cache_dir);
	for (size_t i = 0; i < doctor->network_count; i++) {
		const cJSON *plugin;

		cJSON_ArrayForEach (plugin, doctor->networks[i]->tool.list.plugins) {
			const char *data =
				cni_json_get_string(cni_json_get(plugin, "ipam"), "dataDir");

			if (data && *data == '/')
				look_at_space(doctor, data);
		}
	}
}

/* ---- connections ---- */

#define CONNTRACK "/proc/sys/net/netfilter/nf_conntrack_"

void check_conntrack(struct doctor *doctor)
{
	static const struct finding_words words = {
		.where = CONNTRACK "max",
		.so = "the kernel drops packets of new connections when the table is full",
		.try = "sysctl -w net.netfilter.nf_conntrack_max=N",
	};
	freeing char *count_text = doctor_read_word(CONNTRACK "count");
	freeing char *max_text = doctor_read_word(CONNTRACK "max");
	unsigned long count = count_text ? strtoul(count_text, NULL, 10) : 0;
	unsigned long max = max_text ? strtoul(max_text, NULL, 10) : 0;

	if (max && count >= max)
		doctor_find(doctor, FINDING_FAILURE, &words,
			    "the table of connections is full: %lu of %lu", count, max);
	else if (max && count > max / 100 * PERCENT_USED)
		doctor_find(doctor, FINDING_WARNING, &words,
			    "the table of connections has %lu of %lu", count, max);
}
