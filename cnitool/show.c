/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool show: the networks, and what is attached to them. */
#include "show.h"

#include "cleanup.h"
#include "commands.h"
#include "mem.h"

#include <string.h>

char *show_port(const cJSON *port)
{
	const char *given = cni_json_get_string(port, "hostIP");
	const char *address = given ? given : "";
	bool is_any = !*address || !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
	bool is_ipv6 = strchr(address, ':');

	return cni_format("%s %s%s%s:%.0f", cni_json_get_string(port, "protocol"),
			  is_any    ? "*"
			  : is_ipv6 ? "["
				    : "",
			  is_any ? "" : address, is_ipv6 && !is_any ? "]" : "",
			  cJSON_GetNumberValue(cni_json_get(port, "hostPort")));
}

char *show_container(const struct picture_attachment *attachment, bool whole)
{
	const char *pod_namespace = attachment->pod_namespace;
	const char *id = whole ? attachment->container : attachment->id;

	if (!attachment->pod)
		return cni_strdup(id);
	return cni_format("%s%s%s (%s)", pod_namespace ? pod_namespace : "",
			  pod_namespace ? "/" : "", attachment->pod, id);
}

int command_show(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	const char *network = options->operand_count ? options->operands[0] : NULL;
	clearing_picture struct picture picture = {0};

	if (options->json + options->mermaid + options->dot > 1) {
		cni_fail(err, CNI_EENV, "--json, --mermaid and --dot exclude each other");
		return COMMAND_USAGE;
	}
	if (picture_read(options, network, &picture, &tool->warnings, err) < 0)
		return -1;
	if (options->mermaid)
		show_mermaid(&picture);
	else if (options->dot)
		show_dot(&picture);
	else if (!options->json)
		show_text(&picture, options);
	else {
		freeing_json cJSON *json = show_json(&picture);

		print_json(json);
	}
	return 0;
}
