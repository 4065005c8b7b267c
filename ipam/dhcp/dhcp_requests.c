/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_requests.h"

#include "cleanup.h"
#include "file.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS "/run/cni/" DHCP_RECORDS

/* ---- tenants ---- */

struct dhcp_tenant *dhcp_house_find_family(const struct dhcp_house *house,
					   const struct cni_owner *owner, uint8_t family)
{
	for (size_t i = 0; i < house->tenant_count; i++) {
		const struct cni_owner *other = &house->tenants[i]->owner;
		bool is_six = dhcp_record_is_six(&house->tenants[i]->record);

		if (is_six == (family == AF_INET6) && !strcmp(other->container, owner->container) &&
		    !strcmp(other->ifname, owner->ifname) &&
		    !strcmp(other->network, owner->network))
			return house->tenants[i];
	}
	return NULL;
}

struct dhcp_tenant *dhcp_house_find(const struct dhcp_house *house, const struct cni_owner *owner)
{
	return dhcp_house_find_family(house, owner, AF_INET);
}

void dhcp_house_put(struct dhcp_house *house, struct dhcp_tenant *tenant)
{
	house->tenants = cni_realloc_array(house->tenants, house->tenant_count + 1,
					   sizeof(struct dhcp_tenant *));
	house->tenants[house->tenant_count++] = tenant;
}

void dhcp_house_remove(struct dhcp_house *house, struct dhcp_tenant *tenant)
{
	for (size_t i = 0; i < house->tenant_count; i++)
		if (house->tenants[i] == tenant)
			house->tenants[i] = house->tenants[--house->tenant_count];
	dhcp_tenant_free(tenant);
}

/* ---- answers ---- */

static void answer_error(struct dhcp_visitor *visitor, const struct cni_error *err)
{
	if (visitor->tenant)
		visitor->tenant->visitor = NULL;
	visitor->tenant = NULL;
	dhcp_visitor_answer(visitor, err->code, err->msg);
}

static void answer_lease(struct dhcp_visitor *visitor, const struct dhcp_tenant *tenant)
{
	freeing char *json = dhcp_result_encode(dhcp_record_result(&tenant->record));

	visitor->tenant = NULL;
	dhcp_visitor_answer(visitor, 0, json);
}

/* Resolver settings are the runtime's from ADD on: the plugin learns whether they are still the same. */
static void answer_check(struct dhcp_visitor *visitor, const struct dhcp_tenant *tenant)
{
	const struct cni_result *result = dhcp_record_result(&tenant->record);
	freeing char *dns = dhcp_dns_encode(&result->dns);
	freeing_json cJSON *json = cni_result_encode(result, CNI_VERSION_LATEST);
	freeing char *text = NULL;

	if (tenant->record.added_dns && strcmp(dns, tenant->record.added_dns) != 0)
		cni_json_add(json, DHCP_WIRE_DNS_CHANGED, cJSON_CreateTrue());
	text = cni_json_print_compact(json);
	dhcp_visitor_answer(visitor, 0, text);
}

/* The lease that a visitor waits for is there, or cannot be kept. */
void dhcp_house_settled(struct dhcp_tenant *tenant, const struct cni_error *failure)
{
	struct dhcp_visitor *visitor = tenant->visitor;

	tenant->visitor = NULL;
	if (failure) {
		answer_error(visitor, failure);
		return;
	}
	answer_lease(visitor, tenant);
	/* Without the visitor the lease belongs to no attachment. */
	if (visitor->has_left)
		tenant->is_gone = true;
}

/* ---- requests ---- */

/* True if the tenant's interface is still the one that is asked for. */
static bool is_same_place(const struct dhcp_tenant *tenant, const struct dhcp_record *asked,
			  struct cni_error *err)
{
	struct dhcp_place place = asked->place;
	const struct dhcp_place *ours = &tenant->record.place;

	place.cookie = 0;
	return dhcp_place_find(&place, err) == 0 && place.cookie == ours->cookie &&
	       place.index == ours->index && !memcmp(place.mac, ours->mac, CNI_MAC_SIZE);
}

static void begin(struct dhcp_house *house, struct dhcp_visitor *visitor,
		  const struct cni_owner *owner, struct dhcp_record *record)
{
	struct dhcp_tenant *tenant = dhcp_tenant_new(&house->setting, owner, record);
	uint32_t patience = house->flags->resend_timeout;
	struct cni_error err;

	dhcp_house_put(house, tenant);
	tenant->visitor = visitor;
	tenant->settled = dhcp_house_settled;
	visitor->tenant = tenant;
	visitor->deadline = dhcp_now() + (patience < DHCP_ADD_MS ? patience : DHCP_ADD_MS);
	if (dhcp_tenant_begin(tenant, &err) < 0) {
		answer_error(visitor, &err);
		dhcp_house_remove(house, tenant);
		return;
	}
	tenant->netns_id = dhcp_carrier_id(&tenant->record.place);
}

static void serve_add(struct dhcp_house *house, struct dhcp_visitor *visitor,
		      const struct cni_owner *owner, struct dhcp_record *record)
{
	struct dhcp_tenant *tenant = dhcp_house_find_family(house, owner, record->family);
	struct cni_error err = {0};

	if (tenant && tenant->visitor) {
		cni_fail(&err, CNI_EAGAIN, "another ADD asks for this lease already");
		answer_error(visitor, &err);
		return;
	}
	if (tenant && dhcp_record_result(&tenant->record)->ip_count &&
	    is_same_place(tenant, record, &err)) {
		dhcp_tenant_note_dns(tenant);
		answer_lease(visitor, tenant);
		return;
	}
	if (tenant)
		dhcp_house_remove(house, tenant);
	begin(house, visitor, owner, record);
}

static void serve_check(const struct dhcp_house *house, struct dhcp_visitor *visitor,
			const struct cni_owner *owner, uint8_t family)
{
	const struct dhcp_tenant *tenant = dhcp_house_find_family(house, owner, family);
	struct cni_error err = {0};

	if (tenant && tenant->is_established && dhcp_record_result(&tenant->record)->ip_count) {
		answer_check(visitor, tenant);
		return;
	}
	cni_fail(&err, CNI_EMISMATCH,
		 "the daemon holds no lease%s for container %s, interface %s%s",
		 family == AF_INET6 ? " of IPv6" : "", owner->container, owner->ifname,
		 tenant ? ": it was lost, and a new one is sought" : "");
	answer_error(visitor, &err);
}

static void release(struct dhcp_house *house, const struct cni_owner *owner, uint8_t family)
{
	struct dhcp_tenant *tenant = dhcp_house_find_family(house, owner, family);
	struct cni_error err = {0};

	if (tenant && tenant->visitor) {
		cni_fail(&err, CNI_EAGAIN, "a DEL came before the lease");
		dhcp_house_settled(tenant, &err);
	}
	if (tenant) {
		dhcp_tenant_release(tenant);
		dhcp_house_remove(house, tenant);
	}
}

static void serve_del(struct dhcp_house *house, struct dhcp_visitor *visitor,
		      const struct cni_owner *owner)
{
	release(house, owner, AF_INET);
	release(house, owner, AF_INET6);
	dhcp_visitor_answer(visitor, 0, "");
}

static void serve_body(struct dhcp_house *house, struct dhcp_visitor *visitor,
		       const struct cni_owner *owner, char *body)
{
	clearing_dhcp_record struct dhcp_record record;

	if (!dhcp_record_decode(body, &record)) {
		dhcp_visitor_answer(visitor, CNI_EDECODE, "the request is damaged");
		return;
	}
	if (*house->flags->host_prefix) {
		freeing char *netns = record.place.netns;

		record.place.netns = cni_format("%s%s", house->flags->host_prefix, netns);
	}
	serve_add(house, visitor, owner, &record);
}

/* An ADD has to write a record. */
static void serve_status(struct dhcp_visitor *visitor)
{
	struct cni_error err;

	if (cni_file_check_writable(RECORDS, &err) < 0) {
		cni_fail_within(&err, "records in '" RECORDS "'");
		answer_error(visitor, &err);
		return;
	}
	dhcp_visitor_answer(visitor, 0, "");
}

void dhcp_house_serve(struct dhcp_visitor *visitor, const struct dhcp_request *request, char *body)
{
	struct dhcp_house *house = visitor->daemon;

	switch (request->verb) {
	case DHCP_VERB_ADD:
		serve_body(house, visitor, &request->owner, body);
		break;
	case DHCP_VERB_CHECK:
		serve_check(house, visitor, &request->owner, AF_INET);
		break;
	case DHCP_VERB_CHECK6:
		serve_check(house, visitor, &request->owner, AF_INET6);
		break;
	case DHCP_VERB_DEL:
		serve_del(house, visitor, &request->owner);
		break;
	case DHCP_VERB_STATUS:
		serve_status(visitor);
		break;
	case DHCP_VERB_COUNT:
		dhcp_visitor_answer(visitor, 0, "");
		break;
	}
}
