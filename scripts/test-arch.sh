# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the portable build for another architecture, which this machine emulates.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# The machine with the demo has this time.
arch_vm_seconds=3000

# Tests of the suite run that need files and processes, and of the kernel little that qemu-user lacks.
emulated_run=('host_local/test_*' 'loopback/test_*' 'cnitool/test_cnitool_*' 'cnitool/test_validate*'
	'suite/test_author' 'suite/test_describe' 'suite/test_help' 'suite/test_schema')

# not_emulated NAME: the reason why qemu-user is no substitute for a test, or for all of a test executable.
not_emulated() {
	case $1 in
	exec__says_at_once_that_it_cannot_run_it | command__failures_are_said)
		echo "qemu-user has no vfork: a child's errno does not reach its parent"
		;;
	verbs__tell_their_versions_whatever_stdin_is) echo "a closed stdin becomes the emulator's own file" ;;
	file__opens_a_directory_without_following_links) echo "qemu-user has no filters of system calls" ;;
	nftables__answers_are_measured | conntrack__answers_are_measured | test_cnitool_gc | test_cnitool_gc_failed | \
		test_cnitool_situations | test_cnitool_ipam_dhcp)
		echo "qemu-user has no netlink sockets of netfilter"
		;;
	test_host_local_dead | reclaim__gives_a_container_its_address_back_when_its_namespace_is_gone | \
		reclaim__knows_a_namespace_that_only_processes_are_in | chain_add__is_refused_without_a_del_before)
		echo "qemu-user has no SO_NETNS_COOKIE"
		;;
	check__is_of_all | cnitool__knows_a_namespace_by_any_path | cnitool_add__gives_a_namespace_one_id | \
		cnitool_add__is_refused_the_second_time | cnitool_gc__waits_for_an_add)
		echo "qemu-user has no NS_GET_NSTYPE"
		;;
	loopback__may_stand_before_bridge | loopback__runs_beside_bridge) echo "qemu-user has no RTM_GETNSID" ;;
	*) [ "$emulated" != s390x ] || not_emulated_as_s390x "$1" ;;
	esac
}

not_emulated_as_s390x() {
	case $1 in
	rtnetlink__answers_are_measured) echo "the recorded answers are those of a little-endian machine" ;;
	ipam_verify__finds_wrong_bits | ipam_verify__finds_a_wrong_count)
		echo "the test writes host-local's files in the byte order of this machine"
		;;
	index__sees_what_others_do | ipam_verify__is_not_deceived_by_others_at_work)
		echo "qemu-user's stat(2) of s390x has no nanoseconds"
		;;
	test_loopback | test_loopback_fail) echo "qemu-user converts the first of several netlink messages alone" ;;
	esac
}

# not_direct NAME: the same where the kernel starts no emulator by itself.
not_direct() {
	case $1 in
	test_describe | test_loopback_plan | test_plan | test_tuning_plan | test_verbs)
		echo "the test starts /proc/self/exe, which is the emulator"
		;;
	esac
}

# Copies TAP; a failed test for which qemu-user is no substitute becomes a skip.
skip_not_emulated() {
	local line not ok number dash name reason
	while IFS= read -r line; do
		read -r not ok number dash name _ <<<"$line"
		reason=''
		[ "$not $ok $dash" != 'not ok -' ] || reason=$(not_emulated "$name")
		if [ -n "$reason" ]; then
			line="# skipped $name: $reason"$'\n'"ok $number - $name # SKIP"
		fi
		printf '%s\n' "$line"
	done
}

# Adds a failure to the log of an executable that has not printed the results of all of its tests.
note_early_end() { # name log
	local expected
	expected=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$2" | head -n 1)
	[ "$(grep -cE '^(not )?ok [0-9]+' "$2")" -ge "${expected:-1}" ] ||
		echo "not ok 0 - $1 ended before its time" >>"$2"
}

# Runs a test executable, by test_runner if that is set.
run_emulated() {
	local log name=${1##*/} reason
	log=$(log_of "$1")
	mkdir -p "${log%/*}"
	SECONDS=0
	reason=$(not_emulated "$name")
	[ -z "${test_runner-}" ] || reason+=$(not_direct "$name")
	if [ -n "$reason" ]; then
		printf '# skipped %s: %s\nok 1 - %s # SKIP\n' "$name" "$reason" "$name" >"$log"
	else
		CMOCKA_MESSAGE_OUTPUT=tap timeout 600 ${test_runner-} "$1" 2>&1 | skip_not_emulated >"$log"
		note_early_end "$name" "$log"
	fi
	tally "$emulated, $SECONDS s: ${1##*/tests/}" "$log"
}
export -f run_emulated not_emulated not_emulated_as_s390x not_direct skip_not_emulated note_early_end

# run_all_emulated TEST...: the executables whose path matches, by "driver".
run_all_emulated() {
	local tests=() logs=() test
	for test in "$@"; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $test == *$only* ]] && tests+=("$test") && logs+=("$(log_of "$test")")
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	rm -f "${logs[@]}"
	printf '%s\0' "${tests[@]}" | "${driver[@]}" xargs -0 -P"$processes" -I{} bash -c "run_emulated {}"
	count "${logs[@]}"
	grep -h '^# skipped ' "${logs[@]}" | sed "s/^# skipped /skipped for $emulated: /" | sort -u
}

run_units() { # build
	local tests=() test
	for test in "$top"/tests/unit/test_*.c; do
		tests+=("$1/tests/unit/$(basename "$test" .c)")
	done
	run_all_emulated "${tests[@]}"
}

# The release build's tests, which are this machine's, drive the emulated executables.
run_runs() { # build
	local sources=() tests=() pattern
	for pattern in "${emulated_run[@]}"; do
		# shellcheck disable=SC2206 # a pattern on purpose
		sources+=("$top"/tests/run/$pattern.c)
	done
	mapfile -t tests < <(printf '%s\n' "${sources[@]}" | sed 's|.*/\(.*\)\.c$|run/\1|')
	# shellcheck disable=SC2046 # a word for each
	build_for release $(printf '%s\n' "${tests[@]}" | targets_of)
	driver+=("$top/scripts/with-executables" "$1" "$top/build/release")
	export executables=${1##*/}
	run_all_emulated "${tests[@]/#/$top/build/release/tests/}"
	unset executables
}

# Calls that ask nothing of the kernel but files.
run_calls() { # emulator build
	"$top/scripts/arch-calls" "$2" "$1" >"$2/calls.log" 2>&1
	count "$2/calls.log"
	tally "calls under $1" "$2/calls.log"
}

# The packages, and beside them those of this machine, of the same sources.
run_arch_packages() { # architecture emulator
	local log=$top/build/arch-packages-$1.log
	spend "portable packages" make_packages
	spend "portable-$1 packages" make_packages --arch "$1"
	"$top/scripts/arch-packages" "$1" "$2" >"$log" 2>&1
	count "$log"
	tally "packages for $1" "$log"
}

# The demo on Debian's kernel of that architecture.
run_demo() { # architecture build
	local log=$2/demo.log
	if spend "${2##*/} demo" "$top/scripts/vm" --arch "$1" --virtual-time --timeout "$arch_vm_seconds" \
		"$top/scripts/demo" --build "$2" >"$log" 2>&1; then
		echo "ok 1 - demo" >>"$log"
	else
		echo "not ok 1 - demo" >>"$log"
	fi
	count "$log"
	tally "the demo on Debian's kernel for $1" "$log"
}

# run_arch ARCH
run_arch() {
	local preset=portable-$1 emulator driver=("$top/scripts/emulated" "$1")
	another_architecture "$1" || die "--arch $1: this machine is of that architecture"
	emulator=$(emulator_of "$1")-static
	export emulated=$1
	need_packages qemu-user-static "${package_packages[@]}"
	"$top/scripts/archives" --arch "$1" --tests portable || die "no archives for $1"
	echo "building $preset"
	spend "$preset build" build "$preset" -DCNI_C_TESTS=ON
	run_calls "$emulator" "$top/build/$preset"
	run_arch_packages "$1" "$emulator"
	if "${driver[@]}" true; then
		spend "$preset unit" run_units "$top/build/$preset"
		spend "$preset run" run_runs "$top/build/$preset"
	else
		echo "skipped: the suite run for $1, because this kernel gives no executables to qemu-user"
		skipped=$((skipped + 1)) driver=(env "test_runner=$emulator")
		spend "$preset unit" run_units "$top/build/$preset"
	fi
	[ "$1" != arm64 ] || run_demo "$1" "$top/build/$preset"
}
