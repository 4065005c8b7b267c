/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the kernel, for what cannot be asked without doing it. */
#ifndef CNI_KERNEL_H
#define CNI_KERNEL_H

#include <stdbool.h>

/* True if this is Linux `major`.`minor` or newer by uname(2); `otherwise` if that does not begin with two
 * numbers. Distributions put newer things into older kernels, so false only means that it is not certain. */
bool cni_kernel_is_at_least(unsigned int major, unsigned int minor, bool otherwise);

#endif
