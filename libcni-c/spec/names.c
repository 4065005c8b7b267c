/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "owner.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NAME_LENGTH_MAX 200

/* ALTIFNAMSIZ of linux/if.h, without the terminator. */
#define SECOND_NAME_LENGTH_MAX 127

static const char alphanumerics[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789";

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, in ASCII whatever the locale. */
static bool is_plain(const char *name)
{
	size_t length = strspn(name, alphanumerics);

	if (!length)
		return false;
	while (name[length] && (strchr("_.-", name[length]) || strchr(alphanumerics, name[length])))
		length++;
	return !name[length];
}

static int check_plain(const char *name, const char *what, int code, struct cni_error *err)
{
	if (!is_plain(name))
		return cni_fail(err, code,
				"%s '%.64s' must start with a letter or digit and hold only "
				"letters, digits, '_', '.' and '-'",
				what, name);
	if (strlen(name) > NAME_LENGTH_MAX)
		return cni_fail(err, code, "%s '%.32s…' has %zu characters, at most %d are allowed",
				what, name, strlen(name), NAME_LENGTH_MAX);
	return 0;
}

int cni_name_check_network(const char *name, struct cni_error *err)
{
	return check_plain(name, "'name'", CNI_ECONFIG, err);
}

int cni_name_check_container(const char *id, struct cni_error *err)
{
	return check_plain(id, "CNI_CONTAINERID", CNI_EENV, err);
}

/* At most `most` bytes. */
static int check_link(const char *name, size_t most, const char *what, int code,
		      struct cni_error *err)
{
	if (!*name)
		return cni_fail(err, code, "%s is empty, expected the name of an interface", what);
	if (strlen(name) > most)
		return cni_fail(err, code,
				"%s '%.64s' is too long: an interface name has at most %zu "
				"characters",
				what, name, most);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return cni_fail(err, code, "%s '%s' is not the name of an interface", what, name);
	for (const char *at = name; *at; at++)
		if (strchr("/:%", *at) || isspace((unsigned char)*at) ||
		    iscntrl((unsigned char)*at))
			return cni_fail(err, code,
					"%s '%s' holds '/', ':', '%%', white space or a control "
					"character",
					what, name);
	return 0;
}

int cni_name_check_interface(const char *name, const char *what, int code, struct cni_error *err)
{
	return check_link(name, CNI_IFNAME_SIZE - 1, what, code, err);
}

int cni_name_check_existing(const char *name, const char *what, struct cni_error *err)
{
	return check_link(name, SECOND_NAME_LENGTH_MAX, what, CNI_ECONFIG, err);
}

int cni_name_check_plugin(const char *type, const char *what, struct cni_error *err)
{
	if (!*type || strpbrk(type, "/\\") || !strcmp(type, ".") || !strcmp(type, ".."))
		return cni_fail(err, CNI_ECONFIG,
				"%s '%.64s' must be the name of an executable on CNI_PATH, without "
				"'/'",
				what, type);
	return 0;
}
