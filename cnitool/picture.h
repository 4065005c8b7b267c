/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of this host with all that is attached to them: from the configuration, the cache, which has
 * the attachments of all runtimes, and the links of the host. Nothing is asked of a container. */
#ifndef PICTURE_H
#define PICTURE_H

#include "cache.h"
#include "json.h"
#include "node_links.h"
#include "options.h"

#include <stdbool.h>
#include <stddef.h>

struct picture_attachment {
	char *network;
	char *container;
	char *id; /* the shortest prefix that names the container, at least 8 characters */
	char *ifname;
	char *pod_namespace; /* K8S_POD_NAMESPACE; NULL: not given, as for the next three */
	char *pod;	     /* K8S_POD_NAME */
	char *netns;
	char *master;	   /* the bridge, or the link below; "": none */
	char *type;	   /* of the plugin that made the interface; "": not known */
	const char *state; /* "alive", "gone", "unknown" (as for ipam list) */
	bool masquerades;  /* the plugin was to, as the configuration says */
	bool is_cached;	   /* otherwise only its link tells of it */
	cJSON *addresses;  /* strings with prefix lengths */
	/* {"protocol", "hostIP", "hostPort", "containerPort", "published"}: false if no plugin has the
	 * capability, so that the port leads nowhere. */
	cJSON *ports;
	cJSON *limits; /* {"ingressRate", "egressRate"}: bits in a second */
	char *port;    /* the link on this host; NULL: none */
	/* The state of `port`: "up", "down", "no carrier"; "gone"; "another's": the link of the name is not this
	 * attachment's. */
	const char *port_state;
	const struct node_link *link; /* NULL, unless it is there and this attachment's */
};

/* A bridge, or another link, with what is attached to it; or all attachments without one. */
struct picture_master {
	char *name; /* "": none */
	char *type; /* of the plugin that made the first attachment */
	const struct node_link *link;
	cJSON *addresses; /* of `link` */
	bool masquerades; /* one of them does */
	struct picture_attachment **items;
	size_t count;
};

struct picture_network {
	char *name;
	char *file; /* NULL: there is no configuration */
	char *version;
	cJSON *plugins; /* types */
	struct picture_master *masters;
	size_t count;
};

struct picture {
	struct picture_network *networks;
	size_t count;
	struct picture_attachment
		*attachments; /* sorted by network, master, container and ifname */
	size_t attachment_count;
	struct node_links links;
};

/* Reads the network `network`, with --container of `options` only its attachments and their networks, or all if it
 * is NULL. picture_clear() afterwards in any case. A record or a file that cannot be read is a warning. Fails with
 * CNI_EIO, CNI_EKERNEL, and with CNI_EMISSING if there is nothing of `network`, neither configuration nor
 * attachment, and as short_id_resolve(). */
int picture_read(const struct options *options, const char *network, struct picture *ret_picture,
		 struct cni_warnings *warnings, struct cni_error *err);

void picture_clear(struct picture *picture);
#define clearing_picture __attribute__((cleanup(picture_clear)))

#endif
