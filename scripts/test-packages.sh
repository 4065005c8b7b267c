# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/test: the packages, and the Debian package on fresh nodes of Debian.
# shellcheck shell=bash disable=SC2154 # variables of scripts/test

# make_packages [--arch ARCH]: the tests of the packages look at what this makes; a failure of it counts as one of a test.
make_packages() {
	local log=$top/build/packages${2:+-$2}.log
	if "$top/scripts/package" "$@" >"$log" 2>&1; then
		echo "ok 1 - scripts/package $*" >>"$log"
	else
		tail -n 40 "$log"
		echo "not ok 1 - scripts/package $*" >>"$log"
	fi
	count "$log"
}

node_packages=(containerd runc crun containernetworking-plugins busybox-static nftables iptables iproute2 iputils-ping procps)

# make_root SUITE: a root of Debian in build/roots/SUITE. Nothing starts in it by itself.
make_root() {
	local root=$top/build/roots/$1 packages=("${node_packages[@]}")
	[ ! -e "$root.done" ] || return 0
	# The last one with a CNI backend.
	[ "$1" != bookworm ] || packages+=(podman)
	rm -rf "$root"
	# shellcheck disable=SC2016 # apt's variable
	debootstrap --variant=minbase "$1" "$root" "$(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Component: main' 'Label: Debian' | head -n 1)" &&
		printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d" &&
		DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c "apt-get update -q &&
			apt-get install -q -y --no-install-recommends ${packages[*]} &&
			apt-get install -q -y --no-install-recommends --reinstall --download-only containernetworking-plugins &&
			cp /var/cache/apt/archives/containernetworking-plugins_*.deb /root/go.deb && apt-get clean" &&
		: >"$root.done"
}

run_packages() {
	local suite log native
	native=$(dpkg --print-architecture)
	need_packages debootstrap
	compgen -G "$top/build/packages/cni-c_*_$native.deb" >/dev/null || spend packages make_packages
	mkdir -p "$top/build/roots"
	for suite in bookworm trixie; do
		log=$top/build/roots/$suite.log
		if ! spend "root of $suite" make_root "$suite" >"$log" 2>&1; then
			echo "skipped: packages on $suite, whose root cannot be made:"
			tail -n 3 "$log"
			skipped=$((skipped + 1))
			continue
		fi
		spend "packages on $suite" "$top/scripts/packages-node" "$top/build/roots/$suite" \
			"$top"/build/packages/cni-c_*_"$native.deb" >"$log" 2>&1
		count "$log"
		tally "packages on $suite" "$log"
	done
}
