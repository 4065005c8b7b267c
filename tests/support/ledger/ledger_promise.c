/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_model.h"

#include "test.h"

/* ---- rest ---- */

static bool is_surely_resting(const struct model *model, const struct model_address *address,
			      struct between now)
{
	return now.latest - address->released.earliest < model->pool.cooldown;
}

static bool is_surely_rested(const struct model *model, const struct model_address *address,
			     struct between now)
{
	return !model->pool.cooldown ||
	       now.earliest - address->released.latest >= model->pool.cooldown;
}

/* ---- what is promised ---- */

/* How many there are that may be given out and are so. */
static int count(const struct model *model, size_t set,
		 bool (*is_so)(const struct model *model, size_t set, int number))
{
	int found = 0;

	for (int number = MODEL_FIRST; number <= model->pool.last; number++)
		found += model_is_usable(model, number) && is_so(model, set, number);
	return found;
}

static void look_out_for_wish(const struct model *model, size_t set, int own, int wish,
			      struct outlook *outlook)
{
	outlook->exactly = wish;
	if (wish == own || model_is_free(model, set, wish))
		return;
	outlook->may_be_taken |= !model_must_be_stale(model, set, wish);
	outlook->may_succeed = model_may_be_stale(model, set, wish);
}

static void look_out_for_any(const struct model *model, size_t set, int key,
			     struct outlook *outlook)
{
	const struct model_key *had = key == MODEL_NO_KEY ? NULL : &model->sets[set].keys[key];

	if (had && had->is_sure && model_is_usable(model, had->number)) {
		if (model_is_free(model, set, had->number) ||
		    model_must_be_stale(model, set, had->number))
			outlook->exactly = had->number;
		else if (model_may_be_stale(model, set, had->number))
			outlook->perhaps = had->number;
	}
	if (outlook->exactly)
		return;
	if (!count(model, set, model_is_free)) {
		outlook->may_be_exhausted = !count(model, set, model_must_be_stale);
		outlook->may_succeed = count(model, set, model_may_be_stale);
	}
	outlook->may_be_exhausted |= model->is_in_doubt;
}

struct outlook model_outlook(const struct model *model, size_t set, int container, int key,
			     int wish)
{
	int own = model_find(model, set, container, MODEL_FIRST);
	struct outlook outlook = {.may_succeed = true};

	if (own && !model_must_be_stale(model, set, own))
		outlook.may_be_taken = true;
	if (own && !model_may_be_stale(model, set, own))
		outlook.may_succeed = false;
	else if (wish)
		look_out_for_wish(model, set, own, wish, &outlook);
	else if (own && model_is_usable(model, own))
		outlook.exactly = own;
	else
		look_out_for_any(model, set, key, &outlook);
	return outlook;
}

static void fail_got(const struct model *model, size_t set, int number, const char *instead_of,
		     int other)
{
	fail_msg("%s was given out %s %s", model_text(model, set, number), instead_of,
		 model_text(model, set, other));
}

/* Nothing that is free and has rested lies between what was given out before and this one; and
 * if it has not rested itself, no other one has, or was released before it. */
static void assert_in_turn(const struct model *model, size_t set, int number, struct between now)
{
	const struct model_address *addresses = model->sets[set].addresses;
	bool is_resting = is_surely_resting(model, &addresses[number], now);
	int size = model->pool.last - MODEL_FIRST + 1;
	int before = model->sets[set].before;
	int at = before < MODEL_FIRST || before > model->pool.last ? model->pool.last : before;
	bool is_passed = true;

	for (int i = 0; i < size; i++) {
		at = MODEL_FIRST + (at + 1 - MODEL_FIRST) % size;
		is_passed &= at != number;
		if (at == number || !model_is_usable(model, at) || !model_is_free(model, set, at))
			continue;
		if ((is_passed || is_resting) && is_surely_rested(model, &addresses[at], now))
			fail_got(model, set, number, "before", at);
		if (is_resting &&
		    addresses[at].released.latest < addresses[number].released.earliest)
			fail_got(model, set, number, "before it had rested as long as", at);
	}
}

void model_assert_may_get(const struct model *model, size_t set, const struct outlook *outlook,
			  int key, int number, struct between now)
{
	const struct model_address *address = &model->sets[set].addresses[number];

	if (!outlook->may_succeed)
		fail_msg("%s was given out, expected none", model_text(model, set, number));
	if (outlook->exactly) {
		if (number != outlook->exactly)
			fail_got(model, set, number, "instead of", outlook->exactly);
		return;
	}
	if (!model_is_usable(model, number))
		fail_msg("%s was given out, which must not be", model_text(model, set, number));
	if (address->holder != MODEL_NOBODY && !model_may_be_stale(model, set, number))
		fail_msg("%s was given out, which container c%d holds",
			 model_text(model, set, number), address->holder);
	if (model->is_in_doubt || number == outlook->perhaps ||
	    (key != MODEL_NO_KEY && !model->sets[set].keys[key].is_sure))
		return;
	if (address->holder == MODEL_NOBODY)
		assert_in_turn(model, set, number, now);
	else if (count(model, set, model_is_free))
		fail_msg("%s was taken from an earlier boot while others are free",
			 model_text(model, set, number));
}
