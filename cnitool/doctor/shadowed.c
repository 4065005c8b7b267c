/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.shadowed: the directories in which container runtimes look for plugins, by their own configuration. */
#include "about.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "exec.h"
#include "mem.h"
#include "plugin_types.h"
#include "toml.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct runtime {
	const char *name;
	const char *files[4]; /* patterns; a later file overrides an earlier one */
	const char *section;  /* of the keys; containerd's image verifier has a bin_dir as well */
	const char *keys[3];
	const char *otherwise; /* directories of a configuration without the key */
} runtimes[] = {
	{"containerd",
	 {"/etc/containerd/config.toml"},
	 ".cni]",
	 {"bin_dirs", "bin_dir"},
	 "/opt/cni/bin"},
	{"CRI-O",
	 {"/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*"},
	 "[crio.network]",
	 {"plugin_dirs", "plugin_dir"},
	 "/opt/cni/bin"},
	{"podman",
	 {"/usr/share/containers/containers.conf", "/etc/containers/containers.conf",
	  "/etc/containers/containers.conf.d/*.conf"},
	 "[network]",
	 {"cni_plugin_dirs"},
	 "/usr/local/libexec/cni:/usr/libexec/cni:/usr/local/lib/cni:/usr/lib/cni:/opt/cni/bin"},
	{"nerdctl", {"/etc/nerdctl/nerdctl.toml"}, NULL, {"cni_path"}, "/opt/cni/bin"},
};

/* ---- directories ---- */

static void read_file(const char *path, const struct runtime *runtime, char **directories)
{
	freeing char *text = doctor_read_text(path);

	if (text && !*directories)
		*directories = cni_strdup(runtime->otherwise);
	for (const char *const *key = runtime->keys; text && *key; key++) {
		freeing char *value = toml_strings(text, runtime->section, *key);

		if (!value || !*value)
			continue;
		free(*directories);
		*directories = take_ptr(value);
		return;
	}
}

/* NULL: the runtime has no configuration on this host. The caller frees. */
static char *directories_of(const struct runtime *runtime)
{
	char *directories = NULL;

	for (const char *const *pattern = runtime->files; *pattern; pattern++) {
		glob_t found;

		if (glob(*pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_file(found.gl_pathv[i], runtime, &directories);
		globfree(&found);
	}
	return directories;
}

/* ---- the check ---- */

static bool is_same_file(const char *one, const char *other)
{
	freeing char *left = realpath(one, NULL);
	freeing char *right = realpath(other, NULL);

	return left && right && !strcmp(left, right);
}

/* The types that the runtime finds elsewhere, "bridge, portmap", and the first one's file there; the caller frees
 * both. */
static char *list_shadowed(const struct doctor *doctor, const struct plugin_types *types,
			   const char *directories, char **ret_file)
{
	char *names = NULL;

	for (size_t i = 0; i < types->count; i++) {
		const char *type = types->items[i].type;
		freeing char *before = NULL;
		freeing char *theirs = NULL;
		freeing char *ours = NULL;
		struct cni_error ignored;

		if (cni_exec_find(type, doctor->options->plugin_path, &ours, &ignored) < 0 ||
		    cni_exec_find(type, directories, &theirs, &ignored) < 0 ||
		    is_same_file(ours, theirs))
			continue;
		before = names;
		names = before ? cni_format("%s, %s", before, type) : cni_strdup(type);
		if (!*ret_file)
			*ret_file = take_ptr(theirs);
	}
	return names;
}

static void look_at_runtime(struct doctor *doctor, const struct plugin_types *types,
			    const struct runtime *runtime)
{
	const struct finding_words words = {
		.where = runtime->files[0],
		.so = "what cnitool looks at is not what makes the containers' networks",
		.try = "set the runtime's directory to that of these plugins, or CNI_PATH to the "
		       "runtime's",
	};
	freeing char *directories = directories_of(runtime);
	freeing char *about = NULL;
	freeing char *names = NULL;
	freeing char *file = NULL;

	if (directories)
		names = list_shadowed(doctor, types, directories, &file);
	if (!names)
		return;
	about = about_plugin(strrchr(file, '/') + 1, directories);
	doctor_find(doctor, FINDING_WARNING, &words,
		    "%s finds other executables of %s than '%s' has: %s (%s)", runtime->name, names,
		    doctor->options->plugin_path, file,
		    about ? about : "it does not say what it is");
}

void check_shadowed(struct doctor *doctor)
{
	struct plugin_types types = plugin_types(doctor);

	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++)
		look_at_runtime(doctor, &types, &runtimes[i]);
	plugin_types_clear(&types);
}
