/* SPDX-License-Identifier: Apache-2.0 */
/* DESCRIBE of each plugin: each key has a sentence of help, and docs/plugins has each key and no other. */
#include "cleanup.h"
#include "file.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "suite.h"
#include "test.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const plugins[] = {
	"plugins/bridge",  "plugins/macvlan",  "plugins/ipvlan",    "plugins/vlan",
	"plugins/dummy",   "plugins/tap",      "plugins/ptp",	    "plugins/host-device",
	"plugins/portmap", "plugins/firewall", "plugins/bandwidth", "plugins/tuning",
	"plugins/sbr",	   "plugins/vrf",      "plugins/loopback",  "ipam/host-local",
	"ipam/static",	   "ipam/dhcp",
};

#define PLUGIN_COUNT (sizeof(plugins) / sizeof(*plugins))

static const char *type_of(const char *plugin)
{
	return strchr(plugin, '/') + 1;
}

/* The caller frees. Without stdin, namespace, name and path. */
static cJSON *describe(const char *plugin)
{
	freeing char *file = cni_format(CNI_C_BINARY_DIR "/%s", plugin);
	struct plugin_answer answer =
		plugin_run(&(struct plugin_call){.plugin = file, .command = "DESCRIBE"});
	cJSON *json;

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	assert_non_null(answer.json);
	json = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return json;
}

/* ---- the rows ---- */

static bool is_type(const char *type)
{
	static const char *const types[] = {
		"boolean",	    "number", "string",		 "MAC address",
		"address",	    "prefix", "list of strings", "list of addresses",
		"list of prefixes", "object", "list of objects", "list of lists of objects",
		"object of strings"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (type && !strcmp(type, types[i]))
			return true;
	return false;
}

static void check_help(const char *plugin, const char *key, const char *help)
{
	if (!help || !*help || help[strlen(help) - 1] == '.' || islower((unsigned char)*help))
		fail_msg("%s: '%s' has the help \"%s\", expected a sentence without a full stop",
			 plugin, key, help ? help : "(none)");
}

static void check_rows(const char *plugin, const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *key = cni_json_get_string(row, "key");
		const char *type = cni_json_get_string(row, "type");

		check_help(plugin, key, cni_json_get_string(row, "help"));
		if (!is_type(type))
			fail_msg("%s: '%s' has the type '%s'", plugin, key, type ? type : "");
		if (strstr(type, "object") && strcmp(type, "object of strings") != 0 &&
		    !cJSON_GetArraySize(cni_json_get(row, "items")))
			fail_msg("%s: '%s' is %s without 'items'", plugin, key, type);
		check_rows(plugin, cni_json_get(row, "items"));
	}
}

static void describe__has_help_for_each_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLUGIN_COUNT; i++) {
		freeing_json cJSON *json = describe(plugins[i]);
		const cJSON *argument;

		assert_string_equal(cni_json_get_string(json, "type"), type_of(plugins[i]));
		check_help(plugins[i], "about", cni_json_get_string(json, "about"));
		assert_non_null(cni_json_get_string(json, "role"));
		assert_true(cJSON_GetArraySize(cni_json_get(json, "cniVersions")) > 0);
		check_rows(plugins[i], cni_json_get(json, "keys"));
		cJSON_ArrayForEach (argument, cni_json_get(json, "arguments"))
			check_help(plugins[i], cni_json_get_string(argument, "key"),
				   cni_json_get_string(argument, "help"));
	}
}

/* A row's default is what the plugin takes: it accepts the default as a value. */
static void describe__has_defaults_that_are_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLUGIN_COUNT; i++) {
		freeing_json cJSON *json = describe(plugins[i]);
		freeing char *file = cni_format(CNI_C_BINARY_DIR "/%s", plugins[i]);
		const cJSON *row;

		cJSON_ArrayForEach (row, cni_json_get(json, "keys")) {
			const cJSON *value = cni_json_get(row, "default");
			freeing_json cJSON *config = cni_json_object();
			cJSON *ipam = cni_json_object();
			freeing char *text = NULL;

			cni_json_add_string(config, "cniVersion", "1.1.0");
			cni_json_add_string(config, "name", "blue");
			cni_json_add_string(config, "type", type_of(plugins[i]));
			cni_json_add_string(config, "vrfname", "red");
			cni_json_add_string(config, "master", "eth0");
			cni_json_add_string(ipam, "subnet", "10.1.0.0/24");
			if (!value) {
				cJSON_Delete(ipam);
				continue;
			}
			cni_json_set(cni_json_get(row, "section") ? ipam : config,
				     cni_json_get_string(row, "key"), cni_json_copy(value));
			if (strstr(plugins[i], "ipam/"))
				cni_json_add(config, "ipam", take_ptr(ipam));
			else
				cJSON_Delete(ipam);
			text = cni_json_print_compact(config);
			plugin_succeeds(&(struct plugin_call){
				.plugin = file, .command = "VALIDATE", .config = text});
		}
	}
}

/* ---- docs/plugins ---- */

/* The words in backquotes of a page's sections on keys and arguments, each between spaces: all of them,
 * and those in the first columns of tables. */
struct page {
	char *all;
	char *first;
};

static void append(char **words, const char *word, size_t length)
{
	char *longer = cni_format("%s%.*s ", *words, (int)length, word);

	free(*words);
	*words = longer;
}

static void read_line(struct page *page, const char *line)
{
	const char *column = *line == '|' ? strchr(line + 1, '|') : line;

	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";

	for (const char *at = strchr(line, '`'); at && strchr(at + 1, '`');
	     at = strchr(strchr(at + 1, '`') + 1, '`')) {
		size_t length = strcspn(at + 1, "`");

		for (const char *word = at + 1; word < at + length;) {
			size_t size = strspn(word, letters);

			append(&page->all, word, size);
			word += size + 1;
		}
		if (*line == '|' && at < column && !strstr(line, "| key of") &&
		    !strstr(line, "for the IPAM plugin"))
			append(&page->first, at + 1, length);
	}
}

static struct page read_page(const char *type)
{
	freeing char *path = cni_format(CNI_C_SOURCE_DIR "/docs/plugins/%s.md", type);
	struct page page = {cni_strdup(" "), cni_strdup(" ")};
	freeing char *text = NULL;
	bool is_inside = false;
	struct cni_error err;
	char *rest;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, false, 1U << 20, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (*line == '#')
			is_inside =
				!strncmp(line, "## Keys", 7) || !strncmp(line, "## Arguments", 12);
		if (is_inside)
			read_line(&page, line);
	}
	return page;
}

static bool has_word(const char *words, const char *word)
{
	freeing char *between = cni_format(" %s ", word);

	return strstr(words, between) != NULL;
}

/* "runtimeConfig.mac"; keys of an IPAM plugin stand without "ipam". The caller frees. */
static char *path_of(const cJSON *row, char **ret_section)
{
	const cJSON *section;
	char *path = cni_strdup("");

	cJSON_ArrayForEach (section, cni_json_get(row, "section")) {
		char *longer = cni_format("%s%s%s", path, *path ? "." : "", section->valuestring);

		free(path);
		path = strcmp(longer, "ipam") != 0 ? longer : cni_strdup("");
		if (path != longer)
			free(longer);
	}
	*ret_section = path;
	return cni_format("%s%s%s", path, *path ? "." : "", cni_json_get_string(row, "key"));
}

/* Pages refer to others for the members of routes and of dns. */
static bool is_elsewhere(const char *type, const char *key)
{
	return strcmp(type, "static") != 0 && (!strcmp(key, "routes") || !strcmp(key, "dns"));
}

static void collect(const char *type, const struct page *page, const cJSON *rows, char **known)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *key = cni_json_get_string(row, "key");
		freeing char *section = NULL;
		freeing char *path = path_of(row, &section);

		append(known, path, strlen(path));
		append(known, section, strlen(section));
		append(known, key, strlen(key));
		if (!has_word(page->all, path) &&
		    !(has_word(page->all, key) && has_word(page->all, section)))
			fail_msg("docs/plugins/%s.md does not have '%s'", type, path);
		if (!is_elsewhere(type, key))
			collect(type, page, cni_json_get(row, "items"), known);
	}
}

static void describe__has_the_keys_of_the_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLUGIN_COUNT; i++) {
		freeing_json cJSON *json = describe(plugins[i]);
		const char *type = type_of(plugins[i]);
		struct page page = read_page(type);
		freeing char *known = cni_strdup(" CNI_ARGS ");
		const cJSON *argument;
		char *rest = page.first;

		collect(type, &page, cni_json_get(json, "keys"), &known);
		cJSON_ArrayForEach (argument, cni_json_get(json, "arguments")) {
			const char *key = cni_json_get_string(argument, "key");

			append(&known, key, strlen(key));
			if (!has_word(page.all, key))
				fail_msg("docs/plugins/%s.md does not have '%s'", type, key);
		}
		for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
			if (*word && !has_word(known, word))
				fail_msg("'%s' of docs/plugins/%s.md is not in DESCRIBE", word,
					 type);
		free(page.all);
		free(page.first);
	}
}

/* ---- others ---- */

static void describe__is_unknown_to_others(void **state)
{
	freeing char *config = json_text("{'cniVersion':'1.0.0','name':'x','type':'bridge'}");
	struct plugin_call call = {.plugin = GO_BRIDGE,
				   .command = "DESCRIBE",
				   .container = "x",
				   .netns = "/proc/1/ns/net",
				   .ifname = "eth0",
				   .config = config};
	struct plugin_answer answer;

	(void)state;
	skip_without_go();
	answer = plugin_run(&call);
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "unknown CNI_COMMAND"));
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describe__has_help_for_each_key),
		cmocka_unit_test(describe__has_defaults_that_are_accepted),
		cmocka_unit_test(describe__has_the_keys_of_the_page),
		cmocka_unit_test(describe__is_unknown_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
