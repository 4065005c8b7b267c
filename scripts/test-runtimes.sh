# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: real container runtimes, and what they show in docs/compatibility.md.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of scripts/test

build_runtimes() {
	local build_targets=(cni-c-installer)
	# The image has the portable executables, and an installer without shared libraries.
	if "$top/scripts/archives" portable --installer >>"$top/build/archives.log" 2>&1; then
		spend "static build" build static
		build_targets=()
		spend "portable build" build portable
	fi
	build_for release runtimes-tests
}

# Podman and others start processes of their own: one test executable at a time.
run_runtimes() {
	RUNTIMES_ROWS=$rows spend "release runtimes" run_suite release 1 runtimes
}

print_runtimes() {
	local table
	table=$(awk -F'\t' 'BEGIN { print "| runtime | version | exercised | result |"
		print "|---|---|---|---|" }
		{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' <(sort "$rows"))
	printf '%s\n' "$table"
	[ -z "$write" ] || [ ! -s "$rows" ] || write_table runtimes "$table"
	rm "$rows"
}
