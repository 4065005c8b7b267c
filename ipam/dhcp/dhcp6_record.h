/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of dhcp_record.h about a lease of IPv6. */
#ifndef DHCP6_RECORD_H
#define DHCP6_RECORD_H

#include "dhcp6_lease.h"

#include <stdio.h>

void dhcp6_record_put(FILE *out, const struct dhcp6_lease *lease);

/* Reads a line. False if it is none. */
bool dhcp6_record_take(const char *key, char *value, struct dhcp6_lease *lease);

/* Bytes as hexadecimal digits, with or without colons between them. `*ret_size` is at most `most`; false for another
 * text. */
bool dhcp6_hex_read(const char *text, uint8_t *bytes, size_t most, size_t *ret_size);

#endif
