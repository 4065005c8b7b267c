# SPDX-License-Identifier: Apache-2.0
# Sourced by the demos: chapters, and commands that are shown. `step` is set if Enter is waited for.
# shellcheck shell=bash disable=SC2034,SC2154

if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' alarm=$'\e[31m' good=$'\e[32m' title=$'\e[1;34m' plain=$'\e[0m'
else
	bold='' dim='' alarm='' good='' title='' plain=''
fi

chapter_number=0
chapter() {
	chapter_number=$((chapter_number + 1))
	printf '\n%s%d. %s%s\n' "$title" "$chapter_number" "$1" "$plain"
	if [ -n "$step" ]; then
		printf '%s   (Enter)%s ' "$dim" "$plain" >/dev/tty
		read -r </dev/tty
	fi
}

say() {
	printf '   %s\n' "$@"
}

failures=0
# expect "what is told" COMMAND...: the command must succeed.
expect() {
	local told=$1
	shift
	if "$@" >/dev/null 2>&1; then
		printf '   %s✓%s %s\n' "$good" "$plain" "$told"
	else
		printf '   %s✗ %s%s\n     failed: %s\n' "$alarm" "$told" "$plain" "$*"
		failures=$((failures + 1))
	fi
}

# Shows a command and the first lines of what it prints.
show() {
	printf '   %s$ %s%s\n' "$dim" "$*" "$plain"
	"$@" 2>&1 | head -n 40 | sed 's/^/     /'
}
