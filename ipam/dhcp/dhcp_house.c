/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_house.h"

#include "dhcp_listener.h"
#include "dhcp_requests.h"
#include "dhcp_takeover.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* ---- tenants ---- */

static void carrier_changed(void *data, int netns_id, int index, bool has_carrier)
{
	const struct dhcp_house *house = data;

	for (size_t i = 0; i < house->tenant_count; i++) {
		struct dhcp_tenant *tenant = house->tenants[i];

		if (tenant->netns_id == netns_id && tenant->record.place.index == index)
			dhcp_tenant_carrier(tenant, has_carrier);
	}
}

void dhcp_house_admit(struct dhcp_house *house, int fd)
{
	struct dhcp_visitor *visitor;

	if (house->visitor_count == DHCP_VISITORS_MAX) {
		dhcp_listener_refuse(fd, CNI_EAGAIN,
				     "the dhcp daemon serves as many requests as it can");
		return;
	}
	visitor = dhcp_visitor_new(house->setting.loop, fd, dhcp_house_serve, house);
	if (!visitor)
		return;
	house->visitors = cni_realloc_array(house->visitors, house->visitor_count + 1,
					    sizeof(struct dhcp_visitor *));
	house->visitors[house->visitor_count++] = visitor;
}

/* ---- time ---- */

uint64_t dhcp_house_wakes(const struct dhcp_house *house)
{
	uint64_t wakes = DHCP_NEVER;

	for (size_t i = 0; i < house->tenant_count; i++) {
		uint64_t at = dhcp_tenant_wakes(house->tenants[i]);

		wakes = at < wakes ? at : wakes;
	}
	for (size_t i = 0; i < house->visitor_count; i++)
		if (house->visitors[i]->deadline < wakes)
			wakes = house->visitors[i]->deadline;
	return wakes;
}

static void describe(const struct dhcp_tenant *tenant, struct cni_error *err)
{
	const struct dhcp_record *record = &tenant->record;
	bool is_six = dhcp_record_is_six(record);

	cni_fail(err, CNI_EAGAIN,
		 "no DHCP%s has given a lease for '%s': %u messages were sent, the last in "
		 "state %s%s%s",
		 is_six ? "v6 server or router" : " server", record->place.ifname, tenant->messages,
		 is_six ? dhcp6_state_text(record->six.state)
			: dhcp_state_text(record->lease.state),
		 tenant->fault ? "; the last answer was ignored: " : ", and nothing was answered",
		 tenant->fault ? tenant->fault : "");
}

static void give_up(struct dhcp_visitor *visitor)
{
	const struct dhcp_tenant *tenant = visitor->tenant;
	struct cni_error err;

	if (!tenant) {
		visitor->is_done = true;
		return;
	}
	describe(tenant, &err);
	dhcp_visitor_answer(visitor, err.code, err.msg);
	visitor->has_left = true;
}

/* Without the visitor, a lease that was not answered for belongs to no attachment. */
static void tend_visitors(struct dhcp_house *house)
{
	uint64_t now = dhcp_now();

	for (size_t i = 0; i < house->visitor_count;) {
		struct dhcp_visitor *visitor = house->visitors[i];

		if (!visitor->is_done && now >= visitor->deadline)
			give_up(visitor);
		if (!visitor->is_done) {
			i++;
			continue;
		}
		if (visitor->tenant) {
			visitor->tenant->visitor = NULL;
			visitor->tenant->is_gone = true;
		}
		dhcp_visitor_free(visitor);
		house->visitors[i] = house->visitors[--house->visitor_count];
	}
}

static void tend_tenants(struct dhcp_house *house)
{
	for (size_t i = 0; i < house->tenant_count;) {
		struct dhcp_tenant *tenant = house->tenants[i];
		struct cni_error err;

		if (!tenant->is_gone && dhcp_now() >= dhcp_tenant_wakes(tenant))
			dhcp_tenant_wake(tenant);
		if (!tenant->is_gone && !tenant->is_forgotten) {
			i++;
			continue;
		}
		if (tenant->visitor) {
			cni_fail(&err, CNI_ECONTAINER, "the interface or its namespace is gone");
			dhcp_house_settled(tenant, &err);
		}
		if (tenant->is_gone)
			dhcp_tenant_release(tenant);
		dhcp_house_remove(house, tenant);
	}
}

void dhcp_house_tend(struct dhcp_house *house)
{
	tend_visitors(house);
	tend_tenants(house);
	/* A tenant that is gone has answered its visitor. */
	tend_visitors(house);
}

/* ---- beginning and end ---- */

static void resume(struct dhcp_house *house, const char *records, const struct cni_owner *owner)
{
	clearing_dhcp_record struct dhcp_record record;
	struct dhcp_tenant *tenant;
	struct cni_error err = {0};
	bool found = false;

	if (dhcp_record_read_in(records, owner, &record, &found, &err) < 0 || !found) {
		dhcp_log("%s/%s/%s: the record cannot be used%s%s", owner->network,
			 owner->container, owner->ifname, *err.msg ? ": " : "", err.msg);
		return;
	}
	if (!record.socket || strcmp(record.socket, house->setting.socket) != 0)
		return;
	tenant = dhcp_tenant_new(&house->setting, owner, &record);
	dhcp_house_put(house, tenant);
	dhcp_tenant_resume(tenant);
	tenant->netns_id = dhcp_carrier_id(&tenant->record.place);
}

static void resume_network(struct dhcp_house *house, const char *records, const char *network)
{
	uint8_t family = strcmp(records, DHCP6_RECORDS) ? AF_INET : AF_INET6;
	struct cni_attachment_files files;
	struct cni_error err;

	if (cni_attachment_files(records, network, &files, &err) < 0) {
		dhcp_log("%s", err.msg);
		return;
	}
	for (size_t i = 0; i < files.owners.count; i++)
		if (!dhcp_house_find_family(house, &files.owners.items[i], family))
			resume(house, records, &files.owners.items[i]);
	cni_attachment_files_clear(&files);
}

static void resume_all(struct dhcp_house *house, const char *records)
{
	char **networks = NULL;
	struct cni_error err;
	size_t count = 0;

	if (cni_attachment_networks(records, &networks, &count, &err) < 0)
		dhcp_log("%s", err.msg);
	for (size_t i = 0; i < count; i++) {
		resume_network(house, records, networks[i]);
		free(networks[i]);
	}
	free(networks);
}

void dhcp_house_resume(struct dhcp_house *house)
{
	resume_all(house, DHCP_RECORDS);
	resume_all(house, DHCP6_RECORDS);
	dhcp_house_take_over(house);
	dhcp_house_tend(house);
}

int dhcp_house_open(struct dhcp_house *house, const struct dhcp_flags *flags, const char *socket,
		    struct cni_error *err)
{
	struct cni_error ignored;

	*house = (struct dhcp_house){.flags = flags, .carrier.watch.fd = -1};
	house->setting = (struct dhcp_setting){
		.loop = epoll_create1(EPOLL_CLOEXEC),
		.pace = {.timeout = flags->timeout, .resend_max = flags->resend_max},
		.broadcast = flags->broadcast,
		.socket = socket,
	};
	if (house->setting.loop < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "make an epoll descriptor");
	house->carrier.changed = carrier_changed;
	house->carrier.data = house;
	if (dhcp_carrier_open(&house->carrier, house->setting.loop, &ignored) < 0)
		dhcp_log("%s: a lease is not asked for again when carrier is back", ignored.msg);
	return 0;
}

void dhcp_house_close(struct dhcp_house *house)
{
	for (size_t i = 0; i < house->tenant_count; i++)
		dhcp_tenant_free(house->tenants[i]);
	for (size_t i = 0; i < house->visitor_count; i++)
		dhcp_visitor_free(house->visitors[i]);
	free(house->tenants);
	free(house->visitors);
	dhcp_watch_close(&house->carrier.watch);
	if (house->setting.loop > 0)
		close(house->setting.loop);
}
