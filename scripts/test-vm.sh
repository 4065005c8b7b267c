# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: tests on Debian's kernels, in virtual machines, and the table of verbs.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# A test that takes longer is ended, and so is a machine.
vm_test_seconds=1800
vm_seconds=7200
# In the selection, tests that the machine does not reach in this time are skipped: a slow host.
vm_quick_seconds=1200

# The build whose executables start soonest: a shared library costs a walk over the host's files, and a test
# starts plugins by the hundred.
vm_preset() {
	if "$top/scripts/archives" portable >/dev/null 2>&1; then
		echo portable
	else
		echo release
	fi
}

# The kinds of links in the rows of tests/support/runtime/interface_scene.c that this kernel does not know.
lacking_kinds() {
	local kind
	for kind in $(sed -n 's/.*\.kind = "\([a-z]*\)".*/\1/p' "$top/tests/support/runtime/interface_scene.c"); do
		# Rtnetlink makes no tap.
		[ "$kind" = tun ] || ! unshare --net ip link add probe0 type "$kind" 2>&1 |
			grep -qE 'Unknown device type|not supported' || echo "$kind"
	done | sort -u | paste -sd,
}

# vm_log SUITE TEST: where the test's output in the machine goes.
vm_log() {
	echo "$2.$1.log"
}

# Reads the stdout of scripts/vm-tests, makes a log of each test, and prints its tally.
split_vm_logs() { # suite
	local suite=$1 line test code seconds ended took log=/dev/null
	while IFS= read -r line; do
		read -r _ _ test code seconds <<<"$line"
		case $line in
		'== kernel '*) echo "$test" >"$vm_dir/vm.$suite.kernel" ;;
		'== start '*) ;;
		'== log '*)
			log=$(vm_log "$suite" "$test")
			: >"$log"
			ended=$code took=$seconds
			;;
		'== end '*)
			[ "$ended" = 0 ] || grep -q '^not ok [0-9]* - ' "$log" ||
				echo "not ok 0 - ${test##*/} ended before its time ($suite), exit code $ended" >>"$log"
			printf '%s s: ' "$took"
			tally "$suite: ${test#"$vm_dir/tests/"}" "$log"
			log=/dev/null
			;;
		*) printf '%s\n' "$line" >>"$log" ;;
		esac
	done
}

# Skips on Debian's kernel: those for another reason than the kernel stand out.
print_vm_skips() { # suite logs
	local suite=$1 reasons
	shift
	reasons=$(grep -h '^# skipped ' "$@" | sed 's/^# skipped [^:]*: //' | sort | uniq -c)
	[ -n "$reasons" ] || return 0
	printf '%s\n' "$reasons" | grep 'this kernel ha' | sed "s/^ */skipped on $suite: /"
	printf '%s\n' "$reasons" | grep -v 'this kernel ha' | sed "s/^ */SKIPPED ON $suite, NOT FOR ITS KERNEL: /"
}

# Prints the log of a test that the machine has not ended.
not_ended() { # log
	if [ "$vm_seconds" = "$vm_quick_seconds" ] && [ "$SECONDS" -ge "$vm_quick_seconds" ]; then
		echo "# skipped ${1##*/}: this host is too slow, the machine had $vm_quick_seconds s"
		echo "ok 1 - ${1##*/} # SKIP"
	else
		tail -n 20 "$log_of_machine"
		echo "not ok 0 - ${1##*/}: the machine ended before this test did"
	fi
}

# run_vm SUITE TESTS: these test executables in one boot of the suite's kernel.
run_vm() {
	local suite=$1 tests=() logs=() test log log_of_machine
	log_of_machine=$vm_dir/vm.$suite.log
	for test in $2; do
		tests+=("$vm_dir/tests/$test")
		log=$(vm_log "$suite" "$vm_dir/tests/$test")
		logs+=("$log")
		rm -f "$log"
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	if ! "$top/scripts/vm" --suite "$suite" --prepare >"$log_of_machine" 2>&1; then
		echo "skipped: the tests on the kernel of $suite, which is not to be had:"
		tail -n 3 "$log_of_machine"
		skipped=$((skipped + 1))
		return
	fi
	SECONDS=0
	# The clock of a machine goes on when the machine waits for a processor: it comes before other tests.
	nice -n -10 "$top/scripts/vm" --suite "$suite" --timeout "$vm_seconds" \
		"${vm_driver[@]}" "$top/scripts/vm-tests" "$vm_test_seconds" "${tests[@]}" \
		2>"$log_of_machine" | split_vm_logs "$suite"
	for log in "${logs[@]}"; do
		[ -e "$log" ] || not_ended "$log" >"$log"
	done
	count "${logs[@]}"
	print_vm_skips "$suite" "${logs[@]}"
	printf '%s: %s test executables in %s s on %s\n' "$suite" "${#tests[@]}" "$SECONDS" \
		"$(cat "$vm_dir/vm.$suite.kernel")"
}

# prepare_vms all|quick: the tests that need another kernel, all of them or a selection, and their build.
prepare_vms() {
	local preset test tests suite
	preset=$(vm_preset)
	vm_dir=$top/build/release
	vm_driver=(env)
	[ "$preset" != portable ] || vm_driver=("$top/scripts/with-executables" "$top/build/portable" "$top/build/release")
	tests=$(marked --vm-quick)
	[ "$1" != quick ] || vm_suites=bookworm
	# The selection comes first: the others take longer.
	[ "$1" = quick ] || tests+=" $(marked --vm | grep -vxF "$tests")"
	vm_tests=$(for test in $tests; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $test == *$only* ]] && echo "$test"
	done)
	# shellcheck disable=SC2046,SC2086 # a word for each
	build_for "$preset" $(targets_of <<<"$vm_tests")
	for suite in $vm_suites; do
		# A failure is told by run_vm.
		"$top/scripts/vm" --suite "$suite" --prepare >/dev/null 2>&1
	done
	return 0
}

# run_vms all|quick: runs the prepared tests; of the selection those for kinds that this kernel lacks.
run_vms() {
	local suite
	if [ "$1" = quick ]; then
		vm_seconds=$vm_quick_seconds
		CNI_C_KINDS=$(lacking_kinds) spend "${vm_dir##*/} vm" run_vm "$vm_suites" "$vm_tests"
		return
	fi
	for suite in $vm_suites; do
		spend "${vm_dir##*/} $suite" run_vm "$suite" "$vm_tests"
	done
	verbs_table "$vm_dir" >"$vm_dir/verbs"
	cat "$vm_dir/verbs"
	[ -z "$write" ] || write_table verbs "$(cat "$vm_dir/verbs")"
}

# 6.1 of 6.1.0-56-amd64.
version() {
	grep -oE '^[0-9]+\.[0-9]+'
}

# Prints "kernel<tab>plugin<tab>log" for each log of this run: of tests of a plugin, and of
# tests of several.
logs_of_verbs() { # directory of the build
	local source folder test suite log
	for source in "$top"/tests/run/*/test_*.c; do
		folder=$(basename "$(dirname "$source")")
		test=$1/tests/run/$(basename "$source" .c)
		case $folder/${test##*/} in
		suite/test_interfaces*) folder='*' ;;
		suite/* | cnitool/* | install/* | kubernetes/*) continue ;;
		esac
		log=$(executables=portable log_of "$test")
		[ "$log" -nt "$began" ] || log=$test.log
		[ ! "$log" -nt "$began" ] || printf '%s\t%s\t%s\n' "$(uname -r | version)" "${folder//_/-}" "$log"
		for suite in $vm_suites; do
			[ ! "$test.$suite.log" -nt "$began" ] ||
				printf '%s\t%s\t%s\n' "$(version <"$1/vm.$suite.kernel") ($suite)" "${folder//_/-}" "$test.$suite.log"
		done
	done
}

verbs_table() { # directory of the build
	local column head='| plugin | kernel |' line='|---|---|'
	for column in ADD CHECK DEL GC STATUS MEND other; do
		head+=" $column |" line+='---|'
	done
	printf '%s\n' "$head" "$line"
	logs_of_verbs "$1" | awk -f "$top/tests/verbs.awk" | LC_ALL=C sort -s -t'|' -k2,2
}
