# SPDX-License-Identifier: Apache-2.0
# Sourced by the other scripts: the source directory, missing packages, and the build.
# shellcheck shell=bash disable=SC2034

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "run it as root: it makes network namespaces"
}

build_packages=(gcc cmake ninja-build pkg-config libc6-dev libcjson-dev libmnl-dev libnftnl-dev libmd-dev
	libdbus-1-dev)
archives_packages=(dpkg-dev musl-dev make)
installer_packages=(libcurl4-openssl-dev libssl-dev)
package_packages=(debhelper jq rpm xz-utils)
demo_packages=(iproute2 iputils-ping nftables procps jq curl busybox-static)
test_packages=(libcmocka-dev busybox-static libcurl4-openssl-dev iproute2 iputils-ping nftables iptables procps jq
	strace conntrack containernetworking-plugins openssl libssl-dev python3-yaml python3-jsonschema mandoc
	dnsmasq-base zsh fish
	lintian cpio)
# In the sysroot of another architecture: what the portable build links, what the libraries are compiled with, and what the
# demo runs.
sysroot_packages=(musl-dev linux-libc-dev libc6-dev libcjson-dev libdbus-1-dev libmd-dev libmnl-dev libnftnl-dev bash coreutils grep sed mawk util-linux mount kmod
	"${demo_packages[@]}")
# Services that a quick run should not install on a developer's machine.
runtime_packages=(podman crun buildah containerd busybox-static curl libprotobuf-c-dev protobuf-c-compiler
	firewalld dbus-daemon dbus-bin python3-kubernetes kea-dhcp4-server kea-dhcp6-server udhcpd
	prometheus chromium-headless-shell fonts-dejavu-core)

# Installs the missing Debian packages.
need_packages() {
	local missing=() package
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "missing are ${missing[*]}: install them, or run it as root"
	printf 'installing %s\n' "${missing[*]}"
	apt-get update -q >/dev/null || die "apt-get update failed"
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		"${missing[@]}" >/dev/null || die "could not install ${missing[*]}"
}

# need_bird: BIRD from Debian's bird2, in PATH. Where it is not installed it is unpacked in build/bird, with the
# libraries that it needs installed: the package would start a routing daemon on this machine. Returns 1, having
# printed why, if it is not to be had.
need_bird() {
	local dir=$top/build/bird
	PATH=$PATH:$dir/usr/sbin
	command -v bird >/dev/null && command -v birdcl >/dev/null && return
	mkdir -p "$dir"
	if ! (cd "$dir" && { apt-get download -q bird2 || { apt-get update -q && apt-get download -q bird2; }; } &&
		dpkg-deb -x bird2_*.deb . && rm bird2_*.deb) >"$dir/log" 2>&1; then
		tail -n 3 "$dir/log"
		return 1
	fi
	# shellcheck disable=SC2046 # a word for each
	(need_packages $(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces bird2 | sed -n 's/^ *Depends: \(lib[^ ]*\)$/\1/p'))
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt's line for a suite of Debian, from this machine's mirror.
debian_suite() {
	# shellcheck disable=SC2016 # apt's variable
	echo "deb [signed-by=$debian_keyring] $(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Component: main' 'Label: Debian' | head -n 1) $1 main"
}

# apt_apart DIR VERB...: apt-get in DIR, with the sources on stdin and with its own lists, to leave the
# machine's lists unchanged. apt_architecture, if set, is the architecture of the packages: not this machine's.
apt_architecture=
apt_apart() {
	local dir=$1
	shift
	local options=(-q -o "Dir::Etc::SourceList=$dir/apt/list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache"
		-o Acquire::Languages=none -o APT::Sandbox::User=root)
	# Nothing of that architecture is installed, and a list of none is not locked.
	[ -z "$apt_architecture" ] || options+=(-o "APT::Architecture=$apt_architecture"
		-o "APT::Architectures=$apt_architecture" -o Dir::State::status=/dev/null -o Debug::NoLocking=1)
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
	cat >"$dir/apt/list"
	apt-get "${options[@]}" update && (cd "$dir" && apt-get "${options[@]}" "$@")
}

# The suite of Debian with the version of the Go plugins that we stand in for.
suite_with_reference=forky

# fetch_reference DIR: unpacks them in DIR/unpacked/usr/lib/cni.
fetch_reference() {
	debian_suite "$suite_with_reference" |
		apt_apart "$1" download containernetworking-plugins &&
		dpkg-deb -x "$1"/containernetworking-plugins_*.deb "$1/unpacked"
}

# build PRESET [CMAKE-ARGUMENT...]: configures and builds build/PRESET: all of it, or build_targets.
build_targets=()
build() {
	local preset=$1 targets=()
	shift
	[ ${#build_targets[@]} = 0 ] || targets=(--target "${build_targets[@]}")
	mkdir -p "$top/build/$preset"
	if ! { cd "$top" && cmake --preset "$preset" "$@" && nice cmake --build "build/$preset" "${targets[@]}"; } \
		>"$top/build/$preset/build.log" 2>&1; then
		tail -n 40 "$top/build/$preset/build.log" >&2
		die "the build of build/$preset failed: see build/$preset/build.log"
	fi
}

# another_architecture ARCH: true for the name of one of Debian's architectures that is not this machine's.
another_architecture() {
	dpkg-architecture -a "$1" >/dev/null 2>&1 || die "$1: Debian has no such architecture"
	[ "$1" != "$(dpkg --print-architecture)" ]
}

# emulator_of ARCH: the name of its emulator of one process (qemu-user).
emulator_of() {
	echo "qemu-$(dpkg-architecture -a "$1" -q DEB_HOST_GNU_CPU 2>/dev/null)"
}

# has_sysroot_packages ROOT: true if all of them were unpacked there: an earlier list may have had fewer.
has_sysroot_packages() {
	[ -e "$1/packages" ] && [ -z "$(printf '%s\n' "${sysroot_packages[@]}" | sort -u |
		comm -23 - <(cut -d' ' -f1 "$1/packages" | sort -u))" ]
}

# have_sysroot ARCH SUITE: unpacks Debian's packages of another architecture in build/sysroot/ARCH. Nothing is installed:
# no script of a package runs.
have_sysroot() {
	local root=$top/build/sysroot/$1 apt_architecture=$1 new package
	mkdir -p "${root%/*}" &&
	(
		flock 9
		! has_sysroot_packages "$root" || exit 0
		new=$(mktemp -d "$root.XXXXXX") || exit
		trap 'rm -rf "$new"' EXIT
		# As since Debian 12: one directory of each kind. The mode is that of a root directory, for all users.
		mkdir -p "$new"/root/usr/{bin,sbin,lib} && chmod 755 "$new/root" &&
			ln -s usr/bin usr/sbin usr/lib "$new/root/" || exit
		debian_suite "$2" | apt_apart "$new" -y --download-only --no-install-recommends install \
			"${sysroot_packages[@]}" || exit
		for package in "$new"/apt/cache/archives/*.deb; do
			dpkg-deb --fsys-tarfile "$package" | tar -C "$new/root" -x --keep-directory-symlink &&
				dpkg-deb -W --showformat='${Package} ${source:Package} ${source:Version}\n' "$package" \
					>>"$new/root/packages" || exit
		done
		# An alternative, which the package's script would choose; and the shell.
		ln -s mawk "$new/root/usr/bin/awk" && ln -s bash "$new/root/usr/bin/sh" &&
			rm -rf "$root" && mv "$new/root" "$root"
	) 9>"${root%/*}/lock"
}
