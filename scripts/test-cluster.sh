# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the suite cluster, and the table of its sources in docs/cluster.md.
# shellcheck shell=bash disable=SC2154

# cluster_rows: the file of the table's rows; cluster_go: the version of the Go plugins beside which the last
# rows were made.
cluster_rows='' cluster_go=''

prepare_cluster() {
	if ! need_bird; then
		echo "skipped: most of the suite cluster, for want of Debian's bird2"
		return
	fi
	cluster_rows=$(mktemp /tmp/cni-c-cluster.XXXXXX) || die "no temporary file"
	cluster_go=$(dpkg-query -W -f '${Version}' containernetworking-plugins)
	export CLUSTER_ROWS=$cluster_rows
}

# The sources in a cluster, ours beside the Go plugins'. The last rows are those of the newest Go plugins.
print_cluster() {
	local table
	[ -s "$cluster_rows" ] || { rm -f "$cluster_rows"; return; }
	table=$(awk -F'\t' -v go="$cluster_go" '
		BEGIN { printf "| from | to | IPv4: here | IPv6: here | IPv4: Go %s | IPv6: Go %s |\n", go, go
			print "|---|---|---|---|---|---|" }
		{ name = $2 " | " $3; if (!(name in known)) { known[name]; names[++count] = name } }
		{ seen[name, $1, 4] = $4; seen[name, $1, 6] = $5 }
		function differing(name, family) {
			if (!((name, "go", family) in seen)) return "-"
			return seen[name, "go", family] == seen[name, "ours", family] ? \
				seen[name, "go", family] : "**" seen[name, "go", family] "**"
		}
		END { for (i = 1; i <= count; i++) printf "| %s | %s | %s | %s | %s |\n", names[i],
			seen[names[i], "ours", 4], seen[names[i], "ours", 6],
			differing(names[i], 4), differing(names[i], 6) }' "$cluster_rows")
	printf '%s\n' "$table"
	[ -z "$write" ] || write_table cluster "$table" cluster
	rm "$cluster_rows"
}
