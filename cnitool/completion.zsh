#compdef cnitool
# SPDX-License-Identifier: Apache-2.0
# Completion for cnitool in zsh(1), printed by "cnitool completion zsh". Installed as
# share/zsh/site-functions/_cnitool.

_cnitool()
{
	local line
	local -a found

	while IFS= read -r line; do
		case $line in
		:files) _files && return ;;
		:directories) _files -/ && return ;;
		*$'\t'*) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
		*) found+=("${line//:/\\:}") ;;
		esac
	done < <("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)
	_describe -V 'cnitool' found
}

# As a function of the completion system, or read by "source".
if [[ ${funcstack[1]-} == _cnitool ]]; then
	_cnitool "$@"
else
	compdef _cnitool cnitool
fi
