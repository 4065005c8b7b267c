/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_model.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void model_begin(struct model *model, const struct model_pool *pool, const char *dir)
{
	*model = (struct model){.pool = *pool, .dir = dir};
	for (size_t set = 0; set < MODEL_SETS; set++) {
		model->sets[set].family = set ? AF_INET6 : AF_INET;
		for (int number = 0; number < MODEL_ROOM; number++)
			model->sets[set].addresses[number] = (struct model_address){
				.holder = MODEL_NOBODY, .released = {MODEL_NEVER, MODEL_NEVER}};
		for (int key = 0; key < MODEL_KEYS; key++)
			model->sets[set].keys[key] = (struct model_key){.is_sure = true};
	}
}

const char *model_text(const struct model *model, size_t set, int number)
{
	static char texts[4][32];
	static unsigned int turn;
	char *text = texts[turn++ % 4];

	snprintf(text, sizeof(*texts),
		 model->sets[set].family == AF_INET ? "10.1.0.%d" : "fd00::%x", number);
	return text;
}

int model_number(const struct model *model, size_t set, const char *text)
{
	for (int number = 1; number < MODEL_ROOM; number++)
		if (!strcmp(text, model_text(model, set, number)))
			return number;
	return MODEL_NONE;
}

bool model_is_usable(const struct model *model, int number)
{
	return number >= MODEL_FIRST && number <= model->pool.last && number != MODEL_GATEWAY &&
	       !(model->pool.excluded >> number & 1);
}

int model_find(const struct model *model, size_t set, int container, int from)
{
	for (int number = from; number < MODEL_ROOM; number++)
		if (model->sets[set].addresses[number].holder == container)
			return number;
	return MODEL_NONE;
}

int64_t model_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

bool model_is_free(const struct model *model, size_t set, int number)
{
	return model->sets[set].addresses[number].holder == MODEL_NOBODY;
}

bool model_may_be_stale(const struct model *model, size_t set, int number)
{
	return model->pool.reclaim != MODEL_NEVER_RECLAIM && !model_is_free(model, set, number) &&
	       model->sets[set].addresses[number].boot.earliest < model->boot;
}

bool model_must_be_stale(const struct model *model, size_t set, int number)
{
	return model_may_be_stale(model, set, number) &&
	       model->sets[set].addresses[number].boot.latest < model->boot;
}

/* ---- what has become of it ---- */

static void each_held(struct model *model,
		      void (*change)(const struct model *model, struct model_address *address))
{
	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			if (!model_is_free(model, set, number))
				change(model, &model->sets[set].addresses[number]);
}

static void learn(const struct model *model, struct model_address *address)
{
	if (address->record == UNRECORDED)
		address->boot.earliest = model->boot;
	if (address->record != RECORDED)
		address->boot.latest = model->boot;
	address->record = RECORDED;
}

void model_learn(struct model *model)
{
	each_held(model, learn);
}

static void learn_perhaps(const struct model *model, struct model_address *address)
{
	if (address->record == UNRECORDED)
		address->boot.earliest = model->boot;
	if (address->record != RECORDED) {
		address->boot.latest = model->boot;
		address->record = PERHAPS_RECORDED;
	}
}

void model_learn_perhaps(struct model *model)
{
	each_held(model, learn_perhaps);
}

void model_take(struct model *model, size_t set, int number, int container,
		enum model_record record)
{
	struct model_address *address = &model->sets[set].addresses[number];

	address->holder = container;
	address->boot = (struct between){model->boot, model->boot};
	address->record = record;
}

void model_drop(struct model *model, size_t set, int number)
{
	model->sets[set].addresses[number].holder = MODEL_NOBODY;
}

/* An address of an earlier boot has rested since then. A sidecar that finds itself mistaken forgets
 * the times of release. */
void model_release(struct model *model, size_t set, int number, struct between now)
{
	struct model_address *address = &model->sets[set].addresses[number];

	address->holder = MODEL_NOBODY;
	if (address->boot.latest < model->boot)
		return;
	if (address->boot.earliest == model->boot && !model->is_in_doubt)
		address->released.earliest = now.earliest;
	else
		address->released.earliest = MODEL_NEVER;
	address->released.latest = now.latest;
}

void model_set_key(struct model *model, size_t set, int key, int number)
{
	struct model_key *keys = model->sets[set].keys;

	if (key == MODEL_NO_KEY)
		return;
	for (int other = 0; other < MODEL_KEYS; other++)
		if (keys[other].number == number)
			keys[other].number = MODEL_NONE;
	keys[key] = (struct model_key){.number = number, .is_sure = true};
}

static void set_released(struct model *model, struct between released)
{
	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			model->sets[set].addresses[number].released = released;
}

void model_reboot(struct model *model)
{
	model->boot++;
	model->is_in_doubt = false;
	set_released(model, (struct between){MODEL_NEVER, MODEL_NEVER});
}

/* ---- what others do ---- */

void model_change(struct model *model)
{
	model->is_in_doubt = false;
}

void model_doubt_bits(struct model *model)
{
	model->is_in_doubt = true;
	model_doubt_released(model);
}

static void doubt_record(const struct model *model, struct model_address *address)
{
	(void)model;
	if (address->record == RECORDED)
		address->record = PERHAPS_RECORDED;
}

void model_doubt_records(struct model *model)
{
	model_change(model);
	each_held(model, doubt_record);
}

void model_doubt_released(struct model *model)
{
	set_released(model, (struct between){MODEL_NEVER, MODEL_WHENEVER});
}

void model_doubt_keys(struct model *model)
{
	for (size_t set = 0; set < model->pool.sets; set++)
		for (int key = 0; key < MODEL_KEYS; key++)
			model->sets[set].keys[key].is_sure = false;
}

static void lose_record(const struct model *model, struct model_address *address)
{
	(void)model;
	address->record = UNRECORDED;
}

void model_lose_sidecar(struct model *model)
{
	model_change(model);
	each_held(model, lose_record);
	set_released(model, (struct between){MODEL_NEVER, MODEL_NEVER});
	for (size_t set = 0; set < model->pool.sets; set++)
		for (int key = 0; key < MODEL_KEYS; key++)
			model->sets[set].keys[key] = (struct model_key){.is_sure = true};
}
