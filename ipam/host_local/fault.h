/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with one reservation, in words: with its file, and with its address. */
#ifndef HOST_LOCAL_FAULT_H
#define HOST_LOCAL_FAULT_H

#include "host_local_conf.h"
#include "lease_file.h"
#include "network_dir.h"

#include <stddef.h>

/* What is wrong with the address file itself: "its file is empty". "" if nothing is, or if it is
 * gone. Returns `text`. */
#define FILE_FAULT_SIZE 128
const char *fault_of_file(const struct place *place, const struct lease *lease,
			  char text[FILE_FAULT_SIZE]);

/* The number of the range set that has `ip`, which may all the same be kept back; conf->sets.count
 * if none has. */
size_t set_with(const struct host_local_conf *conf, const struct cni_ip *ip);

/* Why no ADD gives out `ip`, by any of the configurations: it is "the subnet's gateway", "excluded
 * by 'ipam.exclude'", "in no range set". "" if one does. Returns `text`. */
#define ADDRESS_FAULT_SIZE 48
const char *fault_of_address(const struct host_local_conf *const *confs, size_t count,
			     const struct cni_ip *ip, char text[ADDRESS_FAULT_SIZE]);

#endif
