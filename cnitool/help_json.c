/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool help --json: the tables of commands and options, of the list's keys and of the node's settings, for
 * manuals and other programs. */
#include "cleanup.h"
#include "conf.h"
#include "conflist.h"
#include "describe.h"
#include "help.h"
#include "json.h"
#include "mem.h"
#include "options.h"
#include "output.h"
#include "settings.h"

#include <string.h>

/* True for "ipam list" in "ipam", for each command in itself, and in NULL. */
static bool is_within(const struct command *command, const struct command *group)
{
	size_t length = group ? strlen(group->name) : 0;

	if (command->flags & COMMAND_HIDDEN)
		return false;
	return !group || command == group ||
	       (!group->run && !strncmp(command->name, group->name, length) &&
		command->name[length] == ' ');
}

static cJSON *json_of_command(const struct command *command)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "name", command->name);
	cni_json_add(json, "operands", cJSON_CreateString(command->operands));
	cni_json_add(json, "isGroup", cJSON_CreateBool(!command->run));
	cni_json_add(json, "needsRoot", cJSON_CreateBool(command->flags & COMMAND_ROOT));
	cni_json_add_string(json, "manual", command->page ? command->page : "cnitool");
	cni_json_add_string(json, "summary", command->summary);
	cni_json_add_string(json, "help", command->help);
	return json;
}

/* The commands in `group` that take the option. */
static cJSON *takers_of(const struct tool_option *option, const struct command *group)
{
	cJSON *takers = cni_json_array();

	for (const struct command *at = commands; at->name; at++)
		if (is_within(at, group) && at->run && tool_option_is_of(option, at->name))
			cJSON_AddItemToArray(takers, cJSON_CreateString(at->name));
	return takers;
}

/* "commands" is missing if all take the option. */
static void add_option(cJSON *list, const struct tool_option *option, const struct command *group)
{
	const char letter[] = {option->short_name, '\0'};
	cJSON *takers = takers_of(option, group);
	cJSON *json;

	if (!takers->child) {
		cJSON_Delete(takers);
		return;
	}
	json = cni_json_object();
	cni_json_add_string(json, "name", option->name);
	cni_json_add_string(json, "letter", *letter ? letter : NULL);
	cni_json_add_string(json, "value", option->value);
	if (option->commands)
		cni_json_add(json, "commands", takers);
	else
		cJSON_Delete(takers);
	cni_json_add_string(json, "summary", option->summary);
	cJSON_AddItemToArray(list, json);
}

static cJSON *json_of_settings(void)
{
	cJSON *list = cni_json_array();

	for (const struct cni_setting *row = cni_setting_rows; row->key; row++) {
		cJSON *json = cni_json_object();

		cni_json_add_string(json, "key", row->key);
		cni_json_add_string(json, "variable", row->variable);
		cni_json_add_string(json, "values", row->values);
		cni_json_add_string(json, "unless", row->unless);
		cni_json_add_string(json, "help", row->help);
		cJSON_AddItemToArray(list, json);
	}
	return list;
}

/* The files that commands and plugins read, each with its keys. */
static cJSON *json_of_files(void)
{
	cJSON *json = cni_json_object();

	cni_json_add(json, "conflist", cni_describe_fields(cni_conflist_fields));
	cni_json_add(json, "plugin", cni_describe_fields(cni_conf_fields));
	cni_json_add(json, "delegating", cni_describe_fields(cni_delegating_fields));
	cni_json_add(json, "added", cni_describe_fields(cni_conf_added_fields));
	cni_json_add(json, "cni-c.conf", json_of_settings());
	return json;
}

void help_print_json(const struct command *command)
{
	freeing_json cJSON *json = cni_json_object();
	cJSON *of_commands = cni_json_array();
	cJSON *of_options = cni_json_array();

	for (const struct command *at = commands; at->name; at++)
		if (is_within(at, command))
			cJSON_AddItemToArray(of_commands, json_of_command(at));
	for (const struct tool_option *at = tool_options; at->name; at++)
		add_option(of_options, at, command);
	cni_json_add_string(json, "version", CNI_C_VERSION);
	cni_json_add(json, "commands", of_commands);
	cni_json_add(json, "options", of_options);
	if (!command)
		cni_json_add(json, "files", json_of_files());
	print_json(json);
}
