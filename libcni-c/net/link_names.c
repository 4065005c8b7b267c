/* SPDX-License-Identifier: Apache-2.0 */
#include "link_names.h"

#include "cleanup.h"
#include "link.h"
#include "mem.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

void cni_link_names_put(struct cni_link_names *names, const char *text)
{
	if ((names->count & (names->count - 1)) == 0)
		names->items = cni_realloc_array(names->items, names->count ? names->count * 2 : 1,
						 sizeof(*names->items));
	names->items[names->count++] = cni_strdup(text);
}

static int note_link(const struct cni_link *link, void *data, struct cni_error *err)
{
	(void)err;
	cni_link_names_put(data, link->name);
	if (*link->alias)
		cni_link_names_put(data, link->alias);
	return 0;
}

/* The kernel begins the list again. */
static void forget(void *data)
{
	cni_link_names_clear(data);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int cni_link_names_read(struct cni_link_names *ret_names, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {0};

	*ret_names = (struct cni_link_names){0};
	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, err) < 0 ||
	    cni_link_each(&nl, NULL, note_link, forget, ret_names, err) < 0)
		return -1;
	if (ret_names->count)
		qsort(ret_names->items, ret_names->count, sizeof(*ret_names->items), compare);
	return 0;
}

/* ---- second names ---- */

static int note_second(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	static const struct cni_nl_policy policy[IFLA_PROP_LIST + 1] = {
		[IFLA_PROP_LIST] = {MNL_TYPE_NESTED},
	};
	static const struct cni_nl_policy name = {MNL_TYPE_NUL_STRING, .most = ALTIFNAMSIZ};
	const struct nlattr *table[IFLA_PROP_LIST + 1];
	const struct nlattr *attribute;
	int left;

	(void)err;
	cni_nl_parse(message, policy, table, IFLA_PROP_LIST);
	if (!table[IFLA_PROP_LIST])
		return 0;
	attribute = mnl_attr_get_payload(table[IFLA_PROP_LIST]);
	left = mnl_attr_get_payload_len(table[IFLA_PROP_LIST]);
	for (; mnl_attr_ok(attribute, left); attribute = mnl_attr_next(attribute)) {
		left -= MNL_ALIGN(attribute->nla_len);
		if (mnl_attr_get_type(attribute) == IFLA_ALT_IFNAME &&
		    cni_nl_fits(attribute, &name))
			cni_link_names_put(data, mnl_attr_get_str(attribute));
	}
	return 0;
}

int cni_link_names_read_second(struct cni_nl *nl, int index, struct cni_link_names *ret_names,
			       struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_GETLINK, 0, sizeof(*ifi));

	*ret_names = (struct cni_link_names){0};
	ifi->ifi_index = index;
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (cni_nl_get(nl, &m, note_second, ret_names, err) < 0)
		return cni_fail_within(err, "look up the names of link %d", index);
	if (ret_names->count)
		qsort(ret_names->items, ret_names->count, sizeof(*ret_names->items), compare);
	return 0;
}

static int change_second(struct cni_nl *nl, uint16_t type, int index, const char *name,
			 struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, type, 0, sizeof(*ifi));

	if (type == RTM_NEWLINKPROP)
		m.header->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
	ifi->ifi_index = index;
	CNI_NL_NEST (&m, IFLA_PROP_LIST | NLA_F_NESTED) {
		cni_nl_put_string(&m, IFLA_ALT_IFNAME, name);
	}
	return cni_nl_transact(nl, &m, NULL, NULL, err);
}

int cni_link_names_add_second(struct cni_nl *nl, int index, const char *name, struct cni_error *err)
{
	if (change_second(nl, RTM_NEWLINKPROP, index, name, err) < 0)
		return cni_fail_within(err, "give link %d the second name '%s'", index, name);
	return 0;
}

int cni_link_names_drop_second(struct cni_nl *nl, int index, const char *name,
			       struct cni_error *err)
{
	if (change_second(nl, RTM_DELLINKPROP, index, name, err) < 0)
		return cni_fail_within(err, "take the second name '%s' of link %d", name, index);
	return 0;
}

void cni_link_names_clear(struct cni_link_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct cni_link_names){0};
}

bool cni_link_names_has(const struct cni_link_names *names, const char *text)
{
	return names->count &&
	       bsearch(&text, names->items, names->count, sizeof(*names->items), compare);
}

#define SHOWN 16

static int note_candidate(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct cni_link_names *names = data;

	(void)err;
	if (names->count < SHOWN && strcmp(link->name, "lo") != 0 &&
	    !cni_owner_is_ifname(link->name, "veth") && !cni_owner_is_ifname(link->name, "ifb"))
		cni_link_names_put(names, link->name);
	return 0;
}

char *cni_link_names_text(struct cni_nl *nl)
{
	struct cni_link_names names = {0};
	char *text = cni_strdup("");
	struct cni_error ignored;

	if (cni_link_each(nl, NULL, note_candidate, forget, &names, &ignored) < 0)
		forget(&names);
	for (size_t i = 0; i < names.count; i++) {
		freeing char *before = text;

		text = cni_format("%s%s'%s'", before, i ? ", " : "", names.items[i]);
	}
	cni_link_names_clear(&names);
	return text;
}
