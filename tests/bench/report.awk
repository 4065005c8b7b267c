# SPDX-License-Identifier: Apache-2.0
# The report of tests/bench/run, from the lines of the drivers.
function ms(us) { return us == "" ? "" : sprintf(us < 100 ? "%.3f" : "%.2f", us / 1000) }
function quartiles(lower, upper) { return ms(lower) "–" ms(upper) }
function ratio(a, b) { return a == "" || b == "" ? "" : sprintf("%.2f", a / b) }
function verdict(goal, name, value, limit, at_most) {
	if (value == "")
		return
	value += 0 # a number again: as text "6.4" would be more than "15"
	reached = at_most ? value <= limit : value >= limit
	printf "| %s | %s | %.2f | %s |\n", goal, name, value, reached ? "reached" : "**not reached**"
}
$1 ~ /^(memory|disk), / {
	row = $1 FS $2
	if (!(row in ledger_seen)) { ledger_seen[row] = 1; ledger[++ledgers] = row }
	held[row, $3] = $5
	held_spread[row, $3] = quartiles($6, $7)
	next
}
$1 == "left out" { left_out = left_out (left_out ? "; " : "") "`" $2 "`: " $3; next }
$1 == "syscalls" { calls[$2] = $3; next }
$1 == "size" { names_sized[++sized] = $2; ours_size[$2] = $3; go_size[$2] = $4; next }
# The case without its number, and what was measured: the first number is what others compare to.
function group(row) { sub(/: [0-9]*|have [^\t]*/, "", row); return row }
function cell(row, who) {
	return (row, who) in wall ? sprintf("%s (%s)", ms(wall[row, who]), spread[row, who]) : ""
}
function growth(row, who) { return ratio(wall[row, who], wall[first_of[group(row)], who]) }
{
	row = $1 FS $2
	if ($1 ~ /^plugin, /) {
		if (!(row in seen)) { seen[row] = 1; others[++other_rows] = row }
	} else if ($1 ~ /^rules, /) {
		if (!(row in seen)) { seen[row] = 1; rules[++ruled] = row }
		if (!(group(row) in first_of)) first_of[group(row)] = row
	} else if (!(row in seen)) { seen[row] = 1; rows[++count] = row }
	wall[row, $3] = $5
	spread[row, $3] = quartiles($6, $7)
	cpu[row, $3] = $8
	if ($9 > peak[$3]) peak[$3] = $9
}
function report_verdict(  i, part, verb, what, plain, masq, add, first, check, del, port, pod, other, connection) {
	print "## Verdict\n"
	print "| Goal | Case | Measured | |"
	print "|---|---|---|---|"
	plain = "without masquerade"; masq = "with masquerade"; add = FS "ADD"
	first = "first pod, with masquerade"
	check = FS "CHECK"; del = FS "DEL"
	verdict("ADD at most 1.6 × the floor", plain, ratio(wall[plain add, "ours"], wall[plain add, "floor"]), 1.6, 1)
	verdict("ADD at most 1.6 × the floor", masq, ratio(wall[masq add, "ours"], wall[masq add, "floor"]), 1.6, 1)
	verdict("ADD at least 14 × faster than Go", masq, ratio(wall[masq add, "go"], wall[masq add, "ours"]), 14, 0)
	verdict("ADD at least 22 × faster than Go with nf_tables", masq, ratio(wall[masq add, "go-nft"], wall[masq add, "ours"]), 22, 0)
	verdict("CHECK at least 12 × faster than Go", plain, ratio(wall[plain check, "go"], wall[plain check, "ours"]), 12, 0)
	verdict("CHECK at least 12 × faster than Go", masq, ratio(wall[masq check, "go"], wall[masq check, "ours"]), 12, 0)
	verdict("DEL at most 1.2 × the floor", plain, ratio(wall[plain del, "ours"], wall[plain del, "floor"]), 1.2, 1)
	verdict("DEL at most 1.2 × the floor", masq, ratio(wall[masq del, "ours"], wall[masq del, "floor"]), 1.2, 1)
	for (i = 1; i <= 3; i++) {
		verb = i == 1 ? "ADD" : i == 2 ? "CHECK" : "DEL"
		verdict("host-local: " verb " with 60,000 reservations at most 1.3 × with one", "on tmpfs", ratio(held["memory, 60000" FS verb, "ours"], held["memory, 1" FS verb, "ours"]), 1.3, 1)
	}
	verdict("host-local: an exhausted /16 answers within 5 ms", "on tmpfs", ms(held["memory, exhausted" FS "ADD", "ours"]), 5, 1)
	port = "rules, published ports: "; pod = "rules, masqueraded pods: "; other = "rules, others have "
	connection = FS "connection"
	verdict("a new connection within 10 % of that with one", "100 published ports", growth(port 100 connection, "ours"), 1.1, 1)
	verdict("a new connection within 10 % of that with one", "2,000 published ports", growth(port 2000 connection, "ours"), 1.1, 1)
	verdict("a new connection within 10 % of that with one", "1,000 masqueraded pods", growth(pod 1000 connection, "ours"), 1.1, 1)
	verdict("a new connection within 10 % of that with one", "1,000 prefixes that keep the source", growth("rules, prefixes that keep the source: 1000" connection, "ours"), 1.1, 1)
	verdict("ADD at most 1.3 × that with one", "2,000 published ports", growth(port 2000 add, "ours"), 1.3, 1)
	verdict("ADD at most 1.3 × that with one", "1,000 masqueraded pods", growth(pod 1000 add, "ours"), 1.3, 1)
	for (i = 1; i <= 2; i++) {
		what = i == 1 ? "100,000 rules" : "a set of 1,000,000"
		verdict("ADD of bridge at most 1.1 × that without", "others have " what, growth(other what FS "ADD of bridge", "ours"), 1.1, 1)
		verdict("ADD of portmap at most 1.1 × that without", "others have " what, growth(other what FS "ADD of portmap", "ours"), 1.1, 1)
	}
	for (i = 1; i <= other_rows; i++) {
		split(others[i], part, FS)
		if (part[2] != "ADD")
			continue
		sub("^plugin, ", "", part[1])
		if (!((others[i], "floor") in wall))
			continue
		verdict("ADD at most 2 × the floor", "`" part[1] "`", ratio(wall[others[i], "ours"], wall[others[i], "floor"]), 2, 1)
		verdict("ADD at least 4 × faster than Go", "`" part[1] "`", ratio(wall[others[i], "go"], wall[others[i], "ours"]), 4, 0)
	}
	verdict("peak memory below 4 MiB", "the largest of all runs", sprintf("%.2f", peak["ours"] / 1024), 3.999, 1)
}

function report_wall(  i, j, part) {
	print "\n## Wall time of whole processes\n"
	print "Medians in milliseconds, quartiles in brackets, and ratios of the medians.\n"
	print "| Case | Verb | ours | Go, iptables | Go, nf_tables | floor | Go ÷ ours | Go, nf_tables ÷ ours | ours ÷ floor |"
	print "|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= count; i++) {
		split(rows[i], part, FS)
		printf "| %s | %s |", part[1], part[2]
		for (j = 1; j <= 4; j++)
			printf " %s |", cell(rows[i], names[j])
		printf " %s | %s | %s |\n", ratio(wall[rows[i], "go"], wall[rows[i], "ours"]),
			ratio(wall[rows[i], "go-nft"], wall[rows[i], "ours"]),
			ratio(wall[rows[i], "ours"], wall[rows[i], "floor"])
	}
}

function report_others(  i, part, row, times) {
	print "\n## Other plugins\n"
	print "The plugins that make or move the container's interface, with host-local, without options: on a"
	print "veth as parent, with a veth as the device of host-device. Plugins that change it, behind an interface"
	print "of ours that is there before: sbr, vrf and tuning (a sysctl and the MTU) behind a macvlan;"
	print "bandwidth (both directions), firewall and portmap (one port) behind ptp; loopback and static alone; dhcp"
	print "for a macvlan that is there before, with dnsmasq as the server, without probing the address, and without"
	print "the work of the daemons."
	print "Medians in milliseconds, quartiles in brackets, ratios of the medians, and the CPU time of ADD,"
	print "CHECK and DEL as above. 100 samples for ours and the floor, 50 for Go.\n"
	if (left_out)
		print "Left out: " left_out ".\n"
	print "| Plugin | Verb | ours | Go | floor | Go ÷ ours | ours ÷ floor | CPU, ours | Go | floor |"
	print "|---|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= other_rows; i++) {
		row = others[i]
		split(row, part, FS)
		sub("^plugin, ", "", part[1])
		printf "| `%s` | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", part[1], part[2],
			cell(row, "ours"), cell(row, "go"), cell(row, "floor"),
			ratio(wall[row, "go"], wall[row, "ours"]), ratio(wall[row, "ours"], wall[row, "floor"]),
			ms(cpu[row, "ours"]), ms(cpu[row, "go"]), ms(cpu[row, "floor"])
	}
	for (i = 1; i <= other_rows; i++) {
		row = others[i]
		split(row, part, FS)
		sub("^plugin, ", "", part[1])
		times = (row, "floor") in wall ? wall[row, "go"] / wall[row, "floor"] : 0
		if (part[2] == "ADD" && times && times < 4)
			printf "\nADD of `%s`: the floor alone is only %.2f times faster than Go, because the kernel takes that long.\n",
				part[1], times
	}
}

function report_rules(  i, j, part) {
	print "\n## Rules\n"
	print "By the number of published ports, and of masqueraded pods, that are there before, and beside"
	print "rules of others: the time of a new TCP connection from outside to a published port, or from a pod"
	print "to the outside, and of an ADD of portmap or of bridge with masquerade. Each subject has hosts of"
	print "its own in network namespaces, one for each number, which take turns; the connection is to the"
	print "port that was published last, and from the pod that came last. Medians in milliseconds, quartiles"
	print "in brackets, and the ratio to the first number. 100 rounds of 50 connections; 60 ADDs of ours, 10"
	print "of Go.\n"
	print "| Before | What | ours | | Go, iptables | | Go, nf_tables | |"
	print "|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= ruled; i++) {
		split(rules[i], part, FS)
		sub("^rules, ", "", part[1])
		printf "| %s | %s |", part[1], part[2]
		for (j = 1; j <= 3; j++)
			printf " %s | %s |", cell(rules[i], names[j]), growth(rules[i], names[j])
		printf "\n"
	}
}

function report_ledger(  i, j, part) {
	print "\n## The ledger of host-local\n"
	print "host-local alone, by the number of reservations in a /16 that are there before, with the data"
	print "directory in memory (tmpfs) and on the disk, where an ADD is on the disk when it returns; Go does"
	print "not sync. Medians in milliseconds, quartiles in brackets. 60 samples for ours; 30 for Go, 5 from"
	print "20,000 on.\n"
	print "| Reservations | Verb | ours | Go | Go ÷ ours |"
	print "|---|---|---|---|---|"
	for (i = 1; i <= ledgers; i++) {
		split(ledger[i], part, FS)
		printf "| %s | %s | %s (%s) | %s (%s) | %s |\n", part[1], part[2],
			ms(held[ledger[i], "ours"]), held_spread[ledger[i], "ours"],
			ms(held[ledger[i], "go"]), held_spread[ledger[i], "go"],
			ratio(held[ledger[i], "go"], held[ledger[i], "ours"])
	}
}

function report_cpu(  i, j, part) {
	print "\n## CPU time\n"
	print "User and system time of the process and its children, medians in milliseconds.\n"
	print "| Case | Verb | ours | Go, iptables | Go, nf_tables | floor |"
	print "|---|---|---|---|---|---|"
	for (i = 1; i <= count; i++) {
		split(rows[i], part, FS)
		printf "| %s | %s |", part[1], part[2]
		for (j = 1; j <= 4; j++)
			printf " %s |", ms(cpu[rows[i], names[j]])
		printf "\n"
	}
}

function report_size(  i, name) {
	print "\n## Size\n"
	print "| | ours | Go | floor |"
	print "|---|---|---|---|"
	printf "| peak memory (`ru_maxrss`, the largest of all runs), MiB | %.2f | %.2f | %.2f |\n",
		peak["ours"] / 1024, peak["go"] / 1024, peak["floor"] / 1024
	for (i = 1; i <= sized; i++) {
		name = names_sized[i]
		printf "| executable `%s`, KiB | %.0f | %.0f | |\n", name, ours_size[name] / 1024,
			go_size[name] / 1024
		ours_size["all"] += ours_size[name]
		go_size["all"] += go_size[name]
	}
	printf "| these together, KiB | %.0f | %.0f | |\n", ours_size["all"] / 1024, go_size["all"] / 1024
	printf "| system calls of an ADD of bridge + host-local without masquerade | %s | %s | |\n", calls["ours"], calls["go"]
}

function report_scale() {
	printf "\nFor scale: a fourteenth of Go's ADD with masquerade is %s ms, and the floor's ADD takes %s ms. A\n", ms(wall["with masquerade" FS "ADD", "go"] / 14), ms(wall["with masquerade" FS "ADD", "floor"])
	printf "twelfth of Go's CHECK is %s ms; to start and answer nothing but VERSION takes our `bridge` alone %s ms.\n", ms(wall["without masquerade" FS "CHECK", "go"] / 12), ms(wall["bridge" FS "VERSION", "ours"])
}

END {
	split("ours go go-nft floor", names, " ")
	report_verdict()
	if (count) {
		report_scale()
		report_wall()
	}
	report_others()
	if (!count)
		exit
	report_rules()
	report_ledger()
	report_cpu()
	report_size()
}
