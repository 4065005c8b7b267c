/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the kernel, for features that cannot be detected without using them. */
#ifndef CNI_KERNEL_H
#define CNI_KERNEL_H

#include <stdbool.h>

/* True if this is Linux `major`.`minor` or newer by uname(2); `otherwise` if the release does
 * not begin with two numbers. Distributions backport features to older kernels, so false only
 * means "not certain". */
bool cni_kernel_is_at_least(unsigned int major, unsigned int minor, bool otherwise);

#endif
