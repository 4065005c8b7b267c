/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "container_end.h"
#include "container_link.h"
#include "readiness.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Random indices of 30 bits: a second one is not needed in practice. */
#define ATTEMPTS 4

static bool is_given(const char *text)
{
	return text && *text;
}

static void print(FILE *out, const void *data)
{
	const struct cni_tap_part *spec = data;

	fputs(" container", out);
	if (spec->mtu)
		fprintf(out, " mtu %u", spec->mtu);
	if (is_given(spec->mac))
		fprintf(out, " mac %s", spec->mac);
	if (spec->multi_queue)
		fputs(" multi-queue", out);
	if (spec->has_owner)
		fprintf(out, " owner %u", spec->owner);
	if (spec->has_group)
		fprintf(out, " group %u", spec->group);
	if (is_given(spec->context))
		fprintf(out, " context %s", spec->context);
	if (is_given(spec->bridge))
		fprintf(out, " port of %s", spec->bridge);
}

/* ---- the bridge ---- */

struct names {
	char text[128];
	size_t length;
};

static int note_name(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct names *names = data;
	size_t left = sizeof(names->text) - names->length;
	int length = snprintf(names->text + names->length, left, "%s'%s'",
			      names->length ? ", " : "", link->name);

	(void)err;
	if ((size_t)length < left)
		names->length += (size_t)length;
	else
		names->text[names->length] = '\0';
	return 0;
}

static void forget_names(void *data)
{
	*(struct names *)data = (struct names){.length = 0};
}

/* Fails with `code`, and the names that there are. */
static int find_bridge(struct cni_attachment *at, const char *name, int code,
		       struct cni_link *ret_bridge, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct names names = {.length = 0};

	if (cni_link_get(nl, name, ret_bridge, err) == 0) {
		if (!strcmp(ret_bridge->kind, "bridge"))
			return 0;
		return cni_fail(err, code,
				"'bridge' is \"%s\", which in the container is no bridge", name);
	}
	if (err->errnum != ENODEV ||
	    cni_link_each(nl, "bridge", note_name, forget_names, &names, err) < 0)
		return -1;
	return cni_fail(err, code,
			"'bridge' is \"%s\", expected a bridge in the container: it has %s", name,
			names.length ? names.text : "none");
}

/* ---- ADD ---- */

static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_tap_open(&at->tun, err);
}

/* The tap that the descriptor has made was deleted. */
static bool is_gone(const struct cni_error *err)
{
	return err->errnum == EBADFD;
}

static int make(struct cni_attachment *at, const struct cni_tap_part *spec, struct cni_error *err)
{
	const struct cni_tap_new new = {.name = at->owner->ifname,
					.mac = at->container.mac,
					.multi_queue = spec->multi_queue,
					.context = spec->context,
					.has_owner = spec->has_owner,
					.has_group = spec->has_group,
					.owner = spec->owner,
					.group = spec->group};
	struct cni_error other;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (cni_tap_make(at->tun, &new, &at->container.index, err) == 0)
			return 0;
		if (err->errnum != EBUSY)
			return is_gone(err) ? cni_container_end_gone(at, err) : -1;
		if (cni_container_link_refuse_other(at, &other) < 0) {
			*err = other;
			return -1;
		}
	}
	return -1;
}

/* The tap lasts only when everything else is done: a process that is killed before leaves nothing. */
static int make_all(struct cni_attachment *at, const struct cni_tap_part *spec,
		    struct cni_error *err)
{
	struct cni_link bridge = {.index = 0};
	struct cni_link_change change = {.mtu = spec->mtu, .alias = at->owner->text};

	if (is_given(spec->bridge) && find_bridge(at, spec->bridge, CNI_ECONFIG, &bridge, err) < 0)
		return -1;
	change.master = bridge.index;
	cni_container_link_choose_mac(at, spec->mac);
	if (make(at, spec, err) < 0)
		return -1;
	if (cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return cni_container_end_failed(at, err);
	if (cni_tap_keep(at->tun, true, err) < 0)
		return is_gone(err) ? cni_container_end_gone(at, err) : -1;
	return 0;
}

static void close_tun(struct cni_attachment *at)
{
	close(at->tun);
	at->tun = -1;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_tap_part *spec = data;
	char mac[CNI_MAC_TEXT_SIZE];
	int index;

	if (make_all(at, spec, err) < 0) {
		close_tun(at);
		return -1;
	}
	index = cni_result_add_interface(at->result, at->owner->ifname,
					 cni_mac_format(at->container.mac, mac),
					 at->call->env.netns);
	if (at->call->conf.version >= CNI_1_1_0)
		at->result->interfaces[index].mtu = spec->mtu;
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	int failed;

	(void)data;
	failed = cni_tap_keep(at->tun, false, err);
	close_tun(at);
	return failed < 0 && !is_gone(err) ? -1 : 0;
}

/* ---- DEL ---- */

static const struct cni_link_values a_tap = {.given = 1U << CNI_TAP_TYPE,
					     .values = {[CNI_TAP_TYPE] = 2}};

/* A tun, which is of the same kind, stays. */
static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_link found;

	(void)data;
	if (at->netns < 0)
		return 0;
	if (cni_link_get(nl, at->owner->ifname, &found, err) < 0)
		return cni_container_link_del_unread(at, err);
	if (cni_link_check_values(nl, &found, &cni_link_tap, &a_tap, err) < 0)
		return err->code == CNI_EMISMATCH ? 0 : cni_container_link_del_unread(at, err);
	return cni_container_link_del(at, cni_link_tap.name, err);
}

/* ---- CHECK, STATUS ---- */

static int check_bridge(struct cni_attachment *at, const char *name, struct cni_error *err)
{
	struct cni_link bridge;

	if (!is_given(name))
		return 0;
	if (find_bridge(at, name, CNI_EMISMATCH, &bridge, err) < 0)
		return -1;
	if (at->container.master == bridge.index)
		return 0;
	return cni_fail(err, CNI_EMISMATCH, "'%s' in the container is not a port of bridge '%s'",
			at->owner->ifname, name);
}

/* The prevResult's: a plugin behind, such as tuning, may have changed it. */
static int check_mtu(struct cni_attachment *at, struct cni_error *err)
{
	int index = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);
	uint32_t expected = index < 0 ? 0 : at->result->interfaces[index].mtu;

	if (!expected || at->container.mtu == expected)
		return 0;
	return cni_fail(err, CNI_EMISMATCH, "'%s' in the container has MTU %u, expected %u",
			at->owner->ifname, at->container.mtu, expected);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tap_part *spec = data;
	struct cni_link_values values = a_tap;

	values.given |= 1U << CNI_TAP_MULTI_QUEUE;
	values.values[CNI_TAP_MULTI_QUEUE] = spec->multi_queue;
	if (spec->has_owner)
		values.given |= 1U << CNI_TAP_OWNER;
	values.values[CNI_TAP_OWNER] = spec->owner;
	if (spec->has_group)
		values.given |= 1U << CNI_TAP_GROUP;
	values.values[CNI_TAP_GROUP] = spec->group;
	if (cni_container_link_check(at, cni_link_tap.name, err) < 0 ||
	    cni_link_check_values(&at->nl[CNI_CONTAINER], &at->container, &cni_link_tap, &values,
				  err) < 0 ||
	    check_mtu(at, err) < 0)
		return -1;
	return check_bridge(at, spec->bridge, err);
}

/* The bridge in a container is known to an ADD alone. */
static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_tap_part *spec = data;

	if (is_given(spec->context) && !cni_tap_has_selinux())
		return cni_fail(err, CNI_EUNAVAILABLE,
				"'selinuxContext' is \"%.128s\", but SELinux is off or missing in "
				"this kernel",
				spec->context);
	if (cni_tap_open(&at->tun, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return -1;
}

const struct cni_part_ops cni_tap_part_ops = {
	.name = "tap",
	.size = sizeof(struct cni_tap_part),
	.visit = visit,
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
};
