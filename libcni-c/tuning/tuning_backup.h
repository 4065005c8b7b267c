/* SPDX-License-Identifier: Apache-2.0 */
/* The settings from before an attachment was tuned, for its DEL: a file in the data directory,
 *
 *	/run/cni/tuning/<container>_<interface>.json
 *
 * with the name and the members that the Go plugin gives it ("mac", "promisc", "mtu",
 * "allmulti", "txQLen"), so each suite's DEL undoes the other's ADD, and with members that the
 * Go plugin ignores: the sysctls, the owner, the namespace and the link. The file is written
 * atomically before anything is changed, and removed last. */
#ifndef CNI_TUNING_BACKUP_H
#define CNI_TUNING_BACKUP_H

#include "error.h"
#include "json.h"
#include "owner.h"
#include "tuning.h"

#include <stdbool.h>

#define CNI_TUNING_NETNS_SIZE 24

/* The namespace and link: neither identity is reused before a reboot. */
struct cni_tuning_about {
	char netns[CNI_TUNING_NETNS_SIZE]; /* "": the Go plugin does not say */
	int index;			   /* 0 likewise, or there was no such link */
};

struct cni_tuning_backup {
	struct cni_tuning_about about;
	struct cni_tuning earlier;
};

/* Reads the identity from the kernel, to be compared with `known`, which a file has: one that was written where the
 * namespace's cookie could not be had names it by other numbers. `place` is the location. Fails with CNI_EKERNEL. */
int cni_tuning_about(const struct cni_tuning_place *place, const struct cni_tuning_about *known,
		     struct cni_tuning_about *ret_about, struct cni_error *err);

/* Reads the attachment's file, which the caller frees; NULL if there is none, or no valid file
 * type. Fails with CNI_EIO if the file cannot be read now. */
int cni_tuning_backup_read(const char *dir, const struct cni_owner *owner, char **ret_text,
			   struct cni_error *err);

/* Parses the file's text to an object, which the caller deletes; from a damaged or truncated
 * text, the members before the damage. NULL if there are none. */
cJSON *cni_tuning_backup_json(const char *text);

/* Members that are wrong, or behind damage, count as absent. False if it is no JSON object. The
 * caller clears. */
bool cni_tuning_backup_parse(const char *text, struct cni_tuning_backup *ret_backup);
void cni_tuning_backup_clear(struct cni_tuning_backup *backup);

/* The text for the attachment's file, which the caller frees. */
char *cni_tuning_backup_print(const struct cni_owner *owner,
			      const struct cni_tuning_backup *backup);

/* Adds the settings of `now` that `backup` lacks: the values from before the first change are
 * kept. */
void cni_tuning_backup_add(struct cni_tuning_backup *backup, const struct cni_tuning *now);

/* Makes the directory if need be. Fails with CNI_EIO. */
int cni_tuning_backup_write(const char *dir, const struct cni_owner *owner,
			    const struct cni_tuning_backup *backup, struct cni_error *err);

/* Makes the file hold `text` again; NULL removes it. For an ADD that has failed. */
void cni_tuning_backup_put_back(const char *dir, const struct cni_owner *owner, const char *text);

/* Removes the file, and a stale temporary file of a killed ADD. A missing file is success. Fails
 * with CNI_EIO. */
int cni_tuning_backup_remove(const char *dir, const struct cni_owner *owner, struct cni_error *err);

/* Takes those sysctls out of `backup` that another interface of the same container has set as well:
 * they stay as long as it does. */
void cni_tuning_backup_leave_shared(const char *dir, const struct cni_owner *owner,
				    struct cni_tuning_backup *backup);

/* Removes the files that say they are of `network` and of an attachment that is not valid. Files
 * of the Go plugin do not name their network, and stay. Does not stop at the first failure. */
int cni_tuning_backup_collect(const char *dir, const char *network, const struct cni_owners *valid,
			      struct cni_error *err);

#endif
