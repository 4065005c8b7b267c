# SPDX-License-Identifier: Apache-2.0
# Counts results by plugin, kernel and verb, for the table of scripts/test --vm. A line of stdin is
# "kernel<tab>plugin<tab>log in TAP". With "*" as the plugin, names of tests begin with their plugin's.
# Names have the verb at their beginning or after "__": "check__names_what_is_missing", "ptp__check_names".

BEGIN {
	FS = "\t"
	columns = split("ADD CHECK DEL GC STATUS MEND other", column, " ")
}

function verb_of(name) {
	if (!match(name, /(^|__)(add|check|del|gc|status|mend|sweep)_/))
		return "other"
	name = substr(name, RSTART, RLENGTH)
	gsub(/_/, "", name)
	return name == "sweep" ? "MEND" : toupper(name)
}

function note(name, result,   plugin, row) {
	sub(/^(not )?ok [0-9]+ (- )?/, "", name)
	gsub(/ *# SKIP */, "", name)
	plugin = $2
	if (plugin == "*") {
		plugin = name
		sub(/_.*/, "", plugin)
		sub(/^[^_]*_/, "", name)
	}
	row = "| " plugin " | " $1 " |"
	if (!(row in seen)) {
		seen[row] = 1
		row_of[++rows] = row
	}
	count[row, verb_of(name), result]++
	if (result == "skipped")
		why[row, verb_of(name)] = reason
	reason = ""
}

function with(text, row, verb, result) {
	if (!count[row, verb, result])
		return text
	return text (text ? ", " : "") count[row, verb, result] " " result
}

function cell(row, verb,   text) {
	text = with(with("", row, verb, "passed"), row, verb, "failed")
	if (!text && count[row, verb, "skipped"])
		return why[row, verb] ? why[row, verb] : "skipped"
	text = with(text, row, verb, "skipped")
	return text ? text : "-"
}

{
	reason = ""
	while ((getline line < $3) > 0) {
		if (line ~ /^# skipped /) {
			reason = line
			sub(/^# skipped [^:]*: (this kernel has )?/, "", reason)
		} else if (line ~ /^(not )?ok [0-9]+ .*# SKIP/)
			note(line, "skipped")
		else if (line ~ /^not ok [0-9]+ - /)
			note(line, "failed")
		else if (line ~ /^ok [0-9]+ - /)
			note(line, "passed")
	}
	close($3)
}

END {
	for (i = 1; i <= rows; i++) {
		line = row_of[i]
		for (c = 1; c <= columns; c++)
			line = line " " cell(row_of[i], column[c]) " |"
		print line
	}
}
