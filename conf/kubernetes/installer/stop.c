/* SPDX-License-Identifier: Apache-2.0 */
#include "stop.h"

#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

int stop_open(int *ret_stop, struct cni_error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "block SIGTERM");
	*ret_stop = signalfd(-1, &signals, SFD_CLOEXEC);
	if (*ret_stop < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open a descriptor of SIGTERM");
	return 0;
}

bool stop_within(int stop, unsigned int milliseconds)
{
	struct timespec end = cni_deadline_in(milliseconds);
	struct pollfd signal = {.fd = stop, .events = POLLIN};
	int ready;

	do
		ready = poll(&signal, 1, (int)cni_deadline_left(&end));
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}
