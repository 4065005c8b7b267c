# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/manuals: the pages for browsers, of those in man(7), by mandoc(1).
# shellcheck shell=bash disable=SC2154

has_mandoc() {
	command -v mandoc >/dev/null
}

need_mandoc() {
	has_mandoc || die "the pages for browsers need mandoc: apt-get install mandoc"
}

# begin_html TITLE: up to the content.
begin_html() {
	cat <<END
<!DOCTYPE html>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by scripts/manuals. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$1</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="manual.css">
</head>
<body>
END
}

# The line behind .SH NAME of a page: "cnitool-gc, cnitool-purge - removes …".
name_line() {
	awk '/^\.SH/ { inside = /NAME$/; next } inside { gsub(/\\-/, "-"); printf "%s%s", between, $0; between = " " }' "$1"
}

# body_of NAME(SECTION) PAGE...: mandoc's HTML on stdin, without the section of the name, which has become the head, with a
# list of the sections before it, and links to the pages.
body_of() {
	awk -v pages="$*" '
		BEGIN {
			count = split(pages, list, " ")
			for (i = 2; i <= count; i++) if (list[i] != list[1]) file[list[i]] = list[i]
			for (key in file) { sub(/\(/, ".", file[key]); sub(/\)/, ".html", file[key]) }
		}
		function nowrap(line,   out) {
			while (match(line, /<b>--?[a-zA-Z-]+<\/b>/)) {
				out = out substr(line, 1, RSTART - 1) "<b class=\"option\">" substr(line, RSTART + 3, RLENGTH - 3)
				line = substr(line, RSTART + RLENGTH)
			}
			return out line
		}
		# Names of pages in bold, which may be in a link to themselves already.
		function link(line,   out, found, name) {
			while (match(line, /(<a class="permalink" href="#[^"]*">)?<b>[a-z0-9.-]+<\/b>\([58]\)(<\/a>)?/)) {
				found = name = substr(line, RSTART, RLENGTH)
				gsub(/<[^>]*>/, "", name)
				out = out substr(line, 1, RSTART - 1) (name in file ? "<a href=\"" file[name] "\">" name "</a>" : found)
				line = substr(line, RSTART + RLENGTH)
			}
			return out line
		}
		# Breaks around and in examples are spaces of man(7), as are paragraphs that have nothing else.
		/<pre>/ { in_pre = 1 }
		/<dl / { lists++ }
		/^ *<br\/>$/ && (in_pre || !lists) { next }
		/^<p class="Pp">$/ { if ((getline more) > 0 && more ~ /<br\/>$/) { getline more; next } ; $0 = $0 more }
		/<\/pre>/ { in_pre = 0 }
		/<\/dl>/ { lists-- }
		# Options do not break at their dashes.
		{ $0 = nowrap($0) }
		/<table class="(head|foot)">/ { skipped = 1 }
		skipped { if (/<\/table>/) skipped = 0; next }
		/<h1 class="Sh" id="NAME">/ { in_name = 1; body = opened; next }
		in_name { if (/<\/section>/) in_name = 0; next }
		# Heads and terms are one line.
		/<(h[12]|dt) / {
			while (!/<\/(h[12]|dt)>/ && (getline more) > 0) { sub(/^ +/, "", more); $0 = $0 " " more }
		}
		# The words beside a term.
		/<dt/ && / \(/ { sub(/ \(/, " <span>("); sub(/(<\/a>)?<\/dt>$/, "</span>&") }
		{
			gsub(/<h2 /, "<h3 "); gsub(/<\/h2>/, "</h3>"); gsub(/<h1 /, "<h2 "); gsub(/<\/h1>/, "</h2>")
			if (/<h2 /) {
				section = $0; sub(/.* href="/, "<li><a href=\"", section); sub(/<\/h2>.*/, "</li>", section)
				sections = sections section "\n"
			}
			if (/<section class="Sh">/) opened = body
			body = body link($0) "\n"
		}
		END { printf "<nav aria-label=\"Sections\">\n<ul>\n%s</ul>\n</nav>\n<main>\n%s</main>\n", sections, body }'
}

# html_page FILE PAGE...: of the file in man(7), with links to the pages.
html_page() {
	local file=$1 page line names
	page=$(basename "$file" | sed 's/\.\([58]\)$/(\1)/')
	shift
	line=$(name_line "$file")
	names=${line%% - *}
	begin_html "$page: ${line#* - }"
	printf '<header>\n<p class="home"><a href="index.html">cni-c manuals</a></p>\n<h1>%s<span>(%s</span></h1>\n<p class="summary">%s</p>\n' \
		"${page%(*}" "${page#*(}" "${line#* - }"
	[[ $names != *,* ]] || printf '<p class="names">also as %s</p>\n' "${names#*, }"
	printf '</header>\n'
	mandoc -T html -O fragment "$file" | body_of "$page" "$@"
	printf '</body>\n</html>\n'
}

# index_group TITLE FILE...
index_group() {
	local file line name
	printf '<section>\n<h2>%s</h2>\n<dl>\n' "$1"
	shift
	for file in "$@"; do
		name=$(basename "$file")
		line=$(name_line "$file")
		printf '<dt><a href="%s.html">%s<span>(%s)</span></a></dt>\n<dd>%s</dd>\n' \
			"$name" "${name%.*}" "${name##*.}" "${line#* - }"
	done
	printf '</dl>\n</section>\n'
}

# The pages of the plugins with this place in a list.
plugins_with_role() {
	jq -r --arg roles "$1" --arg dir "$made/man" 'select(.role | IN($roles | split(" ")[])) | "\($dir)/cni-\(.type).8"' \
		"${descriptions[@]}"
}

index_page() {
	local group
	begin_html "cni-c manuals"
	printf '<header>\n<h1>cni-c manuals</h1>\n<p class="summary">The CNI plugins of a container host, in C</p>\n</header>\n<main class="index">\n'
	mapfile -t group < <(plugins_with_role interface)
	index_group "Plugins that make an interface" "${group[@]}"
	mapfile -t group < <(plugins_with_role "chained any")
	index_group "Plugins that change one" "${group[@]}"
	mapfile -t group < <(plugins_with_role ipam)
	index_group "Addresses" "${group[@]}"
	index_group "Files" "$made"/man/{conflist,cni-c.conf}.5
	mapfile -t group < <(printf "$made/man/%s.8\n" "${manuals[@]}")
	index_group "By hand" "$made/man/cnitool.8" "${group[@]}"
	printf '</main>\n</body>\n</html>\n'
}

# make_html DIR
make_html() {
	local file pages=() sources=()
	for file in "$made"/man/*.[58]; do
		# Other names of a page lead to it.
		[ -L "$file" ] && continue
		sources+=("$file")
		pages+=("$(basename "$file" | sed 's/\.\([58]\)$/(\1)/')")
	done
	for file in "${sources[@]}"; do
		html_page "$file" "${pages[@]}" >"$1/${file##*/}.html"
	done
	index_page >"$1/index.html"
}
