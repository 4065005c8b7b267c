/* SPDX-License-Identifier: Apache-2.0 */
/* The packages that scripts/package has made, for the tests that look at them. */
#ifndef PACKAGES_H
#define PACKAGES_H

#include <glob.h>
#include <stdio.h>
#include <sys/utsname.h>

#define PACKAGES CNI_C_SOURCE_DIR "/build/packages"

/* The shell's words before a command on these: "$arch" and "$deb", "$dev", "$rpm", "$tgz", "$tool", "$spdx". */
#define IN_PACKAGES                                                                                \
	"cd " PACKAGES "; arch=$(dpkg --print-architecture); deb=$(ls $PWD/cni-c_*_$arch.deb); "   \
	"dev=$(ls $PWD/libcni-c-dev_*_$arch.deb); rpm=$(ls $PWD/cni-c-*.$(uname -m).rpm); "        \
	"tgz=$(ls $PWD/cni-c-linux-$arch-v*.tgz); tool=$(ls $PWD/cnitool-linux-$arch-v*.tgz); "    \
	"spdx=$(ls $PWD/cni-c-*-$arch.spdx.json); "

/* NULL, or why there is nothing to look at: those of other architectures may be there alone. */
static inline const char *packages_lack(void)
{
	struct utsname host;
	char pattern[sizeof(PACKAGES) + sizeof(host.machine) + 16];
	glob_t found;

	if (uname(&host) < 0)
		return "this machine's architecture has no name";
	snprintf(pattern, sizeof(pattern), PACKAGES "/cni-c-*.%s.rpm", host.machine);
	if (glob(pattern, 0, NULL, &found) != 0)
		return "scripts/package has not run";
	globfree(&found);
	return NULL;
}

#define need_packages()                                                                            \
	do {                                                                                       \
		if (packages_lack())                                                               \
			skip_because("%s", packages_lack());                                       \
	} while (0)

#endif
