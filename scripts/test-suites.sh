# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: test executables are run, several at a time, on the executables of a build.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# The second line of what the builtin "times" prints: minutes and seconds of the children.
cpu_seconds() {
	awk -F'[ms ]+' 'NR == 2 { printf "%.1f s", 60 * ($1 + $3) + $2 + $4 }'
}

# Where the output of a test executable goes. The run of another build's executables has logs of its own.
log_of() {
	if [ -z "${executables-}" ]; then
		echo "$1.log"
	else
		echo "$top/build/$executables/logs/${1##*/tests/}.log"
	fi
}

# Runs a test executable, by test_runner if that is set; its TAP goes to a log. Prints its tally, the seconds that it
# took, and its CPU seconds. A test in tests_beside_go runs with the Go plugins of the directory beside_go in the place
# of Debian's.
run_one() {
	local log name=${1#"$top/build/"} driver=(env)
	log=$(log_of "$1")
	[ -z "${executables-}" ] || name=$executables/${name#*/}
	mkdir -p "${log%/*}"
	# shellcheck disable=SC2016 # the inner shell's
	[[ " $tests_beside_go " != *" ${1#"$top"/build/*/tests/} "* ]] || driver=(unshare --mount --propagation private
		sh -c 'mount --bind "$0" /usr/lib/cni && exec "$@"' "$beside_go")
	case $1 in
	# The search for leaks is a quarter of what a short process costs, and the stacks of allocations a sixth; processes
	# that live long stay in the search, as do the suites unit and kernel.
	*/run/test_cnitool* | */run/test_dhcp*) [ -n "${CNI_C_SLOW-}" ] || export ASAN_OPTIONS=malloc_context_size=0 ;;
	*/run/*) [ -n "${CNI_C_SLOW-}" ] || export ASAN_OPTIONS=detect_leaks=0:malloc_context_size=0 ;;
	esac
	SECONDS=0
	if ! CMOCKA_MESSAGE_OUTPUT=tap timeout 600 "${driver[@]}" ${test_runner-} "$1" >"$log" 2>&1; then
		# A crash prints no TAP.
		grep -q '^not ok [0-9]* - ' "$log" ||
			echo "not ok 0 - ${1##*/} ended before its time" >>"$log"
	fi
	times >"$log.times"
	tally "$SECONDS s, $(cpu_seconds <"$log.times") of CPU: $name${driver[5]+ beside Go $version_of_go}" "$log"
	rm "$log.times"
}
export -f run_one log_of cpu_seconds tally passed_in failed_in skipped_in
export top beside_go='' tests_beside_go='' version_of_go=''

# marked WORDS: the test executables whose source has these words after "scripts/test ".
marked() {
	(cd "$top/tests" && grep -rlw --include='test_*.c' -e "scripts/test $1" . |
		sed 's|^\./\([^/]*\)/.*\(test_[^/]*\)\.c$|\1/\2|' | sort)
}

# run_suite PRESET PROCESSES SUITE
run_suite() {
	local preset=$1 processes=$2 suite=$3 tests=() logs=() test first name=$1 driver=(env) once=''
	if drives "$1" "$3"; then
		preset=release
		export executables=$1
		driver=("$top/scripts/with-executables" "$top/build/$1" "$top/build/release")
		# For tests of what is not in the executables.
		[ "$1" != debug ] || once=" $(marked 'runs it once' | paste -sd' ') "
	fi
	first=$(marked 'starts it first' | sed -n "s|^$suite/||p")
	# By the sources: a build directory may hold tests that are no more. Tests that wait for long come first: at the end the
	# processors would wait for them.
	while IFS= read -r test; do
		[[ $once != *" $suite/$test "* ]] || continue
		test=$top/build/$preset/tests/$suite/$test
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $test == *$only* ]] && tests+=("$test") && logs+=("$(log_of "$test")")
	done < <(printf '%s' "${first:+$first$'\n'}" &&
		find "$top/tests/$suite" -name 'test_*.c' | sed 's|.*/||; s|\.c$||' | sort | grep -vxF "$first")
	if [ ${#tests[@]} -gt 0 ]; then
		printf '%s\0' "${tests[@]}" | "${driver[@]}" xargs -0 -P"$processes" -I{} bash -c 'run_one {}'
		count "${logs[@]}"
		if grep -hq '^# skipped ' "${logs[@]}"; then
			printf 'skipped in the %s build, suite %s:\n' "$name" "$suite"
			grep -h '^# skipped ' "${logs[@]}" | sed 's/^# skipped /  /' | sort -u
		fi
	fi
	unset executables
}

# Runs the suites of what is built.
run_all() {
	local entry preset suite tested
	for entry in ${prepared[@]+"${prepared[@]}"}; do
		read -r preset entry <<<"$entry"
		read -ra tested <<<"$entry"
		[ "$preset" = debug ] && [ ${#presets[@]} -gt 1 ] || [ -z "$fetching" ] || stand_beside_go
		if [ "$preset" != debug ]; then
			[ -z "$runtimes" ] || { aside run_runtimes && runtimes=''; }
			# Tests of the runtimes' networks also record their results, once.
			[ -z "$rows" ] || export RUNTIMES_ROWS=$rows
		fi
		[ "$preset" != portable ] || [ -z "$packing" ] || wait "$packing"
		# Several at a time: each has namespaces of its own, and most of them wait for half of their time.
		for suite in "${tested[@]}"; do
			# Its nodes wait for each other.
			if [ "$suite" = cluster ]; then
				aside spend "$preset $suite" run_suite "$preset" "$processes" "$suite"
			else
				spend "$preset $suite" run_suite "$preset" "$processes" "$suite"
			fi
		done
		unset RUNTIMES_ROWS
	done
}
