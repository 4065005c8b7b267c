/* SPDX-License-Identifier: Apache-2.0 */
/* The place of a network on a node: runtimes use the first file of their directory, by name, that ends in .conf,
 * .conflist or .json. */
#ifndef PLACE_H
#define PLACE_H

#include "error.h"
#include "settings.h"

/* Succeeds if the place is free or ours. `*ret_ours` is the text of our file, which the caller frees, or NULL if it is
 * not there: a decision and a comparison by one reading are safe from a program that removes the file in between.
 *
 * Another network has the place if
 * - a file of our name is there without our mark (network.h),
 * - another file sorts before ours, or
 * - our file is not there, and another is.
 * Files that `settings->over` names and lists of loopback alone do not count. A file that cannot be read counts:
 * another program may be writing it. Fails with CNI_ETAKEN, naming the file, and with CNI_EIO. */
int place_check(const struct settings *settings, char **ret_ours, struct cni_error *err);

#endif
