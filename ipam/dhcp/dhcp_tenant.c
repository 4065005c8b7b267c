/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_tenant_internal.h"

#include "cleanup.h"
#include "dhcp6_tenant.h"
#include "dhcp_probe.h"
#include "dhcp_tenant_receive.h"
#include "dhcp_transport.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static void read_packets(struct dhcp_watch *watch)
{
	struct dhcp_tenant *tenant = watch->owner;
	struct dhcp_step step;
	int budget = DHCP_RECEIVE_BATCH;

	while (watch->fd >= 0 && budget-- > 0 && dhcp_tenant_receive(tenant, &step))
		dhcp_tenant_perform(tenant, step);
}

static void end_probe(struct dhcp_tenant *tenant, bool is_free)
{
	dhcp_watch_close(&tenant->arp);
	tenant->probe_at = DHCP_NEVER;
	dhcp_tenant_perform(tenant, dhcp_lease_probed(&tenant->record.lease, is_free, dhcp_now(),
						      dhcp_chance()));
}

static void read_arp(struct dhcp_watch *watch)
{
	struct dhcp_tenant *tenant = watch->owner;
	const struct dhcp_terms *offer = &tenant->record.lease.offer;

	if (!dhcp_terms_are_empty(offer) &&
	    dhcp_probe_receive(watch->fd, tenant->record.place.mac, &dhcp_terms_address(offer)->ip))
		end_probe(tenant, false);
}

struct dhcp_tenant *dhcp_tenant_new(const struct dhcp_setting *setting,
				    const struct cni_owner *owner, struct dhcp_record *record)
{
	struct dhcp_tenant *tenant = cni_alloc(sizeof(*tenant));

	tenant->setting = setting;
	tenant->owner = cni_owner_make(cni_strdup(owner->network), cni_strdup(owner->container),
				       cni_strdup(owner->ifname));
	tenant->record = *record;
	memset(record, 0, sizeof(*record));
	tenant->packets = (struct dhcp_watch){.fd = -1, .ready = read_packets, .owner = tenant};
	tenant->arp = (struct dhcp_watch){.fd = -1, .ready = read_arp, .owner = tenant};
	tenant->deaf_at = tenant->probe_at = tenant->reboot_at = DHCP_NEVER;
	tenant->has_carrier = true;
	tenant->netns_id = -1;
	tenant->record.lease.pace = setting->pace;
	tenant->record.lease.pace.probes = tenant->record.probes;
	tenant->record.lease.wakes = DHCP_NEVER;
	if (dhcp_record_is_six(&tenant->record))
		dhcp6_tenant_init(tenant);
	return tenant;
}

void dhcp_tenant_free(struct dhcp_tenant *tenant)
{
	dhcp_watch_close(&tenant->packets);
	dhcp_watch_close(&tenant->arp);
	dhcp_record_clear(&tenant->record);
	dhcp_terms_clear(&tenant->shown);
	free((char *)tenant->owner.network);
	free((char *)tenant->owner.container);
	free((char *)tenant->owner.ifname);
	free(tenant);
}

/* ---- sending ---- */

void dhcp_tenant_note(struct dhcp_tenant *tenant, const struct cni_error *err)
{
	dhcp_log("%s: %s", tenant->owner.text, err->msg);
	if (err->errnum == ENOENT || err->errnum == ENODEV || err->errnum == ENXIO)
		tenant->is_gone = true;
}

static int open_packets(struct dhcp_tenant *tenant, struct cni_error *err)
{
	const struct dhcp_place *place = &tenant->record.place;
	closing int netns = -1;
	int fd = -1;

	if (tenant->packets.fd >= 0)
		return 0;
	if (dhcp_place_open(place, &netns, err) < 0 ||
	    dhcp_transport_open(netns, place->index, &fd, err) < 0)
		return -1;
	return dhcp_watch_open(tenant->setting->loop, &tenant->packets, fd, err);
}

static void send_message(struct dhcp_tenant *tenant, enum dhcp_send send)
{
	const struct dhcp_record *record = &tenant->record;
	bool is_unicast = send == DHCP_SEND_RENEW && record->has_server_mac;
	const struct dhcp_way way = {.index = record->place.index};
	uint64_t now = dhcp_now();
	struct dhcp_message message;
	struct cni_error err;

	if (!dhcp_message_make(&record->identity, &record->lease, send, now, &message)) {
		dhcp_log("%s: the options do not fit into a message", tenant->owner.text);
		return;
	}
	tenant->messages++;
	tenant->deaf_at = tenant->is_established ? now + tenant->setting->pace.timeout : DHCP_NEVER;
	if (open_packets(tenant, &err) < 0 ||
	    dhcp_transport_send(tenant->packets.fd, &way, &message,
				is_unicast ? record->server_mac : NULL, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

/* Answers to a probe are for no address: of the links that share a MAC, the master alone receives them. */
static bool asks_on_host(const struct dhcp_place *place)
{
	return place->shares_mac && *place->parent;
}

static void send_probe(struct dhcp_tenant *tenant)
{
	const struct dhcp_place *place = &tenant->record.place;
	const struct dhcp_terms *offer = &tenant->record.lease.offer;
	struct cni_error err;

	tenant->probes++;
	tenant->probe_at = dhcp_now() + DHCP_PROBE_MS;
	if (dhcp_probe_send(tenant->arp.fd,
			    asks_on_host(place) ? place->parent_index : place->index, place->mac,
			    &dhcp_terms_address(offer)->ip, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

static int open_probe(const struct dhcp_place *place, int *ret_fd, struct cni_error *err)
{
	closing int netns = -1;

	if (asks_on_host(place))
		return dhcp_probe_open(-1, place->parent_index, ret_fd, err);
	return dhcp_place_open(place, &netns, err) < 0
		       ? -1
		       : dhcp_probe_open(netns, place->index, ret_fd, err);
}

static void begin_probe(struct dhcp_tenant *tenant)
{
	struct cni_error err;
	int fd = -1;

	tenant->probes = 0;
	if (open_probe(&tenant->record.place, &fd, &err) < 0 ||
	    dhcp_watch_open(tenant->setting->loop, &tenant->arp, fd, &err) < 0) {
		dhcp_tenant_note(tenant, &err);
		end_probe(tenant, true);
		return;
	}
	send_probe(tenant);
}

/* ---- news ---- */

static void note_answer(struct dhcp_record *record)
{
	free(record->added_dns);
	record->added_dns = dhcp_dns_encode(&dhcp_record_result(record)->dns);
}

void dhcp_tenant_note_dns(struct dhcp_tenant *tenant)
{
	struct cni_error err;

	note_answer(&tenant->record);
	dhcp_tenant_write(tenant, &err);
}

int dhcp_tenant_write(struct dhcp_tenant *tenant, struct cni_error *err)
{
	/* The first time ADD is answered with it. */
	if (!tenant->is_established) {
		note_answer(&tenant->record);
		tenant->record.added = dhcp_now();
	}
	if (dhcp_record_write(&tenant->owner, &tenant->record, err) == 0)
		return 0;
	dhcp_log("%s: %s", tenant->owner.text, err->msg);
	return -1;
}

static void log_lease(const struct dhcp_tenant *tenant, const char *what)
{
	const struct dhcp_terms *terms = &tenant->record.lease.terms;
	const struct cni_ip server = {.family = AF_INET};
	char address[CNI_NET_TEXT_SIZE];
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip from = server;

	memcpy(from.bytes, terms->server, 4);
	dhcp_log("%s: %s %s from %s for %u s", tenant->owner.text, what,
		 cni_net_format(dhcp_terms_address(terms), address), cni_ip_format(&from, text),
		 terms->lease_seconds);
}

/* `before` are the terms that the interface has; empty: none. */
static void apply(struct dhcp_tenant *tenant, const struct dhcp_terms *before)
{
	struct cni_error err;

	if (dhcp_place_apply(&tenant->record.place, &before->result,
			     &tenant->record.lease.terms.result, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

static void change(struct dhcp_tenant *tenant, const struct dhcp_terms *before)
{
	const struct dhcp_terms *terms = &tenant->record.lease.terms;
	freeing char *old = dhcp_dns_encode(&before->result.dns);
	freeing char *now = dhcp_dns_encode(&terms->result.dns);
	struct cni_error err;

	dhcp_tenant_write(tenant, &err);
	log_lease(tenant, "has changed to");
	if (strcmp(old, now) != 0)
		dhcp_log("%s: has other resolver settings, which the container gets with its next "
			 "ADD",
			 tenant->owner.text);
	if (!dhcp_terms_equal_on_link(before, terms))
		apply(tenant, before);
}

/* ADD puts the first address on the interface itself, and answers only when the record is written. */
void dhcp_tenant_establish(struct dhcp_tenant *tenant, const struct cni_error *failure)
{
	tenant->is_established = !failure;
	tenant->is_gone |= failure != NULL;
	if (tenant->visitor)
		tenant->settled(tenant, failure);
}

static void gain(struct dhcp_tenant *tenant)
{
	const struct dhcp_terms none = {.mtu = 0};
	struct cni_error err;
	int failed = dhcp_tenant_write(tenant, &err);

	log_lease(tenant, "has");
	if (tenant->is_established)
		apply(tenant, &none);
	else
		dhcp_tenant_establish(tenant, failed ? &err : NULL);
}

static void lose(struct dhcp_tenant *tenant, const struct dhcp_terms *before, const char *why)
{
	char address[CNI_NET_TEXT_SIZE];
	struct cni_error err;

	dhcp_log("%s: loses %s: %s", tenant->owner.text,
		 cni_net_format(dhcp_terms_address(before), address), why);
	tenant->record.has_server_mac = false;
	if (!tenant->is_established)
		return;
	if (dhcp_place_withdraw(&tenant->record.place, &before->result, &err) < 0)
		dhcp_tenant_note(tenant, &err);
	dhcp_tenant_write(tenant, &err);
}

static void hear(struct dhcp_tenant *tenant, struct dhcp_step step, const struct dhcp_terms *before)
{
	struct cni_error err;

	switch (step.news) {
	case DHCP_GAINED:
		gain(tenant);
		break;
	case DHCP_RENEWED:
		dhcp_tenant_write(tenant, &err);
		log_lease(tenant, "keeps");
		break;
	case DHCP_CHANGED:
		change(tenant, before);
		break;
	case DHCP_LOST:
		lose(tenant, before, step.why);
		break;
	case DHCP_PROBE:
		begin_probe(tenant);
		break;
	case DHCP_NO_NEWS:
		break;
	}
}

void dhcp_tenant_perform(struct dhcp_tenant *tenant, struct dhcp_step step)
{
	struct dhcp_terms before;

	dhcp_terms_copy(&tenant->shown, &before);
	if (step.why && step.news != DHCP_LOST)
		tenant->fault = step.why;
	if (step.news >= DHCP_GAINED) {
		dhcp_terms_clear(&tenant->shown);
		dhcp_terms_copy(&tenant->record.lease.terms, &tenant->shown);
	}
	if (step.send != DHCP_SEND_NOTHING)
		send_message(tenant, step.send);
	hear(tenant, step, &before);
	dhcp_terms_clear(&before);
	if (tenant->record.lease.state == DHCP_BOUND) {
		dhcp_watch_close(&tenant->packets);
		tenant->deaf_at = DHCP_NEVER;
	}
}

/* ---- events ---- */

uint64_t dhcp_tenant_wakes(const struct dhcp_tenant *tenant)
{
	uint64_t wakes = tenant->record.lease.wakes;

	if (dhcp_record_is_six(&tenant->record))
		wakes = dhcp6_lease_wakes(&tenant->record.six);
	if (tenant->deaf_at < wakes)
		wakes = tenant->deaf_at;
	if (tenant->reboot_at < wakes)
		wakes = tenant->reboot_at;
	return tenant->probe_at < wakes ? tenant->probe_at : wakes;
}

static void reboot(struct dhcp_tenant *tenant, uint64_t now)
{
	tenant->reboot_at = DHCP_NEVER;
	if (!tenant->has_carrier || tenant->record.lease.state == DHCP_PROBING)
		return;
	tenant->rebooted = now;
	dhcp_log("%s: carrier is back", tenant->owner.text);
	if (dhcp_record_is_six(&tenant->record))
		dhcp6_tenant_confirm(tenant);
	else
		dhcp_tenant_perform(tenant,
				    dhcp_lease_reboot(&tenant->record.lease, now, dhcp_chance()));
}

static void wake_probe(struct dhcp_tenant *tenant)
{
	if (tenant->probes < DHCP_PROBES)
		send_probe(tenant);
	else
		end_probe(tenant, true);
}

static void wake_lease(struct dhcp_tenant *tenant, uint64_t now)
{
	struct dhcp_record *record = &tenant->record;
	bool is_six = dhcp_record_is_six(record);

	if (now < (is_six ? dhcp6_lease_wakes(&record->six) : record->lease.wakes))
		return;
	/* A DEL that found no daemon has removed the record, and released the lease. */
	if (tenant->is_established && !dhcp_record_may_exist(&tenant->owner, record))
		tenant->is_forgotten = true;
	else if (is_six)
		dhcp6_tenant_wake(tenant, now);
	else
		dhcp_tenant_perform(tenant, dhcp_lease_wake(&record->lease, now, dhcp_chance()));
}

void dhcp_tenant_wake(struct dhcp_tenant *tenant)
{
	uint64_t now = dhcp_now();

	if (now >= tenant->probe_at && dhcp_record_is_six(&tenant->record))
		dhcp6_tenant_probe(tenant);
	else if (now >= tenant->probe_at)
		wake_probe(tenant);
	if (now >= tenant->deaf_at) {
		tenant->deaf_at = DHCP_NEVER;
		dhcp_watch_close(&tenant->packets);
	}
	if (now >= tenant->reboot_at)
		reboot(tenant, now);
	wake_lease(tenant, now);
}
