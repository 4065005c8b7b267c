/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that the kernel keeps track of, put there and looked at with conntrack(8), each in a
 * line: protocol, source, destination; and where it goes if its destination was translated.
 *
 *	"udp 203.0.113.9 1000 192.0.2.1 53"
 *	"udp 203.0.113.9 1000 192.0.2.1 53 -> 10.1.0.7 5353"
 *
 * Failures fail the test. */
#ifndef FLOWS_H
#define FLOWS_H

#include <stdbool.h>
#include <stddef.h>

/* True if flows can be set; otherwise tests that need them are skipped: "conntrack is not
 * installed". */
bool flows_possible(void);

/* Empties the table and puts these there. */
void flows_set(const char *const *lines, size_t count);

/* All there are, of protocols with ports, each in a line; the caller frees. */
char *flows_read(void);

/* True if the line is among these; false otherwise. */
bool flows_have(const char *all, const char *line);

#endif
