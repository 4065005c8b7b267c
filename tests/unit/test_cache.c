/* SPDX-License-Identifier: Apache-2.0 */
/* libcni's cache of attachments, read and written as Go's libcni does. */
#include "test.h"

#include "cache.h"
#include "cleanup.h"
#include "fake.h"
#include "mem.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A file as libcni 1.3.0 writes it: the members of cachedInfo (libcni/api.go) in their order, and
 * in `config`, base64 as encoding/json has it for bytes, of the list {"cniVersion":"1.0.0","name":
 * "blue","plugins":[{"type":"one"},{"type":"two"}]}. */
static const char written_by_go[] =
	"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"config\":"
	"\"eyJjbmlWZXJzaW9uIjoiMS4wLjAiLCJuYW1lIjoiYmx1ZSIsInBsdWdpbnMiOlt7InR5cGUiOiJvbmUifSx7InR5"
	"c"
	"GUiOiJ0d28ifV19\","
	"\"ifName\":\"eth0\",\"networkName\":\"blue\",\"netns\":\"/run/netns/red\","
	"\"cniArgs\":[[\"IgnoreUnknown\",\"1\"],[\"IP\",\"10.1.0.7\"]],"
	"\"capabilityArgs\":{\"portMappings\":[{\"containerPort\":80,\"hostPort\":8080}]},"
	"\"result\":{\"cniVersion\":\"1.0.0\",\"dns\":{},\"interfaces\":[{\"name\":\"eth0\"}],"
	"\"ips\":[{\"address\":\"10.1.0.7/16\",\"interface\":0}]}}";

static const struct cni_owner owner = {"blue", "c1", "eth0"};

static int open_directory(void **state)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	fake_open(fake);
	*state = fake;
	return 0;
}

static int close_directory(void **state)
{
	fake_close(*state);
	free(*state);
	return 0;
}

static void cache__reads_what_go_wrote(void **state)
{
	const struct fake *fake = *state;
	struct cni_cached cached;
	struct cni_error err;

	fake_write(fake, "results/blue-c1-eth0", written_by_go);
	assert_int_equal(cni_cache_read(fake->dir, &owner, &cached, &err), 0);
	assert_string_equal(cached.network, "blue");
	assert_string_equal(cached.container, "c1");
	assert_string_equal(cached.ifname, "eth0");
	assert_string_equal(cached.netns, "/run/netns/red");
	assert_string_equal(cached.args, "IgnoreUnknown=1;IP=10.1.0.7");
	assert_string_equal(cached.config,
			    "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"plugins\":"
			    "[{\"type\":\"one\"},{\"type\":\"two\"}]}");
	assert_int_equal(cached.config_size, strlen(cached.config));
	assert_non_null(cni_json_get(cached.capability_args, "portMappings"));
	assert_non_null(cni_json_get(cached.result, "ips"));
	cni_cached_clear(&cached);
}

static void cache__writes_what_go_would(void **state)
{
	const struct fake *fake = *state;
	freeing_json cJSON *expected = cJSON_Parse(written_by_go);
	freeing_json cJSON *written = NULL;
	struct cni_cached cached;
	struct cni_error err;

	fake_write(fake, "results/blue-c1-eth0", written_by_go);
	assert_int_equal(cni_cache_read(fake->dir, &owner, &cached, &err), 0);
	fake_remove(fake, "results/blue-c1-eth0");
	assert_int_equal(cni_cache_write(fake->dir, &cached, &err), 0);
	written = fake_read_json(fake, "results/blue-c1-eth0");
	assert_true(cJSON_Compare(expected, written, true));
	cni_cached_clear(&cached);
}

static void cache__leaves_out_what_is_not_known(void **state)
{
	const struct fake *fake = *state;
	struct cni_cached cached = {.network = cni_strdup("blue"),
				    .container = cni_strdup("c1"),
				    .ifname = cni_strdup("eth0"),
				    .config = cni_strdup("{}"),
				    .config_size = 2};
	freeing_json cJSON *written = NULL;
	freeing char *text = NULL;
	struct cni_error err;

	assert_int_equal(cni_cache_write(fake->dir, &cached, &err), 0);
	text = fake_read(fake, "results/blue-c1-eth0");
	assert_string_equal(text,
			    "{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"config\":\"e30=\","
			    "\"ifName\":\"eth0\",\"networkName\":\"blue\"}");
	cni_cached_clear(&cached);
}

static void cache__is_readable_by_its_owner_only(void **state)
{
	const struct fake *fake = *state;
	freeing char *dir = fake_path(fake, "a/b");
	freeing char *folder = fake_path(fake, "a/b/results");
	freeing char *file = fake_path(fake, "a/b/results/blue-c1-eth0");
	struct cni_cached cached = {.network = cni_strdup("blue"),
				    .container = cni_strdup("c1"),
				    .ifname = cni_strdup("eth0"),
				    .config = cni_strdup("{}"),
				    .config_size = 2};
	struct cni_error err;
	struct stat st;

	assert_int_equal(cni_cache_write(dir, &cached, &err), 0);
	cni_cached_clear(&cached);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void cache__says_when_nothing_is_remembered(void **state)
{
	const struct fake *fake = *state;
	struct cni_cached cached;
	struct cni_error err;

	assert_int_equal(cni_cache_read(fake->dir, &owner, &cached, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static void cache__reads_a_bare_result(void **state)
{
	const struct fake *fake = *state;
	struct cni_cached cached;
	struct cni_error err;

	fake_write(fake, "results/blue-c1-eth0",
		   "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":\"10.1.0.7/"
		   "16\"}],"
		   "\"dns\":{}}");
	assert_int_equal(cni_cache_read(fake->dir, &owner, &cached, &err), 0);
	assert_string_equal(cni_json_get_string(cached.result, "cniVersion"), "0.4.0");
	assert_string_equal(cached.container, "c1");
	assert_null(cached.args);
	assert_null(cached.config);
	cni_cached_clear(&cached);
}

static void cache__refuses_damage(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "is empty"},
		{"{\"kind\":\"cniCacheV1\",\"contai", "not valid JSON"},
		{"[]", "expected a JSON object"},
		{"{}", "'kind' is ''"},
		{"{\"kind\":\"cniCacheV2\"}", "'kind' is 'cniCacheV2', expected 'cniCacheV1'"},
		{"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\"}",
		 "'networkName', 'containerId' or 'ifName' is missing"},
		{"{\"kind\":\"cniCacheV1\",\"containerId\":\"c2\",\"ifName\":\"eth0\","
		 "\"networkName\":\"blue\"}",
		 "container 'c2'"},
		{"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
		 "\"networkName\":\"blue\",\"config\":\"not base64!\"}",
		 "'config' is not base64"},
		{"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"ifName\":\"eth0\","
		 "\"networkName\":\"blue\",\"cniArgs\":[[\"IP\"]]}",
		 "'cniArgs'"},
	};
	const struct fake *fake = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_cached cached;
		struct cni_error err;

		fake_write(fake, "results/blue-c1-eth0", cases[i].text);
		if (cni_cache_read(fake->dir, &owner, &cached, &err) == 0)
			fail_msg("accepted: %s", cases[i].text);
		if (err.code != CNI_EDECODE || err.errnum || !strstr(err.msg, cases[i].says))
			fail_msg("%s: code %d, %s", cases[i].text, err.code, err.msg);
	}
}

static void cache__removes_twice(void **state)
{
	const struct fake *fake = *state;
	struct cni_error err;

	fake_write(fake, "results/blue-c1-eth0", "damaged");
	assert_int_equal(cni_cache_remove(fake->dir, &owner, &err), 0);
	assert_false(fake_has(fake, "results/blue-c1-eth0"));
	assert_int_equal(cni_cache_remove(fake->dir, &owner, &err), 0);
}

static void cache__refuses_names_that_fit_no_file(void **state)
{
	const struct fake *fake = *state;
	freeing char *network = cni_format("%0200d", 1);
	freeing char *container = cni_format("%064d", 1);
	freeing char *file = NULL;
	struct cni_owner is_long = {network, container, "eth0"};
	struct cni_error err;

	assert_int_equal(cni_cache_file(fake->dir, &is_long, &file, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_non_null(strstr(err.msg, "268 characters together, at most 241"));
	/* The longest that is accepted can be written, temporary file and all. */
	container[38] = '\0';
	assert_int_equal(cni_cache_file(fake->dir, &is_long, &file, &err), -1);
	container[37] = '\0';
	assert_int_equal(cni_cache_file(fake->dir, &is_long, &file, &err), 0);
	fake_write(fake, strstr(file, "results/"), "");
}

static void cache__lists_one_network(void **state)
{
	static const char format[] = "{\"kind\":\"cniCacheV1\",\"containerId\":\"%s\",\"ifName\":"
				     "\"eth0\",\"networkName\":\"%s\",\"netns\":\"/run/netns/%s\"}";
	const struct fake *fake = *state;
	struct cni_warnings warnings = {0};
	struct cni_cached *items;
	struct cni_error err;
	size_t count;
	char text[256];

	snprintf(text, sizeof(text), format, "c2", "blue", "two");
	fake_write(fake, "results/blue-c2-eth0", text);
	/* A writer was killed before it could rename. */
	fake_write(fake, "results/blue-c2-eth0.123.tmp", text);
	snprintf(text, sizeof(text), format, "c1", "blue", "one");
	fake_write(fake, "results/blue-c1-eth0", text);
	snprintf(text, sizeof(text), format, "c1", "blue-green", "other");
	fake_write(fake, "results/blue-green-c1-eth0", text);
	snprintf(text, sizeof(text), format, "c1", "red", "other");
	fake_write(fake, "results/red-c1-eth0", text);
	fake_write(fake, "results/blue-c3-eth0", "");
	fake_write(fake, "results/red-c3-eth0", "");
	assert_int_equal(cni_cache_list(fake->dir, "blue", NULL, &items, &count, &warnings, &err),
			 0);
	assert_int_equal(count, 2);
	assert_string_equal(items[0].container, "c1");
	assert_string_equal(items[0].netns, "/run/netns/one");
	assert_string_equal(items[1].container, "c2");
	assert_int_equal(warnings.count, 1);
	assert_non_null(strstr(warnings.items[0], "blue-c3-eth0"));
	cni_cached_free(items, count);
	cni_warnings_clear(&warnings);
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, open_directory, close_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(cache__reads_what_go_wrote),
		in_directory(cache__writes_what_go_would),
		in_directory(cache__leaves_out_what_is_not_known),
		in_directory(cache__is_readable_by_its_owner_only),
		in_directory(cache__says_when_nothing_is_remembered),
		in_directory(cache__reads_a_bare_result),
		in_directory(cache__refuses_damage),
		in_directory(cache__removes_twice),
		in_directory(cache__refuses_names_that_fit_no_file),
		in_directory(cache__lists_one_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
