/* SPDX-License-Identifier: Apache-2.0 */
/* BIRD on the nodes of a cluster (cluster.h), with a recipe of conf/cluster. Failures fail the test. */
#ifndef CLUSTER_BIRD_H
#define CLUSTER_BIRD_H

#include "cluster.h"

/* Writes conf/cluster/<recipe>.conf with the node's addresses and subnets, and HOLD of three seconds; `sed` are more
 * commands of sed(1), or "". A BIRD that runs reads it at "configure". */
void bird_install(const struct cluster_node *node, const char *recipe, const char *sed);

/* Starts it, with "-R" if it recovers; returns when it answers. */
void bird_start(struct cluster_node *node, bool recovers);
/* SIGKILL. */
void bird_kill(struct cluster_node *node);

/* birdcl(8) with this command succeeds. */
void bird_must(const struct cluster_node *node, const char *command);

/* Waits until `from` has a route of BIRD to the pods of `to`, by the node's own address, in both families; or none. */
void bird_await_routes(const struct cluster_node *from, const struct cluster_node *to);
void bird_await_no_routes(const struct cluster_node *from, const struct cluster_node *to);

/* Waits until both BGP sessions of `from` to `to` are in this state of birdcl's ("Established"), or in any other. */
void bird_await_sessions(const struct cluster_node *from, const struct cluster_node *to,
			 bool established);

#endif
