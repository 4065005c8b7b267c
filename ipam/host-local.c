/* SPDX-License-Identifier: Apache-2.0 */
#include "host_local.h"

int main(void)
{
	return cni_verbs_main(&host_local);
}
