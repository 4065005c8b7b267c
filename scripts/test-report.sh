# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: what its tests have printed, counted, failed and cost, and the report at the end.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# In TAP as cmocka writes it: a skip is "not ok 2 # SKIP name" in 1.1, "ok 2 - name # SKIP" in 2.0.
passed_in() {
	cat "$@" | grep '^ok [0-9]' | grep -vc '# SKIP'
}
failed_in() {
	cat "$@" | grep -c '^not ok [0-9]* - '
}
skipped_in() {
	cat "$@" | grep -cE '^(not )?ok [0-9]+ .*# SKIP'
}
tally() {
	printf '%s: %s passed, %s failed, %s skipped\n' "$1" "$(passed_in "$2")" "$(failed_in "$2")" \
		"$(skipped_in "$2")"
}

# count LOG...: adds the logs to the totals. Failures are printed at once and, with the totals, once more:
# a reader of the last lines learns which test failed.
passed=0 failed=0 skipped=0 failures=''
count() {
	local failures_here
	passed=$((passed + $(passed_in "$@")))
	failed=$((failed + $(failed_in "$@")))
	skipped=$((skipped + $(skipped_in "$@")))
	failures_here=$(grep -H -B15 -A3 '^not ok [0-9]* - ' "$@" | sed "s|^$top/build/||")
	[ -z "$failures_here" ] || printf '%s\n' "$failures_here"
	failures+=$failures_here${failures_here:+$'\n'}
}

# spend NAME COMMAND...: runs the command, and notes the CPU seconds (user and system) of this shell and
# its children.
costs=()
spend() {
	local name=$1 TIMEFORMAT='%U %S' spent code
	shift
	spent=$(mktemp /tmp/cni-c-spent.XXXXXX) || die "no temporary file"
	{ time "$@" 2>&3 3>&-; } 3>&2 2>"$spent"
	code=$?
	costs+=("$name $(tail -n 1 "$spent")")
	rm "$spent"
	return "$code"
}

# aside COMMAND...: runs the command in the background; what it prints, counts and spends is added by collect.
# Nothing else may use what it builds meanwhile.
asides=()
trap 'jobs -p | xargs -r kill 2>/dev/null' EXIT
aside() {
	local dir
	dir=$(mktemp -d /tmp/cni-c-aside.XXXXXX) || die "no temporary directory"
	asides+=("$dir")
	(
		passed=0 failed=0 skipped=0 failures='' costs=()
		"$@"
		printf '%s %s %s\n' "$passed" "$failed" "$skipped" >"$dir/totals"
		printf '%s' "$failures" >"$dir/failures"
		[ ${#costs[@]} = 0 ] || printf '%s\n' "${costs[@]}" >"$dir/costs"
	) >"$dir/said" 2>&1 &
}

# Waits for the commands that run aside.
collect() {
	local dir here cost
	wait
	for dir in ${asides[@]+"${asides[@]}"}; do
		cat "$dir/said"
		if read -r -a here 2>/dev/null <"$dir/totals"; then
			passed=$((passed + here[0])) failed=$((failed + here[1])) skipped=$((skipped + here[2]))
			[ ! -s "$dir/failures" ] || failures+=$(cat "$dir/failures")$'\n'
			while IFS= read -r cost; do
				costs+=("$cost")
			done < <(cat "$dir/costs" 2>/dev/null)
		else
			failed=$((failed + 1))
			failures+=$(tail -n 20 "$dir/said")$'\n'"not ok 0 - what ran aside ended before its time"$'\n'
		fi
		rm -r "$dir"
	done
	asides=()
}

# Prints the table of the CPU seconds.
print_costs() {
	[ ${#costs[@]} -gt 0 ] || return 0
	printf '%s\n' "${costs[@]}" | awk '
		BEGIN { print "| preset | suite | CPU seconds |"; print "|---|---|---|" }
		{ name = $1 " | " $2; if (!(name in of)) names[++count] = name }
		{ of[name] += $3 + $4; all += $3 + $4 }
		END { for (i = 1; i <= count; i++) printf "| %s | %.1f |\n", names[i], of[names[i]]
			printf "| all | | %.1f |\n", all }'
}

# Prints the costs, the failures and the totals; false if a test has failed, or none has run.
print_report() {
	print_costs
	printf '%s' "$failures"
	printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# write_table NAME TABLE [DOCUMENT]: puts the table between the marks of this name.
write_table() {
	local document=$top/docs/${3:-compatibility}.md text
	text=$(awk -v mark="<!-- $1:" -v table="$2" 'index($0, mark) == 1 { print; print table; inside = 1; next }
		/^<!-- end -->/ { inside = 0 } !inside' "$document") &&
		printf '%s\n' "$text" >"$document"
}
