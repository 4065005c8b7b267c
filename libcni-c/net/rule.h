/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of routing policy: which table packets from an address use, over rtnetlink(7). */
#ifndef CNI_RULE_H
#define CNI_RULE_H

#include "decls.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* FRA_PROTOCOL of rules that are made here. The number has no other owner in linux/rtnetlink.h and in
 * iproute2's rt_protos. */
#define CNI_RULE_PROTOCOL 67

/* A rule as the kernel describes it. */
struct cni_rule {
	struct cni_net from; /* the family is set in any case; prefix 0: from all */
	uint32_t table;	     /* 0: the rule leads to no table */
	uint32_t priority;
	uint8_t protocol;  /* 0: not given, or the kernel is older than 4.17 */
	bool is_plain;	   /* nothing but a source and a table */
	bool is_permanent; /* the kernel does not delete it */
};

/* "from 10.1.0.5/32 lookup 100". Returns `text`. */
#define CNI_RULE_TEXT_SIZE (CNI_NET_TEXT_SIZE + 32)
const char *cni_rule_format(const struct cni_rule *rule, char text[CNI_RULE_TEXT_SIZE]);

/* Adds a rule with source, table, protocol and priority. For priority 0 the kernel chooses one, before all
 * rules but the first. Fails with CNI_EKERNEL, naming the rule; errnum EEXIST if there is the same one with
 * the priority. */
int cni_rule_add(struct cni_nl *nl, const struct cni_rule *rule, struct cni_error *err);

/* Deletes a plain rule with this source, table and protocol, and with this priority unless it is 0.
 * Fails with errnum ENOENT if there is none. */
int cni_rule_del(struct cni_nl *nl, const struct cni_rule *rule, struct cni_error *err);

/* Calls `cb` for each rule of both families. The results of `cb` are those of cni_nl_cb; `restart` is
 * as in cni_nl_dump(). */
int cni_rule_each(struct cni_nl *nl,
		  int (*cb)(const struct cni_rule *rule, void *data, struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err);

CNI_END_DECLS

#endif
