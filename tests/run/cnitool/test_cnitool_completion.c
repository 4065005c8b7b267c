/* SPDX-License-Identifier: Apache-2.0 */
/* The completion of cnitool's command line: "cnitool complete", and the scripts in real shells. */
#include "boots.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"

/* The words of a command line, as a shell has them, and the offered ones on one line. */
static const struct {
	const char *words;
	const char *expected;
} cases[] = {
	{"ip", "ipam"},
	{"ipam ''", "list usage explain release verify"},
	{"ipam u", "usage"},
	{"ipam list ''", "blue pool"},
	{"ipam list pool ''", ""},
	{"ipam --json explain p", "pool"},
	{"ipam explain pool ''", "10.1.0.2 10.1.0.9 c1"},
	{"ipam release pool --s", "--stale"},
	{"ipam release --d", "--dry-run"},
	{"ipam verify pool --s", ""},
	{"gc pool --k", "--keep"},
	{"gc blue --keep ''", "c7/eth0"},
	{"gc --keep c7/eth0 b", "blue"},
	{"-i eth1 che", "check"},
	{"status ''", "blue pool"},
	{"help ipam e", "explain"},
	{"completion ''", "bash zsh fish"},
	{"list ''", ""},
	{"dance ''", ""},
};

static void lay_out(const struct cnitool_scene *scene)
{
	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_put(scene, "10.1.0.9", "");
	fake_write(&scene->fake, "cache/results/blue-c7-eth0",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"c7\",\"ifName\":\"eth0\","
		   "\"networkName\":\"blue\",\"netns\":\"/run/netns/x\",\"config\":\"e30=\","
		   "\"result\":{\"cniVersion\":\"1.1.0\"}}");
}

/* Runs `shell` with the script in the middle, and with what cnitool needs in the environment. */
static char *in_shell(const struct cnitool_scene *scene, const char *shell, const char *script)
{
	fake_write(&scene->fake, "script", script);
	return sandbox_read("cd %s && mkdir -p path home && ln -sf " CNITOOL " path/cnitool && "
			    "HOME=$PWD/home PATH=$PWD/path:$PATH NETCONFPATH=$PWD/net.d "
			    "CNI_CACHE_DIR=$PWD/cache %s script 2>&1 | tr '\\n' ' '",
			    scene->fake.dir, shell);
}

static void assert_completed(const char *shell, size_t i, char *found)
{
	while (*found && found[strlen(found) - 1] == ' ')
		found[strlen(found) - 1] = '\0';
	if (strcmp(found, cases[i].expected) != 0)
		fail_msg("%s: %s: '%s', expected '%s'", shell, cases[i].words, found,
			 cases[i].expected);
}

static void completion__is_of_the_tables(void **state)
{
	const struct cnitool_scene *scene = *state;

	lay_out(scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *script =
			cni_format("cnitool complete %s | cut -f1\n", cases[i].words);
		freeing char *found = in_shell(scene, "sh", script);

		assert_completed("sh", i, found);
	}
}

static void completion__works_in_bash(void **state)
{
	const struct cnitool_scene *scene = *state;

	lay_out(scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *script =
			cni_format("source <(cnitool completion bash); COMP_WORDS=(cnitool %s); "
				   "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
				   "complete -p cnitool >/dev/null && _cnitool cnitool; "
				   "printf '%%s\\n' \"${COMPREPLY[@]}\"\n",
				   cases[i].words);
		freeing char *found = in_shell(scene, "bash", script);

		assert_completed("bash", i, found);
	}
	{
		freeing char *files = in_shell(
			scene, "bash",
			"source <(cnitool completion bash); COMP_WORDS=(cnitool add blue ./net); "
			"COMP_CWORD=3; _cnitool cnitool; echo ${COMPREPLY[@]}");

		assert_string_equal(files, "./net.d ");
	}
}

/* fish(1) completes a line without a terminal. */
static void completion__works_in_fish(void **state)
{
	const struct cnitool_scene *scene = *state;

	if (system("command -v fish >/dev/null") != 0)
		skip_because("fish is not installed");
	lay_out(scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* The line ends in a blank where a word is to begin. */
		freeing char *line = cni_strdup(cases[i].words);
		freeing char *expected = cni_strdup(cases[i].expected);
		freeing char *script = NULL;
		freeing char *found = NULL;
		char *rest = expected;

		line[strcspn(line, "'")] = '\0';
		script = cni_format("cnitool completion fish | source; complete -C 'cnitool %s' | "
				    "cut -f1\n",
				    line);
		found = in_shell(scene, "fish --no-config", script);
		/* fish sorts, and leaves files to other completions. */
		for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
			if (!strstr(found, word))
				fail_msg("fish: %s: '%s' is not in '%s'", line, word, found);
		if (!*cases[i].expected && strstr(found, "pool"))
			fail_msg("fish: %s: '%s'", line, found);
	}
}

/* The functions of zsh's completion system are replaced by printing ones: the system itself needs a
 * terminal. */
static void completion__works_in_zsh(void **state)
{
	const struct cnitool_scene *scene = *state;

	if (system("command -v zsh >/dev/null") != 0)
		skip_because("zsh is not installed");
	lay_out(scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *script =
			cni_format("compdef() { compdefs=$* }\n"
				   "_describe() { print -l -- ${${(P)3}%%%%:*} }\n"
				   "source <(cnitool completion zsh)\n"
				   "[[ $compdefs == '_cnitool cnitool' ]] || print not defined\n"
				   "words=(cnitool %s) CURRENT=${#words}\n"
				   "_cnitool\n",
				   cases[i].words);
		freeing char *found = in_shell(scene, "zsh -f", script);

		assert_completed("zsh", i, found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(completion__is_of_the_tables),
		ipam_test(completion__works_in_bash),
		ipam_test(completion__works_in_fish),
		ipam_test(completion__works_in_zsh),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
