/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of links, over rtnetlink(7). */
#ifndef CNI_ADDR_H
#define CNI_ADDR_H

#include "decls.h"
#include "ip.h"
#include "nl.h"

CNI_BEGIN_DECLS

enum cni_addr_flags {
	CNI_ADDR_DAD = 1 << 0,	    /* duplicate address detection of an IPv6 address */
	CNI_ADDR_NO_ROUTE = 1 << 1, /* the kernel makes no route to the address's network */
};

/* Makes `net` an address of the link `index` and waits for nothing. An IPv6 address skips duplicate
 * address detection (IFA_F_NODAD, linux/if_addr.h) without CNI_ADDR_DAD: the range gives each to one
 * owner. `flags` are enum cni_addr_flags.
 * Fails with CNI_EKERNEL; errnum EEXIST if the link already has it. */
int cni_addr_add(struct cni_nl *nl, int index, const struct cni_net *net, unsigned int flags,
		 struct cni_error *err);

/* Removes an address. Fails with errnum EADDRNOTAVAIL if the link does not have it. */
int cni_addr_del(struct cni_nl *nl, int index, const struct cni_net *net, struct cni_error *err);

/* Lists the addresses of one link, an array the caller frees, with those that the kernel has
 * made (IPv6 link-local). */
int cni_addr_list(struct cni_nl *nl, int index, struct cni_net **ret_nets, size_t *ret_count,
		  struct cni_error *err);

/* Calls `cb` for each address of each link of the namespace; the results of `cb` and `restart` are those
 * of cni_nl_dump(). */
int cni_addr_each(struct cni_nl *nl,
		  int (*cb)(int index, const struct cni_net *net, void *data,
			    struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err);

/* Waits until no IPv6 address of the link is tentative any more (RFC 4862, section 5.4), at most
 * `milliseconds`, on the kernel's announcements; `news` is as for cni_nl_wait(). Fails
 * with CNI_EKERNEL if another host has one of them (errnum EADDRINUSE) or at the deadline
 * (ETIMEDOUT). */
int cni_addr_wait_settled(struct cni_nl *nl, struct cni_nl *news, int index,
			  unsigned int milliseconds, struct cni_error *err);

CNI_END_DECLS

#endif
