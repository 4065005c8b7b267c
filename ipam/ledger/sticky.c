/* SPDX-License-Identifier: Apache-2.0 */
#include "sticky.h"

#include "args.h"
#include "cleanup.h"
#include "hash.h"
#include "mem.h"
#include "plane.h"

#include <stdlib.h>
#include <string.h>

#define PLANE "keys"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* ---- keys ---- */

static uint64_t number_of(const char *text)
{
	char digits[CNI_HASH_TEXT_SIZE];
	uint64_t number;

	cni_hash_hex(text, strlen(text), digits);
	digits[16] = '\0';
	number = strtoull(digits, NULL, 16);
	return number ? number : 1;
}

static int fail(const char *template, const char *why, struct cni_error *err)
{
	return cni_fail(err, CNI_ECONFIG,
			"'ipam.stickyKey' is \"%.128s\": %s, expected names of CNI_ARGS such as "
			"\"${K8S_POD_NAMESPACE}/${K8S_POD_NAME}\"",
			template, why);
}

/* Appends the value of the argument whose name begins at `name` and has `length` characters. */
static bool append_value(char **text, const char *name, size_t length, const char *args)
{
	freeing char *key = cni_strndup(name, length);
	freeing char *value = cni_args_get(args, key);
	char *longer = cni_format("%s%s", *text, value ? value : "");

	free(*text);
	*text = longer;
	return value && *value;
}

static void append_text(char **text, const char *more, size_t length)
{
	char *longer = cni_format("%s%.*s", *text, (int)length, more);

	free(*text);
	*text = longer;
}

int sticky_key(const char *template, const char *args, const char *ifname, uint64_t *ret_key,
	       struct cni_error *err)
{
	freeing char *text = cni_format("%s ", ifname);
	const char *at = template;
	const char *begin;
	bool is_whole = true;

	while ((begin = strstr(at, "${"))) {
		size_t length = strspn(begin + 2, LETTERS);

		if (!length || begin[2 + length] != '}')
			return fail(template, "there is a \"${\" without a name and a \"}\"", err);
		append_text(&text, at, (size_t)(begin - at));
		is_whole &= append_value(&text, begin + 2, length, args);
		at = begin + 2 + length + 1;
	}
	if (at == template)
		return fail(template, "there is no \"${\"", err);
	append_text(&text, at, strlen(at));
	*ret_key = is_whole ? number_of(text) : 0;
	return 0;
}

/* ---- addresses ---- */

void sticky_set(int dir, const struct cni_ip *ip, uint64_t key)
{
	struct cni_ip base = plane_at(ip, 0);

	plane_write(dir, &base, PLANE, &key, sizeof(key), plane_number(ip) * sizeof(key));
}

static bool find_in_piece(int dir, uint64_t key, const struct cni_ip *base,
			  const struct cni_ip *first, const struct cni_ip *last,
			  struct cni_ip *ret_ip)
{
	freeing uint64_t *keys = cni_alloc(PLANE_PIECE * sizeof(*keys));

	plane_read(dir, base, PLANE, keys, PLANE_PIECE * sizeof(*keys));
	for (size_t i = 0; i < PLANE_PIECE; i++) {
		if (keys[i] != key)
			continue;
		*ret_ip = plane_at(base, i);
		if (cni_ip_compare(ret_ip, first) >= 0 && cni_ip_compare(ret_ip, last) <= 0)
			return true;
	}
	return false;
}

bool sticky_find(int dir, uint64_t key, const struct cni_ip *first, const struct cni_ip *last,
		 struct cni_ip *ret_ip)
{
	struct cni_ip lowest = plane_at(first, 0);
	DIR *walk = plane_walk(dir);
	struct cni_ip base;
	bool found = false;

	while (walk && !found && plane_next(walk, PLANE, &base))
		found = base.family == first->family && cni_ip_compare(&base, &lowest) >= 0 &&
			cni_ip_compare(&base, last) <= 0 &&
			find_in_piece(dir, key, &base, first, last, ret_ip);
	if (walk)
		closedir(walk);
	return found;
}
