/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: an ordered list of parts. A plugin writes one function that pushes its parts, and ends in
 * cni_plan_main(); the five walks are the same for all.
 *
 *	#include <cni-c/parts.h>
 *
 *	static void l2_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
 *	{
 *		const struct l2_conf *conf = data;
 *
 *		cni_plan_bridge(plan, .name = conf->bridge);
 *		cni_plan_veth(plan, .mtu = conf->mtu);
 *		cni_plan_up(plan);
 *	}
 *
 *	int main(void)
 *	{
 *		static const struct cni_plugin l2 = {
 *			.type = "l2", .version = "1.0.0", .conf_size = sizeof(struct l2_conf),
 *			.fields = fields, .plan = l2_plan};
 *
 *		return cni_plan_main(&l2);
 *	}
 *
 * A part of the plugin's own is a struct cni_part_ops (part.h).
 *
 * ADD    walks down; at the first failure what this run has done is undone, walking up: failures of
 *        that are in the error's details
 * CHECK  walks down, with the prevResult
 * DEL    walks up and does not stop, but for parts that go last (part.h); the first error is kept
 * GC     likewise
 * SWEEP  (see verbs.h) likewise
 * STATUS walks down
 * REFRESH (see verbs.h) likewise
 * VALIDATE (see verbs.h) makes the plan
 * MEND   (see verbs.h) walks down, mends what can be mended and checks the rest
 *
 * Making the plan is pure: no system call, no clock, no chance. */
#ifndef CNI_PLAN_H
#define CNI_PLAN_H

#include "decls.h"
#include "decode.h"
#include "describe.h"
#include "part.h"
#include "verbs.h"

#include <stddef.h>
#include <stdio.h>

CNI_BEGIN_DECLS

/* All zeroes is an empty plan. */
struct cni_plan {
	struct cni_plan_item {
		const struct cni_part_ops *ops;
		void *spec;
	} items[16];
	size_t count;
};

/* Copies `spec`, ops->size bytes; `ops` must outlive the plan. A plan of more than 16 parts is a mistake in the
 * plugin and aborts. */
void cni_plan_push(struct cni_plan *plan, const struct cni_part_ops *ops, const void *spec);

/* Frees the specs, each after its part's `clear`; the plan is empty afterwards. */
void cni_plan_clear(struct cni_plan *plan);

/* Prints a line for each part, as CNI_C_TRACE shows it. */
void cni_plan_print(const struct cni_plan *plan, FILE *out);

/* Where a plugin stands in a chain, and so how its result begins. */
enum cni_chaining {
	CNI_CHAIN_FIRST,  /* empty; ADD adds the configuration's `dns`. CHECK needs a prevResult */
	CNI_CHAIN_BEHIND, /* as the prevResult, which ADD and CHECK need */
	CNI_CHAIN_ANYWHERE, /* as the prevResult, if there is one; a part that needs one refuses itself */
};

/* A plugin whose verbs are the walks of a plan. */
struct cni_plugin {
	const char *type;		       /* "bridge" */
	const char *version;		       /* the plugin's own: see verbs.h; NULL: "0.0.0" */
	const struct cni_contained *contained; /* an IPAM plugin inside: see delegate.h; or NULL */
	enum cni_version oldest;	       /* the first cniVersion it speaks */
	enum cni_chaining chaining;
	/* With CNI_CHAIN_BEHIND: the words of an ADD without prevResult, as users know them from the Go
	 * plugin; NULL: those of most. */
	const char *unchained;
	bool delegates; /* it runs `ipam.type`: see verbs.h */
	/* It makes nothing outside of the container's namespace but files of its own, so no other
	 * attachment can share or meet what it makes: the frame takes no lock and notes no pod. Its parts
	 * may have to refuse, or have nothing to do, before anything is opened: they call
	 * cni_attachment_open() themselves, and cni_readiness_check() for STATUS. */
	bool inside;
	size_t conf_size;		/* of its configuration struct; 0: it has none */
	const void *defaults;		/* such a struct, before the keys are read; NULL: zeroes */
	const struct cni_field *fields; /* NULL: no table */
	/* Checks beyond the table. For DEL, GC and SWEEP its failure is ignored, and the values that it has
	 * worked out so far are used. */
	int (*validate)(const struct cni_call *call, void *conf, struct cni_error *err);
	/* Pushes the parts. `conf` is the configuration struct. */
	void (*plan)(struct cni_plan *plan, const struct cni_call *call, const void *conf);
	/* For DESCRIBE: one sentence without a full stop, and the arguments of CNI_ARGS that are read; both
	 * may be NULL. */
	const char *about;
	const struct cni_argument *arguments;
	/* The same of a plugin whose keys `validate` reads: replaces all that the members above say of them,
	 * and the place in the chain. */
	const struct cni_description *description;
};

/* Reads the plugin's own configuration of `call` into `conf` (conf_size bytes). Its strings point into
 * call->conf.json. Fails with CNI_ECONFIG or as `validate` does, except for DEL, GC and SWEEP. */
int cni_plugin_configure(const struct cni_plugin *plugin, const struct cni_call *call, void *conf,
			 struct cni_error *err);

/* The plugin's main(); returns its exit code, see cni_verbs_main(). With CNI_C_TRACE in the environment each step is
 * a line on stderr. */
int cni_plan_main(const struct cni_plugin *plugin);

CNI_END_DECLS

#endif
