/* SPDX-License-Identifier: Apache-2.0 */
/* The table from, to, seen source of a cluster (cluster.h). Failures fail the test. */
#ifndef CLUSTER_TABLE_H
#define CLUSTER_TABLE_H

#include "cluster.h"

/* The published port of n2, and that of p2 behind it. */
#define CLUSTER_HOST_PORT 8080
#define CLUSTER_PORTS                                                                              \
	"{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":7070,\"protocol\":\"tcp\"},"      \
	"{\"hostPort\":8080,\"containerPort\":7070,\"protocol\":\"udp\"}]}"

/* ADD of q1, p1, p2 (with the published port) and p3 to the network "pods", each on its node; and DEL. */
void cluster_add_all(const char *path);
void cluster_del_all(const char *path);

/* Asks all of the table, TCP. Fails the test if anything is not answered, or, with `asserts`, if a source is not the
 * expected one. In the file that the environment names in CLUSTER_ROWS, a line for each question is appended:
 * `column` (NULL: nothing is written), from, to, the sources in IPv4 and IPv6, separated by tabs. */
void cluster_ask_table(const char *column, bool asserts);

#endif
