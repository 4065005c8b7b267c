/* SPDX-License-Identifier: Apache-2.0 */
#include "moved_link_holder.h"

#include "attachment_file.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void cni_moved_link_holder_clear(struct cni_moved_link_holder *holder)
{
	cni_moved_link_record_clear(&holder->record);
	free(holder->network);
	free(holder->container);
	free(holder->ifname);
	*holder = (struct cni_moved_link_holder){.network = NULL};
}

static bool is_requested(const struct cni_moved_link_record *record,
			 const struct cni_device_request *request)
{
	const char *value = record->request ? strchr(record->request, ' ') : NULL;
	uint8_t mac[CNI_MAC_SIZE];

	switch (request->by) {
	case CNI_DEVICE_BY_NAME:
		if (!strcmp(record->name, request->value))
			return true;
		break; /* a second name */
	case CNI_DEVICE_BY_MAC:
		return cni_mac_parse(request->value, mac) == 0 && record->id.has_mac &&
		       !memcmp(mac, record->id.mac, CNI_MAC_SIZE);
	case CNI_DEVICE_BY_PCI:
		if (!strcmp(record->id.bus, "pci") && !strcmp(record->id.device, request->value))
			return true;
		break;
	case CNI_DEVICE_BY_PATH:
	case CNI_DEVICE_BY_AUXILIARY:
		break;
	}
	return value && !strcmp(value + 1, request->value);
}

static bool is_hardware(const struct cni_device_id *a, const struct cni_device_id *b)
{
	return !strcmp(a->bus, b->bus) && !strcmp(a->device, b->device) &&
	       a->has_permanent_mac == b->has_permanent_mac &&
	       !memcmp(a->permanent_mac, b->permanent_mac, CNI_MAC_SIZE);
}

static bool find_in_network(const char *network, const struct cni_device_request *request,
			    const struct cni_device_id *id, struct cni_moved_link_holder *holder)
{
	struct cni_attachment_files files;
	struct cni_error ignored;
	bool found = false;

	if (cni_attachment_files(CNI_MOVED_LINK_PLUGIN, network, &files, &ignored) < 0)
		return false;
	for (size_t i = 0; !found && i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];
		bool exists;

		if (cni_moved_link_record_read(owner, &holder->record, &exists, &ignored) < 0 ||
		    !exists)
			continue;
		found = id ? is_hardware(id, &holder->record.id)
			   : is_requested(&holder->record, request);
		if (!found) {
			cni_moved_link_record_clear(&holder->record);
			continue;
		}
		holder->network = cni_strdup(owner->network);
		holder->container = cni_strdup(owner->container);
		holder->ifname = cni_strdup(owner->ifname);
		holder->owner = (struct cni_owner){holder->network, holder->container,
						   holder->ifname, "", ""};
	}
	cni_attachment_files_clear(&files);
	return found;
}

bool cni_moved_link_find_holder(const struct cni_device_request *request,
				const struct cni_device_id *id,
				struct cni_moved_link_holder *ret_holder)
{
	struct cni_error ignored;
	char **networks;
	size_t count;
	bool found = false;

	*ret_holder = (struct cni_moved_link_holder){.network = NULL};
	if (cni_attachment_networks(CNI_MOVED_LINK_PLUGIN, &networks, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		found = found || find_in_network(networks[i], request, id, ret_holder);
		free(networks[i]);
	}
	free(networks);
	return found;
}
