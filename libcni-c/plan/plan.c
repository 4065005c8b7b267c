/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "cleanup.h"
#include "mem.h"
#include "plan_walk.h"
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
	cni_attachment_begin(call, result, &(struct cni_visit){cni_plan_visit, &plan}, &at);
	at.owner = &owner;
	if (!plugin->inside && prepare(&at, err) < 0)
		return -1;
	return cni_plan_walk(&plan, &at, err);
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
