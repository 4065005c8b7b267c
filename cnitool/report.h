/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and warnings, as cnitool prints them. */
#ifndef REPORT_H
#define REPORT_H

#include "hint.h"
#include "version.h"
#include "warnings.h"

/* Prints the error: for people its message, its code, the file that it is about and a hint, on stderr; with --json an
 * object on stdout. `is_usage`: the command line is wrong, which has no code and no hint. */
void report_error(const struct hint_context *context, const struct cni_error *err,
		  enum cni_version version, bool is_usage);

/* Equal ones once, with their number. */
void report_warnings(const struct options *options, const struct cni_warnings *warnings);

#endif
