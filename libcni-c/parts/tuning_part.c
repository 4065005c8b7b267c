/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "netns.h"
#include "readiness.h"
#include "sysctl_allowlist.h"
#include "tuning_backup.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#define clearing_backup __attribute__((cleanup(cni_tuning_backup_clear)))

static void print_sysctl(FILE *out, const struct cni_tuning_sysctl *sysctl)
{
	fprintf(out, " %s=", sysctl->path);
	for (const char *c = sysctl->value; *c; c++)
		fputc((unsigned char)*c < ' ' ? '?' : *c, out);
}

static void print(FILE *out, const void *data)
{
	static const char *const words[CNI_LINK_SETTING_COUNT] = {
		[CNI_LINK_MAC] = "mac",		  [CNI_LINK_PROMISC] = "promisc",
		[CNI_LINK_ALLMULTI] = "allmulti", [CNI_LINK_TXQLEN] = "txqlen",
		[CNI_LINK_MTU] = "mtu",
	};
	const struct cni_tuning_part *spec = data;
	const struct cni_tuning *wanted = &spec->conf.wanted;
	char text[CNI_LINK_SETTING_TEXT_SIZE];

	fputs(wanted->link.given || wanted->sysctl_count ? " container" : " nothing", out);
	for (enum cni_link_setting i = 0; i < CNI_LINK_SETTING_COUNT; i++)
		if (cni_link_settings_have(&wanted->link, i))
			fprintf(out, " %s %s", words[i],
				cni_link_setting_format(&wanted->link, i, text));
	for (size_t i = 0; i < wanted->sysctl_count; i++)
		print_sysctl(out, &wanted->sysctls[i]);
}

static void clear(void *data)
{
	struct cni_tuning_part *spec = data;

	cni_tuning_conf_clear(&spec->conf);
	cni_tuning_clear(&spec->before);
	free(spec->text);
}

/* ---- the container ---- */

/* The absence of the link is no failure here: what needs the link fails. */
static int find_place(struct cni_attachment *at, struct cni_tuning_place *ret_place,
		      struct cni_error *err)
{
	struct cni_link_settings settings;

	*ret_place = (struct cni_tuning_place){
		.netns = at->netns, .nl = &at->nl[CNI_CONTAINER], .ifname = at->owner->ifname};
	if (cni_link_settings_get(ret_place->nl, ret_place->ifname, &ret_place->index, &settings,
				  err) == 0 ||
	    err->errnum == ENODEV || cni_link_is_unreadable(err))
		return 0;
	return -1;
}

/* Sysctls are those of the namespace that the process is in; without any it need not go there. */
static int enter(const struct cni_tuning_place *place, const struct cni_tuning *tuning,
		 int *ret_home, struct cni_error *err)
{
	return tuning->sysctl_count ? cni_netns_enter(place->netns, ret_home, err) : 0;
}

static int leave(int *home, struct cni_error *err)
{
	return *home >= 0 ? cni_netns_leave(home, err) : 0;
}

/* ---- add ---- */

/* The host may have a link of the same name. */
static bool is_named_inside(const struct cni_result *result, const char *ifname)
{
	for (size_t i = 0; i < result->interface_count; i++)
		if (!strcmp(result->interfaces[i].name, ifname) && result->interfaces[i].sandbox &&
		    *result->interfaces[i].sandbox)
			return true;
	return false;
}

/* The result gets the link's new MAC, and its new MTU if the prevResult has an MTU. */
static int report(struct cni_attachment *at, const struct cni_link_settings *wanted,
		  struct cni_error *err)
{
	bool is_inside = is_named_inside(at->result, at->owner->ifname);
	char text[CNI_MAC_TEXT_SIZE];

	for (size_t i = 0; i < at->result->interface_count; i++) {
		struct cni_result_interface *interface = &at->result->interfaces[i];

		if (strcmp(interface->name, at->owner->ifname) != 0 ||
		    (is_inside && (!interface->sandbox || !*interface->sandbox)))
			continue;
		if (cni_link_settings_have(wanted, CNI_LINK_MAC)) {
			free(interface->mac);
			interface->mac = cni_strdup(cni_mac_format(wanted->mac, text));
		}
		if (cni_link_settings_have(wanted, CNI_LINK_MTU) && interface->mtu)
			interface->mtu = wanted->mtu;
	}
	return cni_result_check_fits(at->result, at->call->conf.version, err);
}

/* The file as it is to be, out of the one that there is, if it is about this very link: another
 * plugin of the chain has written it, or an ADD that was killed. */
static int continue_backup(const char *text, const struct cni_tuning_place *place,
			   struct cni_tuning_backup *backup, struct cni_error *err)
{
	bool is_there = text && cni_tuning_backup_parse(text, backup);
	struct cni_tuning_about about;

	if (cni_tuning_about(place, &backup->about, &about, err) < 0)
		return -1;
	if (is_there && !strcmp(backup->about.netns, about.netns) &&
	    backup->about.index == about.index)
		return 0;
	cni_tuning_backup_clear(backup);
	backup->about = about;
	return 0;
}

/* Go's plugin keeps no values of sysctls, and needs no file for these alone. */
static int keep(struct cni_attachment *at, const struct cni_tuning_part *spec,
		const struct cni_tuning_backup *backup, struct cni_error *err)
{
	if (cni_tuning_backup_write(spec->conf.data_dir, at->owner, backup, err) == 0)
		return 0;
	if (spec->conf.wanted.link.given || !cni_file_is_refused(err))
		return -1;
	fprintf(stderr, "%s: DEL will not put the sysctls back\n", err->msg);
	return 0;
}

static int apply(struct cni_attachment *at, struct cni_tuning_part *spec, struct cni_error *err)
{
	clearing_backup struct cni_tuning_backup backup = {.about = {.index = 0}};
	const struct cni_tuning *wanted = &spec->conf.wanted;
	const char *data_dir = spec->conf.data_dir;
	struct cni_error ignored;
	visiting int home = -1;

	if (cni_tuning_backup_read(data_dir, at->owner, &spec->text, err) < 0 ||
	    continue_backup(spec->text, &spec->place, &backup, err) < 0 ||
	    enter(&spec->place, wanted, &home, err) < 0 ||
	    cni_tuning_look(&spec->place, wanted, &spec->before, err) < 0)
		return -1;
	cni_tuning_backup_add(&backup, &spec->before);
	if (keep(at, spec, &backup, err) == 0 &&
	    cni_tuning_apply(&spec->place, wanted, &spec->before, err) == 0) {
		if (leave(&home, err) == 0)
			return 0;
		cni_tuning_restore(&spec->place, &spec->before, &ignored);
	}
	cni_tuning_backup_put_back(data_dir, at->owner, spec->text);
	return -1;
}

static int need_prev_result(const struct cni_attachment *at, struct cni_error *err)
{
	if (at->call->conf.has_prev_result)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"Required prevResult missing: tuning must be called as chained plugin");
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_tuning_part *spec = data;
	const struct cni_tuning *wanted = &spec->conf.wanted;

	if (cni_tuning_conf_check_allowed(&spec->conf, CNI_SYSCTL_ALLOWLIST, err) < 0 ||
	    need_prev_result(at, err) < 0 || report(at, &wanted->link, err) < 0 ||
	    cni_attachment_open(at, err) < 0)
		return -1;
	if (!wanted->link.given && !wanted->sysctl_count)
		return 0;
	if (find_place(at, &spec->place, err) < 0 || apply(at, spec, err) < 0)
		return -1;
	spec->made = true;
	return 0;
}

/* The file stays where a value could not be put back: DEL, which follows, tries again. */
static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_tuning_part *spec = data;
	visiting int home = -1;

	if (!spec->made)
		return 0;
	if (enter(&spec->place, &spec->before, &home, err) < 0 ||
	    cni_tuning_restore(&spec->place, &spec->before, err) < 0 || leave(&home, err) < 0)
		return -1;
	cni_tuning_backup_put_back(spec->conf.data_dir, at->owner, spec->text);
	return 0;
}

/* ---- check ---- */

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tuning_part *spec = data;
	struct cni_tuning_place place;
	visiting int home = -1;

	if (need_prev_result(at, err) < 0 || cni_attachment_open(at, err) < 0 ||
	    find_place(at, &place, err) < 0)
		return -1;
	if (!place.index)
		return cni_fail(err, CNI_EMISMATCH, "Cannot find container link %s", place.ifname);
	if (enter(&place, &spec->conf.wanted, &home, err) < 0)
		return -1;
	return cni_tuning_check(&place, &spec->conf.wanted, err);
}

/* ---- del ---- */

/* Another link, or another namespace, is not ours. */
static void forget_others(struct cni_tuning_backup *backup, const struct cni_tuning_about *about)
{
	bool is_same = !*backup->about.netns || !strcmp(backup->about.netns, about->netns);

	if (!is_same || (backup->about.index && backup->about.index != about->index))
		backup->earlier.link.given = 0;
	if (is_same)
		return;
	cni_tuning_backup_clear(backup);
}

/* A value that cannot be put back is no reason to keep a container: it is printed, and that is all, as
 * the plugins that made the interface are still to be called. */
static int restore(struct cni_attachment *at, const char *data_dir, const char *text,
		   struct cni_error *err)
{
	clearing_backup struct cni_tuning_backup backup = {.about = {.index = 0}};
	struct cni_tuning_about about;
	struct cni_tuning_place place;
	visiting int home = -1;

	if (!cni_tuning_backup_parse(text, &backup))
		return 0;
	if (find_place(at, &place, err) < 0 ||
	    cni_tuning_about(&place, &backup.about, &about, err) < 0)
		return -1;
	forget_others(&backup, &about);
	cni_tuning_backup_leave_shared(data_dir, at->owner, &backup);
	if (enter(&place, &backup.earlier, &home, err) < 0)
		return -1;
	/* After a way home that fails there are only files to remove. */
	if (cni_tuning_restore(&place, &backup.earlier, err) < 0 || leave(&home, err) < 0)
		fprintf(stderr, "restore: %s\n", err->msg);
	return 0;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tuning_part *spec = data;
	const char *data_dir = spec->conf.data_dir;
	freeing char *text = NULL;

	if (cni_tuning_backup_read(data_dir, at->owner, &text, err) < 0)
		return -1;
	if (text && cni_attachment_open(at, err) < 0)
		return -1;
	if (text && at->netns >= 0 && restore(at, data_dir, text, err) < 0)
		return -1;
	return cni_tuning_backup_remove(data_dir, at->owner, err);
}

/* ---- gc, status ---- */

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tuning_part *spec = data;

	return cni_tuning_backup_collect(spec->conf.data_dir, at->call->conf.name,
					 &at->call->conf.valid, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tuning_part *spec = data;
	const struct cni_tuning *wanted = &spec->conf.wanted;
	struct statvfs fs;

	(void)at;
	if (cni_tuning_conf_check_allowed(&spec->conf, CNI_SYSCTL_ALLOWLIST, err) < 0)
		return -1;
	if (wanted->sysctl_count && statvfs("/proc/sys/net", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return cni_fail(err, CNI_EUNAVAILABLE,
				"/proc/sys/net is mounted read-only: no sysctl can be set");
	if (cni_readiness_check(err) < 0)
		return -1;
	if (!wanted->sysctl_count && !wanted->link.given)
		return 0;
	if (cni_readiness_check_directory(spec->conf.data_dir, "'dataDir'", err) == 0 ||
	    (!wanted->link.given && cni_file_is_refused(err)))
		return 0;
	return -1;
}

const struct cni_part_ops cni_tuning_part_ops = {
	.name = "tuning",
	.size = sizeof(struct cni_tuning_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
	.clear = clear,
};
