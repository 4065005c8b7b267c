/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin remembers of an attachment, for DEL and GC, which may have neither prevResult nor
 * the configuration that ADD had:
 *
 *	/run/cni/firewall/blue/4f1c…:eth0
 *
 * a small text, written before anything is changed and removed last. It goes with a reboot, as what
 * it is about. Files have the mode 0600, directories 0700; no link is followed below /run. A colon
 * is in no container's id and no interface's name. */
#ifndef CNI_ATTACHMENT_FILE_H
#define CNI_ATTACHMENT_FILE_H

#include "error.h"
#include "owner.h"

#include <stdbool.h>

/* Makes the file hold `text`, or leaves it as it was. `plugin` names the directory. Fails with
 * CNI_EIO, as all of these. */
int cni_attachment_file_write(const char *plugin, const struct cni_owner *owner, const char *text,
			      struct cni_error *err);

/* The text, which the caller frees; NULL if there is no such file. Of a file with more than 64 KiB
 * or a NUL, and of what is no regular file, it is "": nothing of ours, and no obstacle. */
int cni_attachment_file_read(const char *plugin, const struct cni_owner *owner, char **ret_text,
			     struct cni_error *err);

/* Removes it, and what a killed ADD has left beside it. None is success. */
int cni_attachment_file_remove(const char *plugin, const struct cni_owner *owner,
			       struct cni_error *err);

/* The attachments of `network` that have a file, or one that a killed ADD has left; sorted. The
 * caller frees with cni_attachment_files_clear(). For GC: without any the directory goes. */
struct cni_attachment_files {
	struct cni_owners owners;
	char **names;
};
int cni_attachment_files(const char *plugin, const char *network,
			 struct cni_attachment_files *ret_files, struct cni_error *err);
void cni_attachment_files_clear(struct cni_attachment_files *files);

/* The networks that have a directory. The caller frees each and the array. None is success. */
int cni_attachment_networks(const char *plugin, char ***ret_names, size_t *ret_count,
			    struct cni_error *err);

/* Opens the directory /run/cni/<plugin>/<name>; with `make`, makes what is missing. Fails with
 * errnum ENOENT if there is none. For those who keep something beside these files. */
int cni_attachment_directory(const char *plugin, const char *name, bool make, int *ret_fd,
			     struct cni_error *err);

#endif
