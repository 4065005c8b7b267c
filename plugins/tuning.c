/* SPDX-License-Identifier: Apache-2.0 */
/* tuning: changes settings of the container's interface, and sysctls of its network. Chained behind
 * the plugin that makes the interface. What there was before is kept in a file (tuning_backup.h),
 * from which DEL puts it back. */
#include "attachment.h"
#include "cleanup.h"
#include "cni.h"
#include "netns.h"
#include "readiness.h"
#include "sysctl_allowlist.h"
#include "tuning_backup.h"
#include "tuning_conf.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#define clearing_tuning __attribute__((cleanup(cni_tuning_clear)))
#define clearing_conf	__attribute__((cleanup(cni_tuning_conf_clear)))
#define clearing_backup __attribute__((cleanup(cni_tuning_backup_clear)))

/* ---- ADD ---- */

/* If there is no such link, whoever needs it will say so. */
static int find_place(struct cni_attachment *at, struct cni_tuning_place *ret_place,
		      struct cni_error *err)
{
	struct cni_link_settings settings;

	*ret_place = (struct cni_tuning_place){
		.netns = at->netns, .nl = &at->nl[CNI_CONTAINER], .ifname = at->owner->ifname};
	if (cni_link_settings_get(ret_place->nl, ret_place->ifname, &ret_place->index, &settings,
				  err) == 0 ||
	    err->errnum == ENODEV)
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

/* The host may have a link of the same name. */
static bool is_told_inside(const struct cni_result *result, const char *ifname)
{
	for (size_t i = 0; i < result->interface_count; i++)
		if (!strcmp(result->interfaces[i].name, ifname) && result->interfaces[i].sandbox &&
		    *result->interfaces[i].sandbox)
			return true;
	return false;
}

/* What others will be told of the link: its new MAC, and its new MTU if an MTU was told. */
static int answer(const struct cni_call *call, const struct cni_link_settings *wanted,
		  struct cni_result *result, struct cni_error *err)
{
	char text[CNI_MAC_TEXT_SIZE];
	bool is_inside = is_told_inside(&call->conf.prev_result, call->env.ifname);

	cni_result_copy(&call->conf.prev_result, result);
	for (size_t i = 0; i < result->interface_count; i++) {
		struct cni_result_interface *interface = &result->interfaces[i];

		if (strcmp(interface->name, call->env.ifname) != 0 ||
		    (is_inside && (!interface->sandbox || !*interface->sandbox)))
			continue;
		if (cni_link_settings_have(wanted, CNI_LINK_MAC)) {
			free(interface->mac);
			interface->mac = cni_strdup(cni_mac_format(wanted->mac, text));
		}
		if (cni_link_settings_have(wanted, CNI_LINK_MTU) && interface->mtu)
			interface->mtu = wanted->mtu;
	}
	return cni_result_check_fits(result, call->conf.version, err);
}

/* The file as it is to be, out of the one that there is, if it is about this very link: another
 * plugin of the chain has written it, or an ADD that was killed. */
static void continue_backup(const char *text, const struct cni_tuning_about *about,
			    struct cni_tuning_backup *backup)
{
	if (text && cni_tuning_backup_parse(text, backup) &&
	    !strcmp(backup->about.netns, about->netns) && backup->about.index == about->index)
		return;
	cni_tuning_backup_clear(backup);
	backup->about = *about;
}

static int apply(const struct cni_call *call, const struct cni_tuning_conf *conf,
		 const struct cni_tuning_place *place, struct cni_error *err)
{
	clearing_backup struct cni_tuning_backup backup = {.about = {.index = 0}};
	clearing_tuning struct cni_tuning before = {.sysctls = NULL};
	struct cni_error ignored;
	struct cni_tuning_about about;
	freeing char *text = NULL;
	visiting int home = -1;

	if (cni_tuning_backup_read(conf->data_dir, &call->owner, &text, err) < 0 ||
	    cni_tuning_about(place, &about, err) < 0 ||
	    enter(place, &conf->wanted, &home, err) < 0 ||
	    cni_tuning_look(place, &conf->wanted, &before, err) < 0)
		return -1;
	continue_backup(text, &about, &backup);
	cni_tuning_backup_add(&backup, &before);
	if (cni_tuning_backup_write(conf->data_dir, &call->owner, &backup, err) == 0 &&
	    cni_tuning_apply(place, &conf->wanted, &before, err) == 0) {
		if (leave(&home, err) == 0)
			return 0;
		cni_tuning_restore(place, &before, &ignored);
	}
	cni_tuning_backup_put_back(conf->data_dir, &call->owner, text);
	return -1;
}

static int need_prev_result(const struct cni_call *call, struct cni_error *err)
{
	if (call->conf.has_prev_result)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"Required prevResult missing: tuning must be called as chained plugin");
}

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	closing_attachment struct cni_attachment at = CNI_NO_ATTACHMENT;
	clearing_conf struct cni_tuning_conf conf = {.data_dir = NULL};
	struct cni_tuning_place place;

	if (cni_tuning_conf_read(call, &conf, err) < 0 ||
	    cni_tuning_conf_check_allowed(&conf, CNI_SYSCTL_ALLOWLIST, err) < 0 ||
	    need_prev_result(call, err) < 0 || answer(call, &conf.wanted.link, result, err) < 0 ||
	    cni_attachment_open(call, result, NULL, &at, err) < 0)
		return -1;
	if (!conf.wanted.link.given && !conf.wanted.sysctl_count)
		return 0;
	return find_place(&at, &place, err) < 0 ? -1 : apply(call, &conf, &place, err);
}

/* ---- CHECK ---- */

static int check(const struct cni_call *call, struct cni_error *err)
{
	closing_attachment struct cni_attachment at = CNI_NO_ATTACHMENT;
	clearing_conf struct cni_tuning_conf conf = {.data_dir = NULL};
	struct cni_result prev = call->conf.prev_result;
	struct cni_tuning_place place;
	visiting int home = -1;

	if (cni_tuning_conf_read(call, &conf, err) < 0 || need_prev_result(call, err) < 0 ||
	    cni_attachment_open(call, &prev, NULL, &at, err) < 0 ||
	    find_place(&at, &place, err) < 0)
		return -1;
	if (!place.index)
		return cni_fail(err, CNI_EMISMATCH, "Cannot find container link %s", place.ifname);
	if (enter(&place, &conf.wanted, &home, err) < 0)
		return -1;
	return cni_tuning_check(&place, &conf.wanted, err);
}

/* ---- DEL ---- */

/* Another link, or another namespace, is somebody else's. */
static void forget_others(struct cni_tuning_backup *backup, const struct cni_tuning_about *about)
{
	bool is_same = !*backup->about.netns || !strcmp(backup->about.netns, about->netns);

	if (!is_same || (backup->about.index && backup->about.index != about->index))
		backup->earlier.link.given = 0;
	if (is_same)
		return;
	cni_tuning_backup_clear(backup);
}

/* What cannot be put back is no reason to keep a container: it is said, and that is all, as the
 * plugins that made the interface are still to be asked. */
static int restore(const struct cni_call *call, const char *data_dir, const char *text,
		   struct cni_attachment *at, struct cni_error *err)
{
	clearing_backup struct cni_tuning_backup backup = {.about = {.index = 0}};
	struct cni_tuning_about about;
	struct cni_tuning_place place;
	visiting int home = -1;

	if (!cni_tuning_backup_parse(text, &backup))
		return 0;
	if (find_place(at, &place, err) < 0 || cni_tuning_about(&place, &about, err) < 0)
		return -1;
	forget_others(&backup, &about);
	cni_tuning_backup_leave_shared(data_dir, &call->owner, &backup);
	if (enter(&place, &backup.earlier, &home, err) < 0)
		return -1;
	/* After a way home that fails there are only files to remove. */
	if (cni_tuning_restore(&place, &backup.earlier, err) < 0 || leave(&home, err) < 0)
		fprintf(stderr, "restore: %s\n", err->msg);
	return 0;
}

static int del(const struct cni_call *call, struct cni_error *err)
{
	closing_attachment struct cni_attachment at = CNI_NO_ATTACHMENT;
	const char *data_dir = cni_tuning_conf_data_dir(call);
	struct cni_result none = {0};
	freeing char *text = NULL;

	if (cni_tuning_backup_read(data_dir, &call->owner, &text, err) < 0)
		return -1;
	if (text && cni_attachment_open(call, &none, NULL, &at, err) < 0)
		return -1;
	if (at.netns >= 0 && restore(call, data_dir, text, &at, err) < 0)
		return -1;
	return cni_tuning_backup_remove(data_dir, &call->owner, err);
}

/* ---- GC, STATUS ---- */

static int gc(const struct cni_call *call, struct cni_error *err)
{
	return cni_tuning_backup_collect(cni_tuning_conf_data_dir(call), call->conf.name,
					 &call->conf.valid, err);
}

static int status(const struct cni_call *call, struct cni_error *err)
{
	clearing_conf struct cni_tuning_conf conf = {.data_dir = NULL};
	struct statvfs fs;

	if (cni_tuning_conf_read(call, &conf, err) < 0 ||
	    cni_tuning_conf_check_allowed(&conf, CNI_SYSCTL_ALLOWLIST, err) < 0)
		return -1;
	if (conf.wanted.sysctl_count && statvfs("/proc/sys/net", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return cni_fail(err, CNI_EUNAVAILABLE,
				"/proc/sys/net is mounted read-only: no sysctl can be set");
	if (cni_readiness_check(err) < 0)
		return -1;
	if (!conf.wanted.sysctl_count && !conf.wanted.link.given)
		return 0;
	return cni_readiness_check_directory(conf.data_dir, "'dataDir'", err);
}

static const struct cni_verbs verbs = {
	.type = "tuning",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.add = add,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.mend = check,
};

int main(void)
{
	return cni_verbs_main(&verbs);
}
