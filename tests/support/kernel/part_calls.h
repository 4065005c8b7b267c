/* SPDX-License-Identifier: Apache-2.0 */
/* Calling the verbs of single parts, on a fresh host (sandbox.h) for each test. The invocation is
 * always for blue/c1/eth0, whose container is the namespace "red"; it begins as an ADD.
 *
 *	struct cni_bridge_part part = {.name = "br0"};
 *
 *	must(cni_bridge_part_ops.add(&part_at, &part, &err));
 *	part_next(CNI_CHECK);
 *	must(cni_bridge_part_ops.check(&part_at, &part, &err));
 */
#ifndef PART_CALLS_H
#define PART_CALLS_H

#include "parts.h"
#include "test.h"

extern struct cni_call part_call;
extern struct cni_result part_result;	/* grows from part to part, and stays for the next call */
extern struct cni_attachment part_at;	/* of these two */
extern char part_host[CNI_IFNAME_SIZE]; /* the name of the veth's end here */

/* A bridge "br0", and a veth with its host end in it, as part_add_pair() makes them. */
extern struct cni_bridge_part part_bridge;
extern struct cni_veth_part part_veth;

int part_setup(void **state);
int part_teardown(void **state);
#define part_test(name) cmocka_unit_test_setup_teardown(name, part_setup, part_teardown)

/* The next invocation, which knows what the last one answered. A failure fails the test, as for
 * all of these. */
void part_next(enum cni_command command);

void part_add_pair(void);

/* Puts an address of the container's interface into the result. `gateway`: "" for none. */
void part_add_ip(const char *address, const char *gateway);

/* Fails the test unless the call, which says `&err`, succeeds. */
#define must(call_)                                                                                \
	do {                                                                                       \
		struct cni_error err = {.msg = ""};                                                \
		if ((call_) < 0)                                                                   \
			fail_msg("%s", err.msg);                                                   \
	} while (0)

/* Fails the test unless it fails with this code and exactly this message. */
#define must_fail(call_, code_, message_)                                                          \
	do {                                                                                       \
		struct cni_error err = {.msg = ""};                                                \
		assert_int_equal((call_), -1);                                                     \
		assert_string_equal(err.msg, message_);                                            \
		assert_int_equal(err.code, code_);                                                 \
	} while (0)

#endif
