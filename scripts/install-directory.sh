# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154
# Sourced by scripts/install: the directories in which the runtimes of this machine look for plugins (docs/install.md has
# the sources), and the owners of the files there.

go_directory=/opt/cni/bin
podman_directories=/usr/local/libexec/cni:/usr/libexec/cni:/usr/local/lib/cni:/usr/lib/cni:/opt/cni/bin

# toml SECTION KEY FILE...: of the files that are there, the strings of `KEY = "…"` or `KEY = ["…", …]`, one a line. The
# last one counts; SECTION is a regular expression for its header, without the brackets. HCL has no sections.
toml() {
	section=$1 key=$2
	shift 2
	for file; do
		shift
		[ ! -f "$file" ] || set -- "$@" "$file"
	done
	[ $# -gt 0 ] || return 0
	awk -v section="$section" -v key="$key" -v quote="'" '
		function strings(text,  mark, end) {
			while (match(text, "[\"" quote "]")) {
				mark = substr(text, RSTART, 1)
				text = substr(text, RSTART + 1)
				end = index(text, mark)
				if (!end)
					return
				if (end > 1)
					found[++count] = substr(text, 1, end - 1)
				text = substr(text, end + 1)
			}
		}
		FNR == 1 { header = ""; is_list = 0 }
		{ sub(/^[ \t]+/, "") }
		/^#/ { next }
		is_list { strings($0); is_list = !/\]/; next }
		/^\[/ { header = $0; gsub(/^\[+|\]+[^]]*$/, "", header); next }
		match($0, "^" key "[ \t]*=") && header ~ section {
			value = substr($0, RLENGTH + 1)
			count = 0
			strings(value)
			if (value !~ /^[ \t]*\[/ && count > 1)
				count = 1
			is_list = value ~ /^[ \t]*\[/ && value !~ /\]/
		}
		END { for (i = 1; i <= count; i++) print found[i] }' "$@" 2>/dev/null
}

# runtime NAME COMMAND OTHERWISE SECTION KEYS FILE...: prints "NAME DIR:DIR" if the command or a file is there.
runtime() {
	title=$1 command=$2 found=$3 header=$4 keys=$5
	shift 5
	for file; do
		shift
		[ ! -f "$file" ] || set -- "$@" "$file"
	done
	[ $# -gt 0 ] || command -v "$command" >/dev/null 2>&1 || return 0
	for each in $keys; do
		[ $# -gt 0 ] || break
		value=$(toml "$header" "$each" "$@" | tr '\n' : | sed 's/:$//')
		[ -n "$value" ] || continue
		found=$value
		break
	done
	say "$title $found"
}

first_directory() {
	for each; do
		[ ! -d "$each" ] || break
	done
	[ -d "$each" ] || each=$go_directory
	say "$each"
}

# podman 5 has no CNI, and podman 4 uses netavark where it is the backend.
podman_uses_cni() {
	set -- /usr/share/containers/containers.conf /etc/containers/containers.conf /etc/containers/containers.conf.d/*.conf
	command -v podman >/dev/null 2>&1 || return 1
	case $(podman --version 2>/dev/null) in
	*' '[1-4].*) ;;
	*) return 1 ;;
	esac
	backend=$(toml network network_backend "$@")
	[ -n "$backend" ] || backend=$(cat /var/lib/containers/storage/defaultNetworkBackend 2>/dev/null)
	[ "$backend" != netavark ]
}

# A line "NAME DIR:DIR" for each runtime on this machine, the directories in the order in which it looks.
runtimes() {
	runtime containerd containerd "$go_directory" 'cri.*[.]cni$' 'bin_dirs bin_dir' /etc/containerd/config.toml
	runtime CRI-O crio "$go_directory" '^crio[.]network$' 'plugin_dirs plugin_dir' \
		/etc/crio/crio.conf /etc/crio/crio.conf.d/*
	runtime k3s k3s /var/lib/rancher/k3s/data/cni 'cri.*[.]cni$' 'bin_dirs bin_dir' \
		/var/lib/rancher/k3s/agent/etc/containerd/config.toml
	runtime RKE2 rke2 "$go_directory" 'cri.*[.]cni$' 'bin_dirs bin_dir' \
		/var/lib/rancher/rke2/agent/etc/containerd/config.toml
	runtime MicroK8s microk8s /var/snap/microk8s/current/opt/cni/bin 'cri.*[.]cni$' 'bin_dirs bin_dir' \
		/var/snap/microk8s/current/args/containerd.toml
	podman_uses_cni && runtime podman podman "$podman_directories" '^network$' cni_plugin_dirs \
		/usr/share/containers/containers.conf /etc/containers/containers.conf /etc/containers/containers.conf.d/*.conf
	runtime nerdctl nerdctl "$(first_directory /opt/cni/bin /usr/local/libexec/cni /usr/local/lib/cni \
		/usr/libexec/cni /usr/lib/cni)" '^$' cni_path /etc/nerdctl/nerdctl.toml
	runtime Nomad nomad /opt/cni/bin:/usr/libexec/cni '' cni_path /etc/nomad.d/*.hcl
	runtime BuildKit buildkitd "$go_directory" '^worker[.]' cniBinaryPath /etc/buildkit/buildkitd.toml
}

# The directory with symbolic links followed, also if it is not there yet.
resolved() {
	path=${1%/}
	rest=''
	while [ ! -d "${path:-/}" ] && [ -n "$path" ]; do
		rest=/${path##*/}$rest
		path=${path%/*}
	done
	say "$(cd "${path:-/}" && pwd -P | sed 's|^/$||')$rest"
}

has_directory() {
	IFS=:
	for each in $1; do
		[ "$(resolved "$each")" != "$2" ] || { unset IFS; return 0; }
	done
	unset IFS
	return 1
}

choose_directory() {
	common='' reason=''
	while read -r title path; do
		if [ -z "$reason" ]; then
			common=$path reason=$title
			continue
		fi
		shared='' IFS=:
		for candidate in $common; do
			has_directory "$path" "$(resolved "$candidate")" && shared=${shared:+$shared:}$candidate
		done
		unset IFS
		common=$shared reason="$reason, $title"
	done <<EOF
$on_node
EOF
	[ -z "$reason" ] || [ -n "$common" ] || die "no directory is in the path of all runtimes of this machine: choose with --dir
$on_node"
	dir=${common%%:*}
	if [ -z "$reason" ]; then
		dir=$go_directory
		say "$dir is the directory of the Go plugins; this machine has no runtime that is known here"
	else
		say "$dir is in the path of $reason"
	fi
}

# Prints the runtimes that execute another file than the one in `dir`.
report_shadows() {
	say "$on_node" | while read -r title path; do
		[ -n "$title" ] || continue
		if ! has_directory "$path" "$dir"; then
			say "warning: $title does not look in $dir, but in $path"
			continue
		fi
		IFS=:
		for each in $path; do
			unset IFS
			[ "$(resolved "$each")" != "$dir" ] || break
			for plugin in $names; do
				[ -f "$each/$plugin" ] || continue
				say "warning: $title executes $each/$plugin: it looks there before $dir"
				break 2
			done
		done
	done
}

# ---- owners ----

# The files of `dir` as arguments, also by the names that the database of packages may have for them.
with_files() {
	action=$1
	shift
	for at in "$dir" "${given%/}" "${dir#/usr}"; do
		for each in "$dir"/*; do
			[ -d "$each" ] || ! is_there "$each" || set -- "$@" "$at/${each##*/}"
		done
	done
	[ $# -eq 0 ] || "$action" "$@"
}

dpkg_owners() {
	found=$(dpkg-query -S "$@" 2>/dev/null)
	[ $? -le 1 ] || return 1
	say "$found" | sed -n '/^\(local \)\{0,1\}diversion /d; s/: \/.*//p' | tr -d ' ' | tr , '\n' | sort -u
}

rpm_owners() {
	rpm -qf --qf '%{NAME}\n' "$@" 2>/dev/null | sed '/^file /d; /^error:/d' | sort -u
}

# Without a database of packages: the files to be replaced that no install has put there.
foreign_files() {
	for each in $changes; do
		is_there "$dir/$each" || continue
		cat "$kept"/[0-9]*/plan 2>/dev/null | grep -q "^$(sum_of "$dir/$each") $each " || say "$each"
	done
}

check_owners() {
	[ -d "$dir" ] || return 0
	owners='' is_known=''
	if command -v dpkg-query >/dev/null 2>&1 && [ -s "${DPKG_ADMINDIR:-/var/lib/dpkg}/status" ]; then
		owners=$(with_files dpkg_owners) || die "dpkg-query failed: it does not know the owners of the files in '$dir'"
		is_known=1
	fi
	if command -v rpm >/dev/null 2>&1 && [ -n "$(rpm -qa 2>/dev/null | head -n 1)" ]; then
		owners="$owners $(with_files rpm_owners)"
		is_known=1
	fi
	# shellcheck disable=SC2086 # a word for each
	owners=$(echo $owners)
	[ -z "$owners" ] || [ -n "$force" ] ||
		die "'$dir' has files of the package $owners: nothing is changed. Remove the package, choose another directory with --dir, or replace its files with --force"
	[ -z "$is_known" ] || return 0
	foreign=$(foreign_files)
	[ -z "$foreign" ] || [ -n "$force" ] ||
		die "'$dir' has plugins that this script has not put there ($(echo "$foreign" | tr '\n' ' ' | sed 's/ $//')), and no database of packages knows the owner: nothing is changed. Choose another directory with --dir, or replace them with --force"
}
