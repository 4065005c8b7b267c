# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts that print TAP of what they look at. "work" is a directory of theirs.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of these scripts

number=0 failed=0

# holds NAME COMMAND...
holds() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}
