/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of networks: which file is a network's, drop-ins, and broken files. */
#include "test.h"

#include "cleanup.h"
#include "confdir.h"
#include "conflist.h"
#include "fake.h"

#include <string.h>

struct found {
	struct fake fake;
	struct cni_conflist list;
	struct cni_warnings warnings;
	struct cni_error err;
};

static int open_directory(void **state)
{
	struct found *found = calloc(1, sizeof(*found));

	fake_open(&found->fake);
	*state = found;
	return 0;
}

static int close_directory(void **state)
{
	struct found *found = *state;

	fake_close(&found->fake);
	cni_conflist_clear(&found->list);
	cni_warnings_clear(&found->warnings);
	free(found);
	return 0;
}

static int find(struct found *found, const char *network)
{
	cni_conflist_clear(&found->list);
	return cni_confdir_find(found->fake.dir, network, &found->list, &found->warnings,
				&found->err);
}

/* The types, in order: "one two". */
static void assert_types(const struct found *found, const char *expected)
{
	char types[128] = "";
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, found->list.plugins) {
		strcat(types, *types ? " " : "");
		strcat(types, cni_conflist_type(plugin));
	}
	assert_string_equal(types, expected);
}

static void confdir__takes_the_first_of_a_name(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "20.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"b\"}]}");
	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "30.conflist",
		   "{\"name\":\"red\",\"plugins\":[{\"type\":\"c\"}]}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "a");
	assert_int_equal(found->warnings.count, 1);
	assert_non_null(strstr(found->warnings.items[0], "/20.conflist': its network 'blue' is "
							 "that of '/"));
	assert_non_null(strstr(found->warnings.items[0], "/10.conflist', which comes first"));
	assert_int_equal(find(found, "red"), 0);
	assert_types(found, "c");
}

static void confdir__prefers_lists_to_single_ones(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "00.conf", "{\"name\":\"blue\",\"type\":\"single\"}");
	fake_write(&found->fake, "05.json", "{\"name\":\"red\",\"type\":\"json\"}");
	fake_write(&found->fake, "07.conf", "{\"name\":\"red\",\"type\":\"conf\"}");
	fake_write(&found->fake, "99.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"l\"}]}");
	fake_write(&found->fake, "99.txt", "{\"name\":\"text\",\"type\":\"t\"}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "l");
	assert_int_equal(find(found, "red"), 0);
	assert_types(found, "json");
	assert_int_equal(find(found, "text"), -1);
}

static void confdir__appends_dropins_in_order(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "blue/20.conf", "{\"type\":\"c\"}");
	fake_write(&found->fake, "blue/10.conf", "{\"type\":\"b\"}");
	fake_write(&found->fake, "blue/15.json", "{\"type\":\"no\"}");
	fake_write(&found->fake, "red/10.conf", "{\"type\":\"no\"}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "a b c");
}

static void confdir__lets_dropins_be_all_there_is(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist", "{\"name\":\"blue\"}");
	assert_int_equal(find(found, "blue"), -1);
	assert_int_equal(found->err.code, CNI_ECONFIG);
	assert_non_null(strstr(found->err.msg, "no plugins"));
	fake_write(&found->fake, "blue/10.conf", "{\"type\":\"b\"}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "b");
}

static void confdir__leaves_dropins_when_told(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"loadOnlyInlinedPlugins\":\"true\","
		   "\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "blue/10.conf", "{\"type\":\"b\"}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "a");
}

static void confdir__refuses_a_broken_dropin(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "blue/10.conf", "{\"mtu\":1400}");
	assert_int_equal(find(found, "blue"), -1);
	assert_non_null(strstr(found->err.msg, "blue/10.conf"));
	assert_non_null(strstr(found->err.msg, "'type' is missing"));
}

static void confdir__passes_over_what_is_broken(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist", "{\"name\":");
	fake_write(&found->fake, "11.conflist", "");
	fake_write(&found->fake, "12.conflist", "{\"plugins\":[]}");
	fake_write(&found->fake, "20.conflist", "{\"name\":\"red\",\"plugins\":7}");
	fake_write(&found->fake, "30.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "40.conflist/a", "a directory");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "a");
	assert_int_equal(found->warnings.count, 3);
	assert_non_null(strstr(found->warnings.items[0], "10.conflist' is not valid JSON"));
	assert_non_null(strstr(found->warnings.items[1], "11.conflist' is empty"));
	assert_non_null(strstr(found->warnings.items[2], "12.conflist': 'name' is missing"));
	assert_int_equal(find(found, "red"), -1);
	assert_int_equal(found->err.code, CNI_ECONFIG);
	assert_non_null(strstr(found->err.msg, "20.conflist': 'plugins' is 7"));
}

/* Go's libcni does not read these; cJSON does. */
static void confdir__reads_what_runtimes_read(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "\xef\xbb\xbf{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "20.conf", "{\"name\":\"blue\",\"type\":\"b\",\"x\":\"\t\"}");
	assert_int_equal(find(found, "blue"), -1);
	assert_int_equal(found->err.code, CNI_EMISSING);
	assert_int_equal(found->warnings.count, 2);
	assert_non_null(strstr(found->warnings.items[0], "10.conflist' is not valid JSON: a byte"));
	assert_non_null(strstr(found->warnings.items[1], "20.conf' is not valid JSON: a control"));
	fake_write(&found->fake, "30.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	assert_int_equal(find(found, "blue"), 0);
	assert_types(found, "a");
	fake_write(&found->fake, "blue/10.conf", "{\"type\":\"b\",\"mtu\":01400}");
	assert_int_equal(find(found, "blue"), -1);
	assert_non_null(strstr(found->err.msg, "blue/10.conf' is not valid JSON: a number"));
}

static void confdir__says_what_there_is(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "20.conf", "{\"name\":\"red\",\"type\":\"a\"}");
	fake_write(&found->fake, "30.conflist", "{");
	assert_int_equal(find(found, "green"), -1);
	assert_int_equal(found->err.code, CNI_EMISSING);
	assert_non_null(strstr(found->err.msg, "no network 'green'"));
	assert_non_null(strstr(found->err.msg, "'blue', 'red'"));
	assert_non_null(strstr(found->err.details, "'30.conflist'"));
}

static void confdir__needs_no_directory(void **state)
{
	struct found *found = *state;
	freeing char *dir = fake_path(&found->fake, "none");

	assert_int_equal(cni_confdir_find(dir, "blue", &found->list, &found->warnings, &found->err),
			 -1);
	assert_int_equal(found->err.code, CNI_EMISSING);
	assert_non_null(strstr(found->err.msg, "which has none"));
}

static void confdir__builds_no_path_from_a_hostile_name(void **state)
{
	struct found *found = *state;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"../blue\",\"plugins\":[{\"type\":\"a\"}]}");
	assert_int_equal(find(found, "../blue"), -1);
	assert_int_equal(found->err.code, CNI_ECONFIG);
}

/* "name:types" of each, or "name:error". */
static void write_down(const char *network, struct cni_conflist *list, const struct cni_error *why,
		       void *data)
{
	char *text = data;
	const cJSON *plugin;

	strcat(strcat(strcat(text, *text ? " " : ""), network), ":");
	if (!list) {
		assert_non_null(strstr(why->msg, "'type' is missing"));
		strcat(text, "error");
		return;
	}
	assert_string_equal(list->name, network);
	assert_non_null(list->file);
	cJSON_ArrayForEach (plugin, list->plugins) {
		strcat(strcat(text, plugin == list->plugins->child ? "" : ","),
		       cni_conflist_type(plugin));
	}
}

static void confdir__visits_each_network_once(void **state)
{
	struct found *found = *state;
	char text[128] = "";

	fake_write(&found->fake, "20.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"b\"}]}");
	fake_write(&found->fake, "10.conf", "{\"name\":\"red\",\"type\":\"c\"}");
	fake_write(&found->fake, "30.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"x\"}]}");
	fake_write(&found->fake, "40.conflist", "{\"name\":\"grey\",\"plugins\":[{}]}");
	fake_write(&found->fake, "50.conflist", "{\"name\":");
	fake_write(&found->fake, "blue/1.conf", "{\"type\":\"d\"}");
	assert_int_equal(cni_confdir_each(found->fake.dir, write_down, text, &found->warnings,
					  &found->err),
			 0);
	assert_string_equal(text, "blue:b,d grey:error red:c");
	assert_int_equal(found->warnings.count, 2);
	*text = '\0';
	assert_int_equal(cni_confdir_each("/nonexistent", write_down, text, NULL, &found->err), 0);
	assert_string_equal(text, "");
}

static void confdir__names_each_network_once(void **state)
{
	struct found *found = *state;
	char **names;
	size_t count;

	fake_write(&found->fake, "10.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"a\"}]}");
	fake_write(&found->fake, "20.conflist",
		   "{\"name\":\"blue\",\"plugins\":[{\"type\":\"b\"}]}");
	fake_write(&found->fake, "00.conf", "{\"name\":\"red\",\"type\":\"a\"}");
	assert_int_equal(cni_confdir_names(found->fake.dir, &names, &count, &found->warnings,
					   &found->err),
			 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "blue");
	assert_string_equal(names[1], "red");
	cni_confdir_names_free(names, count);
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, open_directory, close_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(confdir__takes_the_first_of_a_name),
		in_directory(confdir__prefers_lists_to_single_ones),
		in_directory(confdir__appends_dropins_in_order),
		in_directory(confdir__lets_dropins_be_all_there_is),
		in_directory(confdir__leaves_dropins_when_told),
		in_directory(confdir__refuses_a_broken_dropin),
		in_directory(confdir__passes_over_what_is_broken),
		in_directory(confdir__reads_what_runtimes_read),
		in_directory(confdir__says_what_there_is),
		in_directory(confdir__needs_no_directory),
		in_directory(confdir__builds_no_path_from_a_hostile_name),
		in_directory(confdir__visits_each_network_once),
		in_directory(confdir__names_each_network_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
