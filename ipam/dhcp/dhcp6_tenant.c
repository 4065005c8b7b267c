/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_tenant.h"

#include "cleanup.h"
#include "dhcp6_link.h"
#include "dhcp6_message.h"
#include "dhcp6_transport.h"
#include "dhcp_probe.h"
#include "dhcp_tenant_receive.h"

#include <string.h>

static void perform(struct dhcp_tenant *tenant, struct dhcp6_step step);

/* ---- sending ---- */

static int open_packets(struct dhcp_tenant *tenant, struct cni_error *err)
{
	const struct dhcp_place *place = &tenant->record.place;
	closing int netns = -1;
	int fd = -1;

	if (tenant->packets.fd >= 0)
		return 0;
	if (dhcp_place_open(place, &netns, err) < 0 ||
	    dhcp6_link_local(netns, place, &tenant->local, err) < 0 ||
	    dhcp6_transport_open(netns, place->index, &fd, err) < 0)
		return -1;
	return dhcp_watch_open(tenant->setting->loop, &tenant->packets, fd, err);
}

static void send_messages(struct dhcp_tenant *tenant, const struct dhcp6_step *step)
{
	const struct dhcp_place *place = &tenant->record.place;
	const struct dhcp_way way = {.index = place->index};
	uint64_t now = dhcp_now();
	struct dhcp6_packet packet;
	struct cni_error err;

	tenant->messages += (step->send ? 1U : 0U) + (step->asks_routers ? 1U : 0U);
	tenant->deaf_at = tenant->is_established ? now + tenant->setting->pace.timeout : DHCP_NEVER;
	if (open_packets(tenant, &err) < 0) {
		dhcp_tenant_note(tenant, &err);
		return;
	}
	if (step->asks_routers && dhcp6_transport_ask_routers(tenant->packets.fd, place->index,
							      &tenant->local, place->mac, &err) < 0)
		dhcp_tenant_note(tenant, &err);
	if (!step->send)
		return;
	dhcp6_message_make(&tenant->record.six, step->send, now, &packet);
	if (dhcp6_transport_send(tenant->packets.fd, &way, &tenant->local, &packet, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

/* ---- probes ---- */

static void end_probe(struct dhcp_tenant *tenant, const struct cni_ip *conflict)
{
	tenant->probe_at = DHCP_NEVER;
	perform(tenant,
		dhcp6_lease_probed(&tenant->record.six, conflict, dhcp_now(), dhcp_chance()));
}

static void probe_one(struct dhcp_tenant *tenant, const struct cni_ip *ip)
{
	int index = tenant->record.place.index;
	struct cni_error err;

	if (tenant->probes == 1 && dhcp6_transport_join(tenant->packets.fd, index, ip, &err) < 0)
		dhcp_tenant_note(tenant, &err);
	if (dhcp6_transport_probe(tenant->packets.fd, index, ip, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

void dhcp6_tenant_probe(struct dhcp_tenant *tenant)
{
	struct cni_result candidates;
	struct cni_error err;

	if (tenant->probes == DHCP_PROBES) {
		end_probe(tenant, NULL);
		return;
	}
	if (open_packets(tenant, &err) < 0) {
		dhcp_tenant_note(tenant, &err);
		end_probe(tenant, NULL);
		return;
	}
	tenant->probes++;
	tenant->probe_at = dhcp_now() + DHCP_PROBE_MS;
	dhcp6_lease_candidates(&tenant->record.six, dhcp_now(), &candidates);
	for (size_t i = 0; i < candidates.ip_count; i++)
		probe_one(tenant, &candidates.ips[i].address.ip);
	cni_result_clear(&candidates);
}

/* A neighbour has an address, or wants it. */
static void hear_claim(struct dhcp_tenant *tenant, const struct cni_ip *ip)
{
	const struct dhcp6_lease *lease = &tenant->record.six;
	struct cni_result candidates;
	bool is_ours = false;

	if (lease->state != DHCP6_PROBING)
		return;
	dhcp6_lease_candidates(lease, dhcp_now(), &candidates);
	for (size_t i = 0; i < candidates.ip_count; i++)
		is_ours |= cni_ip_equal(&candidates.ips[i].address.ip, ip);
	cni_result_clear(&candidates);
	if (is_ours)
		end_probe(tenant, ip);
}

/* ---- news ---- */

static void log_lease(const struct dhcp_tenant *tenant, const char *what)
{
	static const char *const modes[] = {"", "an advertisement", "an advertisement", "DHCPv6"};
	const struct dhcp6_lease *lease = &tenant->record.six;
	char router[CNI_IP_TEXT_SIZE];
	char text[CNI_NET_TEXT_SIZE];

	for (size_t i = 0; i < lease->result.ip_count; i++)
		dhcp_log("%s: %s %s by %s, router %s", tenant->owner.text, what,
			 cni_net_format(&lease->result.ips[i].address, text), modes[lease->mode],
			 cni_ip_is_set(&lease->router.ip) ? cni_ip_format(&lease->router.ip, router)
							  : "none");
}

static void apply(struct dhcp_tenant *tenant, const struct cni_result *before)
{
	struct cni_error err;

	if (dhcp_place_apply(&tenant->record.place, before, &tenant->record.six.result, &err) < 0)
		dhcp_tenant_note(tenant, &err);
}

static void gain(struct dhcp_tenant *tenant, const struct cni_result *before)
{
	struct cni_error err;
	int failed = dhcp_tenant_write(tenant, &err);

	log_lease(tenant, "has");
	if (tenant->is_established)
		apply(tenant, before);
	else
		dhcp_tenant_establish(tenant, failed ? &err : NULL);
}

static void lose(struct dhcp_tenant *tenant, const struct cni_result *before, const char *why)
{
	char text[CNI_NET_TEXT_SIZE];
	struct cni_error err;

	for (size_t i = 0; i < before->ip_count; i++)
		dhcp_log("%s: loses %s: %s", tenant->owner.text,
			 cni_net_format(&before->ips[i].address, text), why);
	if (!tenant->is_established)
		return;
	if (dhcp_place_withdraw(&tenant->record.place, before, &err) < 0)
		dhcp_tenant_note(tenant, &err);
	dhcp_tenant_write(tenant, &err);
}

static void hear(struct dhcp_tenant *tenant, const struct dhcp6_step *step,
		 const struct cni_result *before)
{
	struct cni_error err;

	switch (step->news) {
	case DHCP_GAINED:
		gain(tenant, before);
		break;
	case DHCP_RENEWED:
		dhcp_tenant_write(tenant, &err);
		log_lease(tenant, "keeps");
		break;
	case DHCP_CHANGED:
		dhcp_tenant_write(tenant, &err);
		log_lease(tenant, "has changed to");
		apply(tenant, before);
		break;
	case DHCP_LOST:
		lose(tenant, before, step->why);
		break;
	case DHCP_PROBE:
		tenant->probes = 0;
		dhcp6_tenant_probe(tenant);
		break;
	case DHCP_NO_NEWS:
		break;
	}
}

static void show(struct dhcp_tenant *tenant)
{
	dhcp_terms_clear(&tenant->shown);
	cni_result_copy(&tenant->record.six.result, &tenant->shown.result);
}

static void perform(struct dhcp_tenant *tenant, struct dhcp6_step step)
{
	struct cni_result before = {.ip_count = 0};

	cni_result_copy(&tenant->shown.result, &before);
	if (step.why && step.news != DHCP_LOST)
		tenant->fault = step.why;
	if (step.news >= DHCP_GAINED)
		show(tenant);
	if (step.send || step.asks_routers)
		send_messages(tenant, &step);
	hear(tenant, &step, &before);
	cni_result_clear(&before);
	if (step.news >= DHCP_GAINED && tenant->record.six.state == DHCP6_BOUND) {
		dhcp_watch_close(&tenant->packets);
		tenant->deaf_at = DHCP_NEVER;
	}
}

/* ---- receiving ---- */

static bool receive(struct dhcp_tenant *tenant)
{
	struct dhcp6_lease *lease = &tenant->record.six;
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};
	struct dhcp6_news news;

	dhcp6_transport_receive(tenant->packets.fd, tenant->record.place.mac, &news);
	switch (news.kind) {
	case DHCP6_NOTHING:
		return false;
	case DHCP6_FAULTY:
		step.why = news.fault;
		break;
	case DHCP6_PACKET:
		step = dhcp6_lease_receive(lease, &news.packet, dhcp_now(), dhcp_chance());
		break;
	case DHCP6_ADVERT:
		step = dhcp6_lease_advertised(lease, &news.ip, &news.advert, dhcp_now(),
					      dhcp_chance());
		dhcp6_advert_clear(&news.advert);
		break;
	case DHCP6_CLAIM:
		hear_claim(tenant, &news.ip);
		return true;
	}
	perform(tenant, step);
	return true;
}

static void read_packets(struct dhcp_watch *watch)
{
	struct dhcp_tenant *tenant = watch->owner;
	int budget = DHCP_RECEIVE_BATCH;

	while (watch->fd >= 0 && budget-- > 0 && receive(tenant))
		;
}

/* ---- events ---- */

void dhcp6_tenant_init(struct dhcp_tenant *tenant)
{
	struct dhcp6_lease *lease = &tenant->record.six;

	tenant->packets.ready = read_packets;
	lease->pace = tenant->setting->pace;
	lease->pace.probes = tenant->record.probes;
	lease->priority = tenant->record.priority;
	lease->wakes = lease->changes = DHCP_NEVER;
	if (!lease->result.ip_count)
		lease->solicits = DHCP_NEVER;
}

static void make_secret(uint8_t secret[16])
{
	for (size_t i = 0; i < 16; i += sizeof(uint32_t)) {
		uint32_t chance = dhcp_chance();

		memcpy(secret + i, &chance, sizeof(chance));
	}
}

int dhcp6_tenant_begin(struct dhcp_tenant *tenant, struct cni_error *err)
{
	struct dhcp_record *record = &tenant->record;

	if (dhcp6_link_prepare(&record->place, err) < 0 ||
	    dhcp_place_find(&record->place, err) < 0 ||
	    dhcp6_link_clean(&record->place, &record->six.link_mtu, err) < 0)
		return -1;
	make_secret(record->six.identity.secret);
	perform(tenant, dhcp6_lease_begin(&record->six, dhcp_now(), dhcp_chance()));
	return 0;
}

void dhcp6_tenant_resume(struct dhcp_tenant *tenant)
{
	show(tenant);
	perform(tenant, dhcp6_lease_resume(&tenant->record.six, dhcp_now(), dhcp_chance()));
}

void dhcp6_tenant_confirm(struct dhcp_tenant *tenant)
{
	perform(tenant, dhcp6_lease_confirm(&tenant->record.six, dhcp_now(), dhcp_chance()));
}

void dhcp6_tenant_wake(struct dhcp_tenant *tenant, uint64_t now)
{
	perform(tenant, dhcp6_lease_wake(&tenant->record.six, now, dhcp_chance()));
}
