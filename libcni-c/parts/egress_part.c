/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "hash.h"
#include "host_end.h"
#include "ifb.h"
#include "link_gc.h"
#include "link_kind.h"
#include "mem.h"
#include "redirect.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* How our ifbs' names begin; the owner's digits follow. */
#define PREFIX "ifb"

static void print(FILE *out, const void *data)
{
	const struct cni_egress_part *spec = data;
	char text[CNI_LIMIT_TEXT_SIZE];

	fprintf(out, " %s", cni_limit_format(&spec->limit, text));
}

/* ---- whose ifb ---- */

static const char *our_name(const struct cni_attachment *at, char name[CNI_IFNAME_SIZE])
{
	return cni_owner_ifname(at->owner, PREFIX, name);
}

/* The Go plugin's for this attachment, and for all others of the container in the network: "bwp"
 * and 12 digits. */
static const char *go_name(const struct cni_attachment *at, char name[CNI_IFNAME_SIZE])
{
	freeing char *text = cni_format("%s%s", at->owner->network, at->owner->container);
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(text, strlen(text), digits);
	snprintf(name, CNI_IFNAME_SIZE, "bwp%.12s", digits);
	return name;
}

/* Without an alias: killed between making and naming it. */
static bool is_ours(const struct cni_attachment *at, const struct cni_link *link)
{
	return !strcmp(link->kind, "ifb") &&
	       (!*link->alias || !strcmp(link->alias, at->owner->text));
}

/* Index 0: there is none of ours by this name. */
static int look_up(struct cni_attachment *at, const char *name, struct cni_link *ret_link,
		   struct cni_error *err)
{
	if (cni_link_get(&at->nl[CNI_HOST], name, ret_link, err) < 0) {
		*ret_link = (struct cni_link){.index = 0};
		return err->errnum == ENODEV ? 0 : -1;
	}
	if (!is_ours(at, ret_link))
		*ret_link = (struct cni_link){.index = 0};
	return 0;
}

static int delete_link(struct cni_attachment *at, const struct cni_link *link,
		       struct cni_error *err)
{
	if (!link->index || cni_link_del(&at->nl[CNI_HOST], link->index, err) == 0 ||
	    err->errnum == ENODEV)
		return 0;
	return -1;
}

/* True for the state that a killed ADD leaves between two steps: a qdisc for filters, without any. */
static int has_bare_ingress(struct cni_attachment *at, bool *ret_has, struct cni_error *err)
{
	struct cni_qdisc qdisc;

	if (cni_qdisc_get(&at->nl[CNI_HOST], at->host.index, TC_H_INGRESS, &qdisc, err) < 0)
		return -1;
	*ret_has = !strcmp(qdisc.kind, "ingress");
	return 0;
}

/* The host's end is relieved of its redirection, if that leads to one of these links or to nothing;
 * with `half_made`, also of an ingress qdisc without filters. */
static int release_host_end(struct cni_attachment *at, int ours, int go, bool half_made,
			    struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_redirect redirect;
	bool goes;

	if (!at->host.index)
		return 0;
	if (cni_redirect_get(nl, at->host.index, &redirect, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	goes = redirect.found && (!redirect.to || redirect.to == ours || redirect.to == go);
	if (half_made && !redirect.has_filters && has_bare_ingress(at, &goes, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!goes ||
	    cni_qdisc_del(nl, at->host.index, TC_H_INGRESS, TC_H_MAKE(TC_H_INGRESS, 0), err) == 0 ||
	    err->errnum == ENOENT || err->errnum == EINVAL || err->errnum == ENODEV)
		return 0;
	return -1;
}

/* ---- ADD ---- */

static int take_back(struct cni_attachment *at, bool half_made, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE];
	struct cni_link ifb;

	if (look_up(at, our_name(at, name), &ifb, err) < 0 ||
	    release_host_end(at, ifb.index, ifb.index, half_made && ifb.index, err) < 0)
		return -1;
	return delete_link(at, &ifb, err);
}

static int make(struct cni_attachment *at, struct cni_link *ret_ifb, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	uint8_t mac[CNI_MAC_SIZE];
	char name[CNI_IFNAME_SIZE];
	const struct cni_link_new new = {
		.kind = &cni_link_ifb,
		.name = our_name(at, name),
		.netns = -1,
		.mac = mac,
		.mtu = at->host.mtu,
	};

	cni_link_random_mac(mac);
	if (cni_link_add(nl, &new, err) < 0) {
		if (err->errnum != EEXIST)
			return -1;
		/* A stale ifb of this very attachment, whose DEL never came. */
		if (take_back(at, true, err) < 0)
			return -1;
		if (cni_link_add(nl, &new, err) < 0)
			return err->errnum == EEXIST
				       ? cni_fail(err, CNI_ETAKEN,
						  "there is a link '%s' that is somebody else's",
						  name)
				       : -1;
	}
	return cni_link_get(nl, name, ret_ifb, err);
}

/* The Go plugin's DEL finds it after a downgrade by the second name, if that is free. */
static int bring_up(struct cni_attachment *at, const struct cni_link *ifb, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE];
	struct cni_error ignored;
	struct cni_link_change change = {
		.alias = at->owner->text,
		.up = CNI_ON,
	};

	if (cni_link_change(&at->nl[CNI_HOST], ifb->index, &change, err) < 0)
		return cni_fail_within(err, "set up '%s'", ifb->name);
	cni_ifb_add_name(&at->nl[CNI_HOST], ifb->index, go_name(at, name), &ignored);
	return 0;
}

/* Last, when the ifb takes what it is sent. */
static int redirect(struct cni_attachment *at, const struct cni_link *ifb, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];

	if (cni_qdisc_add_ingress(nl, at->host.index, err) < 0) {
		if (err->errnum != EEXIST)
			return -1;
		/* With a redirection to nothing: an earlier life's, whose ifb has just gone. */
		if (release_host_end(at, 0, 0, false, err) < 0)
			return -1;
		if (cni_qdisc_add_ingress(nl, at->host.index, err) < 0)
			return err->errnum == EEXIST
				       ? cni_fail(
						 err, CNI_ETAKEN,
						 "'%s' has an ingress qdisc already, expected none",
						 at->host.name)
				       : -1;
	}
	return cni_redirect_add(nl, at->host.index, ifb->index, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_egress_part *spec = data;
	char mac[CNI_MAC_TEXT_SIZE];
	struct cni_error ignored;
	struct cni_link ifb;

	if (!spec->limit.rate)
		return 0;
	if (cni_host_end_find(at, err) < 0)
		return -1;
	if (make(at, &ifb, err) < 0 || bring_up(at, &ifb, err) < 0 ||
	    cni_shaper_add(&at->nl[CNI_HOST], &ifb, &spec->limit, err) < 0 ||
	    redirect(at, &ifb, err) < 0) {
		/* Also what was made though the answer got lost; but not what was in the way. */
		take_back(at, err->code != CNI_ETAKEN, &ignored);
		return -1;
	}
	cni_result_add_interface(at->result, ifb.name, cni_mac_format(ifb.mac, mac), NULL);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_egress_part *spec = data;

	return spec->limit.rate ? take_back(at, true, err) : 0;
}

/* ---- CHECK ---- */

static int check_redirect(struct cni_attachment *at, const struct cni_link *ifb,
			  struct cni_error *err)
{
	struct cni_redirect redirect;

	if (cni_redirect_get(&at->nl[CNI_HOST], at->host.index, &redirect, err) < 0)
		return -1;
	if (!redirect.found)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' does not redirect what comes from the container, expected to "
				"'%s'",
				at->host.name, ifb->name);
	if (redirect.to != ifb->index)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' redirects what comes from the container to link %d, expected "
				"%d, '%s'",
				at->host.name, redirect.to, ifb->index, ifb->name);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_egress_part *spec = data;
	char name[CNI_IFNAME_SIZE];
	struct cni_link ifb;

	if (!spec->limit.rate)
		return 0;
	if (cni_host_end_find(at, err) < 0 || look_up(at, our_name(at, name), &ifb, err) < 0)
		return -1;
	/* Made before the node was upgraded, and as good. */
	if (!ifb.index && look_up(at, go_name(at, name), &ifb, err) < 0)
		return -1;
	if (!ifb.index)
		return cni_fail(err, CNI_EMISMATCH, "ifb '%s' is missing", our_name(at, name));
	if (!(ifb.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", ifb.name);
	if (check_redirect(at, &ifb, err) < 0)
		return -1;
	return cni_shaper_check(&at->nl[CNI_HOST], &ifb, &spec->limit, err);
}

/* ---- DEL and STATUS ---- */

/* The Go plugin's ifb names no interface: if this attachment has one of ours, the Go plugin's belongs to
 * another interface. */
static int find_both(struct cni_attachment *at, struct cni_link *ret_ours, struct cni_link *ret_go,
		     struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE];

	*ret_go = (struct cni_link){.index = 0};
	if (look_up(at, our_name(at, name), ret_ours, err) < 0)
		return -1;
	return ret_ours->index ? 0 : look_up(at, go_name(at, name), ret_go, err);
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_error first = {0};
	struct cni_error next = {0};
	struct cni_link ours;
	struct cni_link go;

	(void)data;
	if (find_both(at, &ours, &go, err) < 0)
		return -1;
	cni_host_end_guess(at);
	if (release_host_end(at, ours.index, go.index, ours.index != 0, &next) < 0)
		cni_fail_first(&first, &next);
	if (delete_link(at, ours.index ? &ours : &go, &next) < 0)
		cni_fail_first(&first, &next);
	return cni_fail_if_any(&first, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_egress_part *spec = data;
	bool known;

	if (!spec->limit.rate)
		return 0;
	if (cni_link_kind_is_known(&at->nl[CNI_HOST], "ifb", &known, err) == 0) {
		if (known)
			return cni_ingress_part_ops.status(
				at, &(struct cni_ingress_part){.limit = spec->limit}, err);
		cni_fail(err, CNI_EUNAVAILABLE, "this kernel has no such links");
	}
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "an egress limit needs 'ifb'");
}

/* The Go plugin's ifbs name no owner, and stay until their DEL. */
static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_link_gc(at, &(struct cni_link_gc){.kind = "ifb", .prefix = PREFIX}, err);
}

const struct cni_part_ops cni_egress_part_ops = {
	.name = "egress",
	.size = sizeof(struct cni_egress_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
};
