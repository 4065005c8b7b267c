/* SPDX-License-Identifier: Apache-2.0 */
/* When addresses were released, and if they rest: see pool.h. */
#include "pool_internal.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>

void pool_set_released(struct pool *pool, const struct cni_ip *ip, uint32_t seconds)
{
	struct cni_ip base = plane_at(ip, 0);
	uint32_t value = seconds + 1;

	if (pool->dir < 0)
		return;
	plane_write(pool->dir, &base, "released", &value, sizeof(value),
		    plane_number(ip) * sizeof(value));
	/* The values in memory are outdated. */
	free(take_ptr(pool->released));
}

const uint32_t *pool_released_of(struct pool *pool, const struct cni_ip *base)
{
	size_t size = PLANE_PIECE * sizeof(*pool->released);

	if (pool->dir < 0)
		return NULL;
	if (!pool->released || !cni_ip_equal(&pool->released_base, base)) {
		if (!pool->released)
			pool->released = cni_alloc(size);
		pool->released_base = *base;
		pool->has_released =
			plane_read(pool->dir, base, "released", pool->released, size) > 0;
	}
	return pool->has_released ? pool->released : NULL;
}

bool pool_get_released(struct pool *pool, const struct cni_ip *ip, uint32_t *ret_seconds)
{
	struct cni_ip base = plane_at(ip, 0);
	const uint32_t *released = pool_released_of(pool, &base);
	uint32_t at = released ? released[plane_number(ip)] : 0;

	*ret_seconds = at - 1;
	return at != 0;
}

void pool_forget_released(int dir)
{
	plane_remove(dir, "released");
}

bool pool_is_resting(const uint32_t *released, const struct cni_ip *base, size_t number,
		     struct pool_rest *rest)
{
	uint32_t at = released[number];

	if (!at || at - 1 > rest->now || rest->now - (at - 1) >= rest->seconds)
		return false;
	if (!rest->found || at - 1 < rest->oldest_at) {
		rest->found = true;
		rest->oldest = plane_at(base, number);
		rest->oldest_at = at - 1;
	}
	return true;
}
