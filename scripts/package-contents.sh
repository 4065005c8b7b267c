# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/package: what the executables consist of, with its licences.
# shellcheck shell=bash disable=SC2154 # variables of scripts/package

# "NAME SOURCE-PACKAGE VERSION" for what is linked into the executables: by the names of pkg-config, and musl and libgcc.
origins() {
	local name
	for name in dbus-1 libcjson libmd libmnl libnftnl musl; do
		printf '%s %s\n' "$name" "$(cat "$musl/origins/$name/source")"
	done
	printf 'libgcc %s\n' "$(libgcc_source)"
}

libgcc_package() {
	printf 'libgcc-%s-dev%s' "$("${tools}gcc" -dumpversion | cut -d. -f1)" "${suffix:+$suffix-cross}"
}

# A cross compiler's source package has packaging alone: Built-Using names the one with the code.
libgcc_source() {
	# shellcheck disable=SC2016 # dpkg's variables
	if [ -n "$tools" ]; then
		dpkg-query -W -f '${Built-Using}' "$(libgcc_package)" | sed 's/ (= \(.*\))$/ \1/'
	else
		dpkg-query -W -f '${source:Package} ${source:Version}' "$(libgcc_package)"
	fi
}

copyright_of() {
	case $1 in
	libgcc) cat "/usr/share/doc/$(libgcc_package)/copyright" ;;
	*) cat "$musl/origins/$1/copyright" ;;
	esac
}

# The licence in terms of SPDX: under which it is used here, see NOTICE.
licence_of() {
	case $1 in
	dbus-1) echo "AFL-2.1 OR GPL-2.0-or-later" ;;
	libcjson | musl) echo MIT ;;
	libmd) echo "BSD-3-Clause AND BSD-2-Clause AND ISC AND Beerware" ;;
	libmnl) echo LGPL-2.1-or-later ;;
	libnftnl) echo GPL-2.0-or-later ;;
	libgcc) echo "GPL-3.0-or-later WITH GCC-exception-3.1" ;;
	esac
}

# Debian's records of the copyright of each, and the texts that these refer to.
third_party_licences() {
	local name text source source_version
	printf 'The executables of cni-c %s have code of the following in them. NOTICE says which has what.\n' "$version"
	while read -r name source source_version; do
		printf '\n==== %s (Debian source package %s %s) ====\n\n' "$name" "$source" "$source_version"
		copyright_of "$name"
	done < <(origins)
	for text in GPL-2 GPL-3 LGPL-2.1; do
		printf '\n==== %s ====\n\n' "$text"
		cat "/usr/share/common-licenses/$text"
	done
}

# linked_into FILE: what of `origins` an executable has in it, by its symbols. FILE is not stripped.
linked_into() {
	"${tools}nm" "$1" | awk '$2 ~ /[tT]/ { print $3 }' >"$scratch/symbols"
	echo musl
	echo libgcc
	! grep -q '^cJSON_' "$scratch/symbols" || echo libcjson
	! grep -q '^SHA512' "$scratch/symbols" || echo libmd
	! grep -q '^mnl_' "$scratch/symbols" || echo libmnl
	! grep -q '^nftnl_' "$scratch/symbols" || echo libnftnl
	! grep -q '^dbus_' "$scratch/symbols" || echo dbus-1
}

# sbom ROOT: SPDX 2.3 in JSON of the executables that are staged below ROOT.
sbom() {
	local file name built code linked source source_version
	origins | while read -r name source source_version; do
		jq -n --arg name "$name" --arg source "$source" --arg version "$source_version" --arg licence "$(licence_of "$name")" \
			'{package: {$name, $source, $version, $licence}}'
	done >"$scratch/sbom"
	for file in "$1"/opt/cni/bin/* "$1"/usr/local/bin/cnitool; do
		name=${file##*/}
		for built in "$portable"/{plugins,ipam,cnitool}/"$name"; do
			[ ! -f "$built" ] || break
		done
		mapfile -t linked < <(linked_into "$built")
		jq -n --arg name "$name" --arg sha1 "$(sha1sum <"$file" | cut -d' ' -f1)" \
			--arg sha256 "$(sha256sum <"$file" | cut -d' ' -f1)" \
			'{file: {$name, $sha1, $sha256, linked: $ARGS.positional}}' --args "${linked[@]}"
	done >>"$scratch/sbom"
	# As SPDX defines it: the SHA-1 of the files' SHA-1s, sorted and joined.
	code=$(jq -sj '[.[] | .file.sha1 // empty] | sort | join("")' "$scratch/sbom" | sha1sum | cut -d' ' -f1)
	jq -s --arg version "$version" --arg code "$code" --arg arch "$arch" --arg created "$(date -ud "@$SOURCE_DATE_EPOCH" +%FT%TZ)" \
		--arg digest "$(sha256sum <"$scratch/sbom" | cut -c1-32)" -f "$top/conf/packages/sbom.jq" "$scratch/sbom"
}
