/* SPDX-License-Identifier: Apache-2.0 */
/* How a tenant begins and ends, and goes on after its link was gone. */
#include "dhcp_tenant_internal.h"

#include "cleanup.h"
#include "dhcp6_tenant.h"
#include "dhcp_release.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* Fills the record's traits of the interface and of this daemon. */
static void prepare(struct dhcp_tenant *tenant)
{
	struct dhcp_record *record = &tenant->record;

	memcpy(record->identity.mac, record->place.mac, CNI_MAC_SIZE);
	record->identity.broadcast = tenant->setting->broadcast || record->place.shares_mac;
}

static void set_socket(struct dhcp_tenant *tenant)
{
	free(tenant->record.socket);
	tenant->record.socket = cni_strdup(tenant->setting->socket);
}

int dhcp_tenant_begin(struct dhcp_tenant *tenant, struct cni_error *err)
{
	struct dhcp_record *record = &tenant->record;

	set_socket(tenant);
	if (dhcp_record_is_six(record))
		return dhcp6_tenant_begin(tenant, err);
	if (dhcp_place_find(&record->place, err) < 0)
		return -1;
	prepare(tenant);
	dhcp_tenant_perform(tenant, dhcp_lease_begin(&record->lease, dhcp_now(), dhcp_chance()));
	return 0;
}

void dhcp_tenant_resume(struct dhcp_tenant *tenant)
{
	closing int netns = -1;
	struct cni_error err;

	tenant->is_established = true;
	if (dhcp_place_open(&tenant->record.place, &netns, &err) < 0) {
		dhcp_tenant_note(tenant, &err);
		if (tenant->is_gone)
			return;
	}
	if (dhcp_record_is_six(&tenant->record)) {
		dhcp6_tenant_resume(tenant);
		return;
	}
	dhcp_terms_copy(&tenant->record.lease.terms, &tenant->shown);
	dhcp_tenant_perform(tenant,
			    dhcp_lease_resume(&tenant->record.lease, dhcp_now(), dhcp_chance()));
}

void dhcp_tenant_take_over(struct dhcp_tenant *tenant)
{
	struct dhcp_record *record = &tenant->record;
	uint64_t now = dhcp_now();
	struct cni_error err;

	tenant->is_established = true;
	dhcp_terms_copy(&record->lease.terms, &tenant->shown);
	prepare(tenant);
	set_socket(tenant);
	dhcp_tenant_write(tenant, &err);
	if (dhcp_terms_are_empty(&record->lease.terms))
		dhcp_tenant_perform(tenant, dhcp_lease_begin(&record->lease, now, dhcp_chance()));
	else
		dhcp_tenant_perform(tenant, dhcp_lease_reboot(&record->lease, now, dhcp_chance()));
}

void dhcp_tenant_carrier(struct dhcp_tenant *tenant, bool has_carrier)
{
	bool is_back = has_carrier && !tenant->has_carrier;
	uint64_t now = dhcp_now();

	tenant->has_carrier = has_carrier;
	if (!is_back || !tenant->is_established || tenant->reboot_at != DHCP_NEVER)
		return;
	tenant->reboot_at = now;
	if (tenant->rebooted && now - tenant->rebooted < DHCP_REBOOT_PAUSE_MS)
		tenant->reboot_at = tenant->rebooted + DHCP_REBOOT_PAUSE_MS;
}

/* The server may have given the address that was asked for last, although its answer has not come, or the address is
 * still probed. */
static void take_offer(struct dhcp_lease *lease)
{
	bool asked = lease->state == DHCP_REQUESTING || lease->state == DHCP_PROBING;

	if (!asked || !dhcp_terms_are_empty(&lease->terms))
		return;
	lease->terms = lease->offer;
	lease->offer = (struct dhcp_terms){.mtu = 0};
}

/* The address to give back. False if there is none, as with an address that no server has given. */
static bool claim(struct dhcp_record *record, char address[CNI_NET_TEXT_SIZE])
{
	const struct cni_ip *ip = NULL;

	if (dhcp_record_is_six(record)) {
		ip = dhcp6_lease_claim(&record->six);
		cni_ip_format(ip ? ip : &(struct cni_ip){.family = 0}, address);
		return ip;
	}
	take_offer(&record->lease);
	if (dhcp_terms_are_empty(&record->lease.terms))
		return false;
	cni_net_format(dhcp_terms_address(&record->lease.terms), address);
	return true;
}

void dhcp_tenant_release(struct dhcp_tenant *tenant)
{
	char address[CNI_NET_TEXT_SIZE];
	struct cni_error err;
	char through[64];

	if (claim(&tenant->record, address)) {
		if (dhcp_release(&tenant->record, through, &err) < 0)
			dhcp_log("%s: %s is left to expire: %s", tenant->owner.text, address,
				 err.msg);
		else
			dhcp_log("%s: releases %s through %s", tenant->owner.text, address,
				 through);
	}
	if (dhcp_record_remove_in(dhcp_record_directory(&tenant->record), &tenant->owner, &err) < 0)
		dhcp_log("%s: %s", tenant->owner.text, err.msg);
}
