/* SPDX-License-Identifier: Apache-2.0 */
#include "redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

#define INGRESS	 TC_H_MAKE(TC_H_INGRESS, 0)
#define PRIORITY 1 /* before all others, as the reference's */

int cni_redirect_add(struct cni_nl *nl, int from, int to, struct cni_error *err)
{
	/* A single key, whose mask is empty. */
	char everything[sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)] = {0};
	struct tc_u32_sel selector = {.flags = TC_U32_TERMINAL, .nkeys = 1};
	struct tc_mirred mirred = {
		.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = (uint32_t)to};
	struct cni_nl_message m;
	struct tcmsg *tc = cni_nl_init(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, sizeof(*tc));

	memcpy(everything, &selector, sizeof(selector));
	tc->tcm_ifindex = from;
	tc->tcm_parent = INGRESS;
	tc->tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	cni_nl_put_string(&m, TCA_KIND, "u32");
	CNI_NL_NEST (&m, TCA_OPTIONS) {
		cni_nl_put(&m, TCA_U32_SEL, everything, sizeof(everything));
		CNI_NL_NEST (&m, TCA_U32_ACT) {
			CNI_NL_NEST (&m, 1) {
				cni_nl_put_string(&m, TCA_ACT_KIND, "mirred");
				CNI_NL_NEST (&m, TCA_ACT_OPTIONS) {
					cni_nl_put(&m, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
				}
			}
		}
	}
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "redirect what comes in through link %d to link %d",
				       from, to);
	return 0;
}

static const struct cni_nl_policy policy[TCA_MAX + 1] = {
	[TCA_KIND] = {MNL_TYPE_NUL_STRING},
	[TCA_OPTIONS] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy u32_policy[TCA_U32_MAX + 1] = {
	[TCA_U32_ACT] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy action_policy[TCA_ACT_MAX + 1] = {
	[TCA_ACT_KIND] = {MNL_TYPE_NUL_STRING},
	[TCA_ACT_OPTIONS] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy mirred_policy[TCA_MIRRED_MAX + 1] = {
	[TCA_MIRRED_PARMS] = {MNL_TYPE_BINARY, sizeof(struct tc_mirred)},
};

static int read_action(const struct nlattr *action, void *data)
{
	const struct nlattr *options[TCA_MIRRED_MAX + 1];
	const struct nlattr *table[TCA_ACT_MAX + 1];
	struct cni_redirect *redirect = data;
	const struct tc_mirred *mirred;

	cni_nl_parse_nested(action, action_policy, table, TCA_ACT_MAX);
	if (strcmp(cni_nl_string(table[TCA_ACT_KIND]), "mirred") != 0)
		return MNL_CB_OK;
	cni_nl_parse_nested(table[TCA_ACT_OPTIONS], mirred_policy, options, TCA_MIRRED_MAX);
	mirred = cni_nl_binary(options[TCA_MIRRED_PARMS], NULL);
	if (!mirred || mirred->eaction != TCA_EGRESS_REDIR)
		return MNL_CB_OK;
	redirect->found = true;
	redirect->to = (int)mirred->ifindex;
	return MNL_CB_STOP;
}

static int read_filter(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct nlattr *options[TCA_U32_MAX + 1];
	const struct nlattr *table[TCA_MAX + 1];
	struct cni_redirect *redirect = data;

	(void)err;
	cni_nl_parse(message, policy, table, TCA_MAX);
	redirect->has_filters = true;
	if (redirect->found || strcmp(cni_nl_string(table[TCA_KIND]), "u32") != 0)
		return 0;
	cni_nl_parse_nested(table[TCA_OPTIONS], u32_policy, options, TCA_U32_MAX);
	/* The filter's hash tables are listed as well. */
	if (options[TCA_U32_ACT])
		mnl_attr_parse_nested(options[TCA_U32_ACT], read_action, redirect);
	return 0;
}

static void forget(void *data)
{
	*(struct cni_redirect *)data = (struct cni_redirect){.found = false};
}

int cni_redirect_get(struct cni_nl *nl, int from, struct cni_redirect *ret_redirect,
		     struct cni_error *err)
{
	struct cni_nl_message m;
	struct tcmsg *tc = cni_nl_init(&m, RTM_GETTFILTER, 0, sizeof(*tc));

	forget(ret_redirect);
	tc->tcm_ifindex = from;
	tc->tcm_parent = INGRESS;
	/* Without the qdisc the list is empty; some kernels return an error. */
	if (cni_nl_dump(nl, &m, read_filter, forget, ret_redirect, err) == 0 ||
	    err->errnum == EINVAL || err->errnum == ENOENT)
		return 0;
	return cni_fail_within(err, "list the filters of link %d", from);
}
