# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/manuals: Markdown, as the pages in docs have it, becomes man(7).
# shellcheck shell=bash disable=SC2154

# sections_of [NAME...]: the sections of these names of the page of docs on stdin; without names all that a manual has as
# they are: the example last, without the tables that a description replaces, and without the comparison with others.
sections_of() {
	awk -v wanted="$(printf '%s\n' "$@")" '
		BEGIN { count = split(wanted, names, "\n"); for (i = 1; i <= count; i++) if (names[i] != "") { some = 1; is_wanted[names[i]] = 1 } }
		/^```/ { fenced = !fenced }
		/^# / { next }
		/^## / && !fenced {
			name = substr($0, 4)
			skipped = some ? !(name in is_wanted) : name ~ /^Differences/
			replaced = !some && name ~ /^(Keys|Arguments|Commands|Options)/
			if (replaced) next
			if (name == "Example") { $0 = "## Examples" }
		}
		some && name == "" { next }
		skipped || (replaced && /^\|/) { next }
		# The manual has its own rows of commands.
		/^\| command \|/ { dropped = 1 }
		!/^\|/ { dropped = 0 }
		dropped { next }
		name == "Example" { example = example $0 "\n"; next }
		{ print }
		END { printf "\n%s", example }'
}

# Markdown on stdin as man(7).
to_man() {
	awk '
		BEGIN {
			page["cnitool"] = "cnitool"; page["doctor"] = "cnitool-doctor"; page["metrics"] = "cnitool-metrics"
			# Columns that stand beside the term.
			beside["type"] = beside["level"] = "%s"; beside["default"] = "default %s"
			beside["capability"] = "capability %s"; beside["labels"] = "labels %s"
		}
		function escape(text) {
			gsub(/\\\|/, "|", text)
			gsub(/\\/, "\\e", text)
			gsub(/~/, "\\(ti", text); gsub(/\^/, "\\(ha", text)
			return text
		}
		# Text that is typed: characters that groff would set as typographic ones, and none that Markdown knows.
		function literal(text) {
			gsub(/-/, "\\-", text); gsub(/\047/, "\\(aq", text)
			gsub(/\*/, "\002", text); gsub(/`/, "\\(ga", text)
			return text
		}
		function link(label, target,   name) {
			name = substr(target, 1, index(target, ".md") - 1)
			sub(/^plugins\//, "", name)
			if (name in page) return "**" page[name] "**(8)"
			if (name != "" && label == name) return "**cni-" name "**(8)"
			if (label ~ /\.md$/) { sub(/^(\.\.\/)+/, "", label); sub(/^(docs\/)?/, "docs/", label) }
			return label
		}
		function inline(text,   out, at, label, target) {
			text = escape(text)
			while (match(text, /\[[^]]*\]\([^)]*\)/)) {
				label = substr(text, RSTART + 1, RLENGTH - 2)
				at = index(label, "](")
				target = substr(label, at + 2)
				text = substr(text, 1, RSTART - 1) link(substr(label, 1, at - 1), target) substr(text, RSTART + RLENGTH)
			}
			while (match(text, /`[^`]*`/))
				text = substr(text, 1, RSTART - 1) "\\fB" literal(substr(text, RSTART + 1, RLENGTH - 2)) "\\fR" \
					substr(text, RSTART + RLENGTH)
			while (match(text, /\*\*[^*]*\*\*/))
				text = substr(text, 1, RSTART - 1) "\\fB" literal(substr(text, RSTART + 2, RLENGTH - 4)) "\\fR" \
					substr(text, RSTART + RLENGTH)
			while (match(text, /\*[^* ][^*]*\*/))
				text = substr(text, 1, RSTART - 1) "\\fI" substr(text, RSTART + 1, RLENGTH - 2) "\\fR" \
					substr(text, RSTART + RLENGTH)
			gsub(/\002/, "*", text)
			return text
		}
		function put(line) { print (line ~ /^[.\047]/ ? "\\&" : "") line }
		# Lines of at most 78 characters.
		function wrap(text,   words, count, i, line) {
			count = split(text, words, " ")
			for (i = 1; i <= count; i++) {
				if (line != "" && length(line) + length(words[i]) > 77) { put(line); line = "" }
				line = line (line == "" ? "" : " ") words[i]
			}
			if (line != "") put(line)
		}
		function flush() {
			if (paragraph == "") return
			if (!fresh) print ".PP"
			wrap(inline(paragraph)); paragraph = ""; fresh = 0
		}
		function flush_item() {
			if (!item) { flush(); return }
			print ".IP \\(bu 2"; wrap(inline(paragraph)); paragraph = ""; item = 0; fresh = 0
		}
		function code(line) {
			if (!in_code) { flush(); if (!fresh) print ".PP"; print ".in +4n"; print ".EX"; in_code = 1; fresh = 0 }
			line = literal(escape(line)); gsub(/\002/, "*", line)
			put(line)
		}
		function end_code() { if (in_code) { print ".EE"; print ".in"; in_code = 0 } }
		function head_of(i) { return toupper(substr(heads[i], 1, 1)) substr(heads[i], 2) }
		# A row: the first cell and those beside it are the term, of the others the first has no head.
		function row(line,   cells, count, i, aside, texts, text) {
			flush_item()
			gsub(/\\\|/, "\001", line)
			count = split(line, cells, / *\| */)
			if (line ~ /^\|[-|: ]*$/) return
			if (is_head) { for (i = 2; i < count; i++) heads[i] = cells[i]; is_head = 0; return }
			for (i = 3; i < count; i++) {
				gsub(/\001/, "|", cells[i])
				if (cells[i] == "") continue
				if (heads[i] in beside)
					aside = aside (aside == "" ? "" : "; ") sprintf(beside[heads[i]], cells[i])
				else
					texts[++text] = (text > 1 ? "*" head_of(i) ":* " : "") cells[i]
			}
			gsub(/\001/, "|", cells[2])
			gsub(/`/, "", aside)
			print ".TP"
			put(inline(cells[2] (aside == "" ? "" : " (" aside ")")))
			if (!text) print "\\&"
			for (i = 1; i <= text; i++) { if (i > 1) print ".br"; wrap(inline(texts[i])) }
			fresh = 0
		}
		/^```/ { if (fenced) { end_code() } ; fenced = !fenced; next }
		fenced { code($0); next }
		/^    / && paragraph == "" && !item { code(substr($0, 5)); next }
		/^$/ && in_code { end_code(); next }
		{ end_code() }
		/^## / { flush_item(); print ".SH \"" toupper(substr($0, 4)) "\""; fresh = 1; next }
		/^### / { flush_item(); print ".SS \"" substr($0, 5) "\""; fresh = 1; next }
		/^\|/ { if (!table) { flush_item(); table = 1; is_head = 1 } ; row($0); next }
		{ table = 0 }
		/^- / { flush_item(); item = 1; paragraph = substr($0, 3); next }
		/^$/ { flush_item(); next }
		{ sub(/^ +/, ""); paragraph = paragraph (paragraph == "" ? "" : " ") $0 }
		END { flush_item(); end_code() }'
}

# page NAMES SECTION SUMMARY: the page of the Markdown on stdin, which begins with a section, or with the description. Each
# further name, separated by blanks, is a link.
page() {
	local names name
	read -ra names <<<"$1"
	{
		printf '.\\" SPDX-License-Identifier: Apache-2.0\n.\\" Made by scripts/manuals.\n'
		printf '.TH %s %s %s cni-c "CNI plugins"\n' "${names[0]^^}" "$2" "$day"
		# No word is divided: most are typed as they stand.
		printf '.nh\n.ad l\n.SH NAME\n'
		printf '%s \\- %s\n' "$(printf '%s, ' "${names[@]}" | sed 's/, $//; s/-/\\-/g')" "$3" | fold -s -w 76 | sed 's/ $//'
		sed '/./,$!d' | { read -r line && { [[ $line == '## '* ]] || printf '## Description\n\n'; printf '%s\n' "$line"; cat; }; } | to_man
	} >"$made/man/${names[0]}.$2"
	for name in "${names[@]:1}"; do
		ln -s "${names[0]}.$2" "$made/man/$name.$2"
	done
}

# see_also NAME SECTION...
see_also() {
	local between=
	printf '\n## See also\n\n'
	while [ $# -gt 0 ]; do
		printf '%s**%s**(%s)' "$between" "$1" "$2"
		between=', '
		shift 2
	done
	printf '\n'
}
