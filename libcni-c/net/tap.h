/* SPDX-License-Identifier: Apache-2.0 */
/* Taps: Ethernet links whose other end is a file descriptor, as virtual machines use them. Source: the kernel's
 * drivers/net/tun.c and Documentation/networking/tuntap.rst.
 *
 * A descriptor of /dev/net/tun belongs for ever to the network namespace in which it was opened
 * (tun_chr_open()), so the tap appears there, from wherever the other calls are made. The descriptor that has
 * made the tap leads to no other link, whichever name, index or namespace the tap has by then. */
#ifndef CNI_TAP_H
#define CNI_TAP_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* Opens /dev/net/tun of this mount namespace, for this network namespace. Fails with CNI_EKERNEL. */
int cni_tap_open(int *ret_tun, struct cni_error *err);

/* A new tap. */
struct cni_tap_new {
	const char *name;
	const uint8_t *mac;
	bool multi_queue; /* several descriptors may attach at once */
	const char
		*context; /* the SELinux context that makes it; NULL or "": that of this process */
	/* Users and members of the group may attach without CAP_NET_ADMIN; with neither, the kernel decides. */
	bool has_owner;
	bool has_group;
	uint32_t owner;
	uint32_t group;
};

/* Makes the tap, down, attached to `tun`; it goes when `tun` is closed. `*ret_index` is its index, which is
 * chosen here (TUNSETIFINDEX) instead of asked for by name: the namespace may be hostile. With a context
 * this executable is started once more, see cni_tap_helper(). Fails with CNI_EKERNEL, errnum EBUSY if the
 * name or the index is taken: another call chooses another index; and with CNI_ECONFIG if SELinux does not know
 * the context. `tun` must be closed after a failure, and only after EBUSY may be used again. */
int cni_tap_make(int tun, const struct cni_tap_new *tap, int *ret_index, struct cni_error *err);

/* The tap outlives `tun`, or does not. Fails with CNI_EKERNEL, errnum EBADFD if the tap is gone. */
int cni_tap_keep(int tun, bool keep, struct cni_error *err);

/* True if the kernel has SELinux and it is on. */
bool cni_tap_has_selinux(void);

/* SELinux gives a tap the context of the process that makes it (selinux_tun_dev_alloc_security() in the kernel's
 * security/selinux/hooks.c), and a policy lets a process change its context by execve(2). A main() that makes
 * taps with a context therefore begins with this. Returns -1 if the arguments are not a helper's;
 * otherwise the exit code. */
int cni_tap_helper(int argc, char *const *argv);

CNI_END_DECLS

#endif
