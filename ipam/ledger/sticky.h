/* SPDX-License-Identifier: Apache-2.0 */
/* Who had an address last, by a key such as "default/web-0": one key for each address, so that
 * there are never more than addresses. Kept over boots. A lost key is no failure. */
#ifndef HOST_LOCAL_STICKY_H
#define HOST_LOCAL_STICKY_H

#include "error.h"
#include "ip.h"

#include <stdbool.h>
#include <stdint.h>

/* What `template` ("${K8S_POD_NAMESPACE}/${K8S_POD_NAME}") says with the values of `args`
 * (CNI_ARGS), for the interface: the number of the key; 0 if one of the arguments is missing or
 * empty, as with runtimes that do not send them. Fails with CNI_ECONFIG: no "${NAME}" in it, one
 * without an end, a name of other characters than letters, digits and '_'. */
int sticky_key(const char *template, const char *args, const char *ifname, uint64_t *ret_key,
	       struct cni_error *err);

/* The address from `first` to `last`, both inclusive and of one family, that `key` had last. `dir`
 * is the sidecar's. */
bool sticky_find(int dir, uint64_t key, const struct cni_ip *first, const struct cni_ip *last,
		 struct cni_ip *ret_ip);

/* Notes that `key` has `ip` now; 0: nobody who is to be remembered. */
void sticky_set(int dir, const struct cni_ip *ip, uint64_t key);

#endif
