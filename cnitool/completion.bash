# SPDX-License-Identifier: Apache-2.0
# Completion for cnitool in bash(1): commands, networks of NETCONFPATH, names of ip-netns(8), options.
# Installed as share/bash-completion/completions/cnitool, from where bash loads it by itself.

# The first word of each line below the heading.
__cnitool_networks()
{
	"$1" list 2>/dev/null | while read -r name _; do
		[[ $name == NETWORK ]] || printf '%s\n' "$name"
	done
}

__cnitool_namespaces()
{
	local file

	for file in /run/netns/*; do
		[[ -e $file ]] && printf '%s\n' "${file##*/}"
	done
}

# The words before the cursor that are neither options nor their values.
__cnitool_operands()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-i | --ifname | --cache-dir | --keep) ((i++)) ;;
		-*) ;;
		*) printf '%s\n' "${COMP_WORDS[i]}" ;;
		esac
	done
}

_cnitool()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local operands choices=

	COMPREPLY=()
	mapfile -t operands < <(__cnitool_operands)
	case $before in
	-i | --ifname | --keep) return ;;
	--cache-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	esac
	if [[ $word == -* ]]; then
		choices='--ifname --cache-dir --json --help'
		[[ ${operands[0]-} == gc ]] && choices+=' --keep'
		((${#operands[@]} == 0)) && choices+=' --version'
	elif ((${#operands[@]} == 0)); then
		choices='add check del gc status version list'
	elif ((${#operands[@]} == 1)) && [[ ${operands[0]} != list ]]; then
		choices=$(__cnitool_networks "$1")
	elif ((${#operands[@]} == 2)) && [[ ${operands[0]} != version ]]; then
		if [[ $word == */* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
		choices=$(__cnitool_namespaces)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -o filenames -F _cnitool cnitool
