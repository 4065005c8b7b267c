/* SPDX-License-Identifier: Apache-2.0 */
/* The last holder of each address, as a key such as "default/web-0": each address has one key,
 * so there are never more keys than addresses. Keys survive a reboot. A lost key is no failure. */
#ifndef HOST_LOCAL_STICKY_H
#define HOST_LOCAL_STICKY_H

#include "error.h"
#include "ip.h"

#include <stdbool.h>
#include <stdint.h>

/* Computes the number of the key: `template` ("${K8S_POD_NAMESPACE}/${K8S_POD_NAME}") with the
 * values of `args` (CNI_ARGS), for the interface; 0 if one of the arguments is missing or empty,
 * as with runtimes that do not send them. Fails with CNI_ECONFIG: no "${NAME}" in it, one
 * without an end, a name of other characters than letters, digits and '_'. */
int sticky_key(const char *template, const char *args, const char *ifname, uint64_t *ret_key,
	       struct cni_error *err);

/* Finds the last address of `key` from `first` to `last`, both inclusive and of one family.
 * `dir` is the sidecar's. */
bool sticky_find(int dir, uint64_t key, const struct cni_ip *first, const struct cni_ip *last,
		 struct cni_ip *ret_ip);

/* Notes that `key` has `ip` now; 0: no key. */
void sticky_set(int dir, const struct cni_ip *ip, uint64_t key);

#endif
