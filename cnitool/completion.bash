# SPDX-License-Identifier: Apache-2.0
# Completion for cnitool in bash(1): commands, networks of NETCONFPATH, names of ip-netns(8), addresses
# and containers of a ledger, options.
# Installed as share/bash-completion/completions/cnitool, from which bash loads the file by itself.

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

# The first two words of each line below the heading: addresses, and containers where one is known.
__cnitool_reservations()
{
	"$1" ipam list "$2" 2>/dev/null | while read -r address container _; do
		[[ $address == ADDRESS ]] && continue
		printf '%s\n' "$address"
		[[ $container == - ]] || printf '%s\n' "$container"
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

# Prints the words that may follow "ipam" and its operands.
__cnitool_ipam()
{
	case $# in
	2) printf '%s\n' list usage explain release verify ;;
	3) __cnitool_networks "$1" ;;
	4) [[ $3 == explain ]] && __cnitool_reservations "$1" "$4" ;;
	esac
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
		[[ ${operands[0]-} == gc ]] && choices+=' --gone --all --keep --dry-run'
		[[ ${operands[0]-} == doctor ]] && choices+=' --only --strict --list --report'
		[[ ${operands[0]-} == purge ]] && choices+=' --dry-run'
		[[ ${operands[*]} == 'ipam release'* ]] && choices+=' --stale --dry-run'
		[[ ${operands[0]-} == reconcile ]] && choices+=' --all --dry-run'
		((${#operands[@]} == 0)) && choices+=' --version'
	elif ((${#operands[@]} == 0)); then
		choices='add check del gc status version list ipam reconcile refresh purge doctor metrics'
	elif [[ ${operands[0]} == ipam ]]; then
		choices=$(__cnitool_ipam "$1" "${operands[@]}")
	elif ((${#operands[@]} == 1)) && [[ ${operands[0]} != @(list|purge) ]]; then
		choices=$(__cnitool_networks "$1")
	elif ((${#operands[@]} == 2)) && [[ ${operands[0]} != @(version|reconcile|refresh|purge) ]]; then
		if [[ $word == */* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
		choices=$(__cnitool_namespaces)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -o filenames -F _cnitool cnitool
