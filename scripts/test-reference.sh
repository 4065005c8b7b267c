# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the version of the Go plugins that we stand in for.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of scripts/test

# Fetches the version of the Go plugins that we stand in for, in the background.
fetch_go() {
	reference=$(mktemp -d /var/tmp/cni-c-reference.XXXXXX) || die "no temporary directory"
	trap 'jobs -p | xargs -r kill 2>/dev/null; rm -r "$reference"' EXIT
	fetch_reference "$reference" >"$reference/log" 2>&1 &
	fetching=$!
}

# Tests that name --reference run beside the fetched version from now on.
stand_beside_go() {
	if wait "$fetching"; then
		beside_go=$reference/unpacked/usr/lib/cni
		tests_beside_go=" $(marked --reference | paste -sd' ') "
		version_of_go=$(dpkg-deb -f "$reference"/containernetworking-plugins_*.deb Version)
		cluster_go=$version_of_go
	else
		echo "skipped: the tests beside the reference, which is not to be had:"
		tail -n 3 "$reference/log"
		skipped=$((skipped + 1))
	fi
	fetching=''
}
