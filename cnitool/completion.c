/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool completion: the scripts completion.bash, .zsh and .fish, which are part of the executable. */
#include "commands.h"
#include "completion_scripts.h"

#include <string.h>

int command_completion(struct tool *tool, struct cni_error *err)
{
	const char *shell = tool->options->operands[0];

	for (size_t i = 0; i < sizeof(completion_scripts) / sizeof(*completion_scripts); i++) {
		if (strcmp(completion_scripts[i].shell, shell) != 0)
			continue;
		fputs(completion_scripts[i].text, stdout);
		return 0;
	}
	cni_fail(err, CNI_EENV, "no completion for '%s': expected bash, zsh or fish", shell);
	return COMMAND_USAGE;
}
