# SPDX-License-Identifier: Apache-2.0
# Completion for cnitool in bash(1), printed by "cnitool completion bash". Installed as
# share/bash-completion/completions/cnitool, from which bash loads the file by itself.

_cnitool()
{
	local word=${COMP_WORDS[COMP_CWORD]} line

	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames 2>/dev/null ;;
		:directories) mapfile -t COMPREPLY < <(compgen -d -- "$word") && compopt -o filenames 2>/dev/null ;;
		*) COMPREPLY+=("${line%%$'\t'*}") ;;
		esac
	done < <("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -F _cnitool cnitool
