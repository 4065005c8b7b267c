/* SPDX-License-Identifier: Apache-2.0 */
/* The valid names of networks, containers and interfaces, by the specification. */
#ifndef CNI_NAMES_H
#define CNI_NAMES_H

#include "decls.h"
#include "error.h"

CNI_BEGIN_DECLS

/* Starts with an alphanumeric, then alphanumerics, '_', '.', '-' (CNI SPEC, sections 1 and 2). At
 * most 200 characters here: a name has to fit into a file name beside others (NAME_MAX is 255).
 * Fails with CNI_ECONFIG. */
int cni_name_check_network(const char *name, struct cni_error *err);

/* The same letters. Fails with CNI_EENV. */
int cni_name_check_container(const char *id, struct cni_error *err);

/* 1 to 15 bytes, not "." or "..", no '/', ':' or white space (dev_valid_name() in the kernel's
 * net/core/dev.c), and no '%', since the kernel makes "eth0" out of "eth%d". `what` says where it
 * stands. Fails with `code`. */
int cni_name_check_interface(const char *name, const char *what, int code, struct cni_error *err);

/* The same for a link that is there already, by its name or a second one (ip-link(8), "altname"), which may have
 * 127 bytes. Fails with CNI_ECONFIG. */
int cni_name_check_existing(const char *name, const char *what, struct cni_error *err);

/* The name of an executable on CNI_PATH: not empty, no '/' and no '\\', not "." or ".."
 * (CVE-2021-20206). `what` names the key. Fails with CNI_ECONFIG. */
int cni_name_check_plugin(const char *type, const char *what, struct cni_error *err);

CNI_END_DECLS

#endif
