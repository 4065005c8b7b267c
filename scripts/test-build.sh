# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: what is built for which suites.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of scripts/test

# drives PRESET SUITE: true if the release build's tests of this suite drive the executables of this build: a driver needs
# no sanitizers, and is built once.
drives() {
	case $1/$2 in
	portable/* | debug/run | debug/cluster) true ;;
	*) false ;;
	esac
}

# suites_for PRESET: the suites that are run in this build.
suites_for() {
	local suite
	for suite in "${suites[@]}"; do
		case $suite in
		# The executables that are handed out, if there are any, are tested as installed.
		run) [ "$1" != release ] || [ -z "$handed_out" ] || continue ;;
		# The nodes wait for each other; memory is the business of the other suites.
		cluster)
			[ "$1" != release ] || [ -z "$handed_out" ] || continue
			[ "$1" != debug ] || [ ${#presets[@]} = 1 ] || continue
			;;
		# In these builds only the executables are linked in another way.
		*) [ "$1" != static ] && [ "$1" != portable ] || continue ;;
		esac
		printf '%s ' "$suite"
	done
}

# build_for PRESET TARGET...: builds the installed targets, and these tests. The tests for the executables of the debug
# and the portable build are the release build's.
build_for() {
	local preset=$1 build_targets=() arguments=(-DCNI_C_TESTS=ON) target tests=()
	local all=(libcni-c/all ipam/all plugins/all cnitool/all)
	shift
	if [ "$preset" = portable ]; then
		spend "portable build" build portable
		preset=release
	fi
	if [ "$preset" = debug ]; then
		build_targets=("${all[@]}" cni-c-installer tests/bench/all)
		for target in "$@"; do
			if drives debug "${target%-tests}"; then
				tests+=("$target")
			else
				build_targets+=("$target")
			fi
		done
		spend "debug build" build debug -DCNI_C_TESTS=ON
		[ ${#tests[@]} -gt 0 ] || return 0
		preset=release
		set -- "${tests[@]}"
	fi
	build_targets=("${all[@]}" "$@")
	[[ " $* " != *' runtimes-tests '* ]] || arguments+=(-DCNI_C_RUNTIMES=ON)
	spend "$preset build" build "$preset" "${arguments[@]}"
}

# have_archives PRESET: makes what this preset links. The archives of portable are under way; after a failure they are made
# once more, to show its reason.
have_archives() {
	case $1 in
	static) "$top/scripts/archives" --installer ;;
	portable) wait "$archives" || "$top/scripts/archives" portable ;;
	esac
}

# The targets of test executables: run_test_bridge_add for run/test_bridge_add.
targets_of() {
	tr / _
}

# Builds what all presets test, and notes it in "prepared".
build_all() {
	local preset tested
	for preset in "${presets[@]}"; do
		read -ra tested <<<"$(suites_for "$preset")"
		[ ${#tested[@]} -gt 0 ] || continue
		if ! have_archives "$preset"; then
			echo "skipped: the $preset build, for want of archives"
			skipped=$((skipped + 1))
			continue
		fi
		echo "building $preset"
		build_for "$preset" "${tested[@]/%/-tests}"
		prepared+=("$preset ${tested[*]}")
		[ "$preset" != static ] && [ "$preset" != portable ] || handed_out=1
		[ "$preset" != portable ] || [[ $only != '*' && $only != *package* ]] || with_packages=1
	done
}
