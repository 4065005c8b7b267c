# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the portable build for another architecture, which this machine emulates.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# The machine with the demo has this time.
arch_vm_seconds=3000

# emulated ARCH: the emulator of one process (qemu-user), which the package qemu-user-static has.
emulated() {
	echo "qemu-$(dpkg-architecture -a "$1" -q DEB_HOST_GNU_CPU 2>/dev/null)-static"
}

# Unit tests for which qemu-user is no substitute, with the reason.
not_emulated() {
	case $1 in
	exec | exec_command) echo "qemu-user has no vfork: a child's errno does not reach its parent" ;;
	describe | loopback_plan | plan | tuning_plan | verbs)
		echo "the test starts /proc/self/exe, which is the emulator"
		;;
	answers) echo "qemu-user has no netlink sockets of netfilter" ;;
	chain_add) echo "qemu-user has no SO_NETNS_COOKIE" ;;
	esac
}

# Runs one unit test by the emulator, or writes the reason of a skip into its log.
run_emulated() {
	local reason
	reason=$(not_emulated "$(basename "$1" | sed 's/^test_//')")
	if [ -z "$reason" ]; then
		test_runner=$2 run_one "$1"
		return
	fi
	printf '# skipped %s: %s\nok 1 - %s # SKIP\n' "${1##*/}" "$reason" "${1##*/}" >"$1.log"
	tally "0 s: ${1#"$top/build/"}" "$1.log"
}
export -f run_emulated not_emulated

run_units() { # emulator build
	local tests=() test
	for test in "$top"/tests/unit/test_*.c; do
		test=$2/tests/unit/$(basename "$test" .c)
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $test == *$only* ]] && tests+=("$test")
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	printf '%s\0' "${tests[@]}" | xargs -0 -P"$processes" -I{} bash -c "run_emulated {} $1"
	count "${tests[@]/%/.log}"
}

# Calls that ask nothing of the kernel but files.
run_calls() { # emulator build
	"$top/scripts/arch-calls" "$2" "$1" >"$2/calls.log" 2>&1
	count "$2/calls.log"
	tally "calls under $1" "$2/calls.log"
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
	local preset=portable-$1 emulator
	another_architecture "$1" || die "--arch $1: this machine is of that architecture"
	emulator=$(emulated "$1")
	need_packages qemu-user-static
	"$top/scripts/archives" --arch "$1" --tests portable || die "no archives for $1"
	echo "building $preset"
	spend "$preset build" build "$preset" -DCNI_C_TESTS=ON
	spend "$preset unit" run_units "$emulator" "$top/build/$preset"
	run_calls "$emulator" "$top/build/$preset"
	[ "$1" != arm64 ] || run_demo "$1" "$top/build/$preset"
}
