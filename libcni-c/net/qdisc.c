/* SPDX-License-Identifier: Apache-2.0 */
#include "qdisc.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define LOOPBACK_INDEX	     1 /* of lo, in each namespace (LOOPBACK_IFINDEX, net/flow.h) */
#define FQ_CODEL_HANDLE	     TC_H_MAKE(0xc42U << 16, 0)
#define FQ_CODEL_INTERVAL_US 100000

static struct tcmsg *begin(struct cni_nl_message *m, uint16_t type, uint16_t flags, int index,
			   uint32_t parent, uint32_t handle)
{
	struct tcmsg *tc = cni_nl_init(m, type, flags, sizeof(*tc));

	tc->tcm_ifindex = index;
	tc->tcm_parent = parent;
	tc->tcm_handle = handle;
	return tc;
}

/* ---- looking ---- */

static const struct cni_nl_policy policy[TCA_MAX + 1] = {
	[TCA_KIND] = {MNL_TYPE_NUL_STRING},
	[TCA_OPTIONS] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy tbf_policy[TCA_TBF_MAX + 1] = {
	[TCA_TBF_PARMS] = {MNL_TYPE_BINARY, sizeof(struct tc_tbf_qopt)},
	[TCA_TBF_RATE64] = {MNL_TYPE_U64},
	[TCA_TBF_PRATE64] = {MNL_TYPE_U64},
};

static const struct cni_nl_policy fq_codel_policy[TCA_FQ_CODEL_MAX + 1] = {
	[TCA_FQ_CODEL_TARGET] = {MNL_TYPE_U32},
};

static void read_tbf(const struct nlattr *options, struct cni_qdisc *qdisc)
{
	const struct nlattr *table[TCA_TBF_MAX + 1];
	const struct tc_tbf_qopt *parms;

	cni_nl_parse_nested(options, tbf_policy, table, TCA_TBF_MAX);
	parms = cni_nl_binary(table[TCA_TBF_PARMS], NULL);
	if (!parms)
		return;
	/* The kernel adds the 64-bit rate only if 32 bits do not suffice. */
	qdisc->tbf.rate = cni_nl_u64(table[TCA_TBF_RATE64], parms->rate.rate);
	qdisc->tbf.peak_rate = cni_nl_u64(table[TCA_TBF_PRATE64], parms->peakrate.rate);
	qdisc->tbf.limit = parms->limit;
	qdisc->burst_ticks = parms->buffer;
	qdisc->piece_ticks = parms->mtu;
}

static void read_fq_codel(const struct nlattr *options, struct cni_qdisc *qdisc)
{
	const struct nlattr *table[TCA_FQ_CODEL_MAX + 1];

	cni_nl_parse_nested(options, fq_codel_policy, table, TCA_FQ_CODEL_MAX);
	qdisc->target = cni_nl_u32(table[TCA_FQ_CODEL_TARGET], 0);
}

static int read_qdisc(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[TCA_MAX + 1];
	struct cni_qdisc *qdisc = data;

	(void)err;
	cni_nl_parse(message, policy, table, TCA_MAX);
	if (!table[TCA_KIND])
		return 0;
	qdisc->handle = tc->tcm_handle;
	snprintf(qdisc->kind, sizeof(qdisc->kind), "%s", cni_nl_string(table[TCA_KIND]));
	if (!strcmp(qdisc->kind, "tbf"))
		read_tbf(table[TCA_OPTIONS], qdisc);
	if (!strcmp(qdisc->kind, "fq_codel"))
		read_fq_codel(table[TCA_OPTIONS], qdisc);
	return 0;
}

int cni_qdisc_get(struct cni_nl *nl, int index, uint32_t parent, struct cni_qdisc *ret_qdisc,
		  struct cni_error *err)
{
	struct cni_nl_message m;

	*ret_qdisc = (struct cni_qdisc){.handle = 0};
	/* The answer is an announcement to all listeners; the sender gets it only as an echo. */
	begin(&m, RTM_GETQDISC, NLM_F_ECHO, index, parent, 0);
	if (cni_nl_transact(nl, &m, read_qdisc, ret_qdisc, err) == 0 || err->errnum == ENOENT)
		return 0;
	return cni_fail_within(err, "look at the qdisc of link %d", index);
}

/* ---- making ---- */

static struct tc_ratespec ratespec(uint64_t rate)
{
	/* Because a kernel that has to guess the link layer expects a rate table of Linux 2.4. */
	return (struct tc_ratespec){.linklayer = TC_LINKLAYER_ETHERNET,
				    .rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX};
}

int cni_qdisc_add_tbf(struct cni_nl *nl, int index, const struct cni_tbf *tbf,
		      struct cni_error *err)
{
	struct tc_tbf_qopt parms = {.rate = ratespec(tbf->rate), .limit = tbf->limit};
	struct cni_nl_message m;

	if (tbf->peak_rate)
		parms.peakrate = ratespec(tbf->peak_rate);
	begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, TC_H_ROOT, CNI_QDISC_HANDLE);
	cni_nl_put_string(&m, TCA_KIND, "tbf");
	CNI_NL_NEST (&m, TCA_OPTIONS) {
		cni_nl_put(&m, TCA_TBF_PARMS, &parms, sizeof(parms));
		cni_nl_put(&m, TCA_TBF_RATE64, &tbf->rate, sizeof(tbf->rate));
		cni_nl_put_u32(&m, TCA_TBF_BURST, tbf->burst);
		if (tbf->peak_rate) {
			cni_nl_put(&m, TCA_TBF_PRATE64, &tbf->peak_rate, sizeof(tbf->peak_rate));
			cni_nl_put_u32(&m, TCA_TBF_PBURST, tbf->piece);
		}
	}
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add a tbf to link %d", index);
	return 0;
}

int cni_qdisc_add_fq_codel(struct cni_nl *nl, int index, uint32_t target, struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, CNI_QDISC_HANDLE | 1,
	      FQ_CODEL_HANDLE);
	cni_nl_put_string(&m, TCA_KIND, "fq_codel");
	CNI_NL_NEST (&m, TCA_OPTIONS) {
		cni_nl_put_u32(&m, TCA_FQ_CODEL_TARGET, target);
		/* At least twenty targets (RFC 8289, section 4.3), and no less than the default. */
		cni_nl_put_u32(&m, TCA_FQ_CODEL_INTERVAL,
			       target * 20 > FQ_CODEL_INTERVAL_US ? target * 20
								  : FQ_CODEL_INTERVAL_US);
	}
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add a fq_codel to link %d", index);
	return 0;
}

int cni_qdisc_add_ingress(struct cni_nl *nl, int index, struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, TC_H_INGRESS,
	      TC_H_MAKE(TC_H_INGRESS, 0));
	cni_nl_put_string(&m, TCA_KIND, "ingress");
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add an ingress qdisc to link %d", index);
	return 0;
}

int cni_qdisc_del(struct cni_nl *nl, int index, uint32_t parent, uint32_t handle,
		  struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, RTM_DELQDISC, 0, index, parent, handle);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "delete the qdisc of link %d", index);
	return 0;
}

int cni_qdisc_is_known(struct cni_nl *nl, const char *kind, bool *ret_known, struct cni_error *err)
{
	struct cni_nl_message m;

	/* Without options: refused with EINVAL, after it was looked for by its name. */
	begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, LOOPBACK_INDEX, TC_H_ROOT, 0);
	cni_nl_put_string(&m, TCA_KIND, kind);
	*ret_known = true;
	if (cni_nl_transact(nl, &m, NULL, NULL, err) == 0 || err->errnum == EINVAL ||
	    err->errnum == EEXIST)
		return 0;
	*ret_known = false;
	if (err->errnum == ENOENT)
		return 0;
	return cni_fail_within(err, "ask for qdisc '%s'", kind);
}
