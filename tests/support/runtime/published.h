/* SPDX-License-Identifier: Apache-2.0 */
/* Pods (bridge.h) whose ports are published: portmap, as the second plugin of a chain. Each call
 * gets what bridge has answered as its prevResult.
 *
 *	freeing char *config = portmap_config("1.0.0", PORTS(PORT(8080, 80, "tcp")));
 *
 *	pod_publish(&red, config);
 *	pod_check_published(&red, config);
 *	pod_unpublish(&red, config);
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include "bridge.h"

#define PORTMAP	   CNI_C_BINARY_DIR "/plugins/portmap"
#define GO_PORTMAP "/usr/lib/cni/portmap"

/* Pieces of a configuration. */
#define PORTS(list) "'runtimeConfig':{'portMappings':[" list "]}"
#define PORT(host, container, protocol)                                                            \
	"{'hostPort':" #host ",'containerPort':" #container ",'protocol':'" protocol "'}"
#define PORT_AT(ip, host, container, protocol)                                                     \
	"{'hostPort':" #host ",'containerPort':" #container ",'protocol':'" protocol               \
	"','hostIP':'" ip "'}"

/* {"cniVersion": <version>, "name": "blue", "type": "portmap", <more>}, which the caller frees. */
char *portmap_config(const char *version, const char *more);

/* A call for the pod's eth0; what it points to belongs to `pod` and `config`. */
struct plugin_call portmap_call(const struct pod *pod, const char *command, const char *config);

/* ADD, CHECK and DEL, with a prevResult if the pod is attached. */
void pod_publish(const struct pod *pod, const char *config);
void pod_publish_fails(const struct pod *pod, const char *config, int code, const char *text);
void pod_check_published(const struct pod *pod, const char *config);
void pod_check_published_fails(const struct pod *pod, const char *config, const char *text);
void pod_unpublish(const struct pod *pod, const char *config);

/* No table of portmap. */
void assert_nothing_published(void);

#endif
