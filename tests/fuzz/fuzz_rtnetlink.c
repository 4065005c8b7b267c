/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&rtnetlink_questions, data, size);
}
