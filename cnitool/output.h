/* SPDX-License-Identifier: Apache-2.0 */
/* Output that commands have in common. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "json.h"

#include <stdio.h>

/* The JSON, indented, and a newline. */
void print_json(const cJSON *json);

/* "a, b, c": a list of strings, on one line. */
void print_joined(FILE *out, const cJSON *list);

#endif
