/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include "cleanup.h"
#include "test.h"

#include <string.h>

static void owner__is_network_container_and_interface(void **state)
{
	const struct cni_owner owner = {"blue", "4f1c", "eth0"};
	char text[CNI_OWNER_TEXT_SIZE];

	(void)state;
	assert_string_equal(cni_owner_format(&owner, text), "blue/4f1c/eth0");
	assert_string_equal(cni_owner_format_network("blue", text), "blue/");
}

/* Names of 200 characters that differ at their end only, and the longest interface name. */
static void owner__is_told_apart_however_long_its_names_are(void **state)
{
	char network[201];
	char container[201];
	char one[CNI_OWNER_TEXT_SIZE];
	char other[CNI_OWNER_TEXT_SIZE];
	const struct cni_owner owner = {network, container, "abcdefghijklmno"};

	(void)state;
	memset(network, 'n', 200);
	memset(container, 'c', 200);
	network[200] = container[200] = '\0';
	cni_owner_format(&owner, one);
	assert_true(strlen(one) < CNI_OWNER_TEXT_SIZE);
	assert_string_equal(strrchr(one, '/'), "/abcdefghijklmno");
	container[199] = 'd';
	cni_owner_format(&owner, other);
	assert_string_not_equal(one, other);
	assert_true(cni_owner_text_is_of(one, network));
	assert_true(cni_owner_text_is_of(other, network));
	network[199] = 'm';
	assert_false(cni_owner_text_is_of(one, network));
}

static void owner__of_a_network_is_not_of_one_that_begins_like_it(void **state)
{
	(void)state;
	assert_true(cni_owner_text_is_of("blue/4f1c/eth0", "blue"));
	assert_false(cni_owner_text_is_of("blue2/4f1c/eth0", "blue"));
	assert_false(cni_owner_text_is_of("blue", "blue"));
	assert_false(cni_owner_text_is_of("", "blue"));
	assert_false(cni_owner_text_is_of(NULL, "blue"));
}

static void owner__names_the_hosts_end(void **state)
{
	const struct cni_owner owner = cni_owner_make("blue", "4f1c", "eth0");
	const struct cni_owner second = cni_owner_make("blue", "4f1c", "eth1");
	const struct cni_owner bare = {"blue", "4f1c", "eth0"};
	char name[CNI_IFNAME_SIZE];

	(void)state;
	/* printf %s blue/4f1c/eth0 | sha512sum */
	assert_string_equal(owner.key, "veth0fbd3348e2b");
	assert_string_equal(cni_owner_ifname(&owner, "v", name), "v0fbd3348e2b");
	assert_string_equal(cni_owner_ifname(&bare, "v", name), "v0fbd3348e2b");
	assert_string_not_equal(second.key, owner.key);
	assert_true(cni_owner_is_key(owner.key));
	assert_true(cni_owner_is_ifname(name, "v"));
	assert_false(cni_owner_is_key(name));
}

static void owner__is_known_again_by_its_text(void **state)
{
	const struct cni_owner owner = cni_owner_make("blue", "4f1c", "eth0");
	const struct cni_owner again = cni_owner_of_text(owner.text);
	char text[CNI_OWNER_TEXT_SIZE];

	(void)state;
	assert_string_equal(owner.text, "blue/4f1c/eth0");
	assert_string_equal(cni_owner_format(&owner, text), owner.text);
	assert_string_equal(again.text, owner.text);
	assert_string_equal(again.key, owner.key);
}

static void owners__are_found_by_container_and_interface(void **state)
{
	struct cni_owner items[] = {
		{"blue", "c2", "eth0"}, {"blue", "c1", "eth1"}, {"blue", "c1", "eth0"}};
	struct cni_owners owners = {items, 3};
	struct cni_owners none = {NULL, 0};

	(void)state;
	cni_owners_sort(&owners);
	cni_owners_sort(&none);
	assert_true(cni_owners_has(&owners, "c1", "eth0"));
	assert_true(cni_owners_has(&owners, "c1", "eth1"));
	assert_true(cni_owners_has(&owners, "c2", "eth0"));
	assert_false(cni_owners_has(&owners, "c2", "eth1"));
	assert_false(cni_owners_has(&owners, "c", "eth0"));
	assert_false(cni_owners_has(&none, "c1", "eth0"));
}

static void stale__is_what_is_of_no_valid_owner_in_the_network(void **state)
{
	struct cni_owner items[] = {{"blue", "c2", "eth0"}, {"blue", "c1", "eth0"}};
	const struct cni_owners owners = {items, 2};
	const struct cni_owners none = {NULL, 0};
	clearing_stale struct cni_stale some_are = cni_stale_make("blue", &owners);
	clearing_stale struct cni_stale all_are = cni_stale_make("blue", &none);

	(void)state;
	assert_false(cni_stale_has(&some_are, "blue/c1/eth0"));
	assert_false(cni_stale_has(&some_are, "blue/c2/eth0"));
	assert_true(cni_stale_has(&some_are, "blue/c2/eth1"));
	assert_true(cni_stale_has(&some_are, "blue/c3/eth0"));
	assert_true(cni_stale_has(&all_are, "blue/c1/eth0"));
	assert_false(cni_stale_has(&all_are, "green/c3/eth0"));
	assert_false(cni_stale_has(&all_are, "somebody's"));
	assert_false(cni_stale_has(&all_are, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner__is_network_container_and_interface),
		cmocka_unit_test(owner__is_told_apart_however_long_its_names_are),
		cmocka_unit_test(owner__of_a_network_is_not_of_one_that_begins_like_it),
		cmocka_unit_test(owner__names_the_hosts_end),
		cmocka_unit_test(owner__is_known_again_by_its_text),
		cmocka_unit_test(owners__are_found_by_container_and_interface),
		cmocka_unit_test(stale__is_what_is_of_no_valid_owner_in_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
