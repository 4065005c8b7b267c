/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_walk.h"

#include "cleanup.h"
#include "log.h"
#include "mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

int cni_plan_visit(struct cni_attachment *at, const void *data, struct cni_error *err)
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

int cni_plan_walk(const struct cni_plan *plan, struct cni_attachment *at, struct cni_error *err)
{
	switch (at->call->env.command) {
	case CNI_ADD:
		return walk_add(plan, at, err);
	case CNI_CHECK:
		return walk_check(plan, at, err);
	case CNI_STATUS:
		return walk_down(plan, at, "status", err);
	case CNI_REFRESH:
		return walk_down(plan, at, "refresh", err);
	case CNI_MEND:
		return walk_mend(plan, at, err);
	case CNI_GC:
		return walk_up(plan, at, "gc", err);
	case CNI_SWEEP:
		return walk_up(plan, at, "sweep", err);
	case CNI_DEL:
	case CNI_VALIDATE:
	case CNI_DESCRIBE:
	case CNI_VERSION:
	case CNI_COMMAND_COUNT:
		break;
	}
	return walk_up(plan, at, "del", err);
}
