/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "cleanup.h"
#include "log.h"
#include "mem.h"
#include "pod.h"
#include "readiness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void cni_plan_push(struct cni_plan *plan, const struct cni_part_ops *ops, const void *spec)
{
	struct cni_plan_item *item = &plan->items[plan->count];

	if (plan->count == sizeof(plan->items) / sizeof(*plan->items))
		abort();
	plan->count++;
	item->ops = ops;
	item->spec = cni_alloc(ops->size);
	memcpy(item->spec, spec, ops->size);
}

void cni_plan_clear(struct cni_plan *plan)
{
	while (plan->count) {
		struct cni_plan_item *item = &plan->items[--plan->count];

		if (item->ops->clear)
			item->ops->clear(item->spec);
		free(item->spec);
	}
}

static void print_item(const struct cni_plan_item *item, FILE *out)
{
	fprintf(out, "%-10s", item->ops->name);
	if (item->ops->print)
		item->ops->print(out, item->spec);
	fputc('\n', out);
}

void cni_plan_print(const struct cni_plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->count; i++)
		print_item(&plan->items[i], out);
}

/* Asked once. */
static bool is_traced(void)
{
	static int traced = -1;

	if (traced < 0)
		traced = getenv("CNI_C_TRACE") != NULL;
	return traced;
}

static void trace(const struct cni_attachment *at, const char *verb,
		  const struct cni_plan_item *item)
{
	cni_log_part(at->call->env.log, verb, item->ops->name);
	if (!is_traced())
		return;
	fprintf(stderr, "%-6s ", verb);
	print_item(item, stderr);
}

/* The cause is the message; the runtime shows nothing else of an ADD that failed. */
static void note_undo(struct cni_error *err, const char *part, const char *what)
{
	freeing char *before = cni_strdup(err->details);

	cni_fail_details(err, "%s%srollback of %s: %s", before, *before ? "; " : "", part, what);
}

static void undo(const struct cni_plan *plan, size_t done, struct cni_attachment *at,
		 struct cni_error *err)
{
	bool failed = false;

	while (done--) {
		const struct cni_plan_item *item = &plan->items[done];
		struct cni_error next = {0};

		if (!item->ops->undo)
			continue;
		if (failed && item->ops->last) {
			note_undo(err, item->ops->name, item->ops->last);
			continue;
		}
		trace(at, "undo", item);
		if (item->ops->undo(at, item->spec, &next) < 0) {
			note_undo(err, item->ops->name, next.msg);
			failed = true;
		}
	}
}

static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_plan *plan = data;

	for (size_t i = 0; i < plan->count; i++) {
		const struct cni_plan_item *item = &plan->items[i];

		if (item->ops->visit && item->ops->visit(at, item->spec, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_add(const struct cni_plan *plan, struct cni_attachment *at, struct cni_error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct cni_plan_item *item = &plan->items[i];

		if (!item->ops->add)
			continue;
		trace(at, "add", item);
		if (item->ops->add(at, item->spec, err) < 0) {
			undo(plan, i, at, err);
			return -1;
		}
	}
	return 0;
}

static int walk_check(const struct cni_plan *plan, struct cni_attachment *at, struct cni_error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct cni_plan_item *item = &plan->items[i];

		trace(at, "check", item);
		if (item->ops->check && item->ops->check(at, item->spec, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_mend(const struct cni_plan *plan, struct cni_attachment *at, struct cni_error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct cni_plan_item *item = &plan->items[i];

		trace(at, "mend", item);
		if (item->ops->check && item->ops->check(at, item->spec, err) < 0 &&
		    (!item->ops->mend || item->ops->mend(at, item->spec, err) < 0))
			return -1;
	}
	return 0;
}

typedef int part_verb(struct cni_attachment *at, const void *spec, struct cni_error *err);

/* STATUS and REFRESH: downwards, to the first failure. */
static int walk_down(const struct cni_plan *plan, struct cni_attachment *at, const char *name,
		     struct cni_error *err)
{
	bool is_status = at->call->env.command == CNI_STATUS;

	for (size_t i = 0; i < plan->count; i++) {
		const struct cni_plan_item *item = &plan->items[i];
		part_verb *verb = is_status ? item->ops->status : item->ops->refresh;

		trace(at, name, item);
		if (verb && verb(at, item->spec, err) < 0)
			return -1;
	}
	return 0;
}

static part_verb *verb_of(const struct cni_part_ops *ops, enum cni_command command)
{
	if (command == CNI_GC)
		return ops->gc;
	return command == CNI_SWEEP ? ops->sweep : ops->del;
}

/* DEL, GC and SWEEP: upwards. A part that fails stops only those that go last. */
static int walk_up(const struct cni_plan *plan, struct cni_attachment *at, const char *name,
		   struct cni_error *err)
{
	struct cni_error first = {0};

	for (size_t i = plan->count; i-- > 0;) {
		const struct cni_plan_item *item = &plan->items[i];
		part_verb *verb = verb_of(item->ops, at->call->env.command);
		struct cni_error next = {0};

		if (!verb)
			continue;
		if (first.code && item->ops->last) {
			cni_fail_within(&first, "%s", item->ops->last);
			continue;
		}
		trace(at, name, item);
		if (verb(at, item->spec, &next) < 0)
			cni_fail_first(&first, &next);
	}
	return cni_fail_if_any(&first, err);
}

int cni_plugin_configure(const struct cni_plugin *plugin, const struct cni_call *call, void *conf,
			 struct cni_error *err)
{
	bool lenient = call->env.command == CNI_DEL || call->env.command == CNI_GC ||
		       call->env.command == CNI_SWEEP;

	if (plugin->defaults)
		memcpy(conf, plugin->defaults, plugin->conf_size);
	if (plugin->fields && cni_decode(plugin->fields, call->conf.json, conf, lenient, err) < 0)
		return -1;
	if (plugin->validate && plugin->validate(call, conf, err) < 0 && !lenient)
		return -1;
	return 0;
}

/* Opens and locks the things that the verbs of the parts rely on. */
static int prepare(struct cni_attachment *at, struct cni_error *err)
{
	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (at->call->env.command == CNI_ADD)
		cni_attachment_share(at);
	return at->call->env.command == CNI_STATUS ? cni_readiness_check(err) : 0;
}

/* GC, SWEEP and STATUS have none. */
static struct cni_owner owner_of(const struct cni_call *call)
{
	const struct cni_owner *owner = &call->owner;

	return owner->container && *owner->container
		       ? cni_owner_make(owner->network, owner->container, owner->ifname)
		       : *owner;
}

static int run(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	const struct cni_plugin *plugin = call->data;
	const struct cni_owner owner = owner_of(call);
	freeing void *conf = cni_alloc(plugin->conf_size);
	clearing_plan struct cni_plan plan = {.count = 0};
	closing_attachment struct cni_attachment at = CNI_NO_ATTACHMENT;

	if (cni_plugin_configure(plugin, call, conf, err) < 0)
		return -1;
	plugin->plan(&plan, call, conf);
	if (call->env.command == CNI_VALIDATE)
		return 0;
	cni_attachment_begin(call, result, &(struct cni_visit){visit, &plan}, &at);
	at.owner = &owner;
	if (!plugin->inside && prepare(&at, err) < 0)
		return -1;
	switch (call->env.command) {
	case CNI_ADD:
		return walk_add(&plan, &at, err);
	case CNI_CHECK:
		return walk_check(&plan, &at, err);
	case CNI_STATUS:
		return walk_down(&plan, &at, "status", err);
	case CNI_REFRESH:
		return walk_down(&plan, &at, "refresh", err);
	case CNI_MEND:
		return walk_mend(&plan, &at, err);
	case CNI_GC:
		return walk_up(&plan, &at, "gc", err);
	case CNI_SWEEP:
		return walk_up(&plan, &at, "sweep", err);
	case CNI_DEL:
	case CNI_VALIDATE:
	case CNI_DESCRIBE:
	case CNI_VERSION:
	case CNI_COMMAND_COUNT:
		break;
	}
	return walk_up(&plan, &at, "del", err);
}

/* The plugin that makes the interface prints the configuration's `dns`, with and without IPAM; it
 * overrides the IPAM plugin's. */
static void override_dns(const struct cni_conf *conf, struct cni_result *result)
{
	if (!conf->has_dns)
		return;
	cni_dns_clear(&result->dns);
	cni_dns_append(&result->dns, &conf->dns);
}

/* The walks that have no result of their own read the prevResult. */
static int plan_other(const struct cni_call *call, struct cni_error *err)
{
	struct cni_result prev = call->conf.prev_result;

	return run(call, &prev, err);
}

static int plan_add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	const struct cni_plugin *plugin = call->data;
	bool noted;

	if (plugin->chaining == CNI_CHAIN_BEHIND && !call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG, "%s: there is no prevResult",
				plugin->unchained ? plugin->unchained
						  : "must be called as chained plugin");
	if (plugin->chaining != CNI_CHAIN_FIRST)
		cni_result_copy(&call->conf.prev_result, result);
	noted = !plugin->inside && cni_pod_take_over(call, plugin->type, plan_other);
	if (run(call, result, err) < 0) {
		if (noted)
			cni_pod_forget(call, plugin->type);
		return -1;
	}
	if (plugin->chaining == CNI_CHAIN_FIRST)
		override_dns(&call->conf, result);
	return 0;
}

static int plan_del(const struct cni_call *call, struct cni_error *err)
{
	const struct cni_plugin *plugin = call->data;

	if (plan_other(call, err) < 0)
		return -1;
	if (!plugin->inside)
		cni_pod_forget(call, plugin->type);
	return 0;
}

static int plan_gc(const struct cni_call *call, struct cni_error *err)
{
	const struct cni_plugin *plugin = call->data;

	if (!plugin->inside)
		cni_pod_collect(call, plugin->type);
	return plan_other(call, err);
}

static int require_prev_result(const struct cni_call *call, struct cni_error *err)
{
	const struct cni_plugin *plugin = call->data;

	if (call->conf.has_prev_result || plugin->chaining == CNI_CHAIN_ANYWHERE)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"Required prevResult missing: %s compares with what ADD answered",
			cni_command_text(call->env.command));
}

static int plan_check(const struct cni_call *call, struct cni_error *err)
{
	return require_prev_result(call, err) < 0 ? -1 : plan_other(call, err);
}

/* Parts may add to the result as they do for ADD. */
static int plan_mend(const struct cni_call *call, struct cni_error *err)
{
	struct cni_result result = {0};
	int failed;

	if (require_prev_result(call, err) < 0)
		return -1;
	cni_result_copy(&call->conf.prev_result, &result);
	failed = run(call, &result, err);
	cni_result_clear(&result);
	return failed;
}

/* The roles have the order of the places. */
static struct cni_description describe(const struct cni_plugin *plugin)
{
	if (plugin->description)
		return *plugin->description;
	return (struct cni_description){
		.about = plugin->about,
		.role = (enum cni_role)(CNI_ROLE_INTERFACE + plugin->chaining),
		.fields = plugin->fields,
		.defaults = plugin->defaults,
		.arguments = plugin->arguments,
		.knows_pods = !plugin->inside,
	};
}

int cni_plan_main(const struct cni_plugin *plugin)
{
	const struct cni_description description = describe(plugin);
	struct cni_verbs verbs = {
		.type = plugin->type,
		.version = plugin->version,
		.oldest = plugin->oldest,
		.data = plugin,
		.delegates = plugin->delegates,
		.contained = plugin->contained,
		.add = plan_add,
		.check = plan_check,
		.del = plan_del,
		.gc = plan_gc,
		.status = plan_other,
		.mend = plan_mend,
		.sweep = plan_other,
		.refresh = plan_other,
		.validate = plan_other,
		.description = &description,
	};

	return cni_verbs_main(&verbs);
}
