# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the fuzz targets, each for some seconds on its corpus.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# fuzz_one TARGET SECONDS: findings go to TARGET.found beside it; its log is TAP of one test.
fuzz_one() {
	local target=$1 name=${1##*/} log=$1.log
	rm -rf "$target.found" && mkdir "$target.found" "$target.found/corpus"
	if "$target" -max_total_time="$2" -timeout=60 -rss_limit_mb=2048 -verbosity=0 \
		-artifact_prefix="$target.found/" "$target.found/corpus" \
		"$top/tests/fuzz/corpus/${name#fuzz_}" >"$log.said" 2>&1; then
		echo "ok 1 - $name" >"$log"
	else
		{ tail -n 40 "$log.said"; echo "not ok 1 - $name"; } >"$log"
	fi
	tally "fuzz/$name" "$log"
}
export -f fuzz_one

build_fuzz() {
	CC=clang cmake -S "$top" -B "$1" -G Ninja -DCNI_C_FUZZ=ON && nice cmake --build "$1" --target fuzzers
}

# The targets take what the suites leave.
fuzz_all() {
	local target
	for target in "$top"/tests/fuzz/fuzz_*.c; do
		target=$1/tests/fuzz/$(basename "$target" .c)
		printf '%s\0' "$target"
	done | nice -n 5 xargs -0 -P2 -I{} bash -c "fuzz_one {} $fuzz"
}

run_fuzz() {
	local dir=$top/build/fuzz target logs=()
	echo "building fuzz"
	mkdir -p "$dir"
	spend "fuzz build" build_fuzz "$dir" >"$dir/build.log" 2>&1 ||
		{ tail -n 40 "$dir/build.log" >&2; die "the build of build/fuzz failed"; }
	spend "fuzz run" fuzz_all "$dir"
	for target in "$top"/tests/fuzz/fuzz_*.c; do
		logs+=("$dir/tests/fuzz/$(basename "$target" .c).log")
	done
	count "${logs[@]}"
}
