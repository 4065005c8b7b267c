/* SPDX-License-Identifier: Apache-2.0 */
#include "own_netns.h"

#include <unistd.h>

const char *cni_own_netns(void)
{
	static _Thread_local const char *path;

	if (!path)
		path = gettid() == getpid() ? "/proc/self/ns/net" : "/proc/thread-self/ns/net";
	return path;
}
