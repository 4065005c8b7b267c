/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_wire.h"

#include "mem.h"
#include "names.h"

#include <stdlib.h>
#include <string.h>

static const char *const verbs[DHCP_VERB_COUNT] = {"ADD", "CHECK", "DEL", "STATUS", "CHECK6"};

char *dhcp_wire_format_request(const struct dhcp_request *request)
{
	const struct cni_owner *owner = &request->owner;

	if (request->verb == DHCP_VERB_STATUS)
		return cni_format(DHCP_WIRE " STATUS - - - 0\n");
	return cni_format(DHCP_WIRE " %s %s %s %s %zu\n", verbs[request->verb], owner->network,
			  owner->container, owner->ifname, request->size);
}

char *dhcp_wire_format_answer(int code, size_t size)
{
	return cni_format(DHCP_WIRE " %d %zu\n", code, size);
}

static bool read_number(const char *text, size_t max, size_t *ret_number)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	*ret_number = strtoul(text, &end, 10);
	return !*end && *ret_number <= max;
}

static bool read_verb(const char *text, enum dhcp_verb *ret_verb)
{
	for (int i = 0; text && i < DHCP_VERB_COUNT; i++)
		if (!strcmp(text, verbs[i])) {
			*ret_verb = (enum dhcp_verb)i;
			return true;
		}
	return false;
}

static bool are_names(const struct cni_owner *owner)
{
	struct cni_error ignored;

	return owner->network && owner->container && owner->ifname &&
	       cni_name_check_network(owner->network, &ignored) == 0 &&
	       cni_name_check_container(owner->container, &ignored) == 0 &&
	       cni_name_check_interface(owner->ifname, "", CNI_EENV, &ignored) == 0;
}

bool dhcp_wire_parse_request(char *line, struct dhcp_request *ret_request)
{
	const char *version = strsep(&line, " ");

	*ret_request = (struct dhcp_request){.verb = DHCP_VERB_STATUS};
	if (strcmp(version, DHCP_WIRE) != 0 || !read_verb(strsep(&line, " "), &ret_request->verb))
		return false;
	ret_request->owner.network = strsep(&line, " ");
	ret_request->owner.container = strsep(&line, " ");
	ret_request->owner.ifname = strsep(&line, " ");
	if (!read_number(line, DHCP_WIRE_BODY_MAX, &ret_request->size))
		return false;
	return ret_request->verb == DHCP_VERB_STATUS || are_names(&ret_request->owner);
}

bool dhcp_wire_parse_answer(const char *line, int *ret_code, size_t *ret_size)
{
	const char *rest = line + strlen(DHCP_WIRE);
	char *end;

	if (strncmp(line, DHCP_WIRE " ", strlen(DHCP_WIRE) + 1) != 0)
		return false;
	*ret_code = (int)strtol(rest, &end, 10);
	return *end == ' ' && read_number(end + 1, DHCP_WIRE_BODY_MAX, ret_size);
}
