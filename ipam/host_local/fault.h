/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of a reservation, in words: of its file, and of its address. */
#ifndef HOST_LOCAL_FAULT_H
#define HOST_LOCAL_FAULT_H

#include "host_local_conf.h"
#include "lease_file.h"
#include "network_dir.h"

#include <stddef.h>

/* Writes the fault of the address file, such as "its file is empty"; "" if there is none, or no
 * file. Returns `text`. */
#define FILE_FAULT_SIZE 128
const char *fault_of_file(const struct place *place, const struct lease *lease,
			  char text[FILE_FAULT_SIZE]);

/* Returns the number of the range set that contains `ip`, even if `ip` is never given out;
 * conf->sets.count if none does. */
size_t set_with(const struct host_local_conf *conf, const struct cni_ip *ip);

/* Writes why no ADD gives out `ip`, by any of the configurations: "the subnet's gateway",
 * "excluded by 'ipam.exclude'", "in no range set"; "" if an ADD may. Returns `text`. */
#define ADDRESS_FAULT_SIZE 48
const char *fault_of_address(const struct host_local_conf *const *confs, size_t count,
			     const struct cni_ip *ip, char text[ADDRESS_FAULT_SIZE]);

#endif
