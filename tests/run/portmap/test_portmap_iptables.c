/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* scripts/test --vm runs it as well. */
/* The rules of the iptables backend, with the iptables of nf_tables and with the legacy one, and beside the Go
 * plugin. How packets go is in test_portmap_matrix.c. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static void iptables__has_the_rules_of_the_reference(void **state)
{
	freeing char *config = nat_config(NAT_PORTS);
	freeing char *digest = NULL;
	freeing char *expected = NULL;
	freeing char *v4 = NULL;

	skip_unless_nat();
	pod_publish(&nat_red, config);
	pod_check_published(&nat_red, config);
	digest = sandbox_read("printf blue%s | sha512sum | cut -c1-21 | tr -d '\\n'", "red");
	expected = cni_format(
		"-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
		"-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
		"-A POSTROUTING -m comment --comment \"CNI portfwd requiring masquerade\" "
		"-j CNI-HOSTPORT-MASQ\n"
		"-A CNI-DN-%s -s 10.1.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80\n"
		"-A CNI-DN-%s -s 10.1.0.0/24 -d 192.0.2.1/32 -p udp -m udp --dport 53 "
		"-j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -s 127.0.0.1/32 -d 192.0.2.1/32 -p udp -m udp --dport 53 "
		"-j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -d 192.0.2.1/32 -p udp -m udp --dport 53 -j DNAT "
		"--to-destination 10.1.0.2:5353\n"
		"-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment \"dnat name: \\\"blue\\\" id: "
		"\\\"red\\\"\" -m multiport --dports 8080 -j CNI-DN-%s\n"
		"-A CNI-HOSTPORT-DNAT -p udp -m comment --comment \"dnat name: \\\"blue\\\" id: "
		"\\\"red\\\"\" -m multiport --dports 53 -j CNI-DN-%s\n"
		"-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE\n"
		"-A CNI-HOSTPORT-SETMARK -m comment --comment \"CNI portfwd masquerade mark\" "
		"-j MARK --set-xmark 0x2000/0x2000\n",
		digest, digest, digest, digest, digest, digest, digest, digest);
	v4 = sandbox_read("iptables-save -t nat | grep ^-A");
	assert_string_equal(v4, expected);
}

static void iptables__passes_its_own_check_without_snat(void **state)
{
	static const char *const ipams[] = {IPAM46, IPAM4, IPAM6};
	freeing char *config = nat_config("'snat':false," NAT_PORTS);

	skip_unless_nat();
	for (size_t i = 0; i < sizeof(ipams) / sizeof(*ipams); i++) {
		nat_attach_again(ipams[i]);
		pod_publish(&nat_red, config);
		pod_check_published(&nat_red, config);
		pod_unpublish(&nat_red, config);
	}
}

/* ---- beside the Go plugin ---- */

#define TEN(of)                                                                                        \
	PORT(of##0, 80, "tcp")                                                                         \
	"," PORT(of##1, 80, "tcp") "," PORT(of##2, 80, "tcp") "," PORT(of##3, 80, "tcp") "," PORT(     \
		of##4, 80,                                                                             \
		"tcp") "," PORT(of##5, 80,                                                             \
				"tcp") "," PORT(of##6, 80,                                             \
						"tcp") "," PORT(of##7, 80,                             \
								"tcp") "," PORT(of##8, 80,             \
										"tcp") "," PORT(of##9, \
												80,    \
												"tcp")

/* The first two. */
enum { MANY, OFTEN };
static const char *const cases[] = {
	PORTS(TEN(801) "," TEN(802) "," PORT(53, 53, "udp") "," PORT(9, 9, "sctp")),
	NAT_PORTS,
	"'snat':false," NAT_PORTS,
	"'markMasqBit':5," NAT_PORTS,
	"'markMasqBit':31," NAT_PORTS,
	"'externalSetMarkChain':'KUBE-MARK-MASQ'," NAT_PORTS,
	"'conditionsV4':['-s','192.0.2.0/24','!','-i','out0'],"
	"'conditionsV6':['-m','comment','--comment','my \\\"own\\\" rule']," NAT_PORTS,
	/* Whole families, and ports that are named twice. */
	PORTS(PORT_AT("0.0.0.0", 8080, 80, "tcp") "," PORT_AT("::", 8080, 80, "tcp")),
	PORTS(PORT_AT("2001:db8::1", 8080, 80, "tcp") "," PORT(8080, 80, "tcp")),
	PORTS(PORT_AT("127.0.0.1", 8080, 80, "tcp") "," PORT_AT("192.0.2.1", 8080, 81, "tcp")),
	PORTS(PORT(8080, 80, "tcp") "," PORT(8080, 80, "tcp")),
};

/* With a rule of an administrator's own, which comes after a jump of ours and before another. */
static void prepare(void)
{
	sandbox_must("for f in iptables ip6tables; do $f -t nat -F && $f -t nat -X && "
		     "$f -t nat -N KUBE-MARK-MASQ && "
		     "$f -t nat -A POSTROUTING -o out0 -j ACCEPT && "
		     "$f -t nat -A PREROUTING -i out0 -j ACCEPT || exit 1; done");
}

/* The Go plugin of 1.1.1 looks for the rules of one family in the other one as well: it passes no pod of
 * two families, not even one of its own. */
static bool checks(const char *portmap, const char *config)
{
	struct plugin_answer answer;
	bool passes;

	if (!strcmp(portmap, PORTMAP))
		return true;
	prepare();
	nat_succeeds(portmap, &nat_red, "ADD", config);
	answer = nat_ask(portmap, &nat_red, "CHECK", config);
	passes = answer.exit_code == 0;
	plugin_answer_clear(&answer);
	nat_succeeds(portmap, &nat_red, "DEL", config);
	return passes;
}

/* The rules that `portmap` makes, and those that are left when `other` has checked and removed them. */
static void live(const char *portmap, const char *other, const char *config, char **ret_made,
		 char **ret_left)
{
	bool is_checked = checks(other, config) && checks(portmap, config);

	prepare();
	nat_succeeds(portmap, &nat_red, "ADD", config);
	nat_succeeds(portmap, &nat_blue, "ADD", config);
	*ret_made = nat_rules();
	if (is_checked) {
		nat_succeeds(other, &nat_red, "CHECK", config);
		nat_succeeds(other, &nat_blue, "CHECK", config);
	}
	nat_succeeds(other, &nat_red, "DEL", config);
	*ret_left = nat_rules();
	if (is_checked)
		nat_succeeds(portmap, &nat_blue, "CHECK", config);
	nat_succeeds(other, &nat_blue, "DEL", config);
	sandbox_must(
		"! iptables-save -t nat | grep CNI-DN && ! ip6tables-save -t nat | grep CNI-DN");
	nat_succeeds(portmap, &nat_blue, "DEL", config);
	nat_succeeds(portmap, &nat_red, "DEL", config);
}

static void iptables__is_word_for_word_that_of_go(void **state)
{
	bool is_nft = !strcmp((const char *)*state, "nft");

	skip_unless_nat();
	skip_without_go();
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		bool is_quick = i % 2 == 0 && (is_nft || i / 2 == OFTEN);
		freeing char *config = nat_config(cases[i / 2]);
		freeing char *go_made = NULL;
		freeing char *go_left = NULL;
		freeing char *made = NULL;
		freeing char *left = NULL;

		/* The Go plugin starts dozens of commands for each. */
		if (!is_quick && !getenv("CNI_C_SLOW"))
			continue;
		fprintf(stderr, "# %s, %s\n", cases[i / 2], i % 2 ? "IPv4" : "both families");
		nat_attach_again(i % 2 ? IPAM4 : IPAM46);
		live(GO_PORTMAP, PORTMAP, config, &go_made, &go_left);
		live(PORTMAP, GO_PORTMAP, config, &made, &left);
		/* ip6tables-legacy -C compares only the names of matches and targets, so the Go
		 * plugin takes rules of a protocol's other ports for the first one's. */
		if (i / 2 == MANY && !is_nft)
			continue;
		sandbox_assert_same(go_made, made);
		sandbox_assert_same(go_left, left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_tests(iptables__has_the_rules_of_the_reference),
		nat_tests(iptables__passes_its_own_check_without_snat),
		nat_tests(iptables__is_word_for_word_that_of_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
