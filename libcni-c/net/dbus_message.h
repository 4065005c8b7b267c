/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a D-Bus message. */
#ifndef CNI_DBUS_MESSAGE_H
#define CNI_DBUS_MESSAGE_H

#include "dbus.h"

#include <stddef.h>

#define CNI_DBUS_MESSAGE_MAX 65536
/* Enough to know how long the rest is. */
#define CNI_DBUS_PRELUDE 16

/* Writes the call into `bytes`. Returns its size, or 0 if it does not fit, or if a string is
 * nothing that a bus would take: who sends such is disconnected. */
size_t cni_dbus_encode(const struct cni_dbus_call *call, uint32_t serial, uint8_t *bytes,
		       size_t room);

/* The size of the message that begins with the prelude; 0 if that is none, or too long. */
size_t cni_dbus_size(const uint8_t prelude[CNI_DBUS_PRELUDE]);

/* Is it the answer to the call of this number? Fills `ret_answer` then. Returns 1, 0, or -1 if it
 * is malformed. */
int cni_dbus_decode(const uint8_t *bytes, size_t size, uint32_t serial,
		    struct cni_dbus_answer *ret_answer);

#endif
