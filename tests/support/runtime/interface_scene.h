/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins that make the container's interface, one row for each, and tests that each of them has to pass:
 *
 *	static void add__is_undone(const struct interface_row *row)
 *	{
 *		freeing char *config = interface_config(row, "1.1.0", IPAM46);
 *		struct pod red;
 *
 *		interface_open(&red, "red", row);
 *		pod_add(&red, config);
 *
 *	int main(void)
 *	{
 *		static const struct interface_test tests[] = {interface_test(add__is_undone), ...};
 *
 *		return interface_run(tests, sizeof(tests) / sizeof(*tests));
 *
 * A test runs for every row, on a host of its own (bridge.h) with the links "up0" and "up1", a pair that is up. A
 * row whose kind of link the kernel does not have is skipped by name. CNI_C_KINDS=vlan,dummy in the environment
 * restricts the rows to these kinds: scripts/test --vm-quick runs those that the host's kernel lacks. */
#ifndef INTERFACE_SCENE_H
#define INTERFACE_SCENE_H

#include "bridge.h"

#include <stddef.h>

struct interface_row {
	const char *type;  /* of the plugin */
	const char *kind;  /* of the link in the container, in ip(8)'s words */
	const char *keys;  /* of the configuration, besides cniVersion, name, type and ipam */
	const char *setup; /* a command that prepares the host; NULL: none */
	bool shares_mac;   /* the link has the MAC of its master */
	bool has_go_test;  /* test_<type>_go compares it with the Go plugin */
};

struct interface_test {
	const char *name;
	void (*run)(const struct interface_row *row);
};
#define interface_test(function)                                                                   \
	{                                                                                          \
#function, function                                                                \
	}

/* Runs each test for each row. Returns the exit code of the test executable. */
int interface_run(const struct interface_test *tests, size_t count);

/* The row's configuration of the network "blue"; `more` may be "". The caller frees. */
char *interface_config(const struct interface_row *row, const char *version, const char *more);

/* The row's executable. */
const char *interface_plugin(const struct interface_row *row);

/* False if the kernel has no links of this kind. */
bool interface_has_kind(const char *kind);

/* As pod_open(), for the plugin of the row. */
void interface_open(struct pod *pod, const char *name, const struct interface_row *row);

/* The plugins that change routes behind any of them, in the order of a list: vrf and sbr. */
#define INTERFACE_BEHIND 2

/* False if the kernel lacks what this one needs. */
bool interface_has_behind(size_t number);

/* Calls it for the pod's eth0, with the result of the pod's ADD as prevResult. */
struct plugin_answer interface_run_behind(const struct pod *pod, const char *command,
					  size_t number);

/* Fails the test unless the namespace has no link but "lo". */
void interface_assert_nothing_in(const struct pod *pod);

#endif
