/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for what the kernel announces: see nl.h. */
#include "nl.h"

#include "cleanup.h"
#include "deadline.h"
#include "nl_receive.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <time.h>

/* Waits for the kernel's next announcement; false if `end` comes first. An overrun (ENOBUFS) has
 * lost announcements, and counts as one. Other processes may announce as well, without a pause, and
 * must not hold up the end. */
static bool is_announced(struct cni_nl *news, const struct timespec *end)
{
	struct pollfd wait = {.fd = mnl_socket_get_fd(news->socket), .events = POLLIN};
	const void *datagram;
	ssize_t got;

	/* Announced before the last look. */
	cni_nl_receive_none(news);

	for (;;) {
		unsigned int left = cni_deadline_left(end);

		if (left == 0 || poll(&wait, 1, (int)left) == 0)
			return false;
		got = cni_nl_receive_one(news, &datagram);
		if (got > 0 || (got < 0 && errno != EAGAIN))
			return true;
	}
}

static int wait_on(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		   int (*look)(struct cni_nl *nl, void *data, bool *ret_done,
			       struct cni_error *err),
		   void *data, struct cni_error *err)
{
	struct timespec end = cni_deadline_in(milliseconds);
	bool done = false;

	if (mnl_socket_setsockopt(news->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "listen to the kernel's changes");
	/* From here on no announcement is missed. */
	do {
		if (look(nl, data, &done, err) < 0)
			return -1;
		if (done)
			return 0;
	} while (is_announced(news, &end));
	cni_fail(err, CNI_EKERNEL, "not done after %u ms", milliseconds);
	err->errnum = ETIMEDOUT;
	return -1;
}

int cni_nl_wait(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		int (*look)(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err),
		void *data, struct cni_error *err)
{
	closing_nl struct cni_nl own = {0};
	bool done = false;

	if (look(nl, data, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	if (!news && cni_nl_open(&own, NETLINK_ROUTE, -1, err) < 0)
		return -1;
	return wait_on(nl, news ? news : &own, group, milliseconds, look, data, err);
}
