/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include "checks.h"
#include "cleanup.h"
#include "commands.h"
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Causes stand before their symptoms. */
const struct doctor_check doctor_checks[] = {
	{"host.rights", "the process has the rights that plugins need", check_rights, false, {0}},
	{"host.kernel",
	 "the kernel has the kinds of links that the networks use",
	 check_kernel,
	 true,
	 {"this kernel has no links of kind", "bridge VLAN filtering"}},
	{"host.forwarding",
	 "the host forwards packets of each family that containers have",
	 check_forwarding,
	 false,
	 {"ip_forward", "conf/all/forwarding"}},
	{"host.rp-filter",
	 "no strict rp_filter drops what containers send",
	 check_rp_filter,
	 false,
	 {0}},
	{"host.bridge-netfilter",
	 "bridges pass frames to the policy 'isolated'",
	 check_bridge_netfilter,
	 false,
	 {0}},
	{"host.accept-ra",
	 "the uplink keeps its IPv6 default route when the host forwards",
	 check_accept_ra,
	 false,
	 {0}},
	{"host.space",
	 "the directories of plugins have blocks and inodes left",
	 check_space,
	 false,
	 {"No space left on device", "Read-only file system", "Disk quota exceeded"}},
	{"host.conntrack", "the table of connections is not full", check_conntrack, false, {0}},
	{"firewall.forward-drop",
	 "no chain drops packets of networks without the plugin firewall",
	 check_forward_drop,
	 true,
	 {0}},
	{"firewall.backend",
	 "the accepts of each attachment are where the drop is today",
	 check_backend,
	 true,
	 {"what containers send and receive is dropped there",
	  "firewalld is running, and overrules"}},
	{"firewall.others",
	 "rules come back after Docker, ufw or firewalld have started",
	 check_other_firewalls,
	 false,
	 {0}},
	{"plugins.missing",
	 "each plugin is there, runs, and speaks the list's version",
	 check_plugins,
	 false,
	 {"failed to find plugin", "cannot be run", "run plugin"}},
	{"plugins.build", "the plugins are of one build", check_builds, false, {0}},
	{"plugins.shadowed",
	 "the container runtimes run the same plugins",
	 check_shadowed,
	 false,
	 {0}},
	{"config.files", "the configurations can be read", check_files, false, {0}},
	{"config.validate", "the configurations have no mistake", check_validate, false, {0}},
	{"ledger.verify",
	 "the ledgers of host-local are without damage",
	 check_ledger,
	 true,
	 {"is expected to be reserved for"}},
	{"ledger.full",
	 "the range sets have addresses left",
	 check_full,
	 true,
	 {"no IP addresses available"}},
	{"ledger.gone",
	 "no address is reserved for a namespace that is gone",
	 check_gone_leases,
	 true,
	 {0}},
	{"ledger.unattached",
	 "each address is reserved for an attachment",
	 check_unattached,
	 true,
	 {0}},
	{"ledger.twice", "no address is reserved in two networks", check_twice, true, {0}},
	{"cluster.pod-cidr",
	 "the networks have the node's address ranges",
	 check_pod_cidr,
	 false,
	 {"no IP ranges specified"}},
	{"cluster.mtu",
	 "packets of containers fit on the way to the cluster",
	 check_mtu,
	 false,
	 {0}},
	{"cluster.destinations",
	 "packets to routed prefixes keep the container's address",
	 check_destinations,
	 false,
	 {0}},
	{"cluster.twins", "one network has one list of destinations", check_twins, false, {0}},
	{"cluster.refresh",
	 "the lists of destinations that hold are those of the files",
	 check_refreshed,
	 false,
	 {0}},
	{"cluster.dhcp",
	 "the daemon of dhcp listens where a network needs it",
	 check_dhcp,
	 false,
	 {"cni-dhcp.socket"}},
	{"attachments.link",
	 "each living attachment has its link on the host",
	 check_links,
	 false,
	 {"is missing", "No such device"}},
	{"attachments.check",
	 "CHECK of each living attachment succeeds",
	 check_attachments,
	 true,
	 {0}},
	{"attachments.gone",
	 "no attachment is left of a namespace that is gone",
	 check_gone,
	 false,
	 {0}},
	{"attachments.strange-link",
	 "the cache knows each link that names an attachment",
	 check_strange_links,
	 false,
	 {0}},
	{"attachments.rules",
	 "each element in nf_tables is of an attachment",
	 check_rules,
	 true,
	 {0}},
	{"attachments.files",
	 "each file below /run/cni is of an attachment",
	 check_records,
	 true,
	 {0}},
	{"status.ready", "STATUS of each network succeeds", check_status, true, {0}},
};

const size_t doctor_check_count = sizeof(doctor_checks) / sizeof(*doctor_checks);

size_t doctor_group_length(const struct doctor_check *check)
{
	return strcspn(check->id, ".");
}

void doctor_find(struct doctor *doctor, enum finding_level level, const struct finding_words *words,
		 const char *fmt, ...)
{
	freeing char *what = NULL;
	va_list args;

	if (level != FINDING_UNSEEN && !doctor_is_wanted(doctor, doctor->check))
		return;
	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	finding_add(&doctor->findings, doctor->check, level, words, what);
}

void doctor_find_error(struct doctor *doctor, enum finding_level level,
		       const struct finding_words *words, const struct cni_error *err)
{
	doctor_find(doctor, level, words, "%s%s%s%s", err->msg, *err->details ? " (" : "",
		    err->details, *err->details ? ")" : "");
}

/* ---- --only ---- */

static bool is_named(const struct doctor_check *check, const char *name)
{
	size_t length = doctor_group_length(check);

	return !strcmp(name, check->id) ||
	       (strlen(name) == length && !strncmp(name, check->id, length));
}

bool doctor_is_wanted(const struct doctor *doctor, const struct doctor_check *check)
{
	return !doctor->options->only || is_named(check, doctor->options->only);
}

static int check_only(const struct options *options, struct cni_error *err)
{
	for (size_t i = 0; options->only && i < doctor_check_count; i++)
		if (is_named(&doctor_checks[i], options->only))
			return 0;
	if (!options->only)
		return 0;
	return cni_fail(err, CNI_EENV,
			"--only '%s': expected host, firewall, plugins, config, ledger, cluster, "
			"attachments, status, or a check of 'cnitool doctor --list'",
			options->only);
}

/* ---- all checks ---- */

static void run_checks(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor_check_count; i++) {
		const struct doctor_check *check = &doctor_checks[i];

		doctor->check = check;
		/* The rights decide what else is looked at. */
		if (check->run != check_rights && (!doctor_is_wanted(doctor, check) ||
						   (check->needs_rights && !doctor->has_rights)))
			continue;
		check->run(doctor);
	}
}

static int by_table(const void *a, const void *b)
{
	const struct doctor_finding *left = a;
	const struct doctor_finding *right = b;

	if (left->check != right->check)
		return left->check < right->check ? -1 : 1;
	return (int)right->level - (int)left->level;
}

static int exit_code(const struct doctor *doctor)
{
	const struct findings *findings = &doctor->findings;

	if (findings_count(findings, FINDING_FAILURE) ||
	    (doctor->options->strict && findings_count(findings, FINDING_WARNING)))
		return 1;
	return findings_count(findings, FINDING_UNSEEN) ? 2 : 0;
}

int command_doctor(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	struct doctor doctor = {.options = options};
	int code;

	if (check_only(options, err) < 0)
		return COMMAND_USAGE;
	if (options->list) {
		doctor_print_checks(&doctor);
		return 0;
	}
	/* Counters and log are files: the calls that follow are in neither. */
	setenv("CNI_C_COUNTERS", "no", 1);
	setenv("CNI_C_LOG", "", 1);
	doctor_open(&doctor, options);
	run_checks(&doctor);
	if (doctor.findings.count)
		qsort(doctor.findings.items, doctor.findings.count, sizeof(struct doctor_finding),
		      by_table);
	findings_explain(&doctor.findings);
	if (options->report)
		doctor_print_report(&doctor);
	else if (options->json)
		doctor_print_json(&doctor);
	else
		doctor_print_text(&doctor, stdout);
	code = exit_code(&doctor);
	doctor_close(&doctor);
	return code;
}
