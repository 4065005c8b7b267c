# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: what is looked at instead of the tests.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# The tests that docs/conformance.md names.
named_tests_exist() {
	local name absent=0
	for name in $(grep -oE '`[a-z0-9_]+__[a-z0-9_]+`' docs/conformance.md | tr -d '`' | sort -u); do
		grep -rqE "^(static )?void $name\\(" tests && continue
		echo "docs/conformance.md: there is no test $name"
		absent=1
	done
	return "$absent"
}

# A file past 400 lines holds two nouns; a function has at most 50 lines between its braces.
lengths_hold() {
	git ls-files '*.c' '*.h' | xargs awk '
		FNR > 400 { long[FILENAME] = 1 }
		/^\{/ { begun = FNR }
		/^\}/ { if (begun && FNR - begun > 51) { bad = 1; print FILENAME ":" begun ": a function of " FNR - begun - 1 " lines" }
			begun = 0 }
		END { for (name in long) { bad = 1; print name ": more than 400 lines" }
			exit bad }'
}

lint() {
	need_packages clang-format-14 clang-tidy-14 shellcheck
	local failed=0
	build debug -DCNI_C_TESTS=ON
	cd "$top" || exit 1
	git ls-files '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror || failed=1
	git ls-files 'libcni-c/*.c' 'plugins/*.c' 'ipam/*.c' 'cnitool/*.c' 'conf/*.c' cmake/portable/arena.c |
		xargs -P2 -n4 nice clang-tidy-14 -p build/debug --quiet 2>/dev/null || failed=1
	shellcheck -x -S warning scripts/* .ci/run cmake/portable/musl-gcc || failed=1
	named_tests_exist || failed=1
	lengths_hold || failed=1
	scripts/words || failed=1
	[ "$failed" = 0 ] && echo "lint: clean"
	exit "$failed"
}
