/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include "cleanup.h"
#include "mem.h"
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- sysfs ---- */

static char *path_on_bus(const char *bus, const char *name)
{
	return cni_format("/sys/bus/%s/devices/%s", bus, name);
}

bool cni_device_is_on_bus(const char *bus, const char *name)
{
	freeing char *path = path_on_bus(bus, name);

	return access(path, F_OK) == 0;
}

/* The first name, in the order of strcmp(), in the directory that begins with `prefix`; "" if there is
 * none. */
static void first_entry(const char *path, const char *prefix, char name[NAME_MAX + 1])
{
	const struct dirent *entry;
	DIR *list = opendir(path);

	*name = '\0';
	while (list && (entry = readdir(list)))
		if (*entry->d_name != '.' && !strncmp(entry->d_name, prefix, strlen(prefix)) &&
		    (!*name || strcmp(entry->d_name, name) < 0))
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	if (list)
		closedir(list);
}

/* The name of the link in `<path>/net`, or in that of a virtio device below. */
static void name_below(const char *path, char name[NAME_MAX + 1])
{
	freeing char *net = cni_format("%s/net", path);
	freeing char *below = NULL;
	char virtio[NAME_MAX + 1];

	first_entry(net, "", name);
	if (*name)
		return;
	first_entry(path, "virtio", virtio);
	below = cni_format("%s/%s/net", path, virtio);
	if (*virtio)
		first_entry(below, "", name);
}

int cni_device_is_in_userspace(const char *pci, bool *ret_is, struct cni_error *err)
{
	static const char *const drivers[] = {"vfio-pci", "uio_pci_generic", "igb_uio"};
	freeing char *path = cni_format("/sys/bus/pci/devices/%s/driver", pci);
	freeing char *driver = realpath(path, NULL);

	*ret_is = false;
	if (!driver) {
		cni_fail(err, CNI_ECONFIG, "PCI device '%.64s' %s", pci,
			 cni_device_is_on_bus("pci", pci)
				 ? "has no driver, expected a device with one"
				 : "is not there, expected one of /sys/bus/pci/devices");
		err->errnum = ENODEV;
		return -1;
	}
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		*ret_is |= !strcmp(strrchr(driver, '/') + 1, drivers[i]);
	return 0;
}

/* ---- as configurations name it ---- */

#define NAMES_MAX 20

struct names {
	size_t count;
	char text[NAMES_MAX * CNI_IFNAME_SIZE + 32];
};

static int note_name(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct names *names = data;
	size_t length = strlen(names->text);

	(void)err;
	if (names->count++ < NAMES_MAX)
		snprintf(names->text + length, sizeof(names->text) - length, "%s%s",
			 length ? ", " : "", link->name);
	return 0;
}

static void restart_names(void *data)
{
	*(struct names *)data = (struct names){.count = 0};
}

static int refuse_missing(struct cni_nl *nl, const struct cni_device_request *request,
			  struct cni_error *err)
{
	struct names names = {.count = 0};
	struct cni_error ignored;

	cni_link_each(nl, NULL, note_name, restart_names, &names, &ignored);
	cni_fail(err, CNI_ECONFIG,
		 "failed to find host device: '%s' is \"%.128s\", and there is no such link on the "
		 "host, expected one of: %s%s",
		 request->key, request->value, names.text, names.count > NAMES_MAX ? ", …" : "");
	err->errnum = ENODEV;
	return -1;
}

struct mac_search {
	uint8_t mac[CNI_MAC_SIZE];
	struct cni_link found; /* index 0: not yet */
};

static int compare_mac(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct mac_search *search = data;
	const struct cni_link *found = &search->found;

	(void)err;
	if (!link->has_mac || memcmp(link->mac, search->mac, CNI_MAC_SIZE) != 0)
		return 0;
	if (!found->index || (*link->bus && !*found->bus) ||
	    (!*link->bus == !*found->bus && link->index < found->index))
		search->found = *link;
	return 0;
}

static void restart_mac(void *data)
{
	((struct mac_search *)data)->found.index = 0;
}

static int look_up_mac(struct cni_nl *nl, const struct cni_device_request *request,
		       struct cni_link *ret_link, struct cni_error *err)
{
	struct mac_search search = {.found = {.index = 0}};

	if (cni_mac_parse(request->value, search.mac) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' is \"%.64s\", expected a MAC address such as "
				"\"0a:58:0a:f4:00:02\"",
				request->key, request->value);
	if (cni_link_each(nl, NULL, compare_mac, restart_mac, &search, err) < 0)
		return -1;
	*ret_link = search.found;
	return search.found.index ? 0 : refuse_missing(nl, request, err);
}

static void look_below(const struct cni_device_request *request, char name[NAME_MAX + 1])
{
	freeing char *path = NULL;

	if (request->by == CNI_DEVICE_BY_PATH)
		path = cni_strdup(request->value);
	else
		path = path_on_bus(request->by == CNI_DEVICE_BY_PCI ? "pci" : "auxiliary",
				   request->value);
	name_below(path, name);
}

int cni_device_look_up(struct cni_nl *nl, const struct cni_device_request *request,
		       struct cni_link *ret_link, struct cni_error *err)
{
	char name[NAME_MAX + 1] = "";

	*ret_link = (struct cni_link){.index = 0};
	if (request->by == CNI_DEVICE_BY_MAC)
		return look_up_mac(nl, request, ret_link, err);
	if (request->by == CNI_DEVICE_BY_NAME)
		snprintf(name, sizeof(name), "%s", request->value);
	else
		look_below(request, name);
	if (*name && cni_link_get(nl, name, ret_link, err) == 0)
		return 0;
	return *name && err->errnum != ENODEV ? -1 : refuse_missing(nl, request, err);
}

/* ---- identity ---- */

struct cni_device_id cni_device_identify(const struct cni_link *link)
{
	struct cni_device_id id = {
		.has_permanent_mac = link->has_permanent_mac,
		.peer = link->peer_netns < 0 ? link->peer : 0,
		.index = link->index,
		.has_mac = link->has_mac,
	};

	memcpy(id.kind, link->kind, sizeof(id.kind));
	memcpy(id.bus, link->bus, sizeof(id.bus));
	memcpy(id.device, link->device, sizeof(id.device));
	memcpy(id.permanent_mac, link->permanent_mac, CNI_MAC_SIZE);
	memcpy(id.mac, link->mac, CNI_MAC_SIZE);
	return id;
}

bool cni_device_is_hardware(const struct cni_device_id *id)
{
	return *id->bus || (id->has_permanent_mac && !*id->kind);
}

static bool same_permanent(const struct cni_device_id *id, const struct cni_link *link)
{
	return id->has_permanent_mac == link->has_permanent_mac &&
	       (!id->has_permanent_mac ||
		!memcmp(id->permanent_mac, link->permanent_mac, CNI_MAC_SIZE));
}

/* `leads`: the link's other end or parent is on the host. */
static bool is_it(const struct cni_device_id *id, const struct cni_link *link, bool leads)
{
	if (strcmp(id->kind, link->kind) != 0)
		return false;
	if (cni_device_is_hardware(id))
		return !strcmp(id->bus, link->bus) && !strcmp(id->device, link->device) &&
		       same_permanent(id, link);
	if (id->peer)
		return leads && id->peer == link->peer;
	return !*link->bus &&
	       (id->index == link->index ||
		(id->has_mac && link->has_mac && !memcmp(id->mac, link->mac, CNI_MAC_SIZE)));
}

bool cni_device_is(const struct cni_device_id *id, const struct cni_link *link)
{
	return is_it(id, link, link->peer_netns < 0);
}

int cni_device_leads_to(struct cni_nl *nl, int host, const struct cni_link *link, bool *ret_leads,
			struct cni_error *err)
{
	int id;

	*ret_leads = false;
	if (link->peer_netns < 0)
		return 0;
	if (cni_peer_netns_id(nl, host, &id, err) < 0)
		return -1;
	*ret_leads = id == link->peer_netns;
	return 0;
}

/* Links that fit, but for the namespace of the other end: the kernel may give that namespace its id only
 * while it describes the links. */
struct candidates {
	const struct cni_device_id *id;
	bool is_home;
	struct cni_link *items;
	size_t count;
};

static int note_candidate(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct candidates *candidates = data;

	(void)err;
	if (!is_it(candidates->id, link, (link->peer_netns < 0) == candidates->is_home))
		return 0;
	candidates->items = cni_realloc_array(candidates->items, candidates->count + 1,
					      sizeof(*candidates->items));
	candidates->items[candidates->count++] = *link;
	return 0;
}

static void forget_candidates(void *data)
{
	((struct candidates *)data)->count = 0;
}

static int judge(struct cni_nl *nl, int host, const struct cni_device_id *id,
		 const struct cni_link *link, bool *ret_is, struct cni_error *err)
{
	bool leads = host < 0 && link->peer_netns < 0;

	if (host >= 0 && cni_device_leads_to(nl, host, link, &leads, err) < 0)
		return -1;
	*ret_is = is_it(id, link, leads);
	return 0;
}

static int find_among(struct cni_nl *nl, int host, const struct cni_device_id *id,
		      struct cni_link *ret_link, struct cni_error *err)
{
	struct candidates candidates = {.id = id, .is_home = host < 0};
	bool is = false;
	int failed;

	failed = cni_link_each(nl, NULL, note_candidate, forget_candidates, &candidates, err);
	for (size_t i = 0; !failed && !is && i < candidates.count; i++) {
		*ret_link = candidates.items[i];
		failed = judge(nl, host, id, ret_link, &is, err);
	}
	free(candidates.items);
	if (failed || is)
		return failed;
	cni_fail(err, CNI_EKERNEL, "the device is not there");
	err->errnum = ENODEV;
	return -1;
}

int cni_device_find(struct cni_nl *nl, int host, const struct cni_device_id *id, const char *name,
		    struct cni_link *ret_link, struct cni_error *err)
{
	bool is = false;

	if (cni_link_get(nl, name, ret_link, err) < 0) {
		if (err->errnum != ENODEV)
			return -1;
	} else if (judge(nl, host, id, ret_link, &is, err) < 0) {
		return -1;
	}
	return is ? 0 : find_among(nl, host, id, ret_link, err);
}
