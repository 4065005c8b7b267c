/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment's links on the host, as the result of the plugin that made them names them. */
#include "attachment.h"

#include <string.h>

bool cni_attachment_is_on_host(const struct cni_result_interface *interface)
{
	bool inside = interface->sandbox && *interface->sandbox;

	return !inside && interface->name && *interface->name &&
	       strlen(interface->name) < CNI_IFNAME_SIZE;
}

const char *cni_attachment_first_link(const struct cni_attachment *at)
{
	for (size_t i = 0; i < at->result->interface_count; i++)
		if (cni_attachment_is_on_host(&at->result->interfaces[i]))
			return at->result->interfaces[i].name;
	return "";
}

const char *cni_attachment_device(const struct cni_attachment *at)
{
	const char *first = cni_attachment_first_link(at);
	size_t length = strlen(first);

	for (size_t i = 0; *first && i < at->result->interface_count; i++) {
		const struct cni_result_interface *interface = &at->result->interfaces[i];

		if (cni_attachment_is_on_host(interface) &&
		    !strncmp(interface->name, first, length) && interface->name[length] == '.')
			return interface->name;
	}
	return first;
}

const char *cni_attachment_host_link(const struct cni_attachment *at)
{
	int container = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);

	while (container-- > 0)
		if (cni_attachment_is_on_host(&at->result->interfaces[container]))
			return at->result->interfaces[container].name;
	return "";
}

const char *cni_attachment_find_host_link(struct cni_attachment *at)
{
	const char *name = cni_attachment_host_link(at);
	struct cni_error ignored;
	struct cni_link link;

	return *name && cni_link_get(&at->nl[CNI_HOST], name, &link, &ignored) == 0 ? name : "";
}
