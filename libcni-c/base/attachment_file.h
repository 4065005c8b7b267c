/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's record of an attachment, for DEL and GC, which may have neither prevResult nor
 * ADD's configuration:
 *
 *	/run/cni/firewall/blue/4f1c…:eth0
 *
 * a small text, written before anything is changed and removed last. The record is lost in a
 * reboot, like its subject. Files have the mode 0600, directories 0700; no link is followed
 * below /run. A colon is in no container's id and no interface's name. */
#ifndef CNI_ATTACHMENT_FILE_H
#define CNI_ATTACHMENT_FILE_H

#include "error.h"
#include "owner.h"

#include <stdbool.h>

/* Makes the file hold `text`, or leaves it as it was. `plugin` names the directory. Fails with
 * CNI_EIO, as all of these. */
int cni_attachment_file_write(const char *plugin, const struct cni_owner *owner, const char *text,
			      struct cni_error *err);

/* Reads the text, which the caller frees; NULL if there is no such file. A file with more than
 * 64 KiB or a NUL, or an irregular file, is not ours and reads as "". */
int cni_attachment_file_read(const char *plugin, const struct cni_owner *owner, char **ret_text,
			     struct cni_error *err);

/* Removes the file, and a stale temporary file of a killed ADD. A missing file is success. */
int cni_attachment_file_remove(const char *plugin, const struct cni_owner *owner,
			       struct cni_error *err);

/* Lists the attachments of `network` that have a file, or a temporary file of a killed ADD;
 * sorted. The caller frees with cni_attachment_files_clear(). For GC: removes a directory
 * without any. */
struct cni_attachment_files {
	struct cni_owners owners;
	char **names;
};
int cni_attachment_files(const char *plugin, const char *network,
			 struct cni_attachment_files *ret_files, struct cni_error *err);
void cni_attachment_files_clear(struct cni_attachment_files *files);

/* Lists the networks that have a directory. The caller frees each and the array. No network is
 * success. */
int cni_attachment_networks(const char *plugin, char ***ret_names, size_t *ret_count,
			    struct cni_error *err);

/* The same for a file beside these, about the network: /run/cni/masquerade/blue/destinations. Its name has no
 * colon. */
int cni_network_file_write(const char *plugin, const char *network, const char *name,
			   const char *text, struct cni_error *err);
int cni_network_file_read(const char *plugin, const char *network, const char *name,
			  char **ret_text, struct cni_error *err);
int cni_network_file_remove(const char *plugin, const char *network, const char *name,
			    struct cni_error *err);

/* Opens the directory /run/cni/<plugin>/<name>; with `make`, makes what is missing. Fails with
 * errnum ENOENT if there is none. For callers that keep something beside these files. */
int cni_attachment_directory(const char *plugin, const char *name, bool make, int *ret_fd,
			     struct cni_error *err);

#endif
