/* SPDX-License-Identifier: Apache-2.0 */
/* An author's names are the author's: <error.h> is glibc's, and the library's short words are no macros
 * here. */
#include <cni-c/cni.h>
#include <cni-c/parts.h>
#include <error.h>

#if defined(closing) || defined(freeing) || defined(visiting) || defined(take_ptr)
#error "a lower-case macro"
#endif

int main(void)
{
	unsigned int closing = error_message_count;
	unsigned int freeing = closing;

	return (int)freeing;
}
