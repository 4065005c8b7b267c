/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment and its lease in the daemon: the machine of dhcp_lease.h with sockets, a record and an interface. */
#ifndef DHCP_TENANT_H
#define DHCP_TENANT_H

#include "dhcp_loop.h"
#include "dhcp_record.h"

/* The same for all tenants. */
struct dhcp_setting {
	int loop; /* epoll(7) */
	struct dhcp_pace pace;
	bool broadcast;
	const char *socket; /* its path, for the records */
};

struct dhcp_tenant {
	const struct dhcp_setting *setting;
	struct cni_owner owner; /* with texts of its own */
	struct dhcp_record record;
	struct dhcp_terms shown; /* what the interface has; empty: nothing */
	struct dhcp_watch packets;
	struct dhcp_watch arp;
	uint64_t
		deaf_at; /* no answer is expected after this time: the socket goes, and with it a hold on the namespace */
	uint64_t probe_at;
	uint64_t reboot_at;    /* carrier is back: INIT-REBOOT is due */
	uint64_t rebooted;     /* the last one */
	struct cni_ip local;   /* the interface's link-local address, of a lease of IPv6 */
	unsigned int probes;   /* sent for this offer */
	unsigned int messages; /* sent since the beginning */
	const char *fault;     /* of the last answer that was ignored */
	bool is_established;   /* ADD has succeeded: the interface has the address */
	bool is_gone;	       /* the daemon has to release the lease and forget the tenant */
	bool is_forgotten;     /* the record was removed: forget the tenant only */
	bool has_carrier;
	int netns_id; /* by which the host knows the namespace; -1: it has none */
	/* The visitor that waits for the lease; NULL: none. `settled` is called once, with NULL or a failure. */
	void *visitor;
	void (*settled)(struct dhcp_tenant *tenant, const struct cni_error *failure);
};

/* Takes the content of `record`. The names of `owner` are copied. */
struct dhcp_tenant *dhcp_tenant_new(const struct dhcp_setting *setting,
				    const struct cni_owner *owner, struct dhcp_record *record);
/* Closes what it waits for; the lease stays the server's knowledge, and the record stays. */
void dhcp_tenant_free(struct dhcp_tenant *tenant);

/* Finds the interface and begins to ask for a lease. Fails as dhcp_place_find(). */
int dhcp_tenant_begin(struct dhcp_tenant *tenant, struct cni_error *err);
/* Goes on with the lease of the record. */
void dhcp_tenant_resume(struct dhcp_tenant *tenant);
/* Writes the record of a lease that another program has left, and asks whether its address still holds
 * (INIT-REBOOT); without terms, asks for a lease. */
void dhcp_tenant_take_over(struct dhcp_tenant *tenant);

/* Writes down that ADD is answered with the resolver settings of today. */
void dhcp_tenant_note_dns(struct dhcp_tenant *tenant);

/* When dhcp_tenant_wake() is due. */
uint64_t dhcp_tenant_wakes(const struct dhcp_tenant *tenant);
void dhcp_tenant_wake(struct dhcp_tenant *tenant);

/* The link has carrier, or not. The container can have it come and go: the server is asked no more often than this. */
#define DHCP_REBOOT_PAUSE_MS 1000
void dhcp_tenant_carrier(struct dhcp_tenant *tenant, bool has_carrier);

/* Sends the RELEASE, if there is a lease, and removes the record. */
void dhcp_tenant_release(struct dhcp_tenant *tenant);

/* ---- for the files of a tenant ---- */

/* Logs what could not be sent or set. An interface that is gone takes its lease with it. */
void dhcp_tenant_note(struct dhcp_tenant *tenant, const struct cni_error *err);
/* Writes the record; a failure is logged. */
int dhcp_tenant_write(struct dhcp_tenant *tenant, struct cni_error *err);
/* The visitor's lease is there, which the record has, or cannot be kept. */
void dhcp_tenant_establish(struct dhcp_tenant *tenant, const struct cni_error *failure);

#endif
