/* SPDX-License-Identifier: Apache-2.0 */
/* The lease and its acquisition: two parts, see parts.h. */
#include "parts.h"

#include "delegate.h"
#include "netns_cookie.h"
#include "route.h"

#include <linux/rtnetlink.h>
#include <sys/stat.h>

static void print_lease(FILE *out, const void *data)
{
	fprintf(out, " %s", ((const struct cni_lease_part *)data)->type);
}

/* An `ipam.type` that cannot be run is refused before anything is changed. */
static int check_type(struct cni_attachment *at, void *data, struct cni_error *err)
{
	(void)data;
	return cni_delegate_find(at->call, CNI_ADD, &at->delegate, err);
}

static int release(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_delegate_run(at->call, &at->delegate, CNI_DEL, NULL, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	/* A failed request has been followed by a DEL already. */
	return at->leased ? release(at, data, err) : 0;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_delegate_ipam(at->call, CNI_GC, NULL, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_delegate_ipam(at->call, CNI_STATUS, NULL, err);
}

const struct cni_part_ops cni_lease_part_ops = {
	.name = "lease",
	.size = sizeof(struct cni_lease_part),
	.last = "the addresses stay reserved, for not everything that uses them is gone",
	.add = check_type,
	.undo = undo,
	.del = release,
	.gc = gc,
	.status = status,
	.print = print_lease,
};

static void print_acquire(FILE *out, const void *data)
{
	const struct cni_acquire_part *spec = data;

	fprintf(out, " %s", spec->type ? spec->type : "prevResult");
	if (spec->gateway)
		fputs(" gateway", out);
	if (spec->default_route)
		fputs(" default_route", out);
}

/* The first address of a network, by convention its gateway. */
static struct cni_ip first_address(const struct cni_net *net)
{
	struct cni_net masked = cni_net_masked(net);

	return cni_ip_next(&masked.ip);
}

/* In the table main: a route in another table serves only packets that a rule sends there. */
static bool is_default_route(const struct cni_route *route, int family)
{
	return route->dst.ip.family == family && !route->dst.prefix &&
	       cni_route_table(route) == RT_TABLE_MAIN;
}

static bool has_default_route(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->route_count; i++)
		if (is_default_route(&result->routes[i], family))
			return true;
	return false;
}

/* A network so small that it has no room for both. */
static int refuse_gateway(const struct cni_acquire_part *spec, const struct cni_net *address,
			  const struct cni_ip *gateway, struct cni_error *err)
{
	char gateway_text[CNI_IP_TEXT_SIZE];
	char text[CNI_NET_TEXT_SIZE];

	if (cni_net_contains(address, gateway) && !cni_ip_equal(&address->ip, gateway))
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"%s needs a gateway, and 'ipam' has given none for %s: the first "
			"address of the network, which it is then, would be %s",
			spec->gateway_for ? spec->gateway_for : "'isGateway'",
			cni_net_format(address, text), cni_ip_format(gateway, gateway_text));
}

static int complete(const struct cni_attachment *at, const struct cni_acquire_part *spec,
		    struct cni_error *err)
{
	int interface = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);
	struct cni_result *result = at->result;

	for (size_t i = 0; i < result->ip_count; i++) {
		struct cni_result_ip *ip = &result->ips[i];
		int family = ip->address.ip.family;

		ip->interface = interface < 0 ? CNI_NO_INTERFACE : interface;
		/* An IPAM plugin that answers so has no gateway. */
		if (cni_ip_is_unspecified(&ip->gateway))
			ip->gateway = (struct cni_ip){0};
		if (spec->gateway && !cni_ip_is_set(&ip->gateway)) {
			ip->gateway = first_address(&ip->address);
			if (refuse_gateway(spec, &ip->address, &ip->gateway, err) < 0)
				return -1;
		}
		if (spec->default_route && !has_default_route(result, family)) {
			struct cni_route route = {.dst = {.ip = {.family = (uint8_t)family}},
						  .gw = ip->gateway};

			cni_result_add_route(result, &route);
		}
	}
	return 0;
}

static struct cni_netns_seen see_netns(const struct cni_attachment *at)
{
	struct stat st;

	if (fstat(at->netns, &st) < 0)
		return (struct cni_netns_seen){.is_seen = true};
	return (struct cni_netns_seen){
		.is_seen = true,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.cookie = cni_netns_cookie(mnl_socket_get_fd(at->nl[CNI_CONTAINER].socket)),
		.interface_is_new = at->container.index != 0,
	};
}

static int lease(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_result answer = {0};
	struct cni_call call = *at->call;

	call.env.seen = see_netns(at);
	if (cni_delegate_run(&call, &at->delegate, CNI_ADD, &answer, err) < 0)
		return -1;
	at->leased = true;
	cni_result_merge_ipam(at->result, &answer);
	cni_result_clear(&answer);
	return 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_acquire_part *spec = data;

	if (!spec->type)
		cni_result_merge_ipam(at->result, &at->call->conf.prev_result);
	else if (lease(at, err) < 0)
		return -1;
	if (complete(at, spec, err) < 0)
		return -1;
	if (!at->result->ip_count)
		return cni_fail(err, CNI_EDELEGATE, "IPAM plugin returned missing IP config");
	return cni_result_check_fits(at->result, at->call->conf.version, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_acquire_part *spec = data;

	return spec->type ? cni_delegate_ipam(at->call, CNI_CHECK, NULL, err) : 0;
}

const struct cni_part_ops cni_acquire_part_ops = {
	.name = "acquire",
	.size = sizeof(struct cni_acquire_part),
	.add = add,
	.check = check,
	.print = print_acquire,
};
