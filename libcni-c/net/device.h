/* SPDX-License-Identifier: Apache-2.0 */
/* A device of the host: found as configurations name it, and known again in another namespace, where a
 * process with rights may have given it another name, alias, MAC and index. */
#ifndef CNI_DEVICE_H
#define CNI_DEVICE_H

#include "decls.h"
#include "link.h"
#include "nl.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* How a configuration names a device. */
enum cni_device_by {
	CNI_DEVICE_BY_NAME,
	CNI_DEVICE_BY_MAC,
	CNI_DEVICE_BY_PATH,	 /* its directory in sysfs, which has a directory "net" */
	CNI_DEVICE_BY_PCI,	 /* "0000:03:00.0" */
	CNI_DEVICE_BY_AUXILIARY, /* "mlx5_core.sf.4" */
};

struct cni_device_request {
	enum cni_device_by by;
	const char *key;   /* of the configuration, for messages */
	const char *value; /* NULL: no device is named */
};

/* Finds the device in the namespace of `nl`, which is that of the process and of its /sys. Among links with the MAC,
 * hardware comes first, and then the lowest index; in a directory, the first name. Fails with CNI_ECONFIG, naming
 * key, value and the links that there are; errnum ENODEV if the link or the directory is missing. */
int cni_device_look_up(struct cni_nl *nl, const struct cni_device_request *request,
		       struct cni_link *ret_link, struct cni_error *err);

/* True if the bus has the device: /sys/bus/<bus>/devices/<name>. */
bool cni_device_is_on_bus(const char *bus, const char *name);

/* Tells whether the PCI device has a driver that hands it to a program (vfio-pci, uio_pci_generic, igb_uio),
 * so that it has no link. Fails with CNI_ECONFIG if the device or its driver is missing. */
int cni_device_is_in_userspace(const char *pci, bool *ret_is, struct cni_error *err);

/* The identity of a device in any namespace. In this order:
 *
 * hardware      the device in sysfs and the permanent MAC, neither of which can be changed or made
 * on the host   a link whose other end (veth) or parent (macvlan, vlan) is a link of the host: its index
 *               there. The kernel, not the link's owner, says in which namespace that is.
 * otherwise     the kind, with the MAC or the index that it had on the host. A process in the container
 *               can make another link with these, but no such link falls back to the host by itself. */
struct cni_device_id {
	char kind[16];
	char bus[16];
	char device[64];
	uint8_t permanent_mac[CNI_MAC_SIZE];
	bool has_permanent_mac;
	int peer; /* index on the host; 0: none */
	int index;
	uint8_t mac[CNI_MAC_SIZE];
	bool has_mac;
};

/* `link` is on the host. */
struct cni_device_id cni_device_identify(const struct cni_link *link);

/* True for hardware, which returns to the host when its namespace ends (default_device_exit_net() in the
 * kernel's net/core/dev.c); other links end with the namespace. */
bool cni_device_is_hardware(const struct cni_device_id *id);

/* True if `link`, which is on the host, is the device. */
bool cni_device_is(const struct cni_device_id *id, const struct cni_link *link);

/* True if the other end or the parent of `link`, which `nl` has just described, is in the namespace `host`
 * (a descriptor), and `nl` is elsewhere. Fails with CNI_EKERNEL. */
int cni_device_leads_to(struct cni_nl *nl, int host, const struct cni_link *link, bool *ret_leads,
			struct cni_error *err);

/* Finds the device in the namespace of `nl`, by the name `name` at first. `host`: a descriptor of the host's
 * namespace; -1 if `nl` is there. Fails with CNI_EKERNEL; errnum ENODEV if it is not there. */
int cni_device_find(struct cni_nl *nl, int host, const struct cni_device_id *id, const char *name,
		    struct cni_link *ret_link, struct cni_error *err);

CNI_END_DECLS

#endif
